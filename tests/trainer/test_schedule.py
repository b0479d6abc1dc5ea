from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import JobKind, Store, open_store
from tests.support.homes import with_tables
from tests.trainer.conftest import teacher
from trainer import cycle
from trainer.embedding import Embedder
from trainer.eyes import Eyes
from trainer.recipe import Recipe
from trainer.schedule import VOTE, due, is_quiet
from trainer.settings import TrainerSettings

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def taught(tmp_path: Path, embedder: Embedder, clock: Clock) -> Iterator[Store]:
    """A home with twelve lessons and a network."""
    store = open_store(with_tables(tmp_path / "home"), clock=clock)
    for colour in ("red", "green"):
        teacher(store)(colour, 6)
    for _ in cycle.run(store, 1, Eyes(embedder), Recipe()):
        pass
    yield store
    store.close()


def asked(store: Store, settings: TrainerSettings) -> bool:
    with store.read() as unit:
        return due(unit, 1, settings)


@pytest.fixture
def ask(settings: TrainerSettings, taught: Store) -> Callable[..., bool]:
    def ask(**changed: object) -> bool:
        usual = {"tune_lessons": 12, "tune_hours": 0.0, "tune_photos": 12}
        return asked(taught, settings.model_copy(update=usual | changed))

    return ask


def finish(store: Store) -> None:
    """A fine-tuning that knew every vote until now."""
    with store.write() as unit:
        unit.jobs.request(JobKind.TUNE, 1, due_at=unit.now)
        job = unit.jobs.claim((JobKind.TUNE,), "me", 60)
        assert job is not None
        unit.jobs.finish(job.id, "me", {"end": "published", VOTE: unit.votes.newest()})


def test_enough_lessons_start_one(ask: Callable[..., bool]) -> None:
    assert ask()
    assert not ask(tune_lessons=13)
    assert not ask(tune_photos=13)
    assert not ask(tune_lessons=0)


def test_only_lessons_since_the_last_one_count(ask: Callable[..., bool], taught: Store) -> None:
    finish(taught)
    assert not ask(tune_lessons=1)

    teacher(taught)("blue", 3)

    assert ask(tune_lessons=3)
    assert not ask(tune_lessons=4)


def test_one_that_waits_or_runs_is_enough(ask: Callable[..., bool], taught: Store) -> None:
    with taught.write() as unit:
        unit.jobs.request(JobKind.TUNE, 1, due_at=unit.now)
    assert not ask()
    with taught.write() as unit:
        assert unit.jobs.claim((JobKind.TUNE,), "me", 60)
    assert not ask()


def test_after_some_hours_any_lesson_is_enough(ask: Callable[..., bool], taught: Store, clock: Clock) -> None:
    finish(taught)
    teacher(taught)("blue", 1)
    clock.now += timedelta(hours=5)
    assert not ask(tune_hours=6.0)
    clock.now += timedelta(hours=1)
    assert ask(tune_hours=6.0)
    assert not ask(tune_hours=0.0)
    finish(taught)
    clock.now += timedelta(hours=7)
    assert not ask(tune_hours=6.0)


def test_after_one_that_failed_none_begins_by_itself_for_a_day(
    ask: Callable[..., bool], taught: Store, clock: Clock
) -> None:
    with taught.write() as unit:
        unit.jobs.request(JobKind.TUNE, 1, due_at=unit.now)
        job = unit.jobs.claim((JobKind.TUNE,), "me", 60)
        assert job is not None
        assert unit.jobs.give_up(job.id, "me", "the loss exploded")

    assert not ask()
    clock.now += timedelta(hours=23, minutes=59)
    assert not ask()
    clock.now += timedelta(minutes=1)
    assert ask()


def test_without_a_network_nothing_is_tuned(ask: Callable[..., bool], taught: Store) -> None:
    with taught.write() as unit:
        unit.networks.retire(1)
    assert not ask()


def test_in_quiet_hours_none_starts(ask: Callable[..., bool]) -> None:
    hour = NOW.astimezone().hour
    assert not ask(quiet_hours=f"{hour}-{(hour + 1) % 24}")
    assert ask(quiet_hours=f"{(hour + 1) % 24}-{hour}")


@pytest.mark.parametrize(
    ("hours", "hour", "quiet"),
    [("", 3, False), ("22-7", 22, True), ("22-7", 6, True), ("22-7", 7, False), ("9-17", 9, True), ("9-17", 17, False)],
)
def test_quiet_hours_may_pass_midnight(hours: str, hour: int, quiet: bool) -> None:
    assert is_quiet(hours, NOW.replace(hour=hour)) is quiet


@pytest.mark.parametrize("hours", ["25-3", "7", "a-b", "7-24"])
def test_hours_that_are_none_are_refused(hours: str) -> None:
    with pytest.raises(ValueError, match="quiet_hours"):
        TrainerSettings(quiet_hours=hours)
