"""Collections: zips and lists that people send into a chat, worked through piece by piece.

What became of each thing in one is written in the transaction that makes it so: killed at any moment, the work goes on
with the first thing that has no row.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Executable, Row, Select, delete, func, insert, select, update

from storage.collection_tables import collected, collection
from storage.errors import NotFound
from storage.inserting import insert_row
from storage.moment import Moment
from storage.prepared import prepared
from storage.tables import chat


class CollectionKind(StrEnum):
    ZIP = "zip"
    LIST = "list"


class CollectionState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    BARRED = "barred"  # who sent it may not teach any more
    LOST = "lost"  # its file cannot be read any more
    ABANDONED = "abandoned"  # who sent it left the chat and did not come back
    TAKING_BACK = "taking_back"
    TAKEN_BACK = "taken_back"


AT_WORK = (CollectionState.RUNNING, CollectionState.TAKING_BACK)


class Outcome(StrEnum):
    """What became of a thing in a collection."""

    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"  # it was taught before, as something else
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


LEARNED = (Outcome.NEW, Outcome.CHANGED)


@dataclass(frozen=True, slots=True)
class Collection:
    id: int
    classifier_id: int
    person_id: int
    chat_id: int
    bot_id: int
    message_id: int
    deed: str
    kind: CollectionKind
    name: str
    label: str | None
    parcel: str | None
    size: int
    state: CollectionState
    lives: int
    created_at: datetime
    ended_at: datetime | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Collected:
    """A thing in a collection; `flaw` says why it was refused, and `detail` is a fact that goes with that."""

    position: int
    name: str
    label: str
    outcome: Outcome
    flaw: str | None = None
    detail: str | None = None
    photo_id: int | None = None


@dataclass(frozen=True, slots=True)
class CollectionTally:
    """What became of a collection so far. `labels` are those of what was learned; `flaws` count what was refused."""

    outcomes: Counter[Outcome]
    flaws: Counter[str]
    labels: int

    @property
    def done(self) -> int:
        return self.outcomes.total()

    @property
    def learned(self) -> int:
        return sum(self.outcomes[one] for one in LEARNED)


class Collections:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def begin(self, **facts: Any) -> Collection:
        """Begin to work through one; the same deed again gives the one that it began before."""
        known = self.of_deed(facts["deed"])
        if known is not None:
            return known
        state = {"state": CollectionState.RUNNING, "lives": 0, "created_at": self._moment.now}
        return _record(insert_row(self._connection, collection, **facts, **state))

    def get(self, collection_id: int) -> Collection:
        """Raises NotFound."""
        found = self._one(select(collection).where(collection.c.id == collection_id))
        if found is None:
            raise NotFound("collection", collection_id)
        return found

    def hold(self, collection_id: int) -> Collection | None:
        """The collection, which nobody else changes before this transaction ends; None if it is gone."""
        row = self._connection.execute(*_held(collection_id)).one_or_none()
        return _record(row) if row else None

    def of_deed(self, deed: str) -> Collection | None:
        return self._one(select(collection).where(collection.c.deed == deed))

    def running_of(self, person_id: int, kind: CollectionKind) -> Collection | None:
        """The one of a kind that is being worked through for a person."""
        mine = (collection.c.person_id == person_id) & (collection.c.kind == kind)
        return self._one(select(collection).where(mine, collection.c.state.in_(AT_WORK)).limit(1))

    def of_photo(self, photo_id: int, person_id: int) -> Collection | None:
        """The newest collection by which a person taught a photo."""
        query = (
            select(collection)
            .join(collected, collected.c.collection_id == collection.c.id)
            .where(collected.c.photo_id == photo_id, collected.c.outcome.in_(LEARNED))
            .where(collection.c.person_id == person_id)
            .order_by(collection.c.id.desc())
        )
        return self._one(query.limit(1))

    def at_work(self, bot_id: int) -> list[Collection]:
        """Those to work on, oldest first. Who blocked the bot is not served: what she poured in waits for her."""
        rows = self._connection.execute(*_at_work(bot_id))
        return [_record(row) for row in rows]

    def untold(self, bot_id: int) -> list[Collection]:
        """Those of which the message that shows how far they are has not said the last word."""
        query = select(collection).where(collection.c.bot_id == bot_id, collection.c.told_at.is_(None))
        return [_record(row) for row in self._connection.execute(query.order_by(collection.c.id))]

    def of_person(self, person_id: int) -> list[Collection]:
        query = select(collection).where(collection.c.person_id == person_id).order_by(collection.c.id)
        return [_record(row) for row in self._connection.execute(query)]

    def positions(self, collection_id: int) -> set[int]:
        """What has come to something already."""
        query = select(collected.c.position).where(collected.c.collection_id == collection_id)
        return set(self._connection.execute(query).scalars())

    def first_with(self, collection_id: int, photo_id: int) -> Collected | None:
        """The first thing in a collection that was this photo."""
        query = _items(collection_id).where(collected.c.photo_id == photo_id).limit(1)
        row = self._connection.execute(query).first()
        return _item(row) if row else None

    def items(self, collection_id: int) -> list[Collected]:
        """What became of each thing, in order."""
        return [_item(row) for row in self._connection.execute(_items(collection_id))]

    def learned(self, collection_id: int, limit: int) -> list[Collected]:
        """Some of what a collection taught, and what was not taken back yet."""
        query = _items(collection_id).where(collected.c.outcome.in_(LEARNED)).limit(limit)
        return [_item(row) for row in self._connection.execute(query)]

    def tally(self, collection_id: int) -> CollectionTally:
        mine = collected.c.collection_id == collection_id
        grouped = (collected.c.outcome, collected.c.flaw)
        outcomes, flaws = Counter[Outcome](), Counter[str]()
        for outcome, flaw, n in self._connection.execute(select(*grouped, func.count()).where(mine).group_by(*grouped)):
            outcomes[Outcome(outcome)] += n
            if outcome == Outcome.REFUSED:
                flaws[flaw or ""] += n
        labels = select(func.count(collected.c.label.distinct())).where(mine, collected.c.outcome.in_(LEARNED))
        return CollectionTally(outcomes, flaws, int(self._connection.execute(labels).scalar_one()))

    def take_up(self, collection_id: int) -> None:
        """Note that a process has begun to work on one."""
        self._set(collection_id, lives=collection.c.lives + 1)

    def note(self, collection_id: int, items: Iterable[Collected]) -> None:
        """Keep what became of some things; it got further, so whoever looked at it lives."""
        rows = [
            {
                "collection_id": collection_id,
                "position": one.position,
                "name": one.name,
                "label": one.label,
                "outcome": one.outcome,
                "flaw": one.flaw,
                "detail": one.detail,
                "photo_id": one.photo_id,
            }
            for one in items
        ]
        if rows:
            self._connection.execute(insert(collected), rows)
            self._set(collection_id, lives=0)

    def note_taken_back(self, collection_id: int, positions: Iterable[int]) -> None:
        mine = (collected.c.collection_id == collection_id) & collected.c.position.in_(list(positions))
        self._connection.execute(update(collected).where(mine).values(outcome=Outcome.TAKEN_BACK))

    def set_state(self, collection_id: int, state: CollectionState) -> None:
        """Begin or end a work; an end lets go of the file, and what is shown of it is outdated."""
        ended = {} if state in AT_WORK else {"ended_at": self._moment.now}
        self._set(collection_id, state=state, parcel=None, told_at=None, **ended)

    def told(self, collection_id: int) -> None:
        self._set(collection_id, told_at=self._moment.now)

    def parcels(self) -> set[str]:
        """The files that are still needed."""
        return set(
            self._connection.execute(select(collection.c.parcel).where(collection.c.parcel.is_not(None))).scalars()
        )

    def forget_person(self, person_id: int) -> list[str]:
        """Remove a person's collections; returns the files that were needed for them."""
        mine = collection.c.person_id == person_id
        parcels = select(collection.c.parcel).where(mine, collection.c.parcel.is_not(None))
        found = list(self._connection.execute(parcels).scalars())
        self._connection.execute(delete(collection).where(mine))
        return found

    def forget_before(self, moment: datetime) -> int:
        """Remove those that ended before a moment."""
        return self._connection.execute(delete(collection).where(collection.c.ended_at < moment)).rowcount

    def abandoned(self, begun_before: datetime) -> list[Collection]:
        """Those at work since long that nobody waits for: their chats are out of reach."""
        query = (
            select(collection)
            .join(chat, chat.c.id == collection.c.chat_id)
            .where(collection.c.state.in_(AT_WORK), collection.c.created_at < begun_before, chat.c.reachable.is_(False))
        )
        return [_record(row) for row in self._connection.execute(query)]

    def _one(self, query: Select[Any]) -> Collection | None:
        row = self._connection.execute(query).one_or_none()
        return _record(row) if row else None

    def _set(self, collection_id: int, **values: Any) -> None:
        self._connection.execute(update(collection).where(collection.c.id == collection_id).values(**values))


def _items(collection_id: int) -> Select[Any]:
    return select(collected).where(collected.c.collection_id == collection_id).order_by(collected.c.position)


def _record(row: Row[Any]) -> Collection:
    values = dict(row._mapping)
    return Collection(**(values | {"kind": CollectionKind(row.kind), "state": CollectionState(row.state)}))


def _item(row: Row[Any]) -> Collected:
    return Collected(row.position, row.name, row.label, Outcome(row.outcome), row.flaw, row.detail, row.photo_id)


@prepared
def _held(collection_id: int) -> Executable:
    return select(collection).where(collection.c.id == collection_id).with_for_update()


@prepared
def _at_work(bot_id: int) -> Executable:
    return (
        select(collection)
        .join(chat, chat.c.id == collection.c.chat_id)
        .where(collection.c.state.in_(AT_WORK), collection.c.bot_id == bot_id)
        .where(chat.c.reachable | (collection.c.state == CollectionState.TAKING_BACK))
        .order_by(collection.c.id)
    )
