"""The live score as plain calls: each answer once, for what it was when it was given."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from bot.actions import correcting
from bot.actions.scoring import Progress, progress, strangers
from bot.actions.teaching import teach
from bot.visit import Presence
from storage import Label, Network, Prediction, Unit
from tests.bot.actions.classroom import Classroom
from tests.storage.classroom import new_network
from tests.support.bots import Time
from trainer.metrics import score

SEEDS = count(1)


@pytest.fixture
def time(room: Classroom) -> Time:
    room.store._clock = time = Time()
    return time


def network(room: Classroom, number: int = 1, *labels: str) -> Network:
    """A network that knows these labels; they are taught, so that everybody sees them."""
    for name in labels:
        photo = room.photo(next(SEEDS))
        with room.visit() as (unit, visit, here):
            teach(unit, visit, here, photo.id, name)
    with room.visit() as (unit, _, here):
        known = tuple(one.id for one in unit.labels.all(here.classifier_id))
        return unit.networks.publish(replace(new_network(here.classifier_id, number), labels=known), activate=True)


def said(room: Classroom, asked: Network, name: str | None, *, also: str | None = None) -> Prediction:
    photo = room.photo(next(SEEDS))
    with room.visit() as (unit, _, here):
        first = label(unit, here, name) if name else None
        names = [first.id, label(unit, here, also).id] if first and also else []
        shares = [(one, 0.5) for one in names or ([first.id] if first else [])]
        return unit.predictions.add(
            photo.id, asked.id, first.id if first else None, shares, asked_by_id=here.person.id, milliseconds=1.0,
            candidates=names,
        )  # fmt: skip


def label(unit: Unit, here: Presence, name: str) -> Label:
    return unit.labels.find_or_create(here.classifier_id, name)


def right(room: Classroom, answer: Prediction) -> None:
    with room.visit() as (unit, visit, here):
        correcting.confirm(unit, visit, here, answer.id)


def wrong(room: Classroom, answer: Prediction, name: str | None = None) -> None:
    with room.visit() as (unit, visit, here):
        if name is None:
            correcting.dispute(unit, here, answer.id)
        else:
            correcting.correct_by_name(unit, visit, here, answer.id, name)


def now(room: Classroom) -> Progress:
    with room.store.read() as unit:
        return progress(unit, unit.classifiers.default().id)


def test_answers_are_counted_once_in_the_week_they_were_given_by_whichever_network(room: Classroom, time: Time) -> None:
    first = network(room, 1, "oak", "elm")
    old = said(room, first, "oak")
    time.advance(days=8)
    second = network(room, 2)
    new, unjudged = said(room, second, "elm"), said(room, second, "elm")
    wrong(room, old, "elm")
    right(room, new)

    found = now(room)

    assert found.weeks == (score(0, 1), score(1, 1), score(0, 0), score(0, 0))
    assert (found.named, found.all) == (3, score(1, 2))
    assert unjudged.id not in (old.id, new.id)
    time.advance(days=21)
    assert (now(room).named, now(room).all) == (2, score(0, 1))


def test_memories_doubts_and_answers_of_a_few_names_are_counted_apart(room: Classroom, time: Time) -> None:
    asked = network(room, 1, "oak", "elm", "ash")
    wrong(room, said(room, asked, None), "oak")
    wrong(room, said(room, asked, "oak", also="elm"), "elm")
    wrong(room, said(room, asked, "oak", also="elm"), "ash")
    photo = room.photo(next(SEEDS))
    with room.visit() as (unit, _, here):
        oak = label(unit, here, "oak")
        unit.predictions.add(
            photo.id, asked.id, oak.id, [(oak.id, 0.9)], asked_by_id=1, milliseconds=1.0, remembered_id=1
        )

    found = now(room)

    assert (found.all, found.named) == (score(0, 0), 0)
    assert (found.unknown, found.remembered, found.few) == (1, 1, score(1, 2))


def test_labels_stand_by_how_surely_they_are_bad(room: Classroom, time: Time) -> None:
    asked = network(room, 1, "oak", "elm", "ash")
    wrong(room, said(room, asked, "elm"))
    for place in range(8):
        answer = said(room, asked, "oak")
        if place < 5:
            wrong(room, answer)
        else:
            right(room, answer)
    right(room, said(room, asked, "ash"))

    assert [(one.name, each) for one, each in now(room).labels] == [
        ("oak", score(5, 8)), ("elm", score(1, 1)), ("ash", score(0, 1)),
    ]  # fmt: skip


def test_a_label_that_nobody_sees_on_the_list_is_not_named(room: Classroom, time: Time) -> None:
    asked = network(room, 1, "oak", "elm")
    wrong(room, said(room, asked, "secret"))
    with room.visit() as (unit, _, here):
        hidden = [one.label.name for one in unit.labels.counts(here.classifier_id) if not one.photos]

    assert hidden == ["secret"]
    assert now(room).all == score(1, 1)
    assert now(room).labels == ()


def test_strangers_are_photos_of_what_the_asked_network_did_not_know(room: Classroom, time: Time) -> None:
    asked = network(room, 1, "oak", "elm")
    wrong(room, said(room, asked, None), "lamp")
    wrong(room, said(room, asked, "oak"), "lamp")
    wrong(room, said(room, asked, "oak"), "elm")
    answer = said(room, asked, "oak")
    with room.visit() as (unit, visit, here):
        correcting.none_of_these(unit, visit, here, answer.id)
    with room.store.read() as unit:
        assert strangers(unit, asked.classifier_id) == score(2, 3)
    time.advance(days=29)
    with room.store.read() as unit:
        assert strangers(unit, asked.classifier_id) == score(0, 0)


def test_before_anything_was_asked_all_is_empty(room: Classroom) -> None:
    assert now(room) == Progress((score(0, 0),) * 4, (), 0, score(0, 0), 0, 0, ())
