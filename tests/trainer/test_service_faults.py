"""What the service makes of faults: of its work, of the machine, and of a disk that does not confirm what it wrote."""

from __future__ import annotations

import errno
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from storage import Job, JobKind, JobState, Store, StoreBusy, StoreConflict, WriteNotDurable
from storage.jobs import Heartbeats, Jobs
from tests.trainer.conftest import Teach
from trainer import cycle, service
from trainer.embedding import Embedder
from trainer.recipe import Recipe
from trainer.service import UNREADABLE_SECONDS, Service
from trainer.settings import TrainerSettings

PATIENCE = 30.0


class Clock:
    """A clock that moves when it is told to."""

    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


def lie(*_: object) -> None:
    raise WriteNotDurable("fsync: Input/output error")


@pytest.fixture
def due_job(store: Store, teach: Teach) -> Job:
    """Enough lessons, and a fit that is due."""
    for colour in ("red", "green"):
        teach(colour, 3)
    with store.write() as unit:
        return unit.jobs.request(JobKind.FIT, 1, due_at=unit.now)


def failing_once(store: Store, settings: TrainerSettings, error: Exception, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A service that is told to stop when its fit meets the error, so that it ends after giving the job back."""
    stop = threading.Event()

    def judge(*_: object) -> None:
        stop.set()
        raise error

    monkeypatch.setattr(cycle, "judge", judge)
    return Service(store, settings, Recipe(), stop)


def test_a_heartbeat_that_the_disk_did_not_confirm_ends_the_service(
    store: Store, settings: TrainerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    monkeypatch.setattr(Heartbeats, "beat", lie)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(Service(store, settings, Recipe(), stop).run)
        try:
            assert stop.wait(PATIENCE)
        finally:
            stop.set()

        with pytest.raises(WriteNotDurable):
            running.result(PATIENCE)


@pytest.mark.parametrize("error", [StoreBusy("locked"), OSError(errno.ENOSPC, "No space left on device")])
def test_a_fault_of_the_machine_costs_a_job_nothing(
    store: Store, settings: TrainerSettings, due_job: Job, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_once(store, settings, error, monkeypatch).run()

    with store.read() as unit:
        waiting = unit.jobs.get(due_job.id)
    assert (waiting.state, waiting.tries, waiting.worker) == (JobState.QUEUED, 0, None)
    assert (waiting.due_at, waiting.error) == (due_job.due_at, None)


@pytest.mark.parametrize("error", [ZeroDivisionError("nothing to share"), StoreConflict("no JSON")])
def test_a_fault_of_its_own_counts_against_a_job(
    store: Store, settings: TrainerSettings, due_job: Job, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_once(store, settings, error, monkeypatch).run()

    with store.read() as unit:
        waiting = unit.jobs.get(due_job.id)
    assert (waiting.state, waiting.tries, waiting.error) == (JobState.QUEUED, 1, type(error).__name__)
    assert waiting.due_at > due_job.due_at


def test_a_job_given_back_to_a_disk_that_does_not_confirm_it_ends_the_service(
    store: Store, settings: TrainerSettings, due_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "release", lie)

    with pytest.raises(WriteNotDurable):
        failing_once(store, settings, StoreBusy("locked"), monkeypatch).run()

    with store.read() as unit:
        assert unit.jobs.get(due_job.id).state is JobState.RUNNING


def test_a_photo_that_the_disk_did_not_give_is_looked_at_again_after_a_while(
    store: Store, teach: Teach, settings: TrainerSettings, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(service, "time", clock)
    teach("red", 1)
    with store.read() as unit:
        (photo,) = unit.photos.labelled(1)
    file = store.blobs.path(photo.digest)
    away = file.rename(store.home / "away")
    staying = Service(store, settings, Recipe(), threading.Event())
    missing = []

    for later in (0.0, UNREADABLE_SECONDS - 1, 1.0):
        clock.now += later
        staying._turn(embedder)
        with store.read() as unit:
            missing.append(unit.embeddings.missing(1, embedder.digest))
        if away.exists():
            away.rename(file)

    assert missing == [[photo.digest], [photo.digest], []]


def test_lessons_are_learned_before_an_outlook_that_was_asked_for_earlier(
    store: Store, settings: TrainerSettings, due_job: Job
) -> None:
    with store.write() as unit:
        early = unit.jobs.request(JobKind.OUTLOOK, 1, due_at=due_job.due_at - timedelta(seconds=9))
        staying = Service(store, settings, Recipe(), threading.Event())

        claimed = [staying._claim(unit), staying._claim(unit), staying._claim(unit)]

    assert [one and one.id for one in claimed] == [due_job.id, early.id, None]
