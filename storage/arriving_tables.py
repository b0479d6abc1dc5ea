"""Tables of what happens when photos arrive: how many came of whom, and what they are called until she is done."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from storage.columns import Id
from storage.columns import identity as _id
from storage.columns import moment as _at
from storage.tables import metadata

arrival = Table(
    "arrival",
    metadata,
    # Of the message and its file, whichever update tells of them: a photo that is told of twice counts once.
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("person_id", Id, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    # When it counts: of a photo that was put off, when its turn comes.
    _at("at"),
    Column("photos", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    # None where it came out of a collection: the message with that counted.
    Column("messages", Integer, nullable=False, server_default="1"),
    Index("ix_arrival_person", "person_id", "at"),
)

teaching = Table(
    "teaching",
    metadata,
    _id(),
    # Until she is done, the photos that a person sends in a chat are called so.
    Column("chat_id", Id, ForeignKey("chat.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", Id, ForeignKey("person.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(64), nullable=False),
    Column("photos", Integer, nullable=False),
    # When she was last heard of in it: silence ends it.
    _at("heard_at"),
    Column("bot_id", BigInteger, nullable=False),
    UniqueConstraint("chat_id", "person_id"),
    sqlite_autoincrement=True,
)
