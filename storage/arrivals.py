"""How much came of whom lately, which limits are held against: a row of each message or piece of a collection."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Executable, Row, bindparam, delete, func, literal, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.elements import ColumnElement

from storage.arriving_tables import arrival
from storage.columns import UtcDateTime
from storage.inserting import insert_unless_there
from storage.moment import Moment
from storage.tables import person

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# More than anybody sends, and than a database counts beyond.
NO_LIMIT = 2**62


@dataclass(frozen=True, slots=True)
class Quota:
    """What one person may send: messages with photos in a minute, photos in a day, bytes in an hour; 0 is no limit."""

    a_minute: int
    a_day: int
    bytes_an_hour: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came (`photos` of them in all `size` bytes, with so many messages), and when it counts."""

    key: int
    at: datetime
    photos: int
    size: int
    messages: int = 1


def arrival_key(deed: str) -> int:
    """A deed as a number that a row can be known by."""
    return int.from_bytes(hashlib.sha256(deed.encode()).digest()[:8], "big", signed=True)


class Arrivals:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def count(self, person_id: int, key: int, quota: Quota, *, photos: int, size: int) -> bool:
        """Count a message now, in one statement, if it is within the quota. False if it is not, or was counted before.

        A window ends now and is open where it began; what counts later has its place in it already. Where no photos
        count as yet, there is to be room for one.
        """
        now = self._moment.now
        self.hold(person_id)
        values = {
            "new_key": key,
            "whose": person_id,
            "now": now,
            "more": photos,
            "wanted": max(1, photos),
            "heavy": size,
            "minute": now - MINUTE,
            "hour": now - HOUR,
            "day": now - DAY,
            "a_minute": quota.a_minute or NO_LIMIT,
            "a_day": quota.a_day or NO_LIMIT,
            "bytes_an_hour": quota.bytes_an_hour or NO_LIMIT,
        }
        options = {"preserve_rowcount": True}
        statement = _count(self._connection.dialect.name)
        return self._connection.execute(statement, values, execution_options=options).rowcount == 1

    def hold(self, person_id: int) -> None:
        """Let nothing else be counted of a person before this transaction ends."""
        if self._connection.dialect.name == "postgresql":
            # Two chats of one person are one after the other here, as all writers are on SQLite.
            self._connection.execute(select(person.c.id).where(person.c.id == person_id).with_for_update())

    def add(self, person_id: int, key: int, *, photos: int, size: int) -> None:
        """Count what a collection gave, now: it is no message."""
        facts = {"photos": photos, "size": size, "messages": 0}
        insert_unless_there(self._connection, arrival, key=key, person_id=person_id, at=self._moment.now, **facts)

    def find(self, key: int) -> Arrival | None:
        row = self._connection.execute(select(arrival).where(arrival.c.key == key)).one_or_none()
        return _record(row) if row else None

    def reserve(self, person_id: int, key: int, *, photos: int, size: int, at: datetime) -> None:
        """Count what came as of a moment to come."""
        facts = {"photos": photos, "size": size, "messages": 1}
        insert_unless_there(self._connection, arrival, key=key, person_id=person_id, at=at, **facts)

    def of_person(self, person_id: int) -> Sequence[Arrival]:
        """What counts in the last day and later, in order."""
        query = select(arrival).where(arrival.c.person_id == person_id, arrival.c.at > self._moment.now - DAY)
        rows = self._connection.execute(query.order_by(arrival.c.at, arrival.c.key))
        return [_record(row) for row in rows]

    def forget_person(self, person_id: int) -> None:
        self._connection.execute(delete(arrival).where(arrival.c.person_id == person_id))

    def forget_old(self) -> int:
        """Remove what no limit looks at any more."""
        return self._connection.execute(delete(arrival).where(arrival.c.at <= self._moment.now - DAY)).rowcount


def _record(row: Row[Any]) -> Arrival:
    return Arrival(row.key, row.at, row.photos, row.size, row.messages)


@cache
def _count(dialect: str) -> Executable:
    """An insert of what the quota still has room for. Built once: that costs as much as running it."""
    number, moment = BigInteger(), UtcDateTime()
    more, heavy = bindparam("more", type_=number), bindparam("heavy", type_=number)
    rooms = (
        _in_window("minute", func.coalesce(func.sum(arrival.c.messages), 0)) < bindparam("a_minute", type_=number),
        _in_window("day", func.coalesce(func.sum(arrival.c.photos), 0))
        <= bindparam("a_day", type_=number) - bindparam("wanted", type_=number),
        _in_window("hour", func.coalesce(func.sum(arrival.c.size), 0))
        <= bindparam("bytes_an_hour", type_=number) - heavy,
    )
    columns = ["key", "person_id", "at", "photos", "size", "messages"]
    chosen = select(
        bindparam("new_key", type_=number),
        bindparam("whose", type_=number),
        bindparam("now", type_=moment),
        more,
        heavy,
        literal(1),
    ).where(*rooms)
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(arrival).from_select(columns, chosen).on_conflict_do_nothing()
    return sqlite.insert(arrival).from_select(columns, chosen).on_conflict_do_nothing()


def _in_window(window: str, what: ColumnElement[int]) -> ColumnElement[int]:
    mine = arrival.c.person_id == bindparam("whose", type_=BigInteger())
    inside = arrival.c.at > bindparam(window, type_=UtcDateTime())
    return select(what).select_from(arrival).where(mine, inside).scalar_subquery()
