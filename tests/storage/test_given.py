"""Answers as they were given, and what people said of them since; and drifts, each noted and told once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from storage import AnswerKind, DriftKind, GivenAnswer, Label, Network, Photo, Prediction, Verdict
from tests.storage.classroom import Classroom
from tests.storage.conftest import HandClock


def given(room: Classroom, *, limit: int = 99, after: int = 0, days: float = 28) -> list[GivenAnswer]:
    with room.store.read() as unit:
        since = unit.now - timedelta(days=days)
        return unit.predictions.given(room.classifier.id, since=since, after=after, limit=limit)


def press(room: Classroom, answer: Prediction, *verdicts: Verdict) -> None:
    with room.store.write() as unit:
        for person, verdict in zip((room.ann, room.bo, room.cy), verdicts, strict=False):
            unit.predictions.flag(answer.id, person.id, verdict)


def answer(
    room: Classroom,
    photo: Photo,
    network: Network,
    first: Label,
    *,
    knows: bool = True,
    candidates: Sequence[int] = (),
    remembered_id: int | None = None,
) -> Prediction:
    with room.store.write() as unit:
        return unit.predictions.add(
            photo.id,
            network.id,
            first.id if knows else None,
            [(first.id, 0.6)],
            asked_by_id=room.ann.id,
            milliseconds=1.0,
            candidates=candidates,
            remembered_id=remembered_id,
        )


def test_an_answer_is_judged_by_most_presses_and_by_none_where_they_tie(room: Classroom) -> None:
    network, oak = room.network(), room.label("oak")
    answers = [answer(room, room.photo(), network, oak) for _ in range(4)]
    press(room, answers[0], Verdict.RIGHT)
    press(room, answers[1], Verdict.WRONG, Verdict.WRONG, Verdict.RIGHT)
    press(room, answers[2], Verdict.WRONG, Verdict.RIGHT)

    assert [(one.id, one.right) for one in given(room)] == [
        (answers[0].id, True), (answers[1].id, False), (answers[2].id, None), (answers[3].id, None),
    ]  # fmt: skip
    assert {one.kind for one in given(room)} == {AnswerKind.NAMED}


def test_a_press_that_is_changed_counts_as_it_stands(room: Classroom) -> None:
    asked = answer(room, room.photo(), room.network(), room.label("oak"))
    press(room, asked, Verdict.WRONG)
    press(room, asked, Verdict.RIGHT)

    assert [one.right for one in given(room)] == [True]


def test_where_nobody_pressed_what_the_photo_is_called_since_judges(room: Classroom) -> None:
    network, oak, elm = room.network(), room.label("oak"), room.label("elm")
    photos = [room.photo() for _ in range(3)]
    asked = [answer(room, photo, network, oak) for photo in photos]
    room.vote(photos[0], room.bo, oak)
    room.vote(photos[1], room.bo, elm)
    room.vote(photos[2], room.bo, None)

    assert [one.right for one in given(room)] == [True, False, False]
    assert [(one.shows_id, one.none_fits) for one in given(room)] == [(oak.id, False), (elm.id, False), (None, True)]
    press(room, asked[1], Verdict.RIGHT)
    assert given(room)[1].right is True


def test_memories_and_not_knowing_are_kinds_of_their_own(room: Classroom) -> None:
    network, oak = room.network(), room.label("oak")
    answer(room, room.photo(), network, oak, knows=False)
    answer(room, room.photo(), network, oak, remembered_id=1)

    assert [(one.kind, one.candidates) for one in given(room)] == [
        (AnswerKind.UNKNOWN, ()), (AnswerKind.REMEMBERED, (oak.id,)),
    ]  # fmt: skip


def test_of_a_few_names_any_is_right_but_the_first_is_judged_alone_too(room: Classroom) -> None:
    network, oak, elm, ash = room.network(), *(room.label(name) for name in ("oak", "elm", "ash"))
    for shown in (oak, elm, ash):
        photo = room.photo()
        asked = answer(room, photo, network, oak, candidates=[oak.id, elm.id])
        room.vote(photo, room.ann, shown)
        press(room, asked, Verdict.RIGHT if shown == oak else Verdict.WRONG)

    found = given(room)
    assert [one.kind for one in found] == [AnswerKind.FEW] * 3
    assert [(one.first_right, one.right) for one in found] == [(True, True), (False, True), (False, False)]


def test_an_answer_whose_name_was_deleted_is_left_out_and_not_taken_for_not_knowing(room: Classroom) -> None:
    network, oak, elm = room.network(), room.label("oak"), room.label("elm")
    room.vote(room.photo(), room.ann, elm)
    answer(room, room.photo(), network, oak)
    known = answer(room, room.photo(), network, elm)
    with room.store.write() as unit:
        unit.labels.remove_unnamed(room.classifier.id)

    assert [(one.id, one.kind) for one in given(room)] == [(known.id, AnswerKind.NAMED)]


def test_only_the_newest_within_the_time_are_looked_at_oldest_first(room: Classroom, clock: HandClock) -> None:
    network, oak = room.network(), room.label("oak")
    old = answer(room, room.photo(), network, oak)
    clock.wait(29 * 86_400)
    new = [answer(room, room.photo(), network, oak) for _ in range(3)]

    assert [one.id for one in given(room)] == [one.id for one in new]
    assert [one.id for one in given(room, limit=2)] == [one.id for one in new[1:]]
    assert [one.id for one in given(room, days=30, after=old.id)] == [one.id for one in new]
    assert [one.id for one in given(room, days=30)] == [old.id, *(one.id for one in new)]


def test_people_behind_the_lessons_are_counted_once_and_imports_told_apart(room: Classroom, clock: HandClock) -> None:
    oak, elm = room.label("oak"), room.label("elm")
    for photo, people in ((room.photo(), (room.ann, room.bo)), (room.photo(), (room.ann,))):
        for person in people:
            room.vote(photo, person, oak)
    with room.store.read() as unit:
        assert unit.votes.teachers(room.classifier.id, until=unit.now) == (2, False)
    before = clock.now
    clock.wait(60)
    room.vote(room.photo(), None, elm)
    room.vote(room.photo(), room.cy, None)

    with room.store.read() as unit:
        assert unit.votes.teachers(room.classifier.id, until=unit.now) == (2, True)
        assert unit.votes.teachers(room.classifier.id, until=before) == (2, False)


def test_a_drift_is_noted_once_and_told_once(room: Classroom, clock: HandClock) -> None:
    first, second = room.network(), room.network(2)
    facts: dict[str, Any] = {"n": 40, "seen": 14, "expected": 4.8, "prediction_id": 7}
    with room.store.write() as unit:
        assert unit.drifts.add(first.id, DriftKind.WRONG, **facts)
        assert not unit.drifts.add(first.id, DriftKind.WRONG, **facts)
        assert unit.drifts.add(first.id, DriftKind.UNKNOWN, **facts)
        assert [one.kind for one in unit.drifts.untold()] == [DriftKind.WRONG, DriftKind.UNKNOWN]
        unit.drifts.told([one.id for one in unit.drifts.untold()])
    clock.wait(10)
    with room.store.write() as unit:
        moment = unit.now
        assert unit.drifts.add(second.id, DriftKind.WRONG, **facts)
        newest = unit.drifts.latest(room.classifier.id, DriftKind.WRONG)

        assert newest is not None
        assert (newest.network_id, newest.n, newest.seen, newest.expected) == (second.id, 40, 14, 4.8)
        assert unit.drifts.untold() == [newest]
        assert unit.drifts.since(room.classifier.id, moment) == [newest]
        assert unit.drifts.latest(room.classifier.id + 1, DriftKind.WRONG) is None


def test_networks_are_found_together_with_what_they_take_for_known(room: Classroom) -> None:
    first, second = room.network(), room.network(2)

    with room.store.read() as unit:
        assert unit.networks.those({second.id, first.id, 999}) == {first.id: first, second.id: second}
        assert unit.networks.those(set()) == {}
    assert (first.alarms, first.alarms_of) == (None, None)


def test_whether_there_were_more_answers_than_are_looked_at(room: Classroom, clock: HandClock) -> None:
    asked, photo = room.network(), room.photo()
    begun = clock()

    def answer() -> None:
        with room.store.write() as unit:
            unit.predictions.add(photo.id, asked.id, None, [], asked_by_id=room.ann.id, milliseconds=1.0)

    for _ in range(3):
        answer()
    clock.wait(60)
    later = clock()
    answer()
    with room.store.read() as unit:
        assert unit.predictions.are_more_than(3, since=begun)
        assert not unit.predictions.are_more_than(4, since=begun)
        assert not unit.predictions.are_more_than(1, since=later)
