"""What is done with labels touches no vote, is counted at once, and can be taken back to the last photo."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import ChangeKind, Label, State, Store, StoreConflict
from storage.tallying import tally
from tests.storage.classroom import Classroom


def labels_of(store: Store) -> dict[str, int]:
    with store.read() as unit:
        return {one.label.name: one.photos for one in unit.labels.counts(1)}


def test_a_rename_moves_no_photo_and_remembers_the_former_name(room: Classroom) -> None:
    room.lesson("dasiy")
    before = room.label("dasiy")

    with room.store.write() as unit:
        unit.naming.rename(before, "Daisy")

    assert labels_of(room.store) == {"Daisy": 1}
    now = room.label("dasiy")
    assert (now.id, now.name, now.key) == (before.id, "Daisy", "daisy")
    with room.store.read() as unit:
        assert unit.labels.former(1, "DASIY") == "dasiy"
        assert unit.labels.former(1, "daisy") is None
        assert unit.labels.former_names(now.id) == ["dasiy"]


def test_a_name_that_photos_have_cannot_be_taken(room: Classroom) -> None:
    room.lesson("daisy")
    room.lesson("rose")

    with pytest.raises(StoreConflict), room.store.write() as unit:
        unit.naming.rename(unit.labels.find(1, "rose") or room.label("rose"), "DAISY")

    assert labels_of(room.store) == {"daisy": 1, "rose": 1}


def test_a_label_may_take_the_name_of_one_without_photos_and_its_own_former_name(room: Classroom) -> None:
    room.lesson("rose")
    room.label("tulip")
    for name in ("tulip", "rose", "tulip"):
        with room.store.write() as unit:
            unit.naming.rename(unit.labels.find(1, "rose") or room.label("rose"), name)

    assert labels_of(room.store) == {"tulip": 1}
    with room.store.read() as unit:
        assert unit.labels.former_names(room.label("tulip").id) == ["rose"]


def test_mergings_in_a_chain_end_at_the_last_and_come_apart_in_any_order(room: Classroom) -> None:
    a, b, c = (room.label(name) for name in "abc")
    for name in "abc":
        room.lesson(name)

    with room.store.write() as unit:
        assert unit.naming.merge(a, b) == 1
        assert unit.naming.merge(b, c) == 2
    assert labels_of(room.store) == {"c": 3}
    assert room.label("a") == c

    with room.store.write() as unit:
        unit.naming.part(b.id)
    assert labels_of(room.store) == {"b": 2, "c": 1}
    with room.store.write() as unit:
        unit.naming.part(a.id)
    assert labels_of(room.store) == {"a": 1, "b": 1, "c": 1}


def test_deleting_the_last_vote_for_a_merged_name_takes_the_name_and_leaves_the_label(room: Classroom) -> None:
    a, b = room.label("a"), room.label("b")
    room.vote(room.photo(), room.bo, a)
    room.vote(room.photo(), room.ann, b)
    with room.store.write() as unit:
        unit.naming.note(ChangeKind.MERGE, a.id, room.cy.id, other_id=b.id)
        unit.naming.merge(a, b)

    with room.store.write() as unit:
        unit.votes.forget_person(room.bo.id)
        unit.labels.remove_unnamed(1)

    with room.store.read() as unit:
        assert unit.labels.find(1, "a") is None
        assert unit.labels.get(b.id) == b
        assert unit.naming.history(1) == []


def test_a_label_lives_on_in_another_as_long_as_anybody_named_it(room: Classroom) -> None:
    a, b = room.label("a"), room.label("b")
    room.vote(room.photo(), room.bo, a)
    with room.store.write() as unit:
        unit.naming.merge(a, b)
        unit.labels.remove_unnamed(1)

    assert labels_of(room.store) == {"b": 1}


def test_photos_of_a_label_at_rest_are_counted_apart(room: Classroom) -> None:
    room.lesson("rose")
    rose = room.label("rose")
    with room.store.write() as unit:
        unit.naming.rest(rose, retired=True)

    with room.store.read() as unit:
        assert unit.photos.labelled(1) == []
        assert unit.photos.count(1, State.RETIRED) == 1
        (rested,) = unit.labels.at_rest(1)
        assert (rested.label.name, rested.label.is_retired, rested.photos) == ("rose", True, 1)
        assert unit.labels.answerable(1) == {}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("vote"), st.integers(0, 5), st.integers(0, 3)),
        st.tuples(st.just("merge"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("part"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("rest"), st.integers(0, 3), st.integers(0, 1)),
        st.tuples(st.just("rename"), st.integers(0, 3), st.integers(0, 9)),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_after_anything_the_standings_are_what_the_votes_add_up_to(
    room: Classroom, steps: list[tuple[str, int, int]]
) -> None:
    ids = [room.label(f"label {number}").id for number in range(4)]
    photos = [room.photo() for _ in range(6)]
    people = (room.ann, room.bo, room.cy)

    for number, (what, one, other) in enumerate(steps):
        with room.store.write() as unit:
            label, into = unit.labels.get(ids[one % 4]), unit.labels.get(ids[other % 4])
            if what == "merge" and label.id != into.id:
                unit.naming.merge(label, into)
            elif what == "part" and unit.naming.merged_into(ids[one % 4]) is not None:
                unit.naming.part(ids[one % 4])
            elif what == "rest":
                unit.naming.rest(label, retired=bool(other))
            elif what == "rename" and unit.labels.find(1, f"name {other}") is None:
                unit.naming.rename(label, f"name {other}")
        if what == "vote":
            room.vote(photos[one], people[number % 3], Label(ids[other], 1, "", ""))

    with room.store.read() as unit:
        roots = unit.labels.named(1)
        assert all(roots[root.id] == root for root in roots.values())
        retired = {one.id for one in roots.values() if one.is_retired}
        for photo in photos:
            found = unit.votes.standing(photo.id)
            assert found == tally(photo.id, unit.votes.of_photo(photo.id), retired=retired)
            assert found.label_id is None or roots[found.label_id].id == found.label_id
