"""Quarantine: what people sent that was refused, as it came, until a reviewer decides or its time is over.

It is bounded for each person, in files and in bytes, and in days: who sends more pushes out her own oldest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, update

from storage.errors import NotFound
from storage.inserting import insert_unless_there
from storage.moment import Moment
from storage.quarantine_tables import quarantined

FILES_EACH = 50
BYTES_EACH = 60 * 1024 * 1024
KEPT_FOR = timedelta(days=30)
# So long a decision can be taken back.
UNDONE_WITHIN = timedelta(days=1)
# So long a card is one reviewer's; then another may get it.
LEASE = timedelta(minutes=10)


class QuarantineState(StrEnum):
    OPEN = "open"
    RESTORED = "restored"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A refused file; `parcel` is its digest among the store's parcels, `given` and `bound` the numbers behind it."""

    id: int
    classifier_id: int
    person_id: int
    chat_id: int
    bot_id: int
    message_id: int
    deed: str
    parcel: str
    size: int
    name: str
    label: str | None
    refusal: str
    given: str
    bound: str
    state: QuarantineState
    photo_id: int | None
    decided_by_id: int | None
    decided_at: datetime | None
    created_at: datetime
    leased_by_id: int | None
    leased_until: datetime | None

    @property
    def file(self) -> str:
        """Telegram's unique id of the file: the last part of its deed, and without a colon itself."""
        return self.deed.rpartition(":")[2]


class Quarantine:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def keep(self, **facts: Any) -> list[str]:
        """Keep a refused file; the same deed again only changes what it is called.

        Returns the parcels that were pushed out by it.
        """
        state = {"state": QuarantineState.OPEN, "created_at": self._moment.now}
        if not insert_unless_there(self._connection, quarantined, **_NOTHING, **facts, **state):
            mine = quarantined.c.deed == facts["deed"]
            self._connection.execute(update(quarantined).where(mine).values(label=facts["label"]))
        return self._push_out(facts["person_id"])

    def get(self, quarantined_id: int, *, hold: bool = False) -> Quarantined:
        """One of them; with `hold` nobody else changes it meanwhile. Raises NotFound: its time is over."""
        query = select(quarantined).where(quarantined.c.id == quarantined_id)
        row = self._connection.execute(query.with_for_update() if hold else query).one_or_none()
        if row is None:
            raise NotFound("quarantined", quarantined_id)
        return _record(row)

    def next_for(self, classifier_id: int, person_id: int, after: int = 0) -> Quarantined | None:
        """The oldest open one behind `after` that no other reviewer is looking at; it is hers from now on."""
        here = self._open(classifier_id) & (quarantined.c.id > after) & self._is_free(person_id)
        query = select(quarantined).where(here).order_by(quarantined.c.id).limit(1)
        row = self._connection.execute(query.with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        self._set(row.id, leased_by_id=person_id, leased_until=self._moment.now + LEASE)
        return _record(row)

    def count(self, classifier_id: int) -> int:
        """How many are open."""
        query = select(func.count()).select_from(quarantined).where(self._open(classifier_id))
        return int(self._connection.execute(query).scalar_one())

    def decide(self, quarantined_id: int, person_id: int, state: QuarantineState, photo_id: int | None = None) -> None:
        """Decide about an open one that is hers, or nobody's. Raises NotFound: it is neither."""
        found = self.get(quarantined_id, hold=True)
        is_held = found.leased_until is not None and found.leased_until > self._now
        is_anothers = is_held and found.leased_by_id not in (None, person_id)
        if found.state is not QuarantineState.OPEN or is_anothers:
            raise NotFound("quarantined", quarantined_id)
        by = {"decided_by_id": person_id, "decided_at": self._now, "leased_by_id": None, "leased_until": None}
        self._set(quarantined_id, state=state, photo_id=photo_id, **by)

    def reopen(self, quarantined_id: int, person_id: int) -> Quarantined:
        """Take one's own decision back: the card is hers again; returns what was decided. Raises NotFound."""
        found = self.get(quarantined_id, hold=True)
        if found.state is QuarantineState.OPEN or found.decided_by_id != person_id:
            raise NotFound("quarantined", quarantined_id)
        held = {"leased_by_id": person_id, "leased_until": self._now + LEASE}
        undecided = {"photo_id": None, "decided_by_id": None, "decided_at": None}
        self._set(quarantined_id, state=QuarantineState.OPEN, **undecided, **held)
        return found

    def release(self, person_id: int) -> None:
        mine = quarantined.c.leased_by_id == person_id
        self._connection.execute(update(quarantined).where(mine).values(leased_by_id=None, leased_until=None))

    def of_person(self, person_id: int) -> list[Quarantined]:
        query = select(quarantined).where(quarantined.c.person_id == person_id).order_by(quarantined.c.id)
        return [_record(row) for row in self._connection.execute(query)]

    def forget_person(self, person_id: int) -> list[str]:
        """Remove what a person sent; returns the parcels. What she decided about others' stays, in nobody's name."""
        hers = quarantined.c.decided_by_id == person_id
        self._connection.execute(update(quarantined).where(hers).values(decided_by_id=None))
        self.release(person_id)
        return self._remove(self.of_person(person_id))

    def forget_old(self) -> list[str]:
        """Remove what nobody decided about in time, and what was decided long enough ago; returns the parcels."""
        is_late = quarantined.c.created_at <= self._now - KEPT_FOR
        is_over = quarantined.c.decided_at <= self._now - UNDONE_WITHIN
        rows = self._connection.execute(select(quarantined).where(or_(is_late, is_over)))
        return self._remove([_record(row) for row in rows])

    def parcels(self) -> set[str]:
        """The files that are still needed."""
        return set(self._connection.execute(select(quarantined.c.parcel)).scalars())

    @property
    def _now(self) -> datetime:
        return self._moment.now

    def _push_out(self, person_id: int) -> list[str]:
        size, late = 0, []
        for number, one in enumerate(reversed(self.of_person(person_id))):
            size += one.size
            if number and (number >= FILES_EACH or size > BYTES_EACH):
                late.append(one)
        return self._remove(late)

    def _remove(self, those: Iterable[Quarantined]) -> list[str]:
        gone = list(those)
        for one in gone:
            self._connection.execute(delete(quarantined).where(quarantined.c.id == one.id))
        return [one.parcel for one in gone]

    def _open(self, classifier_id: int) -> ColumnElement[bool]:
        return (quarantined.c.classifier_id == classifier_id) & (quarantined.c.state == QuarantineState.OPEN)

    def _is_free(self, person_id: int) -> ColumnElement[bool]:
        holder = quarantined.c.leased_by_id
        return or_(holder.is_(None), holder == person_id, quarantined.c.leased_until <= self._now)

    def _set(self, quarantined_id: int, **values: Any) -> None:
        self._connection.execute(update(quarantined).where(quarantined.c.id == quarantined_id).values(**values))


_NOTHING = dict.fromkeys(("photo_id", "decided_by_id", "decided_at", "leased_by_id", "leased_until"))


def _record(row: Row[Any]) -> Quarantined:
    return Quarantined(**(dict(row._mapping) | {"state": QuarantineState(row.state)}))
