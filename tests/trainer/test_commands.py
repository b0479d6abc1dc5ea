"""What `pupil tune` leaves behind, and how the end of a training is told at the command line."""

from __future__ import annotations

from typing import Any

import pytest

from storage import Job, JobKind, JobState, Store
from tests.trainer.conftest import Teach
from tests.trainer.test_tune_jobs import Room
from trainer import commands
from trainer.cycle import End, Outcome
from trainer.embedding import Embedder
from trainer.readiness import readiness
from trainer.schedule import VOTE, Asked, due
from trainer.settings import TrainerSettings
from trainer.tune_jobs import TRIES
from trainer.tuning import command
from trainer.tuning.steps import Done


@pytest.fixture
def room(
    store: Store, teach: Teach, embedder: Embedder, settings: TrainerSettings, monkeypatch: pytest.MonkeyPatch
) -> Room:
    """Eighteen lessons, and a practice that is over in a moment."""
    for colour in ("red", "green", "blue"):
        teach(colour, 6)
    room = Room(store, embedder, settings.model_copy(update={"tune_lessons": 1, "tune_photos": 18}))
    monkeypatch.setattr(command, "carry_out", lambda *_, **__: iter([Done(room.tuning())]))
    return room


def tune(room: Room) -> dict[str, Any]:
    *_, result = commands.tune(room.store, room.settings)
    assert isinstance(result, dict)
    return result


def is_due(room: Room) -> bool:
    with room.store.read() as unit:
        return due(unit, 1, room.settings)


def kill(room: Room) -> Job | None:
    """A trainer takes the job, and is killed."""
    with room.store.write() as unit:
        job = unit.jobs.claim((JobKind.TUNE,), "killed", 60, tries=TRIES)
        unit.jobs.release_all()
    return job


def test_a_tuning_by_command_leaves_a_job_that_the_schedule_counts_from(room: Room, teach: Teach) -> None:
    result = tune(room)

    with room.store.read() as unit:
        job, newest = unit.jobs.latest(JobKind.TUNE, 1), unit.votes.newest()
    assert job is not None
    assert job.state is JobState.DONE
    assert job.result is not None
    assert result.items() <= job.result.items()
    assert (result["end"], result["network"]) == ("published", 2)
    assert job.result[VOTE] == newest
    assert not is_due(room)
    teach("yellow", 1)
    assert is_due(room)


def test_the_service_does_not_tune_on_what_a_command_has_tuned_on(room: Room) -> None:
    tune(room)
    asked, jobs = room.ask(), room.jobs()

    jobs.turn(room.embedder)

    assert (room.job(asked.id).result or {})["end"] == "unchanged"
    assert not room.started


def test_a_tuning_by_command_ends_the_jobs_that_wait_for_one(room: Room) -> None:
    running = room.ask()
    with room.store.write() as unit:
        unit.jobs.claim((JobKind.TUNE,), "killed", 60)
    waiting = room.ask()

    result = tune(room)

    ended = [room.job(job.id) for job in (running, waiting)]
    assert running.id != waiting.id
    assert [job.state for job in ended] == [JobState.DONE, JobState.DONE]
    assert [(job.result or {})["tuning"] for job in ended] == [result["tuning"]] * 2


def test_a_job_that_was_killed_often_ends_well_with_a_tuning_by_command(room: Room) -> None:
    asked = room.ask()
    for _ in range(TRIES):
        assert kill(room)

    tune(room)

    assert room.job(asked.id).state is JobState.DONE
    assert not is_due(room)


@pytest.mark.parametrize(
    ("photos", "said"),
    [
        ([], "Not enough photos yet: 2 more label(s) with 2 photos each."),
        ([(1, "red", 1)], "Not enough photos yet: 1 more of red, 1 more label(s) with 2 photos each."),
        ([(1, "red", 5), (2, "green", 1)], "Not enough photos yet: 1 more of green."),
    ],
)
def test_what_is_missing_is_said_by_the_names_of_now(
    store: Store, photos: list[tuple[int, str, int]], said: str
) -> None:
    with store.write() as unit:
        classifier_id = unit.classifiers.default().id
        made = {name: unit.labels.find_or_create(classifier_id, name).id for name in ("red", "green")}
    outcome = Outcome(End.NOT_READY, 0, 0, 0.0, readiness=readiness((made[name], name, n) for _, name, n in photos))

    assert commands.sentence(commands._named(store, outcome.as_dict())) == said


def test_training_here_says_what_is_missing_with_its_name(
    store: Store, teach: Teach, settings: TrainerSettings
) -> None:
    teach("red", 5)
    teach("green", 1)

    (short,) = commands.train(store, settings)["missing"]["shortages"]

    assert (short["name"], short["missing"]) == ("green", 1)


def test_where_photos_cannot_be_read_more_of_them_are_not_asked_for() -> None:
    """What a service leaves whose tuning found too few photos that can be read."""
    left = {"end": End.NOT_READY.value} | Asked("lessons", 7).as_dict()

    assert commands.sentence(left).startswith("Not enough photos can be read: look into the log")


def test_what_changed_nothing_is_said_where_no_network_answers() -> None:
    said = commands.sentence(Outcome(End.UNCHANGED, 12, 2, 0.04).as_dict())

    assert said == "Nothing changed since the last fine-tuning, and no network answers: teach more, then train."
