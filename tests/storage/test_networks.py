"""Networks are numbered and one answers; vectors are kept by picture."""

import pytest

from storage import StoreConflict
from tests.storage.classroom import Classroom, new_network


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
