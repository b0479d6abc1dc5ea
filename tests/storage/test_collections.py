"""Collections in the store: one for each deed, a row for each thing, and nothing of a person who goes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from storage import (
    Collected,
    Collection,
    CollectionKind,
    CollectionState,
    Outcome,
    Role,
    Store,
)
from tests.storage.conftest import HandClock


def begun(
    store: Store, deed: str = "message:1:1:1:file", *, person: int = 1, parcel: str | None = "f" * 64
) -> Collection:
    with store.write() as unit:
        who = unit.people.meet(person, "Ann", Role.TEACHER)
        chat = unit.chats.enter(person, kind="private", title="Ann")
        return unit.collections.begin(
            classifier_id=unit.classifiers.default().id, person_id=who.id, chat_id=chat.id, bot_id=7, message_id=3,
            deed=deed, kind=CollectionKind.ZIP, name="birds.zip", label=None, parcel=parcel, size=3,
        )  # fmt: skip


def test_the_same_deed_begins_one_collection(store: Store) -> None:
    first, again, other = begun(store), begun(store), begun(store, "another")

    assert first == again
    assert other.id != first.id
    with store.read() as unit:
        assert [one.id for one in unit.collections.at_work(7)] == [first.id, other.id]
        assert unit.collections.at_work(8) == []


def test_what_is_noted_adds_up(store: Store) -> None:
    one = begun(store)
    with store.write() as unit:
        unit.collections.take_up(one.id)
        unit.collections.note(one.id, [
            Collected(0, "jay/1.jpg", "jay", Outcome.NEW), Collected(2, "owl/1.jpg", "owl", Outcome.CHANGED),
            Collected(1, "jay/x", "jay", Outcome.REFUSED, "not_a_picture"),
        ])  # fmt: skip

    with store.read() as unit:
        tally = unit.collections.tally(one.id)
        assert (tally.done, tally.learned, tally.labels) == (3, 2, 2)
        assert tally.flaws == Counter({"not_a_picture": 1})
        assert unit.collections.positions(one.id) == {0, 1, 2}
        assert [item.position for item in unit.collections.items(one.id)] == [0, 1, 2]
        assert unit.collections.get(one.id).lives == 0


def test_an_end_lets_go_of_the_file_and_no_other_does(store: Store) -> None:
    digest = store.parcels.put(b"a zip")
    one, other = begun(store, parcel=digest), begun(store, "another", person=2, parcel=digest)
    for ended, left in ((one, [digest]), (other, [])):
        with store.write() as unit:
            unit.collections.set_state(ended.id, CollectionState.DONE)
        store.let_go([digest])

        assert list(store.parcels.digests()) == left


def test_a_file_that_no_collection_names_is_swept_when_it_is_old(store: Store, clock: HandClock) -> None:
    kept, stray = store.parcels.put(b"kept"), store.parcels.put(b"stray")
    begun(store, parcel=kept)
    clock.now += timedelta(days=40_000)

    store.sweep()

    assert list(store.parcels.digests()) == [kept]
    assert stray != kept


def test_who_blocked_the_bot_is_waited_for_unless_all_is_taken_back(store: Store) -> None:
    one = begun(store)
    with store.write() as unit:
        unit.chats.set_unreachable(1)
        assert unit.collections.at_work(7) == []
        unit.collections.set_state(one.id, CollectionState.TAKING_BACK)
        assert [each.id for each in unit.collections.at_work(7)] == [one.id]


def test_nothing_is_left_of_a_person_who_goes(store: Store) -> None:
    one, other = begun(store), begun(store, "another", person=2)
    with store.write() as unit:
        unit.collections.note(one.id, [Collected(0, "a", "jay", Outcome.NEW)])

        assert unit.collections.forget_person(one.person_id) == [one.parcel]

        assert unit.collections.items(one.id) == []
        assert unit.collections.hold(one.id) is None
        assert unit.collections.of_person(other.person_id) == [other]
