"""The tables of collections: what somebody sent into a chat to be learned from, and what became of each thing in it."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from storage.columns import Id, Words
from storage.columns import identity as _id
from storage.columns import moment as _at
from storage.columns import reference as _ref
from storage.tables import metadata

collection = Table(
    "collection",
    metadata,
    _id(),
    _ref("classifier_id", "classifier.id", index=False),
    _ref("person_id", "person.id"),
    _ref("chat_id", "chat.id"),
    # Whose messages tell of it: another token is another bot.
    Column("bot_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    # One message with one file gives one collection, however often Telegram tells us of it.
    Column("deed", String(160), nullable=False, unique=True),
    Column("kind", String(8), nullable=False),
    Column("name", Words(256), nullable=False),
    # What all of it is called; none where folders or lines say it.
    Column("label", String(64), nullable=True),
    # The digest of its file; none once it has ended, for then the file is gone.
    Column("parcel", String(64), nullable=True),
    Column("size", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    # So often it was taken up without getting any further: something in it may end whoever looks at it.
    Column("lives", Integer, nullable=False),
    _at("created_at"),
    _at("ended_at", null=True),
    # The message that shows how far it is says the last word.
    _at("told_at", null=True),
    Index("ix_collection_state", "state", "bot_id"),
    sqlite_autoincrement=True,
)

collected = Table(
    "collected",
    metadata,
    Column("collection_id", Id, ForeignKey("collection.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", Words(2048), nullable=False),
    Column("label", Words(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    # Why it was refused, and a fact that goes with that.
    Column("flaw", String(24), nullable=True),
    Column("detail", Words(400), nullable=True),
    _ref("photo_id", "photo.id", null=True, loosen=True),
)
