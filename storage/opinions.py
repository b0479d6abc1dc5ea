"""Opinions: what all voices on a photo add up to after a fit. Derived, like standings, and void once somebody votes."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Executable, Row, Select, delete, func, select

from storage.considered import Opinion, Settled
from storage.opinion_tables import opinion
from storage.prepared import prepared
from storage.tables import label, photo, vote

_CHUNK = 5_000
# It names the label that was said then, and is read as what that is now, as votes are.
_opinions: Select[Any] = select(
    *(column for column in opinion.c if column.name != "label_id"),
    func.coalesce(label.c.root_id, opinion.c.label_id).label("label_id"),
).outerjoin(label, label.c.id == opinion.c.label_id)

# Nobody voted since they were formed.
_newest = select(func.max(vote.c.id)).where(vote.c.photo_id == opinion.c.photo_id).correlate(opinion).scalar_subquery()
_holding = _opinions.where(opinion.c.vote_id == _newest)


class Opinions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def kept_of(self, photo_id: int) -> Opinion | None:
        """The last opinion on a photo, whether or not it knew of all votes that there are now."""
        row = self._connection.execute(*_opinion_on(photo_id)).one_or_none()
        return _record(row) if row else None

    def kept(self, photo_ids: Sequence[int]) -> dict[int, Opinion]:
        """The same of some photos."""
        found: dict[int, Opinion] = {}
        for start in range(0, len(photo_ids), _CHUNK):
            some = opinion.c.photo_id.in_(photo_ids[start : start + _CHUNK])
            found |= {row.photo_id: _record(row) for row in self._connection.execute(_opinions.where(some))}
        return found

    def of(self, photo_id: int) -> Opinion | None:
        """The opinion on a photo that knew of all its votes; None where somebody voted since."""
        found = self.kept_of(photo_id)
        newest = self._connection.execute(*_newest_vote_on(photo_id)).scalar_one()
        return found if found is not None and found.vote_id == newest else None

    def all(self, classifier_id: int) -> dict[int, Opinion]:
        """Every opinion that holds, by photo."""
        query = _holding.join(photo, photo.c.id == opinion.c.photo_id).where(photo.c.classifier_id == classifier_id)
        return {row.photo_id: _record(row) for row in self._connection.execute(query)}

    def those(self, photo_ids: Sequence[int]) -> dict[int, Opinion]:
        """The opinions on some photos that hold."""
        found: dict[int, Opinion] = {}
        for start in range(0, len(photo_ids), _CHUNK):
            some = opinion.c.photo_id.in_(photo_ids[start : start + _CHUNK])
            found |= {row.photo_id: _record(row) for row in self._connection.execute(_holding.where(some))}
        return found

    def write(self, found: Iterable[Opinion]) -> None:
        """Put opinions in place of those before. The caller holds the photos and counts their votes anew."""
        those = list(found)
        rows = [
            {
                "photo_id": one.photo_id,
                "label_id": one.label_id,
                "probability": one.probability,
                "settled": one.settled,
                "vote_id": one.vote_id,
                "ask": one.ask,
                "likely": list(one.likely),
            }
            for one in those
        ]
        self.drop([one.photo_id for one in those])
        if rows:
            self._connection.execute(opinion.insert(), rows)

    def drop(self, photo_ids: Sequence[int]) -> None:
        for start in range(0, len(photo_ids), _CHUNK):
            some = opinion.c.photo_id.in_(photo_ids[start : start + _CHUNK])
            self._connection.execute(delete(opinion).where(some))


def _record(row: Row[Any]) -> Opinion:
    return Opinion(
        photo_id=row.photo_id,
        label_id=row.label_id,
        probability=row.probability,
        settled=Settled(row.settled),
        vote_id=row.vote_id,
        ask=row.ask,
        likely=tuple(row.likely),
    )


@prepared
def _opinion_on(photo_id: int) -> Executable:
    return _opinions.where(opinion.c.photo_id == photo_id)


@prepared
def _newest_vote_on(photo_id: int) -> Executable:
    return select(func.coalesce(func.max(vote.c.id), 0)).where(vote.c.photo_id == photo_id)
