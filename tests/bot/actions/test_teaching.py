"""Lessons as plain calls: votes, what they add up to, and how they are taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.actions import reporting, self_service
from bot.actions.teaching import (
    is_disputed,
    keep,
    label_of_album,
    take_back,
    teach,
    trainer_alive,
    unname,
    vote,
)
from bot.speech import texts
from storage import JobKind, NotFound, Reason, Role, State
from tests.bot.actions.classroom import Classroom
from tests.storage.classroom import new_network


def labels(room: Classroom) -> dict[str, int]:
    with room.store.read() as unit:
        counts = unit.labels.counts(unit.classifiers.default().id)
    return {one.label.name: one.photos for one in counts if one.photos}


def test_a_lesson_is_a_vote_and_asks_for_a_training(room: Classroom) -> None:
    photo = room.photo(1)

    with room.visit() as (unit, visit, here):
        taught = teach(unit, visit, here, photo.id, "apple")
        jobs = unit.jobs.unfinished(here.classifier_id)

    assert (taught.label.name, taught.photos, taught.before, taught.answering) == ("apple", 1, None, False)
    assert [job.kind for job in jobs] == ["fit"]


def test_the_same_picture_sent_twice_is_not_yet_enough(room: Classroom) -> None:
    said = []
    for label, seed in (("apple", 1), ("apple", 1), ("leaf", 2), ("leaf", 2)):
        with room.visit() as (unit, visit, here):
            photo = keep(unit, visit, here, replace(room.received(seed), message_id=visit.message_id))
            said.append(texts.taught(teach(unit, visit, here, photo.id, label)))

    assert "learning now" not in said[-1]
    assert "2 photos now" in said[-1]
    assert "The same picture sent again counts once. Before I can answer I need 1 more of <b>apple</b>" in said[-1]
    assert "1 more of <b>leaf</b>" in said[-1]
    assert "counts once" not in said[0]


def test_the_same_deed_told_twice_is_one_vote(room: Classroom) -> None:
    photo = room.photo(1)

    with room.visit() as (unit, visit, here):
        teach(unit, visit, here, photo.id, "apple")
        teach(unit, visit, here, photo.id, "apple")
        assert len(unit.votes.of_photo(photo.id)) == 1


def test_a_message_brings_its_photo_once(room: Classroom) -> None:
    received = room.received(1)
    with room.visit() as (unit, visit, here):
        first = keep(unit, visit, here, received)
        assert keep(unit, visit, here, received) == first


def test_a_photo_may_belong_to_somebody_else_than_who_teaches_it(room: Classroom) -> None:
    with room.visit(person=2) as (_, _, ann):
        pass
    with room.visit(person=1) as (unit, visit, here):
        photo = keep(unit, visit, here, room.received(1), ann.person.id)
    assert photo.owner_id == ann.person.id


def test_two_who_disagree_dispute_and_a_third_settles_it(room: Classroom) -> None:
    photo = room.photo(1, chat=-5)
    said = []
    for person, label in ((1, "apple"), (2, "tomato"), (3, "tomato")):
        with room.visit(person, -5) as (unit, visit, here):
            said.append(is_disputed(teach(unit, visit, here, photo.id, label).standing))

    assert said == [False, True, False]
    assert labels(room) == {"tomato": 1}


def test_taking_back_a_correction_brings_the_former_label_back(room: Classroom) -> None:
    photo = room.photo(1)
    for label in ("apple", "cherry"):
        with room.visit() as (unit, visit, here):
            teach(unit, visit, here, photo.id, label)

    with room.visit() as (unit, visit, here):
        undone = take_back(unit, visit, here, photo.id, Reason.UNDO)

    assert undone is not None
    assert (undone.label and undone.label.name, undone.again and undone.again.name) == ("cherry", "apple")
    assert labels(room) == {"apple": 1}


def test_there_is_nothing_to_take_back_of_somebody_else(room: Classroom) -> None:
    photo = room.photo(1, chat=-5)
    with room.visit(1, -5) as (unit, visit, here):
        teach(unit, visit, here, photo.id, "apple")

    with room.visit(2, -5) as (unit, visit, here):
        assert take_back(unit, visit, here, photo.id, Reason.UNDO) is None
        assert not unname(unit, visit, here, photo.id, Reason.EDIT)


def test_unnaming_takes_back_former_labels_too(room: Classroom) -> None:
    photo = room.photo(1)
    for label in ("apple", "cherry", "plum"):
        with room.visit() as (unit, visit, here):
            teach(unit, visit, here, photo.id, label)

    with room.visit() as (unit, visit, here):
        assert unname(unit, visit, here, photo.id, Reason.EDIT)
        assert unit.votes.standing(photo.id).state is State.UNLABELLED
        assert unit.votes.live_of(photo.id, here.person.id) is None


def test_an_album_takes_the_label_of_its_earlier_photos_by_the_same_person(room: Classroom) -> None:
    first = room.photo(1, album="a", chat=-5)
    with room.visit(1, -5) as (unit, visit, here):
        teach(unit, visit, here, first.id, "apple")
        chat, me = here.chat.id, here.person.id

    with room.visit(2, -5) as (unit, _, here):
        assert label_of_album(unit, chat, me, "a") == "apple"
        assert label_of_album(unit, chat, here.person.id, "a") is None
        assert label_of_album(unit, chat, me, "b") is None
        assert label_of_album(unit, chat, me, None) is None


def test_the_trainer_is_alive_as_long_as_it_says_something(room: Classroom) -> None:
    with room.visit() as (unit, _, _):
        assert not trainer_alive(unit)
        unit.heartbeats.beat("trainer", "waiting for lessons")
        assert trainer_alive(unit)
        unit.now += timedelta(minutes=1)
        assert not trainer_alive(unit)


def test_status_counts_what_is_taught_and_what_is_missing(room: Classroom) -> None:
    photo = room.photo(1)
    with room.visit() as (unit, visit, here):
        teach(unit, visit, here, photo.id, "apple")
        found = reporting.status(unit, here.classifier_id)

    assert [(one.label.name, one.photos) for one in found.labels] == [("apple", 1)]
    assert (found.network, found.readiness.ready, found.trainer_alive, found.waiting) == (None, False, False, True)


def test_my_data_holds_everything_and_nothing_of_others(room: Classroom) -> None:
    mine, theirs = room.photo(1, person=1, chat=-5), room.photo(2, person=2, chat=-5)
    for person, photo, label in ((1, mine, "apple"), (2, theirs, "plum")):
        with room.visit(person, -5) as (unit, visit, here):
            teach(unit, visit, here, photo.id, label)

    with room.visit(2, -5) as (unit, _, here):
        network = unit.networks.publish(new_network(here.classifier_id, 1), activate=True)
        unit.predictions.add(theirs.id, network.id, None, [], asked_by_id=here.person.id, milliseconds=1.0)
    with room.visit(1, -5) as (unit, _, here):
        apple = unit.labels.find_or_create(here.classifier_id, "apple").id
        chances = [(apple, 0.75)]
        unit.predictions.add(mine.id, network.id, apple, chances, asked_by_id=here.person.id, milliseconds=1.0)
        found = self_service.my_data(unit, here)

    document = json.loads(found.document())
    assert [(one["photo"], one["said"], one["probabilities"]) for one in document["answers"]] == [
        (mine.id, "apple", {"apple": 0.75})
    ]
    assert (found.photos, found.lessons, found.corrections) == (1, 1, 0)
    assert [one["photo"] for one in document["photos"]] == [mine.id]
    assert [one["label"] for one in document["votes"]] == ["apple"]
    assert "plum" not in found.document()


def test_forgetting_takes_the_persons_photos_and_votes_and_leaves_those_of_others(room: Classroom) -> None:
    mine, theirs = room.photo(1, person=1, chat=-5), room.photo(2, person=2, chat=-5)
    for person, photo, label in ((1, mine, "apple"), (2, theirs, "plum"), (1, theirs, "pear")):
        with room.visit(person, -5) as (unit, visit, here):
            teach(unit, visit, here, photo.id, label)

    with room.visit(1, -5) as (unit, _, here):
        unit.albums.call(here.chat.id, here.person.id, "album", "apple")
        gone = self_service.forget(unit, here, Role.TEACHER)
        assert unit.albums.name_of(here.chat.id, here.person.id, "album") is None
    room.store.discard(gone.orphans)

    assert (gone.photos, gone.orphans, gone.role) == (1, [mine.digest], None)
    assert not room.store.blobs.has(mine.digest)
    assert labels(room) == {"plum": 1}


def test_a_forgotten_name_is_not_left_in_what_came_of_a_job(room: Classroom) -> None:
    """Earlier versions wrote names of labels there."""
    photo = room.photo(1)
    with room.visit() as (unit, visit, here):
        label = teach(unit, visit, here, photo.id, "Mary").label
        job = unit.jobs.request(JobKind.OUTLOOK, here.classifier_id, due_at=unit.now)
        unit.jobs.claim((JobKind.OUTLOOK,), "trainer", 60)
        unit.jobs.finish(job.id, "trainer", {"missing": [{"label_id": label.id, "name": "Mary", "missing": 9}]})

        self_service.forget(unit, here, Role.TEACHER)

        assert unit.jobs.get(job.id).result == {"missing": [{"label_id": label.id, "missing": 9}]}


def test_settings_of_a_chat_turn_on_and_off(room: Classroom) -> None:
    with room.visit() as (unit, _, here):
        assert self_service.setting(here.chat, "details")
        assert not self_service.setting(self_service.toggle(unit, here, "details"), "details")


def test_a_vote_on_a_photo_that_is_gone_says_so(room: Classroom) -> None:
    photo = room.photo(1)
    with room.visit() as (unit, visit, here):
        taught = teach(unit, visit, here, photo.id, "apple")
        self_service.forget(unit, here, Role.TEACHER)
        with pytest.raises(NotFound, match="no photo"):
            vote(unit, visit, here, photo.id, taught.label, Reason.BUTTON)
