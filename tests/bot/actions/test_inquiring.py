"""Who may be asked for a second opinion, how often, and what an answer does; the same press does it once."""

from __future__ import annotations

import pytest

from bot.actions import inquiring, self_service
from bot.actions.shown import inquiry_key, remove_photos
from bot.actions.teaching import teach
from storage import JobKind, NotFound, Opinion, Photo, Reply, Role, Settled, Store, open_store
from tests.bot.actions.classroom import Classroom
from tests.support.bots import Time
from tests.support.homes import with_tables

ANN, BO, CY = 1, 2, 3


class Clocked(Classroom):
    """A classroom whose clock can be turned forward."""

    time: Time


@pytest.fixture
def room(tmp_path) -> Clocked:  # type: ignore[no-untyped-def]
    time = Time()
    store: Store = open_store(with_tables(tmp_path / "home"), clock=time)
    found = Clocked(store)
    found.time = time
    for seed in range(inquiring.LEAST_TAUGHT):
        lesson(found, seed, person=BO)
    return found


def lesson(room: Classroom, seed: int, *, person: int = ANN, asked: bool = False) -> Photo:
    photo = room.photo(seed, person=person, chat=person)
    with room.visit(person, chat=person) as (unit, visit, here):
        teach(unit, visit, here, photo.id, "apple")
        if asked:
            newest = max(one.id for one in unit.votes.of_photo(photo.id))
            label = unit.votes.standing(photo.id).label_id
            unit.considering.renew([Opinion(photo.id, label, 0.3, Settled.DISPUTED, newest, "contradicted")])
        if not self_service.setting(here.chat, "lend"):
            self_service.toggle(unit, here, "lend")
    return photo


def put(room: Classroom, photo: Photo, person: int = BO) -> inquiring.Question | None:
    with room.visit(person, chat=person) as (unit, _, here):
        return inquiring.put(unit, here, photo.id)


def test_three_questions_a_day_are_the_most_and_some_time_lies_between(room: Clocked) -> None:
    photos = [lesson(room, seed, asked=True) for seed in range(20, 25)]
    asked = []
    for photo in photos[:4]:
        question = put(room, photo)
        asked.append(question is not None)
        if question is not None:
            with room.visit(BO, chat=BO) as (unit, visit, here):
                inquiring.answer(unit, visit, here, question.inquiry.id, Reply.UNSURE)
            assert put(room, photos[4]) is None
        room.time.advance(hours=2)

    assert asked == [True, True, True, False]
    room.time.advance(days=1)
    assert put(room, photos[4]) is not None


def test_who_let_a_question_lie_is_left_in_peace_for_days(room: Clocked) -> None:
    first, second = (lesson(room, seed, asked=True) for seed in (20, 21))
    assert put(room, first) is not None

    room.time.advance(days=2)
    assert put(room, second) is None
    room.time.advance(days=2)
    assert put(room, second) is not None


def test_who_taught_little_or_may_not_teach_is_not_asked(room: Clocked) -> None:
    photo = lesson(room, 20, asked=True)
    assert put(room, photo, CY) is None
    with room.store.write() as unit:
        bo = unit.people.by_telegram_id(BO)
        assert bo is not None
        unit.people.set_role(bo.id, Role.GUEST)

    assert put(room, photo) is None


def test_a_photo_that_is_not_lent_any_more_is_not_shown(room: Clocked) -> None:
    photo = lesson(room, 20, asked=True)
    with room.visit(ANN, chat=ANN) as (unit, _, here):
        self_service.toggle(unit, here, "lend")

    assert put(room, photo) is None


def test_the_same_press_again_is_one_vote_and_has_it_weighed(room: Clocked) -> None:
    photo = lesson(room, 20, asked=True)
    question = put(room, photo)
    assert question is not None
    with room.visit(BO, chat=BO) as (unit, visit, here):
        inquiring.answer(unit, visit, here, question.inquiry.id, Reply.NONE)
        with pytest.raises(NotFound):
            inquiring.answer(unit, visit, here, question.inquiry.id, Reply.UNSURE)
        mine = [one for one in unit.votes.of_photo(photo.id) if one.person_id == here.person.id]
        jobs = {one.kind for one in unit.jobs.unfinished(here.classifier_id)}

    assert len(mine) == 1
    assert {JobKind.FIT, JobKind.SUSPECTS} <= jobs


def test_a_question_is_answered_by_whom_it_was_put_to(room: Clocked) -> None:
    question = put(room, lesson(room, 20, asked=True))
    assert question is not None

    with room.visit(CY, chat=CY) as (unit, visit, here), pytest.raises(NotFound):
        inquiring.answer(unit, visit, here, question.inquiry.id, Reply.NONE)


def test_what_is_kept_of_a_question_is_told_to_whom_it_was_put(room: Clocked) -> None:
    photo = lesson(room, 20, asked=True)
    question = put(room, photo)
    assert question is not None

    with room.visit(BO, chat=BO) as (unit, _, here):
        document = self_service.my_data(unit, here).document()

    assert '"questions_about_photos_of_others"' in document
    assert f'"photo": {photo.id}' in document


def test_a_newcomer_is_not_asked(room: Clocked) -> None:
    photo = lesson(room, 20, asked=True)
    with room.store.write() as unit:
        unit.people.meet(9, "Owner", Role.OWNER)
    room.store.confirmed_lessons = 3
    for seed in range(30, 30 + inquiring.LEAST_TAUGHT):
        lesson(room, seed, person=CY)

    assert put(room, photo, CY) is None
    assert put(room, photo, BO) is not None


def test_photos_of_people_who_lend_nothing_keep_nobody_from_being_asked(room: Clocked) -> None:
    lent = lesson(room, 20, asked=True)
    for seed in range(100, 155):
        lesson(room, seed, person=CY, asked=True)
    with room.visit(CY, chat=CY) as (unit, _, here):
        self_service.toggle(unit, here, "lend")

    assert put(room, lent) is not None


def test_later_is_a_day_from_when_it_was_said(room: Clocked) -> None:
    first, second = (lesson(room, seed, asked=True) for seed in (20, 21))
    question = put(room, first)
    assert question is not None
    room.time.advance(hours=20)
    with room.visit(BO, chat=BO) as (unit, _, here):
        inquiring.put_off(unit, here, question.inquiry.id)

    room.time.advance(hours=20)
    assert put(room, second) is None
    room.time.advance(hours=5)
    assert put(room, second) is not None


def test_who_asks_not_to_be_asked_is_not_also_where_the_photo_is_gone(room: Clocked) -> None:
    first, second = (lesson(room, seed, asked=True) for seed in (20, 21))
    question = put(room, first)
    assert question is not None
    with room.visit(ANN, chat=ANN) as (unit, _, _):
        unit.photos.remove([first.id])

    with room.visit(BO, chat=BO) as (unit, _, here):
        inquiring.stop(unit, here, question.inquiry.id)
    room.time.advance(days=5)

    assert put(room, second) is None


def test_a_photo_that_is_replaced_in_its_message_is_not_sent_to_who_was_asked(room: Clocked) -> None:
    photo = room.photo(20, chat=ANN)
    with room.visit(ANN, chat=ANN) as (unit, visit, here):
        teach(unit, visit, here, photo.id, "apple")
        asked = unit.inquiries.open(photo.id, here.person.id, here.chat.id, "contradicted")
        unit.outbox.owe(1, BO, "sendPhoto", {"chat_id": BO}, dedupe=inquiry_key(asked.id))

    with room.visit(ANN, chat=ANN) as (unit, _, _):
        remove_photos(unit, [photo.id])

        assert not unit.outbox.is_known(inquiry_key(asked.id))


def test_what_is_to_be_removed_from_a_chat_stays_so_when_it_is_asked_again(room: Clocked) -> None:
    with room.store.write() as unit:
        unit.outbox.owe(1, BO, "sendPhoto", {"chat_id": BO}, dedupe="alarm:1:3:2")
        [sent] = unit.outbox.due(1)
        unit.outbox.sent(sent.id, 77)
        for _ in range(2):
            unit.outbox.take_back_all("alarm:1:")

        assert [(one.method, one.payload) for one in unit.outbox.due(1)] == [
            ("deleteMessage", {"chat_id": BO, "message_id": 77})
        ]


def test_a_card_that_was_pressed_before_its_number_was_noted_is_known_by_what_it_shows_now(room: Clocked) -> None:
    first, second = room.photo(20, chat=ANN), room.photo(21, chat=ANN)
    with room.store.write() as unit:
        begun = unit.card_messages.begin(1, BO, "review:begun", mode=0)
        unit.card_messages.show(begun.id, [first.id])
        unit.outbox.owe(1, BO, "sendPhoto", {"chat_id": BO}, dedupe="review:begun")
        pressed = unit.card_messages.begin(1, BO, "review:at", mode=0)
        unit.card_messages.show(pressed.id, [second.id], message_id=77)
        [call] = unit.outbox.due(1)
        unit.outbox.sent(call.id, 77)

        remove_photos(unit, [first.id])
        assert unit.card_messages.outdated(1) == []
        remove_photos(unit, [second.id])

        assert [(one.id, one.message_id) for one in unit.card_messages.outdated(1)] == [(pressed.id, 77)]


def test_a_question_that_nobody_answered_goes_when_its_photo_is_lent_no_more(room: Clocked) -> None:
    first, second = (lesson(room, seed, asked=True) for seed in (20, 21))
    open_one = put(room, first)
    assert open_one is not None
    with room.visit(BO, chat=BO) as (unit, _, _):
        unit.outbox.owe(1, BO, "sendPhoto", {"chat_id": BO}, dedupe=inquiry_key(open_one.inquiry.id))

    with room.visit(ANN, chat=ANN) as (unit, _, here):
        self_service.toggle(unit, here, "lend")
        assert not unit.outbox.is_known(inquiry_key(open_one.inquiry.id))
        assert unit.inquiries.about([first.id]) == []
    with room.visit(ANN, chat=ANN) as (unit, _, here):
        self_service.toggle(unit, here, "lend")

    # Who was asked had no chance to answer, so she is not taken for somebody who let it lie.
    assert put(room, second) is not None
