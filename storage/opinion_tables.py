"""The tables of the consensus: what voices add up to after a fit, and who was asked what a photo shows."""

from sqlalchemy import JSON, Column, Float, ForeignKey, Index, String, Table, UniqueConstraint

from storage.columns import Id
from storage.columns import identity as _id
from storage.columns import moment as _at
from storage.columns import reference as _ref
from storage.tables import metadata

opinion = Table(
    "opinion",
    metadata,
    # Derived: each run of the consensus makes it anew. It holds only while `vote_id` is the newest vote on the photo.
    Column("photo_id", Id, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True),
    _ref("label_id", "label.id", null=True, loosen=True),
    Column("probability", Float, nullable=False),
    Column("settled", String(16), nullable=False),
    # The newest vote that it knew of. No reference: a vote that goes makes it void, and must not be kept by it.
    Column("vote_id", Id, nullable=False),
    # Why another person should look, none where nobody need, and the likely labels to offer her.
    Column("ask", String(16), nullable=True, index=True),
    Column("likely", JSON, nullable=False),
)

inquiry = Table(
    "inquiry",
    metadata,
    # A person was asked what a photo of somebody else's shows: each photo once.
    _id(),
    _ref("photo_id", "photo.id", cascade=True, index=False),
    _ref("person_id", "person.id", cascade=True),
    _ref("chat_id", "chat.id", cascade=True),
    Column("ask", String(16), nullable=False),
    _at("asked_at"),
    # Until then nobody else is asked about it.
    _at("lease_until"),
    Column("reply", String(16), nullable=True),
    _at("replied_at", null=True),
    _ref("vote_id", "vote.id", null=True, loosen=True),
    UniqueConstraint("photo_id", "person_id"),
    Index("ix_inquiry_lease", "lease_until"),
    sqlite_autoincrement=True,
)
