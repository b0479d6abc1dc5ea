"""Telling an outlook: what is said of the questions below, and that none is put twice on one day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.actions.reporting import ended_training
from bot.actions.teaching import teach
from bot.buttons import Signer
from bot.telling.outlooks import tell_outlook
from storage import JobKind, Reason, Store, open_store
from tests.bot.actions.classroom import Classroom
from tests.bot.actions.test_outlook import question
from tests.support.homes import with_tables

NOW = {"n": 40, "wrong": 5, "low": 0.05, "high": 0.26}
SEEN = {"now": NOW, "error": 0.08, "low": 0.05, "high": 0.11, "to_halve": None}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Classroom]:
    store = open_store(with_tables(tmp_path / "home"))
    yield Classroom(store)
    store.close()


def told(room: Classroom, chat: int, result: dict[str, Any]) -> list[str]:
    """The texts that the chat is owed of an outlook that ended so."""
    with room.visit(chat=chat) as (unit, _, here):
        unit.jobs.request(JobKind.OUTLOOK, here.classifier_id, due_at=unit.now, asked_in_id=here.chat.id)
        job = unit.jobs.claim((JobKind.OUTLOOK,), "trainer", 60)
        assert job is not None
        unit.jobs.finish(job.id, "trainer", result)
        (ended,) = ended_training(unit)
        tell_outlook(unit, 1, Signer(b"key"), ended, chat)
    return owed(room.store)


def owed(store: Store) -> list[str]:
    """All that is owed, taken off as if it had been sent."""
    texts = []
    with store.write() as unit:
        while due := unit.outbox.due(1):
            for one in due:
                texts.append(str(one.payload["text"]))
                unit.outbox.sent(one.id, 1)
    return texts


def facts(room: Classroom, chat: int, *predictions: int) -> dict[str, Any]:
    """An outlook that asks this chat about these, the first of them like nothing taught."""
    with room.visit(chat=chat) as (_, _, here):
        chats = {str(here.chat.id): {"predictions": list(predictions), "unknown": 4}}
    return {"end": "outlook", "photos": 40, "foreseen": SEEN, "weakest": None, "scattered": None, "chats": chats}


@pytest.mark.parametrize("named", [0, 1])
def test_the_first_one_is_said_to_be_unknown_only_where_that_one_is_asked_about(room: Classroom, named: int) -> None:
    asked = [question(room, room.photo(seed)) for seed in (1, 2)]
    with room.visit() as (unit, visit, here):
        teach(unit, visit, here, asked[named].photo_id, "daisy", Reason.TYPED)

    words, *questions = told(room, 1, facts(room, 1, *(one.id for one in asked)))

    assert len(questions) == 1
    assert "4 photos that you asked me about are alike" in words
    assert ("The first one below is one of them." in words) == (named == 1)


def test_a_group_is_told_what_was_asked_about_there(room: Classroom) -> None:
    words, *_ = told(room, -5, facts(room, -5))

    assert "4 photos that were asked about here are alike" in words


def test_a_question_is_not_put_twice_on_one_day_and_not_said_to_be(room: Classroom) -> None:
    asked = question(room, room.photo(1))
    outlook = facts(room, 1, asked.id)

    first, second = told(room, 1, outlook), told(room, 1, outlook)

    assert (len(first), len(second)) == (2, 1)
    assert first[0].endswith("Please name this one:")
    assert second[0].endswith("I ask you about those that would teach me most.")


def test_photos_that_came_in_few_albums_are_told_so(room: Classroom) -> None:
    (words,) = told(room, 1, {"end": "too_early", "photos": 40, "missing": [], "few_occasions": True})

    assert "photos of one album count as one occasion" in words
