"""Networks after each other: put back, made of lessons that were deleted since, held for changes that were meant."""

from __future__ import annotations

import pytest

from storage import Network, Reason, Role, Store, VoteKind, normalise
from tests.trainer.conftest import Teach, draw
from tests.trainer.test_cycle import answering, label_ids, learn
from trainer import cycle
from trainer.cycle import End, Outcome
from trainer.embedding import Embedder
from trainer.eyes import Eyes
from trainer.gate import Ground
from trainer.keeping import keep_house
from trainer.material import DOUBTED_FOR
from trainer.recipe import Recipe


def active(store: Store) -> Network | None:
    with store.read() as unit:
        return unit.networks.active(1)


def put_back(store: Store, network: Network | None) -> None:
    assert network is not None
    with store.write() as unit:
        unit.networks.activate(1, network.id)


def test_after_a_rollback_the_same_lessons_are_not_learned_again_and_the_next_lesson_makes_a_new_network(
    store: Store, teach: Teach, embedder: Embedder
) -> None:
    teach("red", 8)
    teach("green", 8)
    first = learn(store, embedder).network
    teach("red", 2, first=20)
    second = learn(store, embedder).network
    put_back(store, first)

    unchanged = learn(store, embedder)
    assert (unchanged.end, unchanged.network, unchanged.as_dict()["active"]) == (End.UNCHANGED, second, False)
    assert active(store) == first

    teach("green", 1, first=30)
    third = learn(store, embedder)

    # All lessons are learned, and it is the network that answers which it is compared with.
    assert (third.end, third.photos) == (End.PUBLISHED, 19)
    assert third.network is not None
    assert third.network.verdict["compared"] == 16
    assert active(store) == third.network


def test_a_network_that_was_put_back_is_kept_and_answers(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 4)
    teach("green", 4)
    first = learn(store, embedder)
    for number in range(12):
        teach("red", 1, first=50 + number)
        learn(store, embedder)
    put_back(store, first.network)

    keep_house(store, embedder.digest)

    assert answering(store, first).number == 1


def test_a_network_that_was_being_made_does_not_undo_a_rollback(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 8)
    teach("green", 8)
    first = learn(store, embedder).network
    teach("red", 2, first=20)
    learn(store, embedder)
    teach("red", 2, first=30)
    steps = cycle.run(store, 1, Eyes(embedder), Recipe())
    next(step for step in steps if isinstance(step, str) and step.startswith("learning"))
    put_back(store, first)

    made = next(step for step in steps if isinstance(step, Outcome))

    assert (made.end, made.as_dict()["active"], active(store)) == (End.HELD, False, first)
    assert made.network is not None
    assert made.network.verdict["ground"] == Ground.OVERTAKEN
    assert learn(store, embedder).end == End.UNCHANGED


def test_who_learned_what_was_deleted_is_succeeded_however_good_it_was(
    store: Store, teach: Teach, embedder: Embedder
) -> None:
    teach("red", 20)
    teach("green", 20)
    with store.write() as unit:
        ann = unit.people.meet(1, "Ann", Role.TEACHER)
        # Her voice adds nothing: without it the lessons are the same.
        photo = unit.photos.labelled(1)[0]
        unit.votes.cast(photo.photo_id, ann.id, VoteKind.LABEL, photo.label_id, Reason.BUTTON)
    first = learn(store, embedder)
    with store.write() as unit:
        unit.networks.note_deletion(1, ann.id)
        unit.votes.forget_person(ann.id)

    second = learn(store, embedder)

    assert second.end == End.PUBLISHED
    assert second.network is not None
    assert first.network is not None
    assert second.network.verdict["ground"] == Ground.LESSONS_DELETED
    assert (second.network.lessons_deleted, second.network.snapshot_digest) == (False, first.network.snapshot_digest)
    with store.read() as unit:
        assert unit.networks.get(first.network.id).lessons_deleted
    assert learn(store, embedder).end == End.UNCHANGED


@pytest.fixture
def doubted(store: Store, teach: Teach, embedder: Embedder) -> tuple[list[int], Network]:
    """Nine of thirty red photos are called green: these photos, and the network that was held for it."""
    red = teach("red", 30)
    teach("green", 30)
    learn(store, embedder)
    change(store, red[:9], "green")
    held = learn(store, embedder)
    assert held.end == End.HELD
    assert held.network is not None
    return red[:9], held.network


def change(store: Store, photos: list[int], label: str) -> None:
    with store.write() as unit:
        named = unit.labels.find_or_create(1, label)
        for photo in photos:
            unit.votes.cast(photo, None, VoteKind.LABEL, named.id, Reason.EDIT)


def test_changes_that_look_like_a_mistake_are_held_until_they_are_taken_back(
    store: Store, embedder: Embedder, doubted: tuple[list[int], Network]
) -> None:
    photos, held = doubted
    assert (held.verdict["ground"], held.verdict["label_id"]) == (Ground.CHANGES_DOUBTED, label_ids(store)["red"])
    assert held.verdict["contradicted"] > 4 * held.verdict["agreed"]
    assert learn(store, embedder).end == End.UNCHANGED

    change(store, photos, "red")

    assert learn(store, embedder).end == End.PUBLISHED


def test_changes_that_have_stood_for_a_day_are_meant(
    store: Store, teach: Teach, embedder: Embedder, doubted: tuple[list[int], Network]
) -> None:
    clock = store._clock
    teach("green", 1, first=80)
    soon = learn(store, embedder)
    store._clock = lambda: clock() + DOUBTED_FOR

    meant = learn(store, embedder)

    assert (soon.end, meant.end) == (End.HELD, End.PUBLISHED)
    assert active(store) == meant.network


def test_a_network_made_while_somebody_deletes_is_known_to_have_learned_it(
    store: Store, embedder: Embedder, teach: Teach
) -> None:
    teach("red", 4)
    teach("green", 4)
    with store.write() as unit:
        ann = unit.people.meet(1, "Ann", Role.TEACHER)
        received = normalise(draw("red", 90))
    digest = store.blobs.put(received.data)
    with store.write() as unit:
        photo = unit.photos.add(1, digest, received, source="chat", owner_id=ann.id)
        unit.votes.cast(photo.id, ann.id, VoteKind.LABEL, label_ids(store)["red"], Reason.CAPTION)
    steps = cycle.run(store, 1, Eyes(embedder), Recipe())
    next(step for step in steps if isinstance(step, str) and step.startswith("learning"))
    with store.write() as unit:
        unit.networks.note_deletion(1, ann.id)
        unit.photos.remove([photo.id])

    made = next(step for step in steps if isinstance(step, Outcome))

    assert made.network is not None
    assert made.network.lessons_deleted
