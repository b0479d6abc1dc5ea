"""Networks are numbered and one answers; vectors are kept by picture."""

from dataclasses import replace

import pytest

from storage import Person, StoreConflict
from tests.storage.classroom import Classroom, new_network
from tests.storage.conftest import HandClock


def test_the_newest_activated_network_answers(room: Classroom) -> None:
    first = room.network(1)
    held = room.network(2, activate=False)

    with room.store.read() as unit:
        assert unit.networks.active(room.classifier.id) == first
        assert unit.networks.latest(room.classifier.id) == held
        assert unit.networks.next_number(room.classifier.id) == 3
        assert unit.networks.folders() == {first.folder, held.folder}


def test_an_older_network_can_answer_again(room: Classroom) -> None:
    first = room.network(1)
    room.network(2)

    with room.store.write() as unit:
        unit.networks.activate(room.classifier.id, first.id)
        assert unit.networks.active(room.classifier.id) == first


def test_networks_are_found_by_number_and_listed_newest_first(room: Classroom) -> None:
    first, held, third = room.network(1), room.network(2, activate=False), room.network(3)
    last = room.network(4, activate=False)

    with room.store.write() as unit:
        unit.networks.activate(room.classifier.id, first.id)
        assert unit.networks.all(room.classifier.id) == [last, third, held, first]
        assert unit.networks.numbered(room.classifier.id, 2) == held
        assert unit.networks.numbered(room.classifier.id, 9) is None
        assert unit.networks.newest_shipped(room.classifier.id) == third
        assert unit.networks.held(room.classifier.id) == [last]
        assert unit.classifiers.answering() == {first.id}


def test_a_network_that_was_let_go_is_history_without_a_folder(room: Classroom) -> None:
    first, second = room.network(1), room.network(2)

    with room.store.write() as unit:
        unit.networks.let_go([first.id])
        gone = unit.networks.get(first.id)
        assert unit.networks.folders() == {second.folder}
        assert unit.networks.kept() == [second]

    assert gone.removed_at is not None
    assert (first.may_answer_again, gone.may_answer_again) == (True, False)


def test_a_network_may_have_learned_what_was_said_before_its_lessons_were_read(
    room: Classroom, clock: HandClock
) -> None:
    made = []
    for number, say in enumerate((None, room.ann, room.bo, None), 1):
        if say is not None:
            room.vote(room.photo(owner=room.cy), say, room.label("daisy"))
        clock.wait(1)
        with room.store.write() as unit:
            new = replace(new_network(room.classifier.id, number), lessons_at=unit.now)
            made.append(unit.networks.publish(new, activate=True).id)
        clock.wait(1)

    def marked() -> list[bool]:
        with room.store.read() as unit:
            return [unit.networks.get(one).lessons_deleted for one in made]

    assert marked() == [False] * 4
    _delete_lessons_of(room, room.bo)
    assert marked() == [False, False, True, True]
    # What others said of her photos goes with them.
    _delete_lessons_of(room, room.cy)
    assert marked() == [False, True, True, True]


def test_who_never_taught_takes_no_network_along(room: Classroom) -> None:
    room.photo(owner=room.cy)
    network = room.network(1)

    _delete_lessons_of(room, room.cy)

    with room.store.read() as unit:
        assert not unit.networks.get(network.id).lessons_deleted


def _delete_lessons_of(room: Classroom, person: Person) -> None:
    with room.store.write() as unit:
        unit.networks.note_deletion(room.classifier.id, person.id)


def test_two_networks_never_have_one_number(room: Classroom) -> None:
    room.network(1)

    with pytest.raises(StoreConflict), room.store.write() as unit:
        unit.networks.publish(new_network(room.classifier.id, 1), activate=True)


def test_vectors_are_missing_for_taught_pictures_only_and_once_for_twins(room: Classroom) -> None:
    first = room.lesson("daisy", "one")
    room.lesson("daisy", "one")
    second = room.lesson("rose", "two")
    room.photo("unlabelled")

    with room.store.write() as unit:
        assert unit.embeddings.missing(room.classifier.id, "tiny-1") == [first.digest, second.digest]
        assert unit.embeddings.missing(room.classifier.id, "tiny-1", limit=1) == [first.digest]
        unit.embeddings.add("tiny-1", {first.digest: b"one"})
        unit.embeddings.add("tiny-1", {first.digest: b"again"})
        assert unit.embeddings.missing(room.classifier.id, "tiny-1") == [second.digest]
        assert unit.embeddings.missing(room.classifier.id, "tiny-2") == [first.digest, second.digest]
        assert unit.embeddings.load("tiny-1", [first.digest, second.digest]) == {first.digest: b"one"}


def test_any_number_of_vectors_can_be_asked_for(room: Classroom) -> None:
    with room.store.read() as unit:
        assert unit.embeddings.load("tiny-1", [f"{number:064x}" for number in range(40_000)]) == {}


def test_vectors_of_an_embedder_are_removed_some_at_a_time(room: Classroom) -> None:
    digests = [room.photo().digest for _ in range(3)]
    with room.store.write() as unit:
        for embedder in ("tiny-1", "tiny-2"):
            unit.embeddings.add(embedder, dict.fromkeys(digests, b"vector"))

        assert [unit.embeddings.remove("tiny-1", limit=2) for _ in range(3)] == [2, 1, 0]

        assert unit.embeddings.embedders() == {"tiny-2"}
        assert len(unit.embeddings.load("tiny-2", digests)) == 3
