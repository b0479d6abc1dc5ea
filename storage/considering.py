"""Considering: what the consensus reads of all votes at once, and how what it makes of them comes to count."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from storage.considered import Opinion
from storage.decisions import newest_votes
from storage.opinions import Opinions
from storage.records import State
from storage.tables import photo, standing, vote
from storage.votes import Votes

# So many photos are counted anew by one query.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class VotedPhoto:
    """A photo that somebody said something of, and what that counts as now."""

    photo_id: int
    digest: str
    group: str
    fold: int
    owner_id: int | None
    label_id: int | None
    state: State


class Considering:
    def __init__(self, connection: Connection, votes: Votes) -> None:
        self._connection = connection
        self._votes = votes

    def voted(self, classifier_id: int) -> list[VotedPhoto]:
        """All photos that somebody said something of, in order of id."""
        query = (
            select(
                photo.c.id,
                photo.c.digest,
                photo.c.group_key,
                photo.c.fold,
                photo.c.owner_id,
                standing.c.label_id,
                standing.c.state,
            )
            .join(standing, standing.c.photo_id == photo.c.id)
            .where(photo.c.classifier_id == classifier_id, standing.c.state != State.UNLABELLED)
            .order_by(photo.c.id)
        )
        return [VotedPhoto(*row[:6], State(row.state)) for row in self._connection.execute(query)]

    def renew(self, found: Sequence[Opinion], knew: Mapping[int, int] | None = None) -> int:
        """Let opinions count in place of those before; returns of how many newly voted photos that changed what counts.

        What was voted on since they were formed is passed over: the vote counts, and the next run weighs it. So is what
        somebody's votes were deleted of since, where `knew` says how many votes on each photo were weighed. What only
        the network sees otherwise now is not counted among the changes, or learning them might never end.
        """
        changed = 0
        for start in range(0, len(found), _CHUNK):
            some = found[start : start + _CHUNK]
            ids = [one.photo_id for one in some]
            held = select(photo.c.id).where(photo.c.id.in_(ids)).order_by(photo.c.id)
            self._connection.execute(held.with_for_update(key_share=True)).all()
            newest = newest_votes(self._connection, ids)
            cast = self._counts(ids) if knew is not None else {}
            valid = [
                one
                for one in some
                if newest.get(one.photo_id) == one.vote_id
                and (knew is None or cast[one.photo_id] == knew[one.photo_id])
            ]
            ids = [one.photo_id for one in valid]
            opinions = Opinions(self._connection)
            kept = opinions.kept(ids)
            weighed = {
                one.photo_id for one in valid if one.photo_id in kept and kept[one.photo_id].vote_id == one.vote_id
            }
            before = self._standings(ids)
            opinions.write(valid)
            self._votes.recount(ids)
            changed += sum(photo_id not in weighed for photo_id, _, _ in before - self._standings(ids))
        return changed

    def _counts(self, photo_ids: Sequence[int]) -> Counter[int]:
        """How many votes there are on each photo, withdrawals among them."""
        query = select(vote.c.photo_id, func.count()).where(vote.c.photo_id.in_(photo_ids)).group_by(vote.c.photo_id)
        return Counter({row[0]: row[1] for row in self._connection.execute(query)})

    def _standings(self, photo_ids: Sequence[int]) -> set[tuple[int, int | None, str]]:
        query = select(standing.c.photo_id, standing.c.label_id, standing.c.state)
        rows = self._connection.execute(query.where(standing.c.photo_id.in_(photo_ids)))
        return {(row.photo_id, row.label_id, row.state) for row in rows}
