"""Asking for an outlook, and which questions a chat is asked to name, as plain calls."""

from __future__ import annotations

from typing import Any

from bot.actions.outlook import Unknown, ask_outlook, missing_now, to_name, unknown_of
from bot.actions.teaching import teach
from bot.visit import Presence
from storage import JobKind, Photo, Prediction, Reason, Role, Unit
from tests.bot.actions.classroom import Classroom
from tests.storage.classroom import new_network
from trainer.readiness import OUTLOOK_PHOTOS


def question(room: Classroom, photo: Photo, *, person: int = 1, chat: int = 1) -> Prediction:
    with room.visit(person, chat) as (unit, _, here):
        network = unit.networks.active(here.classifier_id) or publish(unit, here)
        return unit.predictions.add(photo.id, network.id, None, [], asked_by_id=here.person.id, milliseconds=1.0)


def publish(unit: Unit, here: Presence) -> Any:
    return unit.networks.publish(new_network(here.classifier_id, 1), activate=True)


def chosen(room: Classroom, chat: int, *asked: Prediction, unknown: int = 0) -> dict[str, Any]:
    """What the trainer tells, for one chat."""
    with room.visit(chat=chat) as (_, _, here):
        return {"chats": {str(here.chat.id): {"predictions": [one.id for one in asked], "unknown": unknown}}}


def named(room: Classroom, chat: int, facts: dict[str, Any]) -> list[int]:
    with room.store.read() as unit:
        return [one.answer.prediction.id for one in to_name(unit, chat, facts)]


def test_it_is_asked_for_once_there_is_enough_and_a_second_asker_joins(room: Classroom) -> None:
    for seed in range(2 * OUTLOOK_PHOTOS):
        photo = room.photo(seed)
        with room.visit() as (unit, visit, here):
            teach(unit, visit, here, photo.id, f"label {seed % 2}", Reason.CAPTION)
            if seed == 0:
                publish(unit, here)
        if seed == 10:
            with room.visit() as (unit, _, here):
                early = ask_outlook(unit, here)

    chats = []
    for chat in (1, 2, 2):
        with room.visit(chat, chat) as (unit, _, here):
            asked = ask_outlook(unit, here)
            chats.append(here.chat.id)
            jobs = [job for job in unit.jobs.unfinished(here.classifier_id) if job.kind == JobKind.OUTLOOK]
            assert unit.jobs.askers(jobs[0].id) == sorted(set(chats))
        assert (asked.is_asked, len(jobs)) == (True, 1)
    assert not early.is_asked
    assert [one.missing for one in early.missing] == [4, 5]


def test_an_outlook_that_is_worked_out_already_will_do(room: Classroom) -> None:
    test_it_is_asked_for_once_there_is_enough_and_a_second_asker_joins(room)
    with room.visit(3, 3) as (unit, _, here):
        job = unit.jobs.claim((JobKind.OUTLOOK,), "trainer", 60)
        assert job is not None
        ask_outlook(unit, here)

        assert here.chat.id in unit.jobs.askers(job.id)


def test_without_a_network_nothing_is_asked_of_the_trainer(room: Classroom) -> None:
    with room.visit() as (unit, _, here):
        asked = ask_outlook(unit, here)

        assert (asked.is_asked, asked.answering) == (False, False)
        assert unit.jobs.unfinished(here.classifier_id) == []


def test_a_chat_is_asked_about_its_own_photos_in_the_trainers_order(room: Classroom) -> None:
    first, second = (question(room, room.photo(seed)) for seed in (1, 2))
    foreign = question(room, room.photo(3, person=2, chat=2), person=2, chat=2)

    assert named(room, 1, chosen(room, 1, second, first, foreign)) == [second.id, first.id]
    assert named(room, 2, chosen(room, 1, second, first)) == []
    assert named(room, 99, chosen(room, 1, second)) == []


def test_what_was_named_or_deleted_meanwhile_is_not_asked_about(room: Classroom) -> None:
    asked = [question(room, room.photo(seed)) for seed in (1, 2, 3)]
    with room.visit() as (unit, visit, here):
        teach(unit, visit, here, asked[0].photo_id, "daisy", Reason.TYPED)
        unit.photos.remove([asked[1].photo_id])

    assert named(room, 1, chosen(room, 1, *asked)) == [asked[2].id]


def test_who_may_not_teach_is_not_asked_for_names(room: Classroom) -> None:
    asked = question(room, room.photo(1))
    with room.visit() as (unit, _, here):
        unit.people.set_role(here.person.id, Role.GUEST)

    assert named(room, 1, chosen(room, 1, asked)) == []


def test_how_many_are_unknown_is_told_to_their_chat_alone_with_the_first_of_them(room: Classroom) -> None:
    asked = [question(room, room.photo(seed)) for seed in (1, 2)]
    facts, known = chosen(room, 1, *asked, unknown=4), chosen(room, 1, *asked)
    with room.store.read() as unit:
        assert (unknown_of(unit, 1, facts), unknown_of(unit, 99, facts)) == (Unknown(4, asked[0].id), Unknown())
        # Where none is unknown, the first is one of the others.
        assert unknown_of(unit, 1, known) == Unknown()


def test_what_the_trainer_missed_is_told_by_the_names_of_now() -> None:
    told = {"missing": [{"label_id": 1, "missing": 3}, {"label_id": 2, "missing": 1}]}

    assert [(one.name, one.missing) for one in missing_now(told, {1: "new"})] == [("new", 3)]
