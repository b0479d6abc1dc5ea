"""Journey: fine-tunings that people ask for, what they hear of them, and the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.actions.reporting import WORTH_TUNING
from bot.telling import trainings
from storage import Job, JobKind, Unit
from tests.support.bots import World, picture
from tests.support.networks import tiny_settings, trainer_running

pytestmark = pytest.mark.lengthy

FACTS = {
    "end": "report",
    "network": 1,
    "wrong": 1,
    "n": 8,
    "low": 0.01,
    "high": 0.4,
    "pairs": [],
    "sentence": "All went well: 1 of 8 wrong.",
    "advice": "Nothing to repair.",
}


@pytest.fixture(autouse=True)
def quick_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainings, "EDIT_EVERY", 0.0)


@pytest.fixture
def tiny_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the trainer's own processes read: the settings that it has here."""
    settings = tiny_settings()
    for name in ("backbone", "weights", "image_size", "image_mode", "niceness"):
        monkeypatch.setenv(f"PUPIL_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("PUPIL_THREADS", "1")
    monkeypatch.setenv("PUPIL_TUNE_UPDATES", "1")


async def enough(world: World) -> None:
    await world.teach(world.ann, "apple", WORTH_TUNING // 2)
    await world.teach(world.ann, "leaf", WORTH_TUNING // 2)
    assert await world.train() == 1
    says_it_is_there(world)


def says_it_is_there(world: World) -> None:
    """A trainer of which nothing was heard for a while counts as gone."""
    with world.store.write() as unit:
        unit.heartbeats.beat("trainer", "waiting for lessons")


def job_of(world: World, kind: str) -> Job:
    return world.look(lambda unit: next(job for job in unit.jobs.unfinished(1) if job.kind == kind))  # type: ignore[no-any-return]


def carry_out(world: World, doing: str) -> None:
    """Do as a trainer that is at it."""
    with world.store.write() as unit:
        unit.jobs.claim((JobKind.TUNE,), "trainer", 60)
        unit.heartbeats.beat("tuning", doing)


def finish(world: World, kind: str, result: dict[str, Any]) -> None:
    with world.store.write() as unit:
        job = unit.jobs.claim((kind,), "trainer", 60) or job_of(world, kind)
        unit.jobs.finish(job.id, "trainer", result)


async def test_train_practises_and_tells_how_far_it_is_in_one_message(world: World) -> None:
    await enough(world)
    await world.ann.send_text("/train")
    await world.hears(world.ann, "Then I practise on all photos for some minutes")
    # A trainer is there: the fit that was asked for as well is done at once.
    finish(world, "fit", {"end": "unchanged"})

    carry_out(world, "practising: round 1 of 90")
    first = await world.hears(world.ann, "I practise on all my photos", "round 1 of 90")
    carry_out(world, "practising: round 2 of 90, about 3 min left")
    second = await world.hears(world.ann, "round 2 of 90, about 3 min left")
    verdict = {"compared": 24, "better": 3, "worse": 1}
    finish(world, JobKind.TUNE, {"end": "published", "network": 1, "seconds": 190.0, "verdict": verdict})

    assert second.id == first.id
    assert second.is_edited
    await world.hears(
        world.ann, "I practised for 3 min, and it helped: network 1 answers now", "3 came right and 1 went"
    )
    assert (await world.hears(world.ann, "I practised on all my photos.")).id == first.id


async def test_who_asks_while_it_practises_hears_of_it_too(world: World) -> None:
    await enough(world)
    await world.ann.send_text("/train")
    await world.settled()
    carry_out(world, "practising: round 1 of 90")
    await world.hears(world.ann, "round 1 of 90")

    await world.bo.send_text("/train")

    await world.hears(world.bo, "round 1 of 90")
    finish(world, JobKind.TUNE, {"end": "held", "seconds": 20.0, "verdict": {"compared": 24, "better": 1, "worse": 2}})
    for person in (world.ann, world.bo):
        await world.hears(person, "I practised for 1 min, but came out no better, so network 1 goes on")


async def test_few_photos_are_not_practised_on(world: World) -> None:
    await world.knows_apples_and_leaves()
    await world.ann.send_text("/train")
    await world.settled()

    assert not world.look(lambda unit: [job for job in unit.jobs.unfinished(1) if job.kind == JobKind.TUNE])
    assert "practise" not in (await world.said_to(world.ann))[-1]


async def test_practising_in_vain_or_without_success_is_said(world: World) -> None:
    await enough(world)
    await world.ann.send_text("/train")
    await world.settled()
    finish(world, JobKind.TUNE, {"end": "unchanged"})
    await world.hears(world.ann, "I have practised on these very photos before")

    await world.ann.send_text("/train")
    await world.settled()
    with world.store.write() as unit:
        job = unit.jobs.claim((JobKind.TUNE,), "trainer", 60)
        assert job is not None
        unit.jobs._set(job.id, tries=3)
        unit.jobs.fail(job.id, "trainer", "Diverged", unit.now)
    await world.hears(world.ann, "Practising failed. Your lessons are safe")


async def test_a_report_comes_in_words_and_pictures(world: World, tiny_trainer: None) -> None:
    await world.knows_apples_and_leaves()
    says_it_is_there(world)
    await world.ann.send_text("/report")
    await world.hears(world.ann, "I am drawing my report")

    await world.train()

    words = await world.hears(world.ann, "Network 1: wrong on", "photos that it had not learned from")
    pictures = [one for one in await world.ann.history() if one.photo and one.from_bot and one.id > words.id]
    assert 1 <= len(pictures) <= 2


@pytest.mark.parametrize(
    ("words", "said"),
    [("daisy", "That picture is mine"), ("what is this?", "That picture is mine"), ("Thanks!", "Thank you!")],
)
async def test_a_reply_to_a_picture_of_a_report_is_no_lesson(
    world: World, tmp_path: Path, words: str, said: str
) -> None:
    await world.knows_apples_and_leaves()
    await world.ann.send_text("/report")
    await world.settled()
    drawn = tmp_path / "report.png"
    drawn.write_bytes(picture("sky", 1, kind="PNG"))
    finish(world, JobKind.REPORT, FACTS | {"pictures": [str(drawn)]})
    shown = await world.ann.wait_for(lambda one: one.photo)
    before = world.counts()

    await world.ann.reply(shown, words)

    await world.hears(world.ann, said, after=shown)
    assert not [one for one in await world.said_to(world.ann) if "daisy" in one and "Learned" in one]
    assert world.counts() == before


async def test_without_a_network_a_report_says_what_is_missing(world: World) -> None:
    await world.ann.send_text("/report")

    await world.hears(world.ann, "There is no network to report on yet.", "2")


async def test_a_report_that_cannot_be_drawn_is_said(world: World) -> None:
    await world.knows_apples_and_leaves()
    await world.ann.send_text("/report")
    await world.settled()

    finish(world, JobKind.REPORT, {"end": "no_report", "why": "no ink"})

    await world.hears(world.ann, "I could not draw the report")


async def test_a_network_is_fine_tuned_in_the_background_and_reported(world: World, tiny_trainer: None) -> None:
    """All of it, by the real processes; only the network is tiny."""
    await enough(world)
    await world.ann.send_text("/train")
    await world.settled()

    async with trainer_running(world.store):
        done = await world.until(lambda: world.look(_tuned), "it is fine-tuned", patience=300)
        assert done.result["end"] in {"published", "held"}, done
        await world.until(lambda: not world.look(lambda unit: unit.jobs.unfinished(1)), "it is reported", patience=60)

    await world.hears(world.ann, "I practised for", "am at least as good as before: network 2 answers now")
    await world.hears(world.ann, "Network 2: wrong on", "photos that it had not learned from")


def _tuned(unit: Unit) -> Job | None:
    done = unit.jobs.latest(JobKind.TUNE, 1)
    failed = [job for job in unit.jobs.untold() if job.kind == JobKind.TUNE and job.error]
    assert not failed, failed
    return done
