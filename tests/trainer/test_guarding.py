"""What of all that is taught is learned: not what waits, and not what is over a cap; and who raises an alarm."""

from __future__ import annotations

from storage import Alarm, Reason, Role, Store, VoteKind, normalise
from tests.trainer.conftest import Teach, draw
from trainer import alarming, cycle, review_lists
from trainer.alarming import Raised
from trainer.embedding import Embedder
from trainer.eyes import Eyes
from trainer.guarding import LeftOut, learnable
from trainer.recipe import Recipe


def teaches(store: Store, person: int, colour: str, count: int, *, label: str = "", first: int = 0) -> list[int]:
    """Teach photos of a colour as a person; returns the photo ids."""
    ids = []
    for seed in range(first, first + count):
        picture = normalise(draw(colour, seed))
        digest = store.blobs.put(picture.data)
        with store.write() as unit:
            sender = unit.people.meet(person, f"Person {person}", Role.TEACHER)
            photo = unit.photos.add(1, digest, picture, source="chat", owner_id=sender.id)
            named = unit.labels.find_or_create(1, label or colour)
            unit.votes.cast(photo.id, sender.id, VoteKind.LABEL, named.id, Reason.CAPTION)
            ids.append(photo.id)
    return ids


def guard(store: Store) -> None:
    store.confirmed_lessons = 3
    with store.write() as unit:
        unit.people.meet(1, "Owner", Role.OWNER)


def ids(store: Store) -> tuple[set[int], LeftOut]:
    with store.read() as unit:
        photos, left_out = learnable(unit, 1)
    return {one.photo_id for one in photos}, left_out


def outcome(store: Store, embedder: Embedder) -> cycle.Outcome:
    *_, last = cycle.run(store, 1, Eyes(embedder), Recipe())
    assert isinstance(last, cycle.Outcome)
    return last


def alarms(store: Store, embedder: Embedder) -> list[Alarm]:
    *_, raised = alarming.run(store, 1, Eyes(embedder), Recipe())
    assert isinstance(raised, Raised)
    with store.read() as unit:
        return unit.alarms.open(1)


def test_what_a_newcomer_teaches_is_learned_once_somebody_agrees(
    store: Store, teach: Teach, embedder: Embedder
) -> None:
    guard(store)
    taught = {*teach("red", 6), *teach("green", 6)}
    waits = teaches(store, 7, "blue", 6)
    assert ids(store) == (taught, LeftOut(waiting=6))

    first = outcome(store, embedder)
    assert (first.photos, first.labels, first.as_dict()["left_out"]["waiting"]) == (12, 2, 6)
    with store.write() as unit:
        owner = unit.people.with_role(Role.OWNER)[0]
        for one in waits:
            label = unit.votes.standing(one).label_id
            unit.votes.cast(one, owner.id, VoteKind.LABEL, label, Reason.REVIEW)

    assert ids(store) == (taught | set(waits), LeftOut())
    assert outcome(store, embedder).labels == 3


def test_a_stranger_who_teaches_alone_is_learned_from_at_once(store: Store, embedder: Embedder) -> None:
    guard(store)
    for colour in ("red", "green", "blue"):
        teaches(store, 7, colour, 10)

    assert outcome(store, embedder).labels == 3


def test_one_person_of_a_crowd_weighs_no_more_than_her_share_and_a_reviewer_what_she_brings(store: Store) -> None:
    for person in range(40):
        teaches(store, 100 + person, "red", 1, first=person)
    hers = teaches(store, 7, "red", 60, first=100)

    learned, left_out = ids(store)

    assert len(learned & set(hers)) == 20
    assert (left_out.over_cap, left_out.people) == (40, 1)
    assert ids(store)[0] == learned
    with store.write() as unit:
        found = unit.people.by_telegram_id(7)
        assert found is not None
        unit.people.set_role(found.id, Role.REVIEWER)
    assert ids(store)[1] == LeftOut()


def test_with_a_friend_nobody_is_held_to_a_share(store: Store) -> None:
    teaches(store, 7, "red", 70)
    teaches(store, 8, "red", 3, first=200)

    assert ids(store)[1] == LeftOut()


def test_who_calls_things_otherwise_than_all_others_is_named_also_while_her_lessons_wait(
    store: Store, teach: Teach, embedder: Embedder
) -> None:
    guard(store)
    teach("red", 20)
    teach("green", 20)
    wrong = teaches(store, 7, "red", 8, label="green", first=60)
    # Another name of the same attacker bears nothing out.
    teaches(store, 8, "red", 8, label="green", first=80)
    outcome(store, embedder)

    found = alarms(store, embedder)

    assert sorted(len(one.photo_ids) for one in found) == [8, 8]
    assert set(wrong) in [set(one.photo_ids) for one in found]
    assert len(alarms(store, embedder)) == 2


def test_who_agrees_with_all_others_is_not_named(store: Store, teach: Teach, embedder: Embedder) -> None:
    guard(store)
    teach("red", 20)
    teach("green", 20)
    teaches(store, 7, "red", 10, first=60)
    outcome(store, embedder)

    assert alarms(store, embedder) == []


def test_what_was_called_fine_raises_no_alarm_again_and_more_of_it_does(
    store: Store, teach: Teach, embedder: Embedder
) -> None:
    from storage import Settlement

    teach("red", 20)
    teach("green", 20)
    teaches(store, 7, "red", 8, label="green", first=60)
    outcome(store, embedder)
    [first] = alarms(store, embedder)
    with store.write() as unit:
        unit.alarms.settle(first.id, Settlement.FINE)

    assert alarms(store, embedder) == []
    teaches(store, 7, "red", 8, label="green", first=80)
    outcome(store, embedder)
    assert [len(one.photo_ids) for one in alarms(store, embedder)] == [8]


def test_listing_suspects_raises_alarms(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 20)
    teach("green", 20)
    teaches(store, 7, "red", 8, label="green", first=60)
    outcome(store, embedder)

    assert [one for one in review_lists.run(store, 1, Eyes(embedder), Recipe(), set())]

    with store.read() as unit:
        assert len(unit.alarms.open(1)) == 1


def test_a_network_of_lessons_that_were_taken_back_answers_no_more_for_what_only_waits(
    store: Store, teach: Teach, embedder: Embedder
) -> None:
    """Nothing that it learned is left; what a newcomer teaches it never learned."""
    guard(store)
    taught = [*teach("red", 3), *teach("green", 3)]
    assert outcome(store, embedder).answers
    teaches(store, 7, "red", 3, first=50)
    teaches(store, 7, "green", 3, first=50)
    with store.write() as unit:
        for one in taught:
            unit.votes.cast(one, None, VoteKind.WITHDRAW, None, Reason.UNDO)

    assert outcome(store, embedder).end is cycle.End.NOT_READY

    with store.read() as unit:
        assert unit.networks.active(1) is None


def test_a_network_goes_on_answering_when_what_it_learned_begins_to_wait(store: Store, embedder: Embedder) -> None:
    """Nobody took anything back: the first owner came, and with her those who are new to her."""
    teaches(store, 7, "red", 3)
    teaches(store, 8, "green", 3)
    network = outcome(store, embedder).network
    guard(store)

    assert outcome(store, embedder).end is cycle.End.NOT_READY

    with store.read() as unit:
        assert unit.networks.active(1) == network
