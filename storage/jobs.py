"""Work for the trainer, held by leases: a killed worker's job is taken up again, a finished one never twice."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Text, cast, func, select, update

from storage.errors import NotFound, StoreConflict
from storage.inserting import insert_row, insert_unless_there
from storage.moment import Moment
from storage.records import Job, JobState
from storage.tables import asker, classifier, heartbeat, job

# However long lessons keep coming, work starts this long after the first of them.
LONGEST_WAIT = timedelta(seconds=10)
MAX_TRIES = 3


@dataclass(frozen=True, slots=True)
class Heartbeat:
    process: str
    doing: str
    at: datetime


class Jobs:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def request(self, kind: str, classifier_id: int, *, due_at: datetime, asked_in_id: int | None = None) -> Job:
        """Ask for work. A job of the kind that still waits is put off to `due_at` instead of asking twice.

        `asked_in_id` is a chat that wants to hear of the end; several may ask for one job.
        """
        self._one_at_a_time(classifier_id)
        found = self._waiting(kind, classifier_id)
        if found is None:
            found = self._new(kind, classifier_id, due_at)
        else:
            self._set(found.id, due_at=min(due_at, found.asked_at + LONGEST_WAIT))
            found = self.get(found.id)
        if asked_in_id is not None:
            insert_unless_there(self._connection, asker, job_id=found.id, chat_id=asked_in_id)
        return found

    def claim(
        self,
        kinds: Sequence[str],
        worker: str,
        lease_seconds: float,
        *,
        tries: int = MAX_TRIES,
        asked_before: datetime | None = None,
    ) -> Job | None:
        """Take the job that is due longest, or whose worker let its lease run out; None if there is none.

        A job that was taken so many times and never came back has failed: it may be what ends its workers. With
        `asked_before` only a job will do that was asked for by then.
        """
        while (row := self._claimable(kinds, asked_before or self._moment.now)) is not None:
            if row.tries < tries:
                lease_until = self._moment.now + timedelta(seconds=lease_seconds)
                self._set(row.id, state=JobState.RUNNING, worker=worker, lease_until=lease_until, tries=row.tries + 1)
                return self.get(row.id)
            error = row.error or "its worker ended without a word each time"
            self._set(row.id, state=JobState.FAILED, error=error, finished_at=self._moment.now)
        return None

    def renew(self, job_id: int, worker: str, lease_seconds: float) -> bool:
        """Hold on to a job; False if somebody else has it by now."""
        until = self._moment.now + timedelta(seconds=lease_seconds)
        return self._change(job_id, worker, lease_until=until)

    def finish(self, job_id: int, worker: str, result: dict[str, Any]) -> bool:
        """Keep what came of a job. Raise StoreConflict for what is no JSON (NaN), as only PostgreSQL would itself."""
        try:
            json.dumps(result, allow_nan=False)
        except ValueError as error:
            raise StoreConflict(f"the result of job {job_id} is no JSON") from error
        return self._change(
            job_id, worker, state=JobState.DONE, result=result, error=None, finished_at=self._moment.now
        )

    def add_to_result(self, job_id: int, facts: dict[str, Any]) -> None:
        """Add to what came of a job that is done: what nobody had to wait for."""
        self._set(job_id, result=(self.get(job_id).result or {}) | facts)

    def fail(self, job_id: int, worker: str, error: str, retry_at: datetime) -> bool:
        """Give a job back to try again at `retry_at`; after three tries it stays failed."""
        if self.get(job_id).tries >= MAX_TRIES:
            return self.give_up(job_id, worker, error)
        return self._change(job_id, worker, state=JobState.QUEUED, error=error, due_at=retry_at, worker=None)

    def give_up(self, job_id: int, worker: str, error: str) -> bool:
        """Let a job fail for good at once: trying again would end alike."""
        return self._change(job_id, worker, state=JobState.FAILED, error=error, finished_at=self._moment.now)

    def further(self, job_id: int, worker: str) -> bool:
        """Count tries anew: a long job has come to a point that it will not fall back behind."""
        return self._change(job_id, worker, tries=1)

    def postpone(self, job_id: int, worker: str, due_at: datetime, error: str) -> bool:
        """Give a job back until the machine may have recovered; how often it was taken stays counted."""
        return self._change(job_id, worker, state=JobState.QUEUED, worker=None, due_at=due_at, error=error)

    def release(self, job_id: int, worker: str) -> bool:
        """Give a job back, to be taken again at once and for no fault of its own."""
        return self._change(job_id, worker, state=JobState.QUEUED, worker=None, tries=0)

    def release_all(self, *, but: int | None = None) -> int:
        """Queue again what was running, `but` one job: for a worker that knows that it is the only one."""
        running = job.c.state == JobState.RUNNING
        mine = running if but is None else running & (job.c.id != but)
        return self._connection.execute(update(job).where(mine).values(state=JobState.QUEUED, worker=None)).rowcount

    def get(self, job_id: int) -> Job:
        """Raises NotFound."""
        row = self._connection.execute(select(job).where(job.c.id == job_id)).one_or_none()
        if row is None:
            raise NotFound("job", job_id)
        return _record(row)

    def unfinished(self, classifier_id: int) -> list[Job]:
        query = (
            select(job)
            .where(job.c.classifier_id == classifier_id, job.c.state.in_((JobState.QUEUED, JobState.RUNNING)))
            .order_by(job.c.id)
        )
        return [_record(row) for row in self._connection.execute(query)]

    def is_due(self, kind: str, classifier_id: int) -> bool:
        """Whether a job of the kind waits to be claimed now."""
        waiting = (job.c.classifier_id == classifier_id) & (job.c.kind == kind) & (job.c.state == JobState.QUEUED)
        query = select(job.c.id).where(waiting, job.c.due_at <= self._moment.now).limit(1)
        return self._connection.execute(query).first() is not None

    def join(self, job_id: int, chat_id: int) -> None:
        """Let a chat hear of the end of a job that is on its way already."""
        insert_unless_there(self._connection, asker, job_id=job_id, chat_id=chat_id)

    def latest(self, kind: str, classifier_id: int) -> Job | None:
        """The job of the kind that was done last."""
        query = (
            select(job)
            .where(job.c.kind == kind, job.c.classifier_id == classifier_id, job.c.state == JobState.DONE)
            .order_by(job.c.finished_at.desc(), job.c.id.desc())
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return _record(row) if row else None

    def results_since(
        self, kind: str, classifier_id: int, since: datetime, *, limit: int = 300
    ) -> list[dict[str, Any]]:
        """What came of the jobs of the kind that were done since a moment, of many the newest."""
        query = (
            select(job.c.result)
            .where(job.c.kind == kind, job.c.classifier_id == classifier_id, job.c.state == JobState.DONE)
            .where(job.c.finished_at >= since)
            .order_by(job.c.id.desc())
            .limit(limit)
        )
        return [found for found in self._connection.execute(query).scalars() if found]

    def forget_names(self, classifier_id: int) -> None:
        """Empty results of labels' names, which earlier versions of Pupil wrote there beside the ids.

        Whoever tells a result looks names up by the ids: so a label that is deleted takes its name along.
        """
        named = (job.c.classifier_id == classifier_id) & cast(job.c.result, Text).contains('"name"')
        for row in self._connection.execute(select(job.c.id, job.c.result).where(named)).all():
            self._set(row.id, result=_without_names(row.result))

    def failed_at(self, kind: str, classifier_id: int) -> datetime | None:
        """When a job of the kind failed last."""
        failed = (job.c.kind == kind) & (job.c.classifier_id == classifier_id) & (job.c.state == JobState.FAILED)
        return self._connection.execute(select(func.max(job.c.finished_at)).where(failed)).scalar()

    def untold(self) -> list[Job]:
        """Ended jobs whose askers have not been told."""
        asked = select(asker.c.job_id).where(asker.c.job_id == job.c.id)
        query = (
            select(job)
            .where(job.c.state.in_((JobState.DONE, JobState.FAILED)), job.c.told_at.is_(None), asked.exists())
            .order_by(job.c.id)
        )
        return [_record(row) for row in self._connection.execute(query)]

    def askers(self, job_id: int) -> list[int]:
        """The chats that want to hear of the end."""
        query = select(asker.c.chat_id).where(asker.c.job_id == job_id).order_by(asker.c.chat_id)
        return list(self._connection.execute(query).scalars())

    def told(self, job_id: int) -> None:
        self._set(job_id, told_at=self._moment.now)

    def _new(self, kind: str, classifier_id: int, due_at: datetime) -> Job:
        row = insert_row(
            self._connection,
            job,
            kind=kind,
            classifier_id=classifier_id,
            state=JobState.QUEUED,
            asked_at=self._moment.now,
            due_at=due_at,
            tries=0,
        )
        return _record(row)

    def _one_at_a_time(self, classifier_id: int) -> None:
        """Two requests at once must see each other; on SQLite every writer does, on PostgreSQL this lock sees to it."""
        held = select(classifier.c.id).where(classifier.c.id == classifier_id).with_for_update(key_share=True)
        if self._connection.execute(held).first() is None:
            raise NotFound("classifier", classifier_id)

    def _claimable(self, kinds: Sequence[str], asked_before: datetime) -> Row[tuple[object, ...]] | None:
        now = self._moment.now
        free = (job.c.state == JobState.QUEUED) & (job.c.due_at <= now)
        abandoned = (job.c.state == JobState.RUNNING) & (job.c.lease_until < now)
        query = (
            select(job)
            .where(job.c.kind.in_(kinds), job.c.asked_at <= asked_before, free | abandoned)
            .order_by(job.c.due_at, job.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        return self._connection.execute(query).first()

    def _set(self, job_id: int, **values: Any) -> None:
        self._connection.execute(update(job).where(job.c.id == job_id).values(**values))

    def _waiting(self, kind: str, classifier_id: int) -> Job | None:
        query = (
            select(job)
            .where(job.c.kind == kind, job.c.classifier_id == classifier_id, job.c.state == JobState.QUEUED)
            .order_by(job.c.id)
            .limit(1)
            .with_for_update()
        )
        row = self._connection.execute(query).first()
        return _record(row) if row else None

    def _change(self, job_id: int, holder: str, **values: Any) -> bool:
        """Change a job that `holder` still works on; False if somebody else has it by now."""
        mine = (job.c.id == job_id) & (job.c.worker == holder) & (job.c.state == JobState.RUNNING)
        return self._connection.execute(update(job).where(mine).values(**values)).rowcount == 1


class Heartbeats:
    """What each process last said it was doing."""

    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def beat(self, process: str, doing: str) -> None:
        values = {"doing": doing[:200], "at": self._moment.now}
        if not insert_unless_there(self._connection, heartbeat, process=process, **values):
            self._connection.execute(update(heartbeat).where(heartbeat.c.process == process).values(**values))

    def of(self, process: str) -> Heartbeat | None:
        row = self._connection.execute(select(heartbeat).where(heartbeat.c.process == process)).one_or_none()
        return Heartbeat(row.process, row.doing, row.at) if row else None


def _without_names(told: Any) -> Any:
    """Return JSON values without what is called `name`, at any depth."""
    if isinstance(told, dict):
        return {key: _without_names(one) for key, one in told.items() if key != "name"}
    return [_without_names(one) for one in told] if isinstance(told, list) else told


def _record(row: Row[tuple[object, ...]]) -> Job:
    values = dict(row._mapping)
    del values["asked_in_id"]
    return Job(**(values | {"state": JobState(row.state)}))
