from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from storage import Job, JobKind, JobState, Role, Store, open_store
from tests.support.homes import with_tables
from tests.trainer.conftest import teacher
from trainer import cycle
from trainer.cycle import Outcome
from trainer.embedding import Embedder
from trainer.eyes import Eyes, tunings_folder
from trainer.gate import GateVerdict, Ground
from trainer.head import Head
from trainer.recipe import Recipe
from trainer.report_jobs import report_apart
from trainer.schedule import VOTE
from trainer.settings import TrainerSettings
from trainer.tune_jobs import TRIES, TuneJobs
from trainer.tuner import Tuner
from trainer.tuning.steps import Done, Failed, Part, Progress, Step, from_line, to_line
from trainer.tunings import Tuned, Tuning, write_tuning

pytestmark = pytest.mark.lengthy


@dataclass
class Scripted:
    """Stands in for the process: says what the test lets it say."""

    steps: list[Step] = field(default_factory=list)
    stopped: bool = False
    seconds: float = 90.0
    seconds_left: float | None = 200.0

    def look(self) -> Step | None:
        return self.steps.pop(0) if self.steps else None

    def stop(self) -> None:
        self.stopped = True


@dataclass
class Room:
    store: Store
    embedder: Embedder
    settings: TrainerSettings
    started: list[Scripted] = field(default_factory=list)

    def jobs(self) -> TuneJobs:
        def start(_home: Path) -> Tuner:
            self.started.append(Scripted())
            return self.started[-1]  # type: ignore[return-value]

        return TuneJobs(self.store, self.settings, Recipe(), "me", start)

    def ask(self) -> Job:
        with self.store.write() as unit:
            return unit.jobs.request(JobKind.TUNE, 1, due_at=unit.now)

    def job(self, job_id: int) -> Job:
        with self.store.read() as unit:
            return unit.jobs.get(job_id)

    def tuning(self) -> str:
        """A tuning whose eyes are the untuned ones: it answers as the head alone does."""
        with self.store.read() as unit:
            digests = tuple(sorted(photo.digest for photo in unit.photos.labelled(1)))
            labels = tuple(label.id for label in unit.labels.all(1))
        d = self.embedder.dimension
        pair = Tuned(
            self.embedder.digest, Head(np.zeros((len(labels), d), np.float32), np.zeros(len(labels), np.float32))
        )
        made = Tuning(labels, digests, self.embedder.digest, pair, dict.fromkeys(range(5), pair))
        return write_tuning(tunings_folder(self.store.home), made)


@pytest.fixture
def room(tmp_path: Path, embedders: Path, embedder: Embedder, settings: TrainerSettings) -> Iterator[Room]:
    store = open_store(with_tables(tmp_path / "home"))
    shutil.copytree(embedders, store.home / "embedders")
    for colour in ("red", "green", "blue"):
        teacher(store)(colour, 6)
    for _ in cycle.run(store, 1, Eyes(embedder), Recipe()):
        pass
    yield Room(store, embedder, settings.model_copy(update={"tune_lessons": 0, "tune_hours": 0.0}))
    store.close()


def test_a_tuning_is_followed_published_and_reported(room: Room) -> None:
    jobs, asked = room.jobs(), room.ask()
    with room.store.write() as unit:
        owner = unit.people.meet(7, "Ann", Role.OWNER)
        chat = unit.chats.enter(owner.telegram_id, kind="private", title="Ann")

    assert jobs.turn(room.embedder) is None
    work = tunings_folder(room.store.home) / "work-1"
    work.mkdir(parents=True)
    room.started[0].steps = [Progress(Part.LEARNING, 3, 90)]
    jobs.turn(room.embedder)

    assert jobs.doing == "practising: round 3 of 90, about 3 min left"
    assert room.job(asked.id).state is JobState.RUNNING
    assert work.exists()
    room.started[0].steps = [Done(room.tuning())]
    eyes = jobs.turn(room.embedder)

    done = room.job(asked.id)
    assert eyes is not None
    assert eyes.tuning is not None
    assert done.result is not None
    assert (done.result["end"], done.result["network"], done.result["tuning"]) == ("published", 2, eyes.tuning_digest)
    assert not work.exists()
    assert room.started[0].stopped
    assert jobs.job is None
    assert jobs.doing is None
    with room.store.read() as unit:
        reports = [job for job in unit.jobs.unfinished(1) if job.kind == JobKind.REPORT]
        assert [unit.jobs.askers(job.id) for job in reports] == [[chat.id]]
        assert done.result[VOTE] == unit.votes.newest()


def test_the_same_lessons_are_not_tuned_on_twice(room: Room) -> None:
    jobs, first = room.jobs(), room.ask()
    jobs.turn(room.embedder)
    room.started[0].steps = [Done(room.tuning())]
    jobs.turn(room.embedder)
    assert room.job(first.id).result

    again = room.ask()
    jobs.turn(room.embedder)
    result = room.job(again.id).result
    assert result is not None
    assert result["end"] == "unchanged"
    assert len(room.started) == 1

    teacher(room.store)("yellow", 2)
    for _ in cycle.run(room.store, 1, Eyes(room.embedder), Recipe()):
        pass
    room.ask()
    jobs.turn(room.embedder)
    assert len(room.started) == 2


def test_too_few_lessons_are_said(tmp_path: Path, embedder: Embedder, settings: TrainerSettings) -> None:
    store = open_store(with_tables(tmp_path / "home"))
    teacher(store)("red", 1)
    room = Room(store, embedder, settings)
    jobs, asked = room.jobs(), room.ask()

    jobs.turn(embedder)

    result = room.job(asked.id).result
    assert result is not None
    assert result["end"] == "not_ready"
    assert not room.started
    store.close()


def test_a_failed_tuning_is_tried_again_and_then_given_up(room: Room) -> None:
    jobs, asked = room.jobs(), room.ask()
    for _ in range(3):
        with room.store.write() as unit:
            unit.jobs._set(asked.id, due_at=unit.now)
        jobs.turn(room.embedder)
        room.started[-1].steps = [Failed("TuningDamaged", "cut short")]
        jobs.turn(room.embedder)

    failed = room.job(asked.id)
    assert failed.state is JobState.FAILED
    assert failed.error == "TuningDamaged: cut short"


@pytest.mark.parametrize("error", ["Diverged", "ExportDiffers", "TuningUnsound"])
def test_what_would_end_alike_again_is_given_up_at_once_and_not_begun_by_itself(room: Room, error: str) -> None:
    room.settings = room.settings.model_copy(update={"tune_lessons": 18, "tune_photos": 18})
    jobs, asked = room.jobs(), room.ask()
    jobs.turn(room.embedder)
    room.started[-1].steps = [Progress(Part.KEEPING, 3, 6, lasting=True), Failed(error, "the loss exploded")]
    jobs.turn(room.embedder)
    jobs.turn(room.embedder)

    assert room.job(asked.id).state is JobState.FAILED
    room.jobs().turn(room.embedder)
    assert len(room.started) == 1


def test_eyes_whose_network_was_held_are_not_learned_through(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    held = GateVerdict(ships=False, ground=Ground.NO_BETTER)
    monkeypatch.setattr(cycle, "judge", lambda *_: held)
    jobs, asked = room.jobs(), room.ask()
    jobs.turn(room.embedder)
    room.started[0].steps = [Done(room.tuning())]

    assert jobs.turn(room.embedder) is None
    assert (room.job(asked.id).result or {})["end"] == "held"


def test_a_network_is_not_published_that_knows_what_was_deleted_meanwhile(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, asked = room.jobs(), room.ask()
    jobs.turn(room.embedder)
    digest, judge = room.tuning(), cycle.judge

    def slowly(store: Store, *others: Any) -> GateVerdict:
        with store.write() as unit:
            unit.photos.remove([unit.photos.labelled(1)[0].photo_id])
        return judge(store, *others)

    monkeypatch.setattr(cycle, "judge", slowly)
    room.started[0].steps = [Done(digest)]

    assert jobs.turn(room.embedder) is None
    assert room.job(asked.id).state is JobState.QUEUED
    with room.store.read() as unit:
        active = unit.networks.active(1)
    assert active is not None
    assert active.number == 1


def test_a_network_whose_eyes_know_what_was_deleted_gives_way(room: Room) -> None:
    """Without a note of the deletion: a message that was edited to show another picture leaves none."""
    jobs, _ = room.jobs(), room.ask()
    jobs.turn(room.embedder)
    room.started[0].steps = [Done(room.tuning())]
    assert jobs.turn(room.embedder) is not None
    with room.store.write() as unit:
        unit.photos.remove([unit.photos.labelled(1)[0].photo_id])

    *_, outcome = cycle.run(room.store, 1, Eyes(room.embedder), Recipe())

    assert isinstance(outcome, Outcome)
    assert outcome.network is not None
    assert outcome.network.verdict["ground"] == Ground.LESSONS_DELETED


def test_how_much_time_is_left_counts_what_this_process_did() -> None:
    tuner = Tuner.__new__(Tuner)
    tuner._parts, tuner._since = {}, None
    for step in (Progress(Part.LOOKING, 9, 9), Progress(Part.LEARNING, 45, 90)):
        tuner._note(step)
    assert tuner.seconds_left is None

    assert tuner._since is not None
    tuner._since = (tuner._since[0] - 60, tuner._since[1])
    tuner._note(Progress(Part.LEARNING, 54, 90))
    assert tuner.seconds_left == pytest.approx(60 * (1 - 0.1 - 0.72 * 0.6) / (0.72 * 0.1), rel=0.01)


def test_a_full_disk_or_a_kill_costs_nothing_but_time(room: Room) -> None:
    jobs, asked = room.jobs(), room.ask()
    for _ in range(5):
        with room.store.write() as unit:
            unit.jobs._set(asked.id, due_at=unit.now)
        jobs.turn(room.embedder)
        room.started[-1].steps = [Failed("OSError", "no space left on device", machine=True)]
        jobs.turn(room.embedder)

    waiting = room.job(asked.id)
    assert waiting.state is JobState.QUEUED
    assert waiting.due_at > waiting.asked_at
    assert waiting.error == "OSError: no space left on device"


def test_a_tuning_that_cannot_be_opened_fails_and_frees_the_way(room: Room) -> None:
    jobs, asked = room.jobs(), room.ask()
    jobs.turn(room.embedder)
    room.started[0].steps = [Done("0" * 64)]

    assert jobs.turn(room.embedder) is None

    assert jobs.job is None
    assert str(room.job(asked.id).error).startswith("TuningDamaged")


def test_deleted_photos_are_not_learned_further(room: Room) -> None:
    jobs, asked = room.jobs(), room.ask()
    jobs.turn(room.embedder)
    work = tunings_folder(room.store.home) / "work-1"
    work.mkdir(parents=True)
    with room.store.read() as unit:
        photo = unit.photos.labelled(1)[0]
    (work / "lessons.json").write_text(json.dumps([photo.digest]))

    jobs.drop_deleted()
    assert work.exists()
    assert not room.started[0].stopped

    with room.store.write() as unit:
        unit.photos.remove([photo.photo_id])
    jobs.drop_deleted()

    assert not work.exists()
    assert room.started[0].stopped
    assert room.job(asked.id).state is JobState.QUEUED
    jobs.turn(room.embedder)
    assert len(room.started) == 2


def test_work_that_nobody_will_go_on_with_is_removed(room: Room) -> None:
    work = tunings_folder(room.store.home) / "work-1"
    work.mkdir(parents=True)
    asked = room.ask()
    room.jobs().take_over()
    assert work.exists()

    with room.store.write() as unit:
        unit.jobs.claim((JobKind.TUNE,), "me", 60)
        unit.jobs.finish(asked.id, "me", {"end": "published"})
    room.jobs().take_over()

    assert not work.exists()


def test_kills_between_two_milestones_are_counted_and_milestones_forgive_them(room: Room) -> None:
    asked = room.ask()
    for _ in range(TRIES - 1):
        room.jobs().turn(room.embedder)
        with room.store.write() as unit:
            unit.jobs.release_all()
    jobs = room.jobs()
    jobs.turn(room.embedder)
    assert room.job(asked.id).tries == TRIES
    room.started[-1].steps = [Progress(Part.KEEPING, 1, 6)]
    jobs.turn(room.embedder)
    assert room.job(asked.id).tries == TRIES
    room.started[-1].steps = [Progress(Part.KEEPING, 2, 6, lasting=True)]
    jobs.turn(room.embedder)
    assert room.job(asked.id).tries == 1


def test_one_that_kills_again_and_again_is_given_up(room: Room) -> None:
    asked = room.ask()
    for _ in range(TRIES + 1):
        room.jobs().turn(room.embedder)
        with room.store.write() as unit:
            unit.jobs.release_all()
    assert room.job(asked.id).state is JobState.FAILED


def test_one_starts_by_itself_when_it_is_due(room: Room) -> None:
    room.settings = room.settings.model_copy(update={"tune_lessons": 18, "tune_photos": 18})

    room.jobs().turn(room.embedder)

    assert len(room.started) == 1


@pytest.mark.parametrize(
    "step",
    [Progress(Part.LOOKING, 3, 9), Done("ab" * 32), Failed("Diverged", 'at "3"\n'), Failed("OSError", "full", True)],
)
def test_steps_come_over_a_line_as_they_went(step: Step) -> None:
    assert from_line(to_line(step)) == step
    assert "\n" not in to_line(step)


@pytest.mark.parametrize("line", ["", "warning: x", "{}", '{"part": "sleeping", "done": 1, "steps": 2}', "[1]", "3"])
def test_other_lines_are_passed_over(line: str) -> None:
    assert from_line(line) is None


def test_a_process_that_ends_without_a_word_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No embedder can be made of a backbone that does not exist, and the real process says so."""
    monkeypatch.setenv("PUPIL_BACKBONE", "no_such_network")
    tuner = Tuner(tmp_path)
    try:
        # It gives way to everything else that runs, such as other tests.
        deadline = time.monotonic() + 240
        while (step := tuner.look()) is None and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        tuner.stop()
    assert isinstance(step, Failed)
    assert step.error == "NetworkUnknown"


def test_photos_that_cannot_be_read_any_more_are_not_called_practised_on(room: Room) -> None:
    jobs, asked = room.jobs(), room.ask()
    jobs.turn(room.embedder)
    room.started[0].steps = [Failed("NotReady", "the pictures of fewer than two labels can be read")]

    jobs.turn(room.embedder)

    assert (room.job(asked.id).result or {})["end"] == "not_ready"


def test_why_there_is_no_report_stands_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert report_apart(tmp_path)["end"] == "no_report"
    assert "no report: NothingToReport: no network answers yet" in caplog.text
