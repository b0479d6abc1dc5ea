"""The table of what people sent that was refused, kept for a while in case a reviewer takes it all the same."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from storage.columns import Words
from storage.columns import identity as _id
from storage.columns import moment as _at
from storage.columns import reference as _ref
from storage.tables import metadata

quarantined = Table(
    "quarantined",
    metadata,
    _id(),
    _ref("classifier_id", "classifier.id", index=False),
    _ref("person_id", "person.id"),
    _ref("chat_id", "chat.id"),
    Column("bot_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    # One file of one message is there once, however often Telegram tells us of it.
    Column("deed", String(200), nullable=False, unique=True),
    # The digest of the file as it came.
    Column("parcel", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("name", Words(256), nullable=False),
    # What its sender called it; none for a question.
    Column("label", Words(64), nullable=True),
    # Why it was refused, and the numbers behind that.
    Column("refusal", String(24), nullable=False),
    Column("given", Words(40), nullable=False),
    Column("bound", Words(40), nullable=False),
    Column("state", String(8), nullable=False),
    _ref("photo_id", "photo.id", null=True, loosen=True),
    _ref("decided_by_id", "person.id", null=True, loosen=True),
    _at("decided_at", null=True),
    _at("created_at"),
    # Whose card it is, and until when.
    _ref("leased_by_id", "person.id", null=True, loosen=True),
    _at("leased_until", null=True),
    Index("ix_quarantined_state", "classifier_id", "state"),
    sqlite_autoincrement=True,
)
