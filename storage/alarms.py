"""Alarms: whose lessons nobody else's bear out, kept so that each is told once and settled once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from storage.errors import NotFound
from storage.guard_tables import alarm, alarm_photo
from storage.inserting import insert_row
from storage.moment import Moment
from storage.suspects import photos_there
from storage.tables import person

_CHUNK = 5_000


class Settlement(StrEnum):
    """What became of an alarm."""

    FINE = "fine"  # its photos are right, and are not counted against anybody again
    REVERTED = "reverted"  # all that the person said was taken back


@dataclass(frozen=True, slots=True)
class NewAlarm:
    """Of `judged` photos of a person, others' lessons contradict those, where `expected` were to be expected."""

    person_id: int
    judged: int
    expected: float
    photo_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """The same, as it was noted. Photos that were deleted since are missing from `photo_ids`."""

    id: int
    classifier_id: int
    network_id: int
    person_id: int
    contradicted: int
    judged: int
    expected: float
    photo_ids: tuple[int, ...]
    created_at: datetime
    told_at: datetime | None
    settlement: Settlement | None


class Alarms:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def note(self, classifier_id: int, network_id: int, found: Sequence[NewAlarm]) -> list[int]:
        """Keep alarms; returns the new ones. Of a person about whom one is open, no other is noted.

        Who or what was deleted since the alarm was found is left out.
        """
        about = {one.person_id for one in self.open(classifier_id)}
        people = [one.person_id for one in found if one.person_id not in about]
        there = set(self._connection.execute(select(person.c.id).where(person.c.id.in_(people))).scalars())
        photos = photos_there(self._connection, [each for one in found for each in one.photo_ids])
        left = [replace(one, photo_ids=tuple(each for each in one.photo_ids if each in photos)) for one in found]
        return [self._add(classifier_id, network_id, one) for one in left if one.person_id in there and one.photo_ids]

    def get(self, alarm_id: int) -> Alarm:
        """Raises NotFound."""
        found = self._records(self._connection.execute(select(alarm).where(alarm.c.id == alarm_id)).all())
        if not found:
            raise NotFound("alarm", alarm_id)
        return found[0]

    def open(self, classifier_id: int) -> list[Alarm]:
        """Alarms that nobody settled, oldest first."""
        query = select(alarm).where(alarm.c.classifier_id == classifier_id, alarm.c.settled_at.is_(None))
        return self._records(self._connection.execute(query.order_by(alarm.c.id)).all())

    def untold(self) -> list[Alarm]:
        """Open alarms of all classifiers that nobody was told of yet, oldest first."""
        query = select(alarm).where(alarm.c.told_at.is_(None), alarm.c.settled_at.is_(None)).order_by(alarm.c.id)
        return self._records(self._connection.execute(query).all())

    def showing(self, photo_ids: Sequence[int]) -> list[int]:
        """The alarms, also settled ones, behind which one of these photos stands."""
        found: set[int] = set()
        for start in range(0, len(photo_ids), _CHUNK):
            some = alarm_photo.c.photo_id.in_(photo_ids[start : start + _CHUNK])
            found.update(self._connection.execute(select(alarm_photo.c.alarm_id).where(some)).scalars())
        return sorted(found)

    def about(self, person_id: int) -> list[int]:
        """The alarms about a person, also settled ones."""
        query = select(alarm.c.id).where(alarm.c.person_id == person_id).order_by(alarm.c.id)
        return list(self._connection.execute(query).scalars())

    def tell_anew(self, alarm_id: int) -> None:
        self._connection.execute(update(alarm).where(alarm.c.id == alarm_id).values(told_at=None))

    def told(self, alarm_id: int) -> None:
        self._connection.execute(update(alarm).where(alarm.c.id == alarm_id).values(told_at=self._moment.now))

    def settle(self, alarm_id: int, settlement: Settlement) -> bool:
        """Settle an alarm; False if that was done already."""
        mine = (alarm.c.id == alarm_id) & alarm.c.settled_at.is_(None)
        values = {"settlement": settlement, "settled_at": self._moment.now}
        return self._connection.execute(update(alarm).where(mine).values(**values)).rowcount > 0

    def settle_of(self, classifier_id: int, person_id: int, settlement: Settlement) -> None:
        """Settle what is open about a person."""
        for one in self.open(classifier_id):
            if one.person_id == person_id:
                self.settle(one.id, settlement)

    def called_fine(self, classifier_id: int) -> frozenset[int]:
        """The photos of alarms that turned out to be none."""
        query = (
            select(alarm_photo.c.photo_id)
            .join(alarm, alarm.c.id == alarm_photo.c.alarm_id)
            .where(alarm.c.classifier_id == classifier_id, alarm.c.settlement == Settlement.FINE)
        )
        return frozenset(self._connection.execute(query).scalars())

    def forget_person(self, person_id: int) -> None:
        """Remove what was noted about a person."""
        self._connection.execute(delete(alarm).where(alarm.c.person_id == person_id))

    def _add(self, classifier_id: int, network_id: int, one: NewAlarm) -> int:
        row = insert_row(
            self._connection,
            alarm,
            classifier_id=classifier_id,
            network_id=network_id,
            person_id=one.person_id,
            contradicted=len(one.photo_ids),
            judged=one.judged,
            expected=one.expected,
            created_at=self._moment.now,
            told_at=None,
            settlement=None,
            settled_at=None,
        )
        rows = [{"alarm_id": row.id, "photo_id": photo_id} for photo_id in sorted(set(one.photo_ids))]
        self._connection.execute(alarm_photo.insert(), rows)
        return int(row.id)

    def _records(self, rows: Sequence[Row[Any]]) -> list[Alarm]:
        query = select(alarm_photo).where(alarm_photo.c.alarm_id.in_([row.id for row in rows]))
        photos: dict[int, list[int]] = {row.id: [] for row in rows}
        for one in self._connection.execute(query.order_by(alarm_photo.c.photo_id)):
            photos[one.alarm_id].append(one.photo_id)
        return [_record(row, photos[row.id]) for row in rows]


def _record(row: Row[Any], photo_ids: Sequence[int]) -> Alarm:
    told_at: datetime | None = row.told_at
    return Alarm(
        id=row.id,
        classifier_id=row.classifier_id,
        network_id=row.network_id,
        person_id=row.person_id,
        contradicted=row.contradicted,
        judged=row.judged,
        expected=row.expected,
        photo_ids=tuple(photo_ids),
        created_at=row.created_at,
        told_at=told_at,
        settlement=Settlement(row.settlement) if row.settlement else None,
    )
