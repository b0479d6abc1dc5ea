"""The trainer as a process that stays: it waits for lessons, embeds them, and runs a cycle when one is due.

It holds the home's lock, so it knows that it is alone: whatever a killed one left (running jobs, half folders) is taken
up again at the start. It may itself be killed at any moment; SIGTERM therefore needs no farewell.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain

from storage import Job, JobKind, Network, StorageError, Store, StoreConflict, Unit, WriteNotDurable
from trainer import considering, cycle, list_recall, outlook, review_lists
from trainer.considering import Considered
from trainer.cycle import End, Outcome
from trainer.embedding import Embedder
from trainer.eyes import Eyes, eyes_of
from trainer.keeping import Removed, keep_house
from trainer.list_recall import Stated
from trainer.making import open_embedder
from trainer.material import BATCH, embed_missing
from trainer.outlook import Outlook
from trainer.recipe import Recipe
from trainer.report_jobs import drop_spoilt, report_apart
from trainer.review_lists import Listed
from trainer.same_pictures import Seen
from trainer.settings import TrainerSettings
from trainer.tune_jobs import TuneJobs

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
BEAT_LOOK = 0.5
EMBED_SECONDS = 1.0
UNREADABLE_SECONDS = 900.0
PROCESS, TUNING = "trainer", "tuning"
# What takes seconds and is done here, fine-tunings being carried out beside it. An outlook, which anybody may ask for,
# waits until nothing else is due, or it has waited too long: lessons come first.
FIRST, LAST = (JobKind.FIT, JobKind.REPORT), (JobKind.OUTLOOK, JobKind.SUSPECTS)
# Suspects are listed so long after a fit, so that lessons that come one by one do not have them listed each time.
LIST_AFTER = timedelta(seconds=20)
# However long lessons keep coming, what waits for them to end is carried out so long after it was asked for.
PATIENCE = timedelta(minutes=5)


class Service:
    """Waits for work until `stop` is set."""

    def __init__(self, store: Store, settings: TrainerSettings, recipe: Recipe, stop: threading.Event) -> None:
        self._store = store
        self._settings = settings
        self._recipe = recipe
        self._stop = stop
        self._worker = f"trainer-{os.getpid()}"
        self._doing = "starting"
        self._job: Job | None = None
        self._took_over = False
        self._embed_at = 0.0
        self._unreadable: set[str] = set()
        self._believed_until = 0.0
        self._broken: WriteNotDurable | None = None
        self._eyes: Eyes | None = None
        self._eyes_of: Network | None = None
        self._foreseen = outlook.Memory()
        self._seen = Seen()
        self._tunings = TuneJobs(store, settings, recipe, self._worker)

    def run(self) -> None:
        """Work until stopped. Raise TrainerError if no embedder can be had, WriteNotDurable if the disk lies."""
        with self._heartbeat():
            self._doing = "preparing to look at photos"
            embedder = open_embedder(self._store.home, self._settings, stop=self._stop)
            try:
                while embedder is not None and not self._stop.is_set():
                    if not self._turn_or_wait(embedder):
                        self._stop.wait(self._settings.poll_seconds)
            finally:
                self._tunings.stop()
        if self._broken is not None:
            raise self._broken

    def _turn_or_wait(self, embedder: Embedder) -> bool:
        """Do one piece of work and say whether there was any; wait a while after whatever went wrong."""
        try:
            return self._turn(embedder)
        except WriteNotDurable:
            raise
        except Exception as error:  # the border of the process: log, wait, go on
            logger.exception("failed while %s", self._doing)
            self._doing = f"waiting after {type(error).__name__}"
            self._give_back(error)
            self._stop.wait(self._settings.retry_seconds)
            return True
        finally:
            self._job = None

    def _turn(self, untuned: Embedder) -> bool:
        if not self._took_over:
            self._take_over(untuned)
        eyes = self._look_through(untuned)
        with self._store.write() as unit:
            self._job = self._claim(unit)
        if time.monotonic() >= self._believed_until:
            # A disk that was away for a moment gives back what it could not read.
            self._unreadable.clear()
            self._believed_until = time.monotonic() + UNREADABLE_SECONDS
        if self._job is not None:
            drop_spoilt(self._store)
            self._tunings.drop_deleted()
            if self._job.kind == JobKind.REPORT:
                self._report(self._job)
                return True
            if self._job.kind == JobKind.OUTLOOK:
                self._foresee(self._job, eyes)
                return True
            if self._job.kind == JobKind.SUSPECTS:
                self._list_suspects(self._job, eyes)
                return True
            self._fit(self._job, eyes)
            self._tidy(untuned)
            return True
        self._eyes = self._tunings.turn(untuned) or self._eyes
        self._doing = self._tunings.doing or "waiting for lessons"
        return self._embed_some(eyes)

    def _claim(self, unit: Unit) -> Job | None:
        lease = self._settings.lease_seconds
        return (
            unit.jobs.claim(LAST, self._worker, lease, asked_before=unit.now - PATIENCE)
            or unit.jobs.claim(FIRST, self._worker, lease)
            or unit.jobs.claim(LAST, self._worker, lease)
        )

    def _look_through(self, untuned: Embedder) -> Eyes:
        """Return the eyes of the network that answers now, opened anew only when it is another."""
        with self._store.read() as unit:
            active = unit.networks.active(unit.classifiers.default().id)
        if self._eyes is None or active != self._eyes_of:
            threads = self._settings.threads
            self._eyes = eyes_of(self._store, active, untuned, open_now=self._eyes, threads=threads)
            self._eyes_of = active
        return self._eyes

    def _take_over(self, untuned: Embedder) -> None:
        """Take up what a killed trainer left: nobody else can be at it while this process holds the lock."""
        with self._store.write() as unit:
            unit.classifiers.default()
            mine = self._tunings.job
            released = unit.jobs.release_all(but=mine.id if mine else None)
        self._tunings.take_over()
        removed = self._tidy(untuned)
        self._took_over = True
        logger.info("ready: %s jobs taken up, %s left folders removed", released, len(removed.networks))

    def _tidy(self, untuned: Embedder) -> Removed:
        self._doing = "letting go of what no network needs"
        return keep_house(self._store, untuned.digest, tuning=self._tunings.under_way())

    def _fit(self, job: Job, eyes: Eyes) -> None:
        """Run a cycle for the job and write its end into it; if told to stop, leave it to the next trainer."""
        for step in cycle.run(self._store, job.classifier_id, eyes, self._recipe, self._unreadable):
            if isinstance(step, Outcome):
                with self._store.write() as unit:
                    unit.jobs.finish(job.id, self._worker, step.as_dict())
                    if step.end is not End.NOT_READY or step.left_out.waiting:
                        unit.jobs.request(JobKind.SUSPECTS, job.classifier_id, due_at=unit.now + LIST_AFTER)
                logger.info("job %s: %s in %.2f s", job.id, step.end, step.seconds)
                return
            self._doing = step
            if self._stop.is_set():
                return

    def _report(self, job: Job) -> None:
        """Have a report drawn, by a process of its own: what draws is large, and stays in memory."""
        self._doing = "drawing a report"
        with self._store.read() as unit:
            chats = unit.jobs.askers(job.id)
        result = report_apart(self._store.home, chats)
        with self._store.write() as unit:
            unit.jobs.finish(job.id, self._worker, result)

    def _foresee(self, job: Job, eyes: Eyes) -> None:
        """Work out what more photos would bring; if told to stop, leave it to the next trainer."""

        def chats() -> list[int]:
            with self._store.read() as unit:
                return unit.jobs.askers(job.id)

        unreadable, foreseen = self._unreadable, self._foreseen
        for step in outlook.run(self._store, job.classifier_id, eyes, self._recipe, unreadable, chats, foreseen):
            if isinstance(step, Outlook):
                with self._store.write() as unit:
                    unit.jobs.finish(job.id, self._worker, step.as_dict())
                return
            self._doing = step
            if self._stop.is_set():
                return

    def _list_suspects(self, job: Job, eyes: Eyes) -> None:
        """Weigh what people said, then make the lists that reviewers are shown.

        Give way to lessons while there is patience, or to the next trainer if told to stop.
        """
        weighing = considering.run(self._store, job.classifier_id, eyes, self._recipe)
        unreadable, seen = self._unreadable, self._seen
        listing = review_lists.run(self._store, job.classifier_id, eyes, self._recipe, unreadable, seen)
        for step in chain(weighing, listing):
            if isinstance(step, Considered):
                self._note_considered(job, step)
                continue
            if isinstance(step, Listed):
                self._finish_listing(job, step)
                return
            self._doing = step
            if self._stop.is_set():
                return
            with self._store.write() as unit:
                is_late = job.asked_at < unit.now - PATIENCE
                if not is_late and unit.jobs.is_due(JobKind.FIT, job.classifier_id):
                    unit.jobs.release(job.id, self._worker)
                    return

    def _finish_listing(self, job: Job, listed: Listed) -> None:
        """End the job, so that who waits hears of the lists, and only then have the list of labels tried out.

        What comes between leaves that out: the next list is tried out anew.
        """
        evidence, result = listed.evidence, listed.as_dict()
        with self._store.write() as unit:
            known = list_recall.known(unit, job.classifier_id, evidence) if evidence is not None else None
            told = {} if known is None else {list_recall.KEY: known.as_dict()}
            unit.jobs.finish(job.id, self._worker, result | told)
        self._job = None
        if evidence is None or known is not None:
            return
        for step in list_recall.run(evidence):
            if isinstance(step, Stated):
                logger.info("%s of %s planted labels are on the list", step.found, step.planted)
                with self._store.write() as unit:
                    unit.jobs.add_to_result(job.id, {list_recall.KEY: step.as_dict()})
                return
            self._doing = step
            with self._store.read() as unit:
                if self._stop.is_set() or unit.jobs.is_due(JobKind.FIT, job.classifier_id):
                    return

    def _note_considered(self, job: Job, found: Considered) -> None:
        """Have learned what counts otherwise by now, once the lists are made."""
        logger.info("%s opinions, %s new, %s photos count otherwise", found.opinions, found.written, found.changed)
        if found.changed:
            with self._store.write() as unit:
                unit.jobs.request(JobKind.FIT, job.classifier_id, due_at=unit.now + LIST_AFTER)

    def _embed_some(self, eyes: Eyes) -> bool:
        """Embed a batch of photos ahead of the cycle that will want them; look for them about once a second."""
        if time.monotonic() < self._embed_at:
            return False
        with self._store.write() as unit:
            classifier_id = unit.classifiers.default().id
        found = False
        for _ in embed_missing(self._store, classifier_id, eyes, self._unreadable, limit=BATCH):
            self._doing, found = "looking at new photos", True
        self._embed_at = time.monotonic() + (0 if found else EMBED_SECONDS)
        return found

    def _give_back(self, error: Exception) -> None:
        """Count a fault of the job's own against it; a fault of the machine (disk, database) costs it nothing.

        What the database refuses to keep is the job's own: given back for nothing, it would come again for ever.
        """
        self._took_over = False
        # Whatever went wrong, it may have been they: photos that they learned from may be deleted by now.
        self._eyes = None
        if self._job is None:
            return
        try:
            with self._store.write() as unit:
                if isinstance(error, (StorageError, OSError)) and not isinstance(error, StoreConflict):
                    unit.jobs.release(self._job.id, self._worker)
                    return
                retry_at = unit.now + timedelta(seconds=self._settings.retry_seconds)
                unit.jobs.fail(self._job.id, self._worker, type(error).__name__, retry_at)
        except WriteNotDurable:
            raise
        except StorageError as refused:
            logger.warning("a job is not given back yet: %s", type(refused).__name__)

    @contextmanager
    def _heartbeat(self) -> Iterator[None]:
        """Say every few seconds what is being done, and hold on to the job, from a thread of its own."""
        ended = threading.Event()
        thread = threading.Thread(target=self._beat, args=(ended,), name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(timeout=1)

    def _beat(self, ended: threading.Event) -> None:
        said, wait = "", 0.0
        while True:
            if wait <= 0 or self._doing != said:
                said, wait = self._doing, min(BEAT_SECONDS, self._settings.lease_seconds / 3)
                self._say(said)
            # The first beat comes at once: whoever asks for the trainer just then should hear of it.
            if ended.wait(BEAT_LOOK):
                return
            wait -= BEAT_LOOK

    def _say(self, doing: str) -> None:
        try:
            with self._store.write() as unit:
                unit.heartbeats.beat(PROCESS, doing)
                if (practising := self._tunings.doing) is not None:
                    unit.heartbeats.beat(TUNING, practising)
                for job in (self._job, self._tunings.job):
                    if job is not None:
                        unit.jobs.renew(job.id, self._worker, self._settings.lease_seconds)
        except WriteNotDurable as error:
            # No later write can be believed either: `run` must end with it.
            self._broken = error
            self._stop.set()
        except StorageError as error:
            logger.warning("no heartbeat: %s", type(error).__name__)
