"""Decisions: what reviewers said of suspects. They are only ever added; one that is taken back stays, and says so."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, select, update

from storage.doubts import SETTLING, Choice, Decision, Suspect, SuspectKind
from storage.errors import NotFound
from storage.inserting import insert_row
from storage.moment import Moment
from storage.review_tables import decided_photo, decision, suspect
from storage.tables import vote

# A card that was skipped comes again to the same reviewer after this time.
SKIPPED_FOR = timedelta(hours=12)
_CHUNK = 5_000


class Decisions:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def add(
        self,
        about: Suspect,
        person_id: int | None,
        choice: Choice,
        *,
        label_id: int | None = None,
        votes: Mapping[int, int | None] | None = None,
        deed: str,
    ) -> Decision:
        """Note what was decided about a suspect, after the votes that it gave were cast; the same `deed` adds none.

        `votes` are by photo. What settles is not shown to anybody again, in whatever list.
        """
        known = self.of_deed(deed)
        if known is not None:
            return known
        cast = {photo_id: (votes or {}).get(photo_id) for photo_id in about.photo_ids}
        made = self._add(
            classifier_id=about.classifier_id,
            subject=about.subject,
            kind=about.kind,
            choice=choice,
            person_id=person_id,
            label_id=label_id,
            newest_vote_id=max(newest_votes(self._connection, about.photo_ids).values(), default=0),
            deed=deed,
        )
        rows = [{"decision_id": made, "photo_id": one, "vote_id": vote_id} for one, vote_id in cast.items()]
        self._connection.execute(decided_photo.insert(), rows)
        changed = {"leased_by_id": None, "leased_until": None}
        mine = (suspect.c.classifier_id == about.classifier_id) & (suspect.c.subject == about.subject)
        settles = {"decision_id": made} if choice in SETTLING else {}
        self._connection.execute(update(suspect).where(mine).values(**changed, **settles))
        return self.get(made)

    def undo(self, decision_id: int, person_id: int, *, deed: str) -> Decision:
        """Take a decision back: its suspect is open again. The votes are the caller's to withdraw. Raises NotFound."""
        found = self.get(decision_id)
        if found.undone_at is None:
            self._add(
                classifier_id=found.classifier_id,
                subject=found.subject,
                kind=found.kind,
                choice=Choice.UNDO,
                person_id=person_id,
                undoes_id=decision_id,
                newest_vote_id=0,
                deed=deed,
            )
            settled = suspect.c.decision_id == decision_id
            self._connection.execute(update(suspect).where(settled).values(decision_id=None))
        return self.get(decision_id)

    def get(self, decision_id: int) -> Decision:
        """Raises NotFound."""
        found = self._found(_with_undoing().where(decision.c.id == decision_id))
        if not found:
            raise NotFound("decision", decision_id)
        return found[0]

    def of_deed(self, deed: str) -> Decision | None:
        """The decision that a deed gave."""
        found = self._found(_with_undoing().where(decision.c.deed == deed))
        return found[0] if found else None

    def giving(self, vote_id: int) -> Decision | None:
        """The decision that gave a vote, if one did."""
        gave = select(decided_photo.c.decision_id).where(decided_photo.c.vote_id == vote_id)
        found = self._found(_with_undoing().where(decision.c.id.in_(gave)))
        return found[0] if found else None

    def of_person(self, classifier_id: int, person_id: int, *, limit: int = 500) -> list[Decision]:
        """A reviewer's decisions that stand, newest first."""
        hers = _with_undoing().where(decision.c.person_id == person_id, decision.c.classifier_id == classifier_id)
        query = hers.where(decision.c.choice != Choice.UNDO, ~undone())
        return self._found(query.order_by(decision.c.id.desc()).limit(limit))

    def of_classifier(self, classifier_id: int) -> list[Decision]:
        """Every decision ever made, oldest first; those that were taken back say so. For benchmarks and tests."""
        query = _with_undoing().where(decision.c.classifier_id == classifier_id, decision.c.choice != Choice.UNDO)
        return self._found(query.order_by(decision.c.id))

    def forget_person(self, person_id: int) -> None:
        """Remove a person's decisions with her votes: what she had decided is open again."""
        self._connection.execute(delete(decision).where(decision.c.person_id == person_id))
        hers = suspect.c.leased_by_id == person_id
        self._connection.execute(update(suspect).where(hers).values(leased_by_id=None, leased_until=None))

    def _add(self, **values: Any) -> int:
        return int(insert_row(self._connection, decision, created_at=self._moment.now, **values).id)

    def _found(self, query: Select[Any]) -> list[Decision]:
        rows = self._connection.execute(query).all()
        votes: dict[int, dict[int, int | None]] = {row.id: {} for row in rows}
        ids = list(votes)
        for start in range(0, len(ids), _CHUNK):
            some = decided_photo.c.decision_id.in_(ids[start : start + _CHUNK])
            for one in self._connection.execute(select(decided_photo).where(some).order_by(decided_photo.c.photo_id)):
                votes[one.decision_id][one.photo_id] = one.vote_id
        return [_record(row, votes[row.id]) for row in rows]


def undone() -> ColumnElement[bool]:
    """Whether the decision of a query was taken back."""
    later = decision.alias("later")
    return select(later.c.id).where(later.c.undoes_id == decision.c.id).correlate(decision).exists()


def live_settling(connection: Connection, classifier_id: int) -> dict[str, tuple[int, int]]:
    """The newest decision that settles each subject: its id and the newest vote then."""
    query = (
        select(decision.c.subject, decision.c.id, decision.c.newest_vote_id)
        .where(decision.c.classifier_id == classifier_id, decision.c.choice.in_(SETTLING), ~undone())
        .order_by(decision.c.id)
    )
    return {row.subject: (row.id, row.newest_vote_id) for row in connection.execute(query)}


def newest_votes(connection: Connection, photo_ids: Sequence[int]) -> dict[int, int]:
    """The number of the newest vote on each photo that has one, withdrawals among them."""
    asked, found = sorted(set(photo_ids)), dict[int, int]()
    for start in range(0, len(asked), _CHUNK):
        some = vote.c.photo_id.in_(asked[start : start + _CHUNK])
        query = select(vote.c.photo_id, func.max(vote.c.id)).where(some).group_by(vote.c.photo_id)
        found.update({photo_id: newest for photo_id, newest in connection.execute(query)})
    return found


def _with_undoing() -> Select[Any]:
    undoing = decision.alias("undoing")
    return select(
        decision, undoing.c.person_id.label("undone_by_id"), undoing.c.created_at.label("undone_at")
    ).outerjoin(undoing, undoing.c.undoes_id == decision.c.id)


def _record(row: Row[Any], votes: Mapping[int, int | None]) -> Decision:
    undone_at: datetime | None = row.undone_at
    return Decision(
        id=row.id,
        classifier_id=row.classifier_id,
        subject=row.subject,
        kind=SuspectKind(row.kind),
        choice=Choice(row.choice),
        votes=votes,
        label_id=row.label_id,
        person_id=row.person_id,
        created_at=row.created_at,
        undone_by_id=row.undone_by_id,
        undone_at=undone_at,
    )
