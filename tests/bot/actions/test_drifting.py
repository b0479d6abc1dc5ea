"""The drift alarm as plain calls: noted when answers get worse than stated, once, and not for what proves nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from bot.actions import correcting, drifting
from bot.actions.drifting import AGAIN_AFTER
from storage import Drift, DriftKind, Network, Prediction, Role, Unit, Verdict
from tests.bot.actions.classroom import Classroom
from tests.storage.classroom import new_network
from tests.support.bots import Time

SEEDS = count(1)


@pytest.fixture
def time(room: Classroom) -> Time:
    room.store._clock = time = Time()
    return time


def network(room: Classroom, number: int = 1, *, wrong: int = 5, n: int = 100, alarms: int | None = 3) -> Network:
    with room.visit() as (unit, _, here):
        oak, elm = (unit.labels.find_or_create(here.classifier_id, name).id for name in ("oak", "elm"))
        made = replace(new_network(here.classifier_id, number), labels=(oak, elm), wrong=wrong, n=n)
        made = replace(made, alarms=alarms, alarms_of=None if alarms is None else 100)
        return unit.networks.publish(made, activate=True)


def answers(room: Classroom, asked: Network, many: int, *, knows: bool = True, remembered: bool = False) -> list[int]:
    """So many answers to photos of one picture; photos are not what this is about."""
    photo = room.photo(next(SEEDS))
    with room.visit() as (unit, _, here):
        return [answer(unit, photo.id, asked, here.person.id, knows, remembered).id for _ in range(many)]


def answer(unit: Unit, photo_id: int, asked: Network, person: int, knows: bool, remembered: bool) -> Prediction:
    first = asked.labels[0]
    return unit.predictions.add(
        photo_id, asked.id, first if knows else None, [(first, 0.9)], asked_by_id=person, milliseconds=1.0,
        remembered_id=photo_id if remembered else None,
    )  # fmt: skip


def press_wrong(room: Classroom, *answered: int) -> None:
    for one in answered:
        with room.visit() as (unit, _, here):
            correcting.dispute(unit, here, one)
    look(room)


def look(room: Classroom) -> list[DriftKind]:
    """Look and note; the kinds of what is new."""
    with room.visit() as (unit, _, here):
        return [one.kind for one in drifting.look(unit, here.classifier_id) if drifting.note(unit, one)]


def noted(room: Classroom) -> list[Drift]:
    with room.store.read() as unit:
        return unit.drifts.untold()


def test_wrong_pressed_far_more_often_than_stated_is_noted_with_the_numbers_that_are_told(room: Classroom) -> None:
    asked = network(room)

    press_wrong(room, *answers(room, asked, 14))

    (drift,) = noted(room)
    assert (drift.network_id, drift.kind) == (asked.id, DriftKind.WRONG)
    assert drift.seen == drift.n <= 14
    assert drift.expected == pytest.approx(0.05 * drift.n)


def test_presses_of_wrong_alone_do_not_make_a_healthy_network_look_bad(room: Classroom) -> None:
    """One answer in ten is wrong, as may be by what was stated, and those alone are pressed."""
    asked = network(room, wrong=8)
    given = answers(room, asked, 150)

    press_wrong(room, *given[::10])

    assert noted(room) == []


def test_a_press_of_right_raises_no_alarm(room: Classroom) -> None:
    asked = network(room)
    for one in answers(room, asked, 14):
        with room.store.write() as unit:
            unit.predictions.flag(one, 1, Verdict.WRONG)
    (one,) = answers(room, asked, 1)

    with room.visit() as (unit, visit, here):
        correcting.confirm(unit, visit, here, one)

    assert noted(room) == []


def test_answers_of_one_network_after_the_other_are_watched_together(room: Classroom) -> None:
    for number in range(1, 15):
        press_wrong(room, *answers(room, network(room, number), 1))

    (drift,) = noted(room)
    assert drift.n > 5


def test_what_few_photos_stated_is_hardly_disproved(room: Classroom) -> None:
    press_wrong(room, *answers(room, network(room, wrong=0, n=4), 14))
    press_wrong(room, *answers(room, network(room, 2, wrong=0, n=0), 14))

    assert noted(room) == []


def test_what_people_had_said_is_no_answer_of_a_network(room: Classroom) -> None:
    press_wrong(room, *answers(room, network(room), 14, remembered=True))

    assert noted(room) == []


def test_the_same_is_noted_again_only_after_a_week_and_of_later_answers(room: Classroom, time: Time) -> None:
    first = network(room)
    press_wrong(room, *answers(room, first, 20))
    second = network(room, 2)
    press_wrong(room, *answers(room, second, 20))
    assert len(noted(room)) == 1

    time.advance(days=AGAIN_AFTER.days, seconds=1)
    third = network(room, 3)
    few = answers(room, third, 2)
    press_wrong(room, *few)

    (_, again) = noted(room)
    assert (again.network_id, again.kind) == (third.id, DriftKind.WRONG)
    time.advance(days=AGAIN_AFTER.days, seconds=1)
    assert look(room) == []
    press_wrong(room, *answers(room, third, 20))
    assert len(noted(room)) == 3


def test_many_unknown_photos_are_noted_without_any_press(room: Classroom) -> None:
    asked = network(room)
    answers(room, asked, 14, knows=False)
    assert noted(room) == []

    assert look(room) == [DriftKind.UNKNOWN]
    assert look(room) == []

    (drift,) = noted(room)
    assert drift.kind is DriftKind.UNKNOWN
    assert drift.expected == pytest.approx(0.03 * drift.n)


def test_not_knowing_proves_nothing_where_it_was_not_measured(room: Classroom) -> None:
    answers(room, network(room, alarms=None), 20, knows=False)

    assert look(room) == []


def test_not_knowing_proves_nothing_where_a_name_of_the_network_was_deleted(room: Classroom) -> None:
    """Then “I don't know” is what is said of that thing, too."""
    asked = network(room)
    (first, *_) = answers(room, asked, 20, knows=False)
    with room.visit() as (unit, visit, here):
        kept = unit.labels.get(asked.labels[0])
        correcting.correct_by_name(unit, visit, here, first, kept.name)
        unit.labels.remove_unnamed(here.classifier_id)
        assert [one.id for one in unit.labels.all(here.classifier_id)] == [kept.id]

        assert len(unit.predictions.given(here.classifier_id, limit=99)) == 20
    assert look(room) == []


def test_a_drift_waits_for_an_owner_who_can_be_told_and_is_told_once(room: Classroom) -> None:
    press_wrong(room, *answers(room, network(room), 14))
    with room.store.write() as unit:
        olga = unit.people.meet(70, "Olga", Role.OWNER)
        unit.people.meet(71, "Tim", Role.ADMIN)
        unit.chats.enter(71, kind="private", title="Tim")
        assert drifting.to_tell(unit) == []

        unit.chats.enter(70, kind="private", title="Olga")
        (told,) = drifting.to_tell(unit)
        assert told.owners == (olga,)
        drifting.note_told(unit, [told])
        assert drifting.to_tell(unit) == []
