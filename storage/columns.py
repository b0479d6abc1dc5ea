"""Column types of our own."""

import re
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, DateTime, Dialect, ForeignKey, Integer, String
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite drops time zones, so a naive value would come back as whatever the reader assumes."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone was given to the store")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """What people or programs wrote, made fit for a column: cut to its length, and of characters that can be stored.

    PostgreSQL refuses NUL and what is too long, and neither database takes half of a surrogate pair, which a name that
    was cut carelessly can end with. None of that is a reason to lose the message that brought it.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else _UNSTORABLE.sub("\ufffd", value)[: self.length]


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# SQLite only counts up by itself in a column declared exactly INTEGER; PostgreSQL needs 64 bits.
Id = BigInteger().with_variant(Integer, "sqlite")


def identity() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def reference(
    name: str, target: str, *, null: bool = False, cascade: bool = False, loosen: bool = False, index: bool = True
) -> Column[int]:
    """A reference: with `cascade` the row goes with what it names, with `loosen` it forgets it."""
    key = ForeignKey(target, ondelete="CASCADE" if cascade else "SET NULL" if loosen else None)
    return Column(name, Id, key, nullable=null, index=index)


def moment(name: str, *, null: bool = False) -> Column[object]:
    return Column(name, UtcDateTime(), nullable=null)
