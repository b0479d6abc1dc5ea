"""Reversals: many votes taken back as one, which can be undone as one. Nothing is removed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, select, update

from storage.dataset_tables import reversal
from storage.errors import NotFound
from storage.inserting import insert_row
from storage.moment import Moment


class ReversalKind(StrEnum):
    """Why votes are taken back together."""

    RESTORE = "restore"  # a version of the data set is put back
    PERSON = "person"  # all that somebody said


@dataclass(frozen=True, slots=True)
class Reversal:
    """`dataset_number` is the version that is put back, `of_id` the person whose votes these were.

    Without `finished_at` it was cut off in the middle.
    """

    id: int
    classifier_id: int
    kind: ReversalKind
    dataset_number: int | None
    of_id: int | None
    created_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None

    @property
    def deed(self) -> str:
        """What the deeds of its votes begin with."""
        return f"reversal:{self.id}"

    @property
    def undoing(self) -> str:
        """What the deeds of the votes that undo it begin with."""
        return f"unreversal:{self.id}"


class Reversals:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def begin(
        self, classifier_id: int, kind: ReversalKind, *, dataset_number: int | None = None, of_id: int | None = None
    ) -> Reversal:
        """Begin one, or go on with the same that was cut off."""
        query = select(reversal).where(reversal.c.classifier_id == classifier_id).order_by(reversal.c.id.desc())
        row = self._connection.execute(query.limit(1)).one_or_none()
        if row is not None:
            newest = _record(row)
            alike = (newest.kind, newest.dataset_number, newest.of_id) == (kind, dataset_number, of_id)
            if alike and newest.finished_at is None and newest.undone_at is None:
                return newest
        return _record(
            insert_row(
                self._connection,
                reversal,
                classifier_id=classifier_id,
                kind=kind,
                dataset_number=dataset_number,
                of_id=of_id,
                created_at=self._moment.now,
                finished_at=None,
                undone_at=None,
            )
        )

    def get(self, reversal_id: int) -> Reversal:
        """Raises NotFound."""
        row = self._connection.execute(select(reversal).where(reversal.c.id == reversal_id)).one_or_none()
        if row is None:
            raise NotFound("reversal", reversal_id)
        return _record(row)

    def last(self, classifier_id: int, kind: ReversalKind, *, of_id: int | None = None) -> Reversal | None:
        """The newest of a kind, about that person if one is named, that is not undone."""
        query = (
            select(reversal)
            .where(reversal.c.classifier_id == classifier_id, reversal.c.kind == kind, reversal.c.undone_at.is_(None))
            .order_by(reversal.c.id.desc())
        )
        if of_id is not None:
            query = query.where(reversal.c.of_id == of_id)
        row = self._connection.execute(query.limit(1)).one_or_none()
        return _record(row) if row else None

    def finish(self, reversal_id: int) -> None:
        self._note(reversal_id, finished_at=self._moment.now)

    def note_undone(self, reversal_id: int) -> None:
        self._note(reversal_id, undone_at=self._moment.now)

    def _note(self, reversal_id: int, **moments: datetime) -> None:
        self._connection.execute(update(reversal).where(reversal.c.id == reversal_id).values(**moments))


def _record(row: Row[tuple[object, ...]]) -> Reversal:
    return Reversal(
        id=row.id,
        classifier_id=row.classifier_id,
        kind=ReversalKind(row.kind),
        dataset_number=row.dataset_number,
        of_id=row.of_id,
        created_at=row.created_at,
        finished_at=row.finished_at,
        undone_at=row.undone_at,
    )
