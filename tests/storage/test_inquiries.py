"""Opinions and inquiries in the store: void once somebody votes, and whom a photo may be put to."""

from __future__ import annotations

import pytest

from storage import NotFound, Opinion, Photo, Reason, Reply, Settled, State, Store, StoreConflict, VoteKind
from tests.storage.classroom import Classroom
from tests.storage.conftest import HandClock

FIRST = ("contradicted", "measures", "unproven")


def consider(room: Classroom, photo: Photo, label: str | None, settled: Settled, *, ask: str | None = None) -> None:
    with room.store.write() as unit:
        named = None if label is None else unit.labels.find_or_create(room.classifier.id, label).id
        newest = max(one.id for one in unit.votes.of_photo(photo.id))
        unit.considering.renew([Opinion(photo.id, named, 0.9, settled, newest, ask)])


def state(room: Classroom, photo: Photo) -> State:
    with room.store.read() as unit:
        return unit.votes.standing(photo.id).state


def wanted(room: Classroom, person_id: int) -> list[int]:
    with room.store.read() as unit:
        return unit.inquiries.wanted(room.classifier.id, person_id, FIRST, limit=10)


@pytest.fixture
def disputed(room: Classroom) -> Photo:
    photo = room.photo()
    room.vote(photo, room.ann, room.label("cup"))
    room.vote(photo, room.bo, room.label("mug"))
    return photo


def test_an_opinion_decides_where_voices_differ_until_the_next_vote(room: Classroom, disputed: Photo) -> None:
    assert state(room, disputed) is State.DISPUTED

    consider(room, disputed, "mug", Settled.CONFIRMED)
    weighed = state(room, disputed)
    room.withdraw(disputed, room.ann)
    withdrawn = state(room, disputed)
    room.vote(disputed, room.cy, room.label("cup"))

    assert (weighed, withdrawn, state(room, disputed)) == (State.TAUGHT, State.TAUGHT, State.DISPUTED)


@pytest.mark.parametrize(("settled", "counts"), [(Settled.DISPUTED, State.DISPUTED), (Settled.SET_ASIDE, State.NONE)])
def test_an_opinion_leaves_open_what_it_cannot_settle(
    room: Classroom, disputed: Photo, settled: Settled, counts: State
) -> None:
    room.vote(disputed, room.cy, None)

    consider(room, disputed, None, settled)

    assert state(room, disputed) is counts


def test_an_opinion_follows_its_label_into_another(room: Classroom, disputed: Photo) -> None:
    consider(room, disputed, "mug", Settled.CONFIRMED)
    with room.store.write() as unit:
        mug, beaker = (unit.labels.find_or_create(room.classifier.id, one) for one in ("mug", "beaker"))
        unit.naming.merge(mug, beaker)
        standing = unit.votes.standing(disputed.id)

    assert (standing.label_id, standing.state) == (beaker.id, State.TAUGHT)


def test_nobody_is_asked_about_her_own_photo_or_what_she_judged(room: Classroom) -> None:
    photo = room.photo("a cup", owner=room.ann)
    room.vote(photo, room.ann, room.label("cup"))
    consider(room, photo, "cup", Settled.TAUGHT, ask="unproven")
    assert (wanted(room, room.ann.id), wanted(room, room.bo.id)) == ([], [photo.id])

    # Bo sent the very same picture too: it is hers as well.
    room.photo("a cup", owner=room.bo)
    assert wanted(room, room.bo.id) == []


def test_one_is_asked_at_a_time_and_nobody_twice(room: Classroom, clock: HandClock) -> None:
    photo = room.lesson("cup")
    consider(room, photo, "cup", Settled.TAUGHT, ask="contradicted")
    with room.store.write() as unit:
        asked = unit.inquiries.open(photo.id, room.bo.id, room.chat.id, "contradicted")
    assert (wanted(room, room.bo.id), wanted(room, room.cy.id)) == ([], [])

    clock.wait(25 * 3600)
    assert (wanted(room, room.bo.id), wanted(room, room.cy.id)) == ([], [photo.id])
    with pytest.raises(StoreConflict), room.store.write() as unit:
        unit.inquiries.open(photo.id, room.bo.id, room.chat.id, "contradicted")

    # An answer that comes late is as good, and what was asked before it is not asked any more.
    with room.store.write() as unit:
        vote = unit.votes.cast(photo.id, room.bo.id, VoteKind.UNSURE, None, Reason.SECOND)
        unit.inquiries.reply(asked.id, Reply.UNSURE, vote.id)
    assert wanted(room, room.cy.id) == []


def test_contradictions_come_first(room: Classroom) -> None:
    photos = {ask: room.lesson("cup") for ask in reversed(FIRST)}
    for ask, photo in photos.items():
        consider(room, photo, "cup", Settled.TAUGHT, ask=ask)

    assert wanted(room, room.bo.id) == [photos[ask].id for ask in FIRST]


def test_an_answer_is_taken_back_where_it_was_asked_and_not_where_the_photo_is(room: Classroom) -> None:
    photo = room.lesson("cup")
    with room.store.write() as unit:
        private = unit.chats.enter(room.bo.telegram_id, kind="private", title="Bo")
        asked = unit.inquiries.open(photo.id, room.bo.id, private.id, "unproven")
        vote = unit.votes.cast(photo.id, room.bo.id, VoteKind.UNSURE, None, Reason.SECOND)
        unit.inquiries.reply(asked.id, Reply.UNSURE, vote.id)

    with room.store.read() as unit:
        assert unit.votes.last_of(room.bo.id, private.id) == vote
        assert unit.votes.last_of(room.bo.id, room.chat.id) is None


def test_a_question_goes_with_its_photo_and_with_its_person(store: Store, room: Classroom) -> None:
    photos = [room.lesson("cup"), room.lesson("mug")]
    with store.write() as unit:
        asked = [unit.inquiries.open(one.id, room.bo.id, room.chat.id, "unproven") for one in photos]
        unit.photos.remove([photos[0].id])
    with store.read() as unit, pytest.raises(NotFound):
        unit.inquiries.get(asked[0].id)

    with store.write() as unit:
        unit.inquiries.forget_person(room.bo.id)
    with store.read() as unit:
        assert unit.inquiries.about([photos[1].id]) == []
