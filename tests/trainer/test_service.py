"""The trainer as a process: started, killed, started again. The store and the embedder are real, the network tiny."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from storage import Job, JobKind, JobState, Store
from tests.trainer.conftest import Teach

pytestmark = pytest.mark.lengthy

PATIENCE = 30.0


def environment(store: Store) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PUPIL_")}
    own = {"HOME": str(store.home), "BACKBONE": "test_efficientnet", "WEIGHTS": "random", "IMAGE_SIZE": "64"}
    quick = {"NICENESS": "0", "THREADS": "1", "POLL_SECONDS": "0.05", "LEASE_SECONDS": "30", "RETRY_SECONDS": "0.2"}
    return kept | {f"PUPIL_{name}": value for name, value in (own | quick).items()}


def command(store: Store, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "trainer", *arguments]
    return subprocess.run(line, env=environment(store), capture_output=True, text=True, check=False)


@contextmanager
def running(store: Store, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    own = environment(store) | {f"PUPIL_{name}": value for name, value in settings.items()}
    process = subprocess.Popen([sys.executable, "-m", "trainer", "run"], env=own, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def request(store: Store) -> Job:
    with store.write() as unit:
        return unit.jobs.request(JobKind.FIT, unit.classifiers.default().id, due_at=unit.now)


def state(store: Store, job: Job) -> JobState:
    with store.read() as unit:
        return unit.jobs.get(job.id).state


def beats(store: Store) -> str:
    with store.read() as unit:
        beat = unit.heartbeats.of("trainer")
    return beat.doing if beat else ""


def test_a_due_job_becomes_a_network_and_sigterm_ends_it(store: Store, teach: Teach) -> None:
    teach("red", 5)
    teach("green", 5)
    job = request(store)
    with running(store) as process:
        wait_for(lambda: state(store, job) is JobState.DONE)
        wait_for(lambda: beats(store) == "waiting for lessons")
        second = command(store, "run")
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=PATIENCE)

    assert code == 0
    assert (second.returncode, "Another trainer" in second.stderr) == (1, True)
    with store.read() as unit:
        result, active = unit.jobs.get(job.id).result, unit.networks.active(1)
    assert result is not None
    assert (result["end"], result["network"], result["active"]) == ("published", 1, True)
    assert active is not None


@pytest.mark.parametrize("niceness", [0, 7])
def test_it_makes_way_as_far_as_is_set(store: Store, niceness: int) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with running(store, NICENESS=str(own + niceness)) as process:
        wait_for(lambda: beats(store))

        assert os.getpriority(os.PRIO_PROCESS, process.pid) == own + niceness


def test_photos_are_embedded_before_anybody_asks_and_training_may_be_asked_of_the_running_one(
    store: Store, teach: Teach
) -> None:
    teach("red", 3)
    teach("green", 3)

    def missing() -> int:
        with store.read() as unit:
            embedder = json.loads(next((store.home / "embedders").glob("*.json")).read_text())["digest"]
            return len(unit.embeddings.missing(1, embedder))

    assert missing() == 6
    with running(store):
        wait_for(lambda: missing() == 0)
        told = command(store, "train", "--json")

    assert json.loads(told.stdout)["end"] == "published"


@pytest.mark.parametrize("pause", [0.05, 0.6, 0.9, 1.2])
def test_killed_at_any_moment_the_next_one_takes_the_job_up(store: Store, teach: Teach, pause: float) -> None:
    teach("red", 4)
    teach("green", 4)
    job = request(store)
    with running(store) as process:
        time.sleep(pause)
        process.kill()
        process.wait()
    (store.home / "networks").mkdir(exist_ok=True)
    (store.home / "networks" / ".making-left").mkdir()

    def only_named_folders() -> bool:
        with store.read() as unit:
            named = unit.networks.folders()
        return {entry.name for entry in (store.home / "networks").iterdir()} == named

    # The first one may have finished the job before it was killed: then only the sweeping is left to wait for.
    with running(store):
        wait_for(lambda: state(store, job) is JobState.DONE and only_named_folders())


def test_a_locked_database_is_waited_for(store: Store, teach: Teach) -> None:
    teach("red", 4)
    teach("green", 4)
    with running(store) as process:
        wait_for(lambda: beats(store) == "waiting for lessons")
        with store.write() as unit:
            job = unit.jobs.request(JobKind.FIT, 1, due_at=unit.now)
            time.sleep(1.0)
        wait_for(lambda: state(store, job) is JobState.DONE)

        assert process.poll() is None


def test_a_job_is_not_begun_before_it_is_due(store: Store, teach: Teach) -> None:
    teach("red", 4)
    teach("green", 4)
    with store.write() as unit:
        job = unit.jobs.request(JobKind.FIT, 1, due_at=unit.now + timedelta(hours=1))
    with running(store):
        wait_for(lambda: beats(store) == "waiting for lessons")
        time.sleep(0.3)

    assert state(store, job) is JobState.QUEUED


def test_train_prints_one_object_and_export_writes_one_file(store: Store, teach: Teach) -> None:
    early = command(store, "train")
    teach("red", 5)
    teach("green", 5)

    told = json.loads(command(store, "train", "--json").stdout)
    exported = command(store, "export-network", str(store.home / "own.onnx"))

    assert (early.returncode, "Not enough photos" in early.stdout) == (1, True)
    assert {"network": 1, "photos": 10, "labels": 2, "n": 10, "active": True}.items() <= told.items()
    assert {"wrong", "seconds"} <= told.keys()
    assert exported.returncode == 0
    assert (store.home / "own.onnx").stat().st_size > 10_000


def test_wrong_use_is_two_and_a_named_failure_is_one(store: Store) -> None:
    assert command(store, "no-such-command").returncode == 2
    assert command(store, "export-network", "own.zip").returncode == 2
    failed = command(store, "export-network", str(store.home / "own.onnx"))
    assert (failed.returncode, "NothingToExport" in failed.stderr) == (1, True)
    assert "Traceback" not in failed.stderr
