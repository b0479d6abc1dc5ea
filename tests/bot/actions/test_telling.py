"""What is owed when a new network answers, as plain calls."""

from __future__ import annotations

from dataclasses import replace

from bot.actions import correcting, telling
from bot.actions.teaching import teach
from bot.speech import texts
from bot.visit import Presence
from storage import Network, Photo, Prediction, Unit
from tests.bot.actions.classroom import Classroom
from tests.storage.classroom import new_network
from tests.support.bots import Time


def publish(unit: Unit, here: Presence, number: int) -> Network:
    """A network that has read all lessons until now."""
    return unit.networks.publish(replace(new_network(here.classifier_id, number), lessons_at=unit.now), activate=True)


def question(unit: Unit, here: Presence, photo: Photo, network: Network) -> Prediction:
    """What the network said of a photo that somebody here asked about: nothing."""
    return unit.predictions.add(photo.id, network.id, None, [], asked_by_id=here.person.id, milliseconds=1.0)


def test_a_correction_is_told_by_the_network_that_had_read_it_whenever_wrong_was_pressed(room: Classroom) -> None:
    room.store._clock = time = Time()
    photo = room.photo(1)
    with room.visit() as (unit, _, here):
        first = publish(unit, here, 1)
        asked = question(unit, here, photo, first)
        correcting.dispute(unit, here, asked.id)
    time.advance(seconds=1)
    with room.visit() as (unit, _, here):
        second = publish(unit, here, 2)
    time.advance(seconds=1)
    with room.visit() as (unit, visit, here):
        correcting.correct_by_name(unit, visit, here, asked.id, "clover")
    time.advance(seconds=1)
    with room.visit() as (unit, _, here):
        third = publish(unit, here, 3)

        assert telling.corrections_to_tell(unit, second) == []
        assert [found.id for _, found in telling.corrections_to_tell(unit, third)] == [photo.id]


def test_the_first_network_is_news_for_who_came_while_it_was_made_too(room: Classroom) -> None:
    room.store._clock = time = Time()
    with room.visit() as (unit, _, here):
        made = replace(new_network(here.classifier_id, 1), lessons_at=unit.now, verdict={"ground": "first"})
    time.advance(seconds=1)
    room.photo(1)
    time.advance(seconds=1)
    with room.visit() as (unit, _, here):
        network = unit.networks.publish(made, activate=True)

        assert list(telling.first_news(unit, network)) == [(network, here.chat)]


def test_the_first_network_is_news_also_where_the_next_came_before_it_was_told(room: Classroom) -> None:
    room.store._clock = time = Time()
    room.photo(1)
    with room.visit() as (unit, _, here):
        made = replace(new_network(here.classifier_id, 1), lessons_at=unit.now, verdict={"ground": "first"})
        first = unit.networks.publish(made, activate=True)
    time.advance(seconds=1)
    room.photo(2, person=2, chat=2)
    with room.visit() as (unit, _, here):
        second = publish(unit, here, 2)

        assert list(telling.first_news(unit, second)) == [(first, here.chat)]
    time.advance(days=2)
    with room.visit() as (unit, _, here):
        assert list(telling.first_news(unit, second)) == []


def test_a_network_that_was_put_back_is_no_news_to_anybody(room: Classroom) -> None:
    room.store._clock = time = Time()
    photo = room.photo(1)
    with room.visit() as (unit, visit, here):
        made = replace(new_network(here.classifier_id, 1), lessons_at=unit.now, verdict={"ground": "first"})
        first = unit.networks.publish(made, activate=True)
        asked = question(unit, here, photo, first)
        correcting.correct_by_name(unit, visit, here, asked.id, "clover")
    time.advance(seconds=1)
    with room.visit() as (unit, _, here):
        second = publish(unit, here, 2)
        third = publish(unit, here, 3)
        unit.networks.activate(here.classifier_id, second.id)

        assert telling.corrections_to_tell(unit, second) == []
        assert list(telling.first_news(unit, first)) == []
        assert [found.id for _, found in telling.corrections_to_tell(unit, third)] == [photo.id]


def test_who_was_outvoted_is_not_thanked_for_what_others_said(room: Classroom) -> None:
    room.store._clock = time = Time()
    photo = room.photo(1)
    with room.visit() as (unit, _, here):
        first = publish(unit, here, 1)
        asked = question(unit, here, photo, first)
    time.advance(seconds=1)
    for person in (2, 3):
        with room.visit(person=person) as (unit, visit, here):
            teach(unit, visit, here, photo.id, "daisy")
    with room.visit() as (unit, visit, here):
        corrected = correcting.correct_by_name(unit, visit, here, asked.id, "rose")
        daisy = unit.labels.find(here.classifier_id, "daisy")
    time.advance(seconds=1)
    with room.visit() as (unit, _, here):
        second = publish(unit, here, 2)
        ((flag, _),) = telling.corrections_to_tell(unit, second)
        assert daisy is not None
        told = telling.learned(unit, second, flag, photo, (daisy.id, 0.9))

    assert corrected.taught is not None
    assert (corrected.taught.outvoted, corrected.taught.counts_as) == (True, daisy)
    assert told is not None
    assert (told.said, told.counts_as) == (None, daisy)
    assert "More people call this photo <b>daisy</b>, so that is what I learned." in texts.learned(told)
