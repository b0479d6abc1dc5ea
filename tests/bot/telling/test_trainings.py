"""How work of the trainer ended, in the words that are owed to the chats which asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.actions.reporting import request_report
from bot.actions.teaching import keep, teach
from bot.buttons import Signer
from bot.speech import tuning_texts
from bot.telling.trainings import Trainings
from storage import JobKind, Reason, open_store
from tests.bot.actions.classroom import Classroom
from tests.storage.classroom import new_network
from tests.support.homes import with_tables

VERDICT = {"ground": "constant", "compared": 0, "better": 0, "worse": 0}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Classroom]:
    store = open_store(with_tables(tmp_path / "home"))
    yield Classroom(store)
    store.close()


def lessons(room: Classroom, *taught: tuple[str, int]) -> None:
    """Each a photo of its own message; the same number is the same picture."""
    for label, seed in taught:
        with room.visit() as (unit, visit, here):
            received = replace(room.received(seed), message_id=visit.message_id)
            photo = keep(unit, visit, here, received)
            teach(unit, visit, here, photo.id, label, Reason.CAPTION)


def enough(room: Classroom) -> None:
    lessons(room, ("daisy", 1), ("daisy", 2), ("rose", 3), ("rose", 4))


def ended(room: Classroom, kind: str, result: dict[str, Any] | None, *, answering: bool = False) -> str:
    """What the chat is told of a job that ended so, or failed where there is no result."""
    if answering:
        with room.visit() as (unit, _, here):
            unit.networks.publish(new_network(here.classifier_id, 7), activate=True)
    end(room, begin(room, kind), result)
    Trainings(room.store, Signer(b"key"), bot_id=1).step()
    with room.store.read() as unit:
        return str(unit.outbox.due(1)[0].payload["text"])


def begin(room: Classroom, kind: str) -> int:
    """A job that the chat asked for and that is carried out."""
    with room.visit() as (unit, _, here):
        unit.jobs.request(kind, here.classifier_id, due_at=unit.now, asked_in_id=here.chat.id)
        job = unit.jobs.claim((kind,), "trainer", 60)
    assert job is not None
    return job.id


def end(room: Classroom, job_id: int, result: dict[str, Any] | None) -> None:
    with room.store.write() as unit:
        if result is not None:
            unit.jobs.finish(job_id, "trainer", result)
        else:
            unit.jobs._set(job_id, tries=3)
            unit.jobs.fail(job_id, "trainer", "Diverged", unit.now)


@pytest.mark.parametrize("kind", [JobKind.FIT, JobKind.TUNE])
def test_a_failure_names_the_network_that_goes_on_only_where_there_is_one(room: Classroom, kind: JobKind) -> None:
    said = ended(room, kind, None)

    assert "failed. Your lessons are safe. My owner finds the reason in the log." in said


@pytest.mark.parametrize("kind", [JobKind.FIT, JobKind.TUNE])
def test_a_failure_names_the_network_that_goes_on(room: Classroom, kind: JobKind) -> None:
    assert "Your lessons are safe, and network 7 goes on" in ended(room, kind, None, answering=True)


def test_a_first_candidate_that_was_held_back_is_no_failure(room: Classroom) -> None:
    said = ended(room, JobKind.FIT, {"end": "held", "network": 1, "verdict": VERDICT})

    assert "the new network was held back, and there is no other that answers" in said
    assert "Why: it gave the same answer whatever it saw." in said


@pytest.mark.parametrize("kind", [JobKind.FIT, JobKind.TUNE])
def test_a_network_that_was_published_and_then_retired_is_no_failure(room: Classroom, kind: JobKind) -> None:
    said = ended(room, kind, {"end": "published", "network": 4, "verdict": VERDICT})

    assert "network 4. But lessons were taken back since, so nothing answers now." in said


@pytest.mark.parametrize("kind", [JobKind.FIT, JobKind.TUNE])
@pytest.mark.parametrize("how", ["held", "unchanged", "not_ready"])
def test_where_no_network_answers_none_goes_on_and_more_photos_are_asked_for(
    room: Classroom, kind: JobKind, how: str
) -> None:
    said = ended(room, kind, {"end": how, "verdict": VERDICT})

    assert "goes on" not in said
    assert "Teach me" in said or "I need" in said


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"end": "held", "verdict": VERDICT}, "I practised on all my photos."),
        ({"end": "unchanged"}, "I have stopped practising."),
        (None, "I have stopped practising."),
    ],
)
def test_only_what_was_practised_to_the_end_is_said_to_be(
    room: Classroom, result: dict[str, Any] | None, said: str
) -> None:
    trainings = Trainings(room.store, Signer(b"key"), bot_id=1)
    job_id = begin(room, JobKind.TUNE)
    with room.store.write() as unit:
        unit.heartbeats.beat("tuning", "round 1 of 90")
    trainings.step()
    with room.store.write() as unit:
        unit.outbox.sent(unit.outbox.due(1)[0].id, 55)

    end(room, job_id, result)
    trainings.step()

    with room.store.read() as unit:
        edited = unit.outbox.due(1)[0]
    assert (edited.method, edited.payload["message_id"], edited.payload["text"]) == ("editMessageText", 55, said)


def test_too_little_is_said_as_the_trainer_counted_it(room: Classroom) -> None:
    enough(room)
    with room.visit() as (unit, _, here):
        daisy = unit.labels.find_or_create(here.classifier_id, "daisy")
    short = {"label_id": daisy.id, "name": "an old name", "missing": 1}

    said = ended(
        room,
        JobKind.FIT,
        {"end": "not_ready", "missing": {"ready": False, "labels_missing": 0, "shortages": [short]}},
    )

    assert "Some photos are the same picture, or cannot be read." in said
    assert "Before I can answer I need 1 more of <b>daisy</b>." in said


def test_too_little_without_a_word_of_what_is_missing_still_says_what_to_do(room: Classroom) -> None:
    enough(room)

    said = ended(room, JobKind.FIT, {"end": "not_ready"})

    assert "cannot be read. Teach me a few more photos, one by one." in said
    assert "learning now" not in said


def test_a_report_on_a_network_that_could_not_be_measured_is_answered_at_once(room: Classroom) -> None:
    with room.visit() as (unit, _, here):
        unit.networks.publish(replace(new_network(here.classifier_id, 7), n=0, wrong=0), activate=True)
        found = request_report(unit, here)
        waiting = unit.jobs.unfinished(here.classifier_id)

    assert waiting == []
    said = tuning_texts.report_asked(found.readiness, found.network, alive=True)
    assert "nothing to draw of network 7 yet: how good it is cannot be said yet" in said
    assert "Send a few more photos, one by one." in said


def test_a_report_on_a_network_that_was_measured_is_asked_for(room: Classroom) -> None:
    with room.visit() as (unit, _, here):
        unit.networks.publish(new_network(here.classifier_id, 7), activate=True)
        request_report(unit, here)

        assert [job.kind for job in unit.jobs.unfinished(here.classifier_id)] == [JobKind.REPORT]


def test_an_outlook_that_failed_says_where_the_reason_is(room: Classroom) -> None:
    assert ended(room, JobKind.OUTLOOK, None).startswith(
        "I could not work it out. My owner finds the reason in the log"
    )


def test_an_outlook_for_which_too_little_is_left_says_what_is_missing(room: Classroom) -> None:
    enough(room)
    with room.visit() as (unit, _, here):
        daisy = unit.labels.find_or_create(here.classifier_id, "daisy")
    short = {"label_id": daisy.id, "name": "an old name", "missing": 8}

    said = ended(room, JobKind.OUTLOOK, {"end": "too_early", "missing": [short]})

    assert "Send me 8 more of <b>daisy</b>, and ask again." in said
