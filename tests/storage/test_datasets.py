"""Versions of the data set: kept as what changed, told without what people had deleted, put back by withdrawing."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import NotFound, Photo, Reason, Vote, VoteKind, in_force, live, said_since, utc_now
from storage.tallying import tally
from tests.storage.classroom import Classroom


def record(room: Classroom, members: dict[int, int]) -> int:
    with room.store.write() as unit:
        changes = unit.datasets.compare(room.classifier.id, members)
        return unit.datasets.record(room.classifier.id, changes, unit.votes.newest())


def taught(room: Classroom) -> dict[int, int]:
    with room.store.read() as unit:
        return {one.photo_id: one.label_id for one in unit.photos.labelled(room.classifier.id)}


def members(room: Classroom, number: int) -> dict[int, int]:
    with room.store.read() as unit:
        return unit.datasets.members(room.classifier.id, number)


def test_each_version_is_told_as_it_was_whatever_came_later(room: Classroom) -> None:
    first, second, third = (room.lesson("daisy", f"{number}") for number in range(3))
    histories = [taught(room)]
    record(room, histories[-1])
    room.vote(first, room.ann, room.label("tansy"))
    room.withdraw(second, room.ann)
    histories.append(taught(room))
    record(room, histories[-1])
    room.vote(first, room.ann, room.label("daisy"))
    room.vote(second, room.ann, room.label("daisy"))
    histories.append(taught(room))
    record(room, histories[-1])

    assert [members(room, number) for number in (1, 2, 3)] == histories
    assert histories[0] == histories[2] != histories[1]
    assert third.id in histories[1]


def test_the_same_lessons_are_no_new_version(room: Classroom) -> None:
    room.lesson("daisy")
    assert record(room, taught(room)) == 1
    assert record(room, taught(room)) == 1

    room.lesson("tansy")
    assert record(room, taught(room)) == 2
    with room.store.read() as unit:
        assert [(one.number, one.photos, one.left) for one in unit.datasets.all(room.classifier.id)] == [
            (2, 2, 2),
            (1, 1, 1),
        ]


def test_a_version_knows_the_networks_that_learned_it(room: Classroom) -> None:
    room.lesson("daisy")
    record(room, taught(room))
    networks = [room.network(1), room.network(2)]
    with room.store.write() as unit:
        for network in networks:
            unit.datasets.note_learned(room.classifier.id, network.id, 1)
            unit.datasets.note_learned(room.classifier.id, network.id, 1)

    with room.store.read() as unit:
        assert unit.datasets.numbered(room.classifier.id, 1).networks == (1, 2)
        assert unit.datasets.of_network(networks[0].id) == 1


def test_a_deleted_photo_is_gone_from_every_version_and_counted(room: Classroom) -> None:
    kept, gone = room.lesson("daisy"), room.lesson("daisy")
    record(room, taught(room))
    room.lesson("tansy")
    record(room, taught(room))
    with room.store.write() as unit:
        unit.photos.remove([gone.id])

    with room.store.read() as unit:
        found = unit.datasets.all(room.classifier.id)
    assert [(one.number, one.left, one.deleted) for one in found] == [(2, 2, 1), (1, 1, 1)]
    assert members(room, 1).keys() == {kept.id}
    assert record(room, taught(room)) == 2


def test_what_somebody_said_is_gone_from_every_version_when_she_has_it_deleted(room: Classroom) -> None:
    """The photo is Ann's and stays, but nothing may tell any more what Bo had called it."""
    photo = room.photo(owner=room.ann)
    room.vote(photo, room.bo, room.label("secret"))
    record(room, taught(room))
    with room.store.write() as unit:
        unit.votes.forget_person(room.bo.id)
        unit.labels.remove_unnamed(room.classifier.id)

    assert members(room, 1) == {}


def test_what_was_deleted_while_it_was_learned_is_not_recorded(room: Classroom) -> None:
    kept, gone = room.lesson("daisy"), room.lesson("daisy")
    read = taught(room)
    with room.store.write() as unit:
        unit.photos.remove([gone.id])

    record(room, read)

    assert members(room, 1).keys() == {kept.id}


def test_there_is_no_version_that_nobody_learned(room: Classroom) -> None:
    with room.store.read() as unit, pytest.raises(NotFound):
        unit.datasets.numbered(room.classifier.id, 1)


# What a person does to a photo: a label's number, None for "none of these", "undo", or "rewind" to the boundary.
DOINGS = st.lists(
    st.tuples(st.integers(0, 2), st.one_of(st.integers(0, 2), st.none(), st.just("undo"), st.just("rewind"))),
    max_size=16,
)


@settings(max_examples=400)
@given(DOINGS, st.integers(0, 16))
def test_withdrawing_what_was_said_since_gives_back_what_stood_then(
    doings: Sequence[tuple[int, int | str | None]], boundary: int
) -> None:
    """Also across undos and earlier rewindings, which are votes like any others."""
    votes: list[Vote] = []
    for person, doing in doings:
        if doing == "rewind":
            votes += _withdrawals(votes, said_since(votes, boundary))
            continue
        before = [one for one in live(votes) if one.person_id == person]
        if doing == "undo" and not before:
            continue
        kind = VoteKind.WITHDRAW if doing == "undo" else VoteKind.NONE if doing is None else VoteKind.LABEL
        label = doing if isinstance(doing, int) else None
        votes.append(_vote(len(votes) + 1, person, kind, label, before[-1].id if before else None))
    then = [one for one in votes if one.id <= boundary]

    votes += _withdrawals(votes, said_since(votes, boundary))

    assert live(votes) == live(then)
    assert tally(1, votes) == tally(1, then)
    assert said_since(votes, boundary) == []


def _withdrawals(votes: Sequence[Vote], ids: Sequence[int]) -> list[Vote]:
    return [_vote(len(votes) + n, None, VoteKind.WITHDRAW, None, each) for n, each in enumerate(ids, 1)]


def _vote(number: int, person: int | None, kind: VoteKind, label: int | None, replaces: int | None) -> Vote:
    return Vote(number, 1, person, kind, label, Reason.BUTTON, replaces, utc_now())


def test_a_withdrawal_can_be_withdrawn(room: Classroom) -> None:
    photo = room.photo()
    said = room.vote(photo, room.ann, room.label("daisy"))
    with room.store.write() as unit:
        assert unit.votes.withdraw([said.id], Reason.REVERSAL, "reversal:1") == 1
        assert unit.votes.withdraw([said.id], Reason.REVERSAL, "reversal:1") == 0
    assert photo.id not in taught(room)

    with room.store.write() as unit:
        withdrawal = unit.votes.of_deeds("reversal:1:")[0]
        unit.votes.withdraw([withdrawal.id], Reason.REVERSAL, "unreversal:1")

    assert photo.id in taught(room)
    with room.store.read() as unit:
        assert next(one.id for one in in_force(unit.votes.of_photo(photo.id))) == said.id
        assert unit.votes.last_of(room.ann.id, room.chat.id) == said


def test_votes_are_withdrawn_whosever_they_are_and_on_many_photos(room: Classroom) -> None:
    photos: list[Photo] = [room.photo() for _ in range(4)]
    votes = [room.vote(photo, person, room.label("daisy")) for photo in photos for person in (room.ann, room.bo)]

    with room.store.write() as unit:
        assert unit.votes.withdraw([one.id for one in votes if one.person_id == room.bo.id], Reason.REVERSAL, "r") == 4

    with room.store.read() as unit:
        assert {unit.votes.standing(photo.id).voters for photo in photos} == {1}


def test_changes_that_were_found_before_another_version_came_are_found_anew(room: Classroom) -> None:
    room.lesson("daisy")
    early = taught(room)
    with room.store.read() as unit:
        changes = unit.datasets.compare(room.classifier.id, early)
    room.lesson("tansy")
    record(room, taught(room))

    with room.store.write() as unit:
        assert unit.datasets.record(room.classifier.id, changes, 0) == 2

    assert members(room, 2) == early
