"""Jobs of the kind `tune`: when one is due, the process that carries it out, and what becomes of its end.

Fits go on meanwhile: nothing here waits. Killed, the job is queued again and the work folder is gone on with.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage import Job, JobKind, Role, Store, Unit
from trainer import cycle
from trainer.cycle import End, Outcome
from trainer.embedding import Embedder
from trainer.errors import Diverged, ExportDiffers, LessonsGone, NotReady, TrainerError, TuningUnsound
from trainer.eyes import Eyes, lessons_gone, tuned_eyes, tunings_folder
from trainer.guarding import learnable
from trainer.material import readiness_of
from trainer.recipe import Recipe
from trainer.schedule import LESSONS, Asked, due
from trainer.settings import TrainerSettings
from trainer.snapshot import take
from trainer.tuner import Tuner
from trainer.tuning.steps import Done, Failed, Part, Progress
from trainer.tuning.workplace import clear, spoilt, workplaces

logger = logging.getLogger(__name__)

# A tuning that is killed so often between two of its milestones is what kills; kills of the whole service count too.
TRIES = 25
LOOK_SECONDS = 10.0
# The same lessons would lead there again, bit for bit.
HOPELESS = frozenset(error.__name__ for error in (Diverged, ExportDiffers, TuningUnsound))
DOING = {
    Part.LOOKING: "looking at photo {done} of {steps} more closely",
    Part.LEARNING: "practising: round {done} of {steps}",
    Part.KEEPING: "putting network {done} of {steps} together",
    Part.COMPARING: "looking again with new eyes: {done} of {steps}",
}


@dataclass(frozen=True, slots=True)
class _Running:
    job: Job
    tuner: Tuner
    asked: Asked


class TuneJobs:
    """At most one tuning at a time; call `turn` often."""

    def __init__(
        self,
        store: Store,
        settings: TrainerSettings,
        recipe: Recipe,
        worker: str,
        start: Callable[[Path], Tuner] = Tuner,
    ) -> None:
        self._store = store
        self._settings = settings
        self._recipe = recipe
        self._worker = worker
        self._start = start
        self._running: _Running | None = None
        self._look_at = 0.0
        self.doing: str | None = None

    @property
    def job(self) -> Job | None:
        """Return the job that is being carried out."""
        return self._running.job if self._running else None

    def under_way(self) -> bool:
        """Say whether a tuning is carried out, or waits and may have been begun."""
        with self._store.read() as unit:
            waiting = unit.jobs.unfinished(unit.classifiers.default().id)
        return self._running is not None or any(job.kind == JobKind.TUNE for job in waiting)

    def take_over(self) -> None:
        """Remove what no job will go on with: that of one that failed, or was carried out by a killed process."""
        if not self.under_way():
            clear(tunings_folder(self._store.home))

    def turn(self, untuned: Embedder) -> Eyes | None:
        """Start, follow or end a tuning; return the new eyes if a network was published through them."""
        if self._running is not None:
            return self._follow(self._running)
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            self.take_over()
            self._request_if_due()
        with self._store.write() as unit:
            job = unit.jobs.claim((JobKind.TUNE,), self._worker, self._settings.lease_seconds, tries=TRIES)
        if job is not None:
            self._begin(job, untuned)
        return None

    def drop_deleted(self) -> None:
        """Let nothing be learned further from photos that people had deleted: begin again without them."""
        there = workplaces(tunings_folder(self._store.home))
        folders = spoilt(there, lambda digests: lessons_gone(self._store, digests))
        if not folders:
            return
        if self._running is not None:
            logger.info("job %s: photos were deleted, beginning again without them", self._running.job.id)
            self._let_go(self._running)
        clear(tunings_folder(self._store.home))

    def stop(self) -> None:
        """End the process, if there is one; its job is left to the next trainer."""
        if self._running is not None:
            self._running.tuner.stop()

    def _request_if_due(self) -> None:
        with self._store.write() as unit:
            classifier_id = unit.classifiers.default().id
            if due(unit, classifier_id, self._settings):
                unit.jobs.request(JobKind.TUNE, classifier_id, due_at=unit.now)

    def _begin(self, job: Job, untuned: Embedder) -> None:
        """Start the process, unless there is nothing (new) to learn from."""
        with self._store.read() as unit:
            last = unit.jobs.latest(JobKind.TUNE, job.classifier_id)
            active = unit.networks.active(job.classifier_id)
            # All that is taught, not only what these eyes have seen: after a tuning, others look at new photos.
            snapshot = take(learnable(unit, job.classifier_id)[0], unit.labels.all(job.classifier_id))
            asked = Asked.of(unit, snapshot, untuned.digest, self._recipe, self._settings)
        ready, photos, labels = readiness_of(snapshot), len(snapshot.lessons), len(snapshot.labels)
        if not ready.ready:
            self._finish(job, asked, Outcome(End.NOT_READY, photos, labels, 0.0, readiness=ready).as_dict())
        elif last is not None and last.result is not None and last.result.get(LESSONS) == asked.lessons:
            unchanged = Outcome(End.UNCHANGED, photos, labels, 0.0, active, answers=active is not None)
            self._finish(job, asked, unchanged.as_dict())
        else:
            self._running = _Running(job, self._start(self._store.home), asked)
            self.doing = "getting ready to practise"

    def _follow(self, running: _Running) -> Eyes | None:
        step = running.tuner.look()
        match step:
            case None:
                return None
            case Progress(part, done, steps):
                self.doing = self._in_words(running.tuner, part, done, steps)
                if step.lasting:
                    self._milestone(running.job)
                return None
            case Done(digest):
                return self._publish_or_fail(running, digest)
            case Failed():
                self._fail(running, step)
                return None

    def _in_words(self, tuner: Tuner, part: Part, done: int, steps: int) -> str:
        left = tuner.seconds_left
        told = DOING[part].format(done=done, steps=steps)
        return told if left is None else f"{told}, {_about(left)} left"

    def _publish_or_fail(self, running: _Running, digest: str) -> Eyes | None:
        try:
            return self._publish(running, digest)
        except TrainerError as error:
            self._fail(running, Failed(type(error).__name__, str(error)))
            return None
        except BaseException:
            # A fault of the machine (disk, database): the service takes the job up again, and its work folder too.
            self._end(running)
            raise

    def _publish(self, running: _Running, digest: str) -> Eyes | None:
        """Put a network with the new eyes through the gate; return them if it answers now."""
        eyes, published = tuned_eyes(self._store.home, digest, threads=self._settings.threads), False
        self.doing = "comparing with the network that answers now"
        for step in cycle.run(self._store, running.job.classifier_id, eyes, self._recipe):
            if isinstance(step, Outcome):
                published = step.end is End.PUBLISHED
                result = step.as_dict() | {"tuning": digest, "seconds": round(running.tuner.seconds, 1)}
                told = step.network is not None and step.network.n > 0
                self._finish(running.job, running.asked, result, report=told)
                clear(tunings_folder(self._store.home))
                logger.info("job %s: tuning %s, %s", running.job.id, digest[:12], step.end)
        self._end(running)
        return eyes if published else None

    def _fail(self, running: _Running, failed: Failed) -> None:
        why = f"{failed.error}: {failed.said}"[:500]
        logger.error("job %s: tuning failed: %s", running.job.id, why)
        self._end(running)
        with self._store.write() as unit:
            retry_at = unit.now + self._settings.retry_after
            if failed.error == LessonsGone.__name__:
                unit.jobs.release(running.job.id, self._worker)
            elif failed.machine:
                unit.jobs.postpone(running.job.id, self._worker, retry_at, why)
            elif failed.error == NotReady.__name__:
                unit.jobs.finish(running.job.id, self._worker, {"end": End.NOT_READY.value} | running.asked.as_dict())
            elif failed.error in HOPELESS:
                unit.jobs.give_up(running.job.id, self._worker, why)
            else:
                unit.jobs.fail(running.job.id, self._worker, why, retry_at)

    def _let_go(self, running: _Running) -> None:
        self._end(running)
        with self._store.write() as unit:
            unit.jobs.release(running.job.id, self._worker)

    def _end(self, running: _Running) -> None:
        running.tuner.stop()
        self._running, self.doing = None, None

    def _milestone(self, job: Job) -> None:
        with self._store.write() as unit:
            unit.jobs.further(job.id, self._worker)

    def _finish(self, job: Job, asked: Asked, result: dict[str, Any], *, report: bool = False) -> None:
        with self._store.write() as unit:
            unit.jobs.finish(job.id, self._worker, result | asked.as_dict())
            if report:
                _owe_report(unit, job)


def _owe_report(unit: Unit, job: Job) -> None:
    """Owe a report to who asked for the tuning, and to the owners."""
    chats = set(unit.jobs.askers(job.id))
    for owner in unit.people.with_role(Role.OWNER):
        chat = unit.chats.by_telegram_id(owner.telegram_id)
        if chat is not None and chat.reachable:
            chats.add(chat.id)
    for chat_id in sorted(chats):
        unit.jobs.request(JobKind.REPORT, job.classifier_id, due_at=unit.now, asked_in_id=chat_id)


def _about(seconds: float) -> str:
    return f"about {max(round(seconds / 60), 1)} min" if seconds > 45 else "less than a minute"
