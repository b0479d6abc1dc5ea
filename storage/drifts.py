"""Drifts: what was noticed of answers that had got worse, kept so that it is told once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, Select, select, update

from storage.inserting import insert_unless_there
from storage.moment import Moment
from storage.records import Drift, DriftKind
from storage.tables import drift, network


class Drifts:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def add(self, network_id: int, kind: DriftKind, *, n: int, seen: int, expected: float, prediction_id: int) -> bool:
        """Note a drift while a network answers; False if this very one was noted before."""
        return insert_unless_there(
            self._connection,
            drift,
            network_id=network_id,
            kind=kind,
            n=n,
            seen=seen,
            expected=expected,
            prediction_id=prediction_id,
            created_at=self._moment.now,
        )

    def latest(self, classifier_id: int, kind: DriftKind) -> Drift | None:
        """The newest drift of a kind."""
        query = _of(classifier_id).where(drift.c.kind == kind).order_by(drift.c.id.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return _record(row) if row else None

    def since(self, classifier_id: int, moment: datetime) -> list[Drift]:
        """The drifts noted since a moment, newest first."""
        query = _of(classifier_id).where(drift.c.created_at >= moment).order_by(drift.c.id.desc())
        return [_record(row) for row in self._connection.execute(query)]

    def untold(self) -> list[Drift]:
        """Drifts of all classifiers that nobody was told of yet, oldest first."""
        query = select(drift).where(drift.c.told_at.is_(None)).order_by(drift.c.id)
        return [_record(row) for row in self._connection.execute(query)]

    def told(self, drift_ids: Sequence[int]) -> None:
        self._connection.execute(update(drift).where(drift.c.id.in_(drift_ids)).values(told_at=self._moment.now))


def _of(classifier_id: int) -> Select[tuple[object, ...]]:
    return (
        select(drift).join(network, network.c.id == drift.c.network_id).where(network.c.classifier_id == classifier_id)
    )


def _record(row: Row[tuple[object, ...]]) -> Drift:
    return Drift(
        id=row.id,
        network_id=row.network_id,
        kind=DriftKind(row.kind),
        n=row.n,
        seen=row.seen,
        expected=row.expected,
        prediction_id=row.prediction_id,
        created_at=row.created_at,
    )
