"""The tables of reviewing: the suspects that a run found, and what reviewers decided about them."""

from sqlalchemy import JSON, BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from storage.columns import Id
from storage.columns import identity as _id
from storage.columns import moment as _at
from storage.columns import reference as _ref
from storage.tables import metadata

decision = Table(
    "decision",
    metadata,
    # Only ever added: taking one back adds another, which names it in `undoes_id`.
    _id(),
    _ref("classifier_id", "classifier.id", index=False),
    # What it is about, in any list: one photo, or a group of them.
    Column("subject", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("choice", String(16), nullable=False),
    _ref("person_id", "person.id", null=True, loosen=True),
    _ref("label_id", "label.id", null=True, loosen=True),
    _ref("undoes_id", "decision.id", null=True, cascade=True),
    # The newest vote on any of its photos then: whatever was said later is not decided yet.
    Column("newest_vote_id", Id, nullable=False),
    # One press gives one decision, however often Telegram tells us of it.
    Column("deed", String(80), nullable=True, unique=True),
    _at("created_at"),
    Index("ix_decision_subject", "classifier_id", "subject"),
    sqlite_autoincrement=True,
)

decided_photo = Table(
    "decided_photo",
    metadata,
    # The photos of a decision, each with the vote that it gave, if any.
    Column("decision_id", Id, ForeignKey("decision.id", ondelete="CASCADE"), primary_key=True),
    Column("photo_id", Id, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True),
    _ref("vote_id", "vote.id", null=True, loosen=True),
    Index("ix_decided_photo_photo_id", "photo_id"),
)

suspect = Table(
    "suspect",
    metadata,
    # The newest list of each kind, worst first. Derived: a run that finds a subject again keeps its row and number.
    _id(),
    _ref("classifier_id", "classifier.id", index=False),
    # By which network it was found; none where newcomers teach before there is any.
    _ref("network_id", "network.id", null=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(64), nullable=False),
    # The photo in doubt, or the best of a group; the others of a group stand in `suspect_photo`.
    _ref("photo_id", "photo.id", cascade=True),
    # What the photo counted as when it was found; none where it had no name.
    _ref("given_id", "label.id", null=True, loosen=True),
    _ref("proposal_id", "label.id", null=True, loosen=True),
    Column("place", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("reason", JSON, nullable=False),
    _ref("leased_by_id", "person.id", null=True, loosen=True),
    _at("leased_until", null=True),
    _ref("decision_id", "decision.id", null=True, loosen=True),
    _at("created_at"),
    UniqueConstraint("classifier_id", "kind", "subject"),
    Index("ix_suspect_place", "classifier_id", "kind", "place"),
    sqlite_autoincrement=True,
)

suspect_photo = Table(
    "suspect_photo",
    metadata,
    Column("suspect_id", Id, ForeignKey("suspect.id", ondelete="CASCADE"), primary_key=True),
    Column("photo_id", Id, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, nullable=False),
    Index("ix_suspect_photo_photo_id", "photo_id"),
)

card_message = Table(
    "card_message",
    metadata,
    # A message of a review: one card after the other stands in it.
    _id(),
    Column("bot_id", BigInteger, nullable=False),
    Column("lane", BigInteger, nullable=False),
    # What it is owed as, and its number in the chat once that is known.
    Column("key", String(80), nullable=False, unique=True),
    Column("message_id", BigInteger, nullable=True),
    # Which lists its review goes through, as its buttons say it; and of which alarm, where it looks at one.
    Column("mode", Integer, nullable=False),
    _ref("alarm_id", "alarm.id", null=True, loosen=True),
    # Since when it shows a photo that was deleted.
    _at("outdated_at", null=True),
    Index("ix_card_message_lane", "lane", "message_id"),
    Index("ix_card_message_outdated_at", "outdated_at"),
    sqlite_autoincrement=True,
)

card_photo = Table(
    "card_photo",
    metadata,
    # The photos in the picture of such a message: the one in doubt, the others of a group, and those beside it.
    Column("card_message_id", Id, ForeignKey("card_message.id", ondelete="CASCADE"), primary_key=True),
    Column("photo_id", Id, ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_card_photo_photo_id", "photo_id"),
)
