"""What stays of earlier networks and what goes: folders, embedders, tunings, vectors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from storage import Network, Store, open_store
from tests.storage.classroom import Classroom, new_network
from tests.support.homes import with_tables
from trainer import keeping
from trainer.head import Head
from trainer.keeping import KEPT, UNNAMED_FOR, keep_house
from trainer.tunings import Tuned, Tuning, write_tuning

UNTUNED = "0" * 64
HEAD = Head(np.eye(2, dtype=np.float32), np.zeros(2, dtype=np.float32))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Classroom]:
    store = open_store(with_tables(tmp_path / "home"))
    for name in ("networks", "embedders", "tunings"):
        (store.home / name).mkdir()
    yield Classroom(store)
    store.close()


def publish(store: Store, number: int, *, activate: bool, embedder: str = UNTUNED) -> Network:
    new = replace(new_network(1, number), embedder=embedder)
    (store.home / "networks" / new.folder).mkdir()
    with store.write() as unit:
        return unit.networks.publish(replace(new, lessons_at=unit.now), activate=activate)


def digest_of(number: int) -> str:
    return f"{number:064x}"


def give_embedders(store: Store, digests: Iterable[str], *, old: bool = True) -> None:
    for digest in digests:
        path = store.home / "embedders" / f"{digest}.onnx"
        path.write_bytes(b"eyes")
        spec = path.with_name(f"spec-{digest[-4:]}.json")
        spec.write_text(json.dumps({"digest": digest}))
        if old:
            age(path)


def age(path: Path) -> None:
    then = path.stat().st_mtime - 2 * UNNAMED_FOR.total_seconds()
    os.utime(path, (then, then))


def give_tuning(store: Store, first: int) -> Tuning:
    """A tuning whose embedders are the six numbers from `first` on."""
    pairs = [Tuned(digest_of(first + each), HEAD) for each in range(6)]
    tuning = Tuning((1, 2), (), UNTUNED, pairs[0], dict(enumerate(pairs[1:])))
    age(store.home / "tunings" / f"{write_tuning(store.home / 'tunings', tuning)}.safetensors")
    give_embedders(store, tuning.embedders)
    return tuning


def folders(store: Store) -> set[str]:
    return {entry.name for entry in (store.home / "networks").iterdir()}


def embedders(store: Store) -> set[str]:
    files = {entry.name for entry in (store.home / "embedders").iterdir()}
    digests = {name.removesuffix(".onnx") for name in files if name.endswith(".onnx")}
    # Each with what points at it, and nothing points at nothing.
    assert files == {f"{one}.onnx" for one in digests} | {f"spec-{one[-4:]}.json" for one in digests}
    return digests


def test_the_last_ten_stay_and_all_that_ever_answered(room: Classroom) -> None:
    shipped = {1, 4, 5, 20}
    made = [publish(room.store, number, activate=number in shipped) for number in range(1, 26)]

    removed = keep_house(room.store, UNTUNED)

    kept = {network.folder for network in made if network.number in shipped or network.number > 25 - KEPT}
    assert folders(room.store) == kept
    assert len(removed.networks) == 25 - len(kept)
    with room.store.read() as unit:
        rows = unit.networks.all(1)
    assert len(rows) == 25
    assert {row.folder for row in rows if row.removed_at is None} == kept
    assert keep_house(room.store, UNTUNED) == keeping.Removed((), (), (), 0)


def test_who_learned_what_was_deleted_goes_unless_it_is_the_one_that_answers(room: Classroom) -> None:
    before = publish(room.store, 1, activate=True)
    room.lesson("daisy")
    publish(room.store, 2, activate=True)
    active = publish(room.store, 3, activate=True)
    with room.store.write() as unit:
        unit.networks.note_deletion(1, room.ann.id)

    keep_house(room.store, UNTUNED)
    assert folders(room.store) == {before.folder, active.folder}

    after = publish(room.store, 4, activate=True)
    keep_house(room.store, UNTUNED)
    assert folders(room.store) == {before.folder, after.folder}


def test_embedders_stay_that_a_kept_network_or_the_settings_name(room: Classroom) -> None:
    publish(room.store, 1, activate=False, embedder=digest_of(1))
    publish(room.store, 2, activate=True, embedder=digest_of(2))
    for number in range(3, 15):
        publish(room.store, number, activate=False, embedder=digest_of(3))
    give_embedders(room.store, [UNTUNED, *map(digest_of, range(1, 5))])
    give_embedders(room.store, [digest_of(9)], old=False)

    removed = keep_house(room.store, UNTUNED)

    assert embedders(room.store) == {UNTUNED, digest_of(2), digest_of(3), digest_of(9)}
    assert set(removed.embedders) == {f"{digest_of(1)}.onnx", f"{digest_of(4)}.onnx"}


def test_a_tuning_stays_with_all_its_embedders_while_its_network_may_answer(room: Classroom) -> None:
    answering, held, lost = (give_tuning(room.store, first) for first in (10, 20, 30))
    publish(room.store, 1, activate=True, embedder=answering.whole.embedder)
    publish(room.store, 2, activate=False, embedder=held.whole.embedder)

    keep_house(room.store, UNTUNED)

    # A held network is kept to be looked at; what learning further from it would need is not.
    assert embedders(room.store) == {*answering.embedders, held.whole.embedder}
    assert [path.suffix for path in (room.store.home / "tunings").iterdir()] == [".safetensors"]
    assert lost.whole.embedder not in embedders(room.store)


def test_a_tuning_at_work_and_what_is_new_are_left_alone(room: Classroom) -> None:
    tunings = room.store.home / "tunings"
    (tunings / "work-1").mkdir()
    (tunings / "work-1" / "fit-0.safetensors").write_bytes(b"half")
    age(tunings / "work-1" / "fit-0.safetensors")
    fresh = write_tuning(tunings, Tuning((1, 2), (), UNTUNED, *_pairs()))

    keep_house(room.store, UNTUNED)

    assert {path.name for path in tunings.iterdir()} == {"work-1", f"{fresh}.safetensors"}
    assert (tunings / "work-1" / "fit-0.safetensors").exists()


def _pairs() -> tuple[Tuned, dict[int, Tuned]]:
    pair = Tuned(digest_of(50), HEAD)
    return pair, dict.fromkeys(range(5), pair)


def test_while_a_tuning_cannot_be_read_no_embedder_goes(room: Classroom) -> None:
    tuning = give_tuning(room.store, 10)
    publish(room.store, 1, activate=True, embedder=tuning.whole.embedder)
    path = next((room.store.home / "tunings").glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-1])

    keep_house(room.store, UNTUNED)

    assert embedders(room.store) == set(tuning.embedders)
    assert path.exists()


def test_what_a_killed_writer_left_goes_when_it_is_old(room: Classroom) -> None:
    old, new = (room.store.home / "embedders" / f".x.onnx.{number}.making" for number in (1, 2))
    for path in (old, new):
        path.write_bytes(b"half")
    age(old)

    keep_house(room.store, UNTUNED)

    assert (old.exists(), new.exists()) == (False, True)


def test_vectors_go_with_their_embedder_a_bounded_number_at_a_time(
    room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "AT_ONCE", 2)
    monkeypatch.setattr(keeping, "AT_MOST", 4)
    digests = [room.photo().digest for _ in range(7)]
    publish(room.store, 1, activate=True, embedder=digest_of(1))
    give_embedders(room.store, [digest_of(3)], old=False)
    with room.store.write() as unit:
        for embedder in (UNTUNED, *map(digest_of, (1, 2, 3))):
            unit.embeddings.add(embedder, dict.fromkeys(digests, b"vector"))

    removed = [keep_house(room.store, UNTUNED).vectors for _ in range(3)]

    assert removed == [4, 3, 0]
    with room.store.read() as unit:
        # One that an import is just using has its file there.
        assert unit.embeddings.embedders() == {UNTUNED, digest_of(1), digest_of(3)}
        assert len(unit.embeddings.load(digest_of(1), digests)) == 7


def test_what_cannot_be_removed_stops_nothing(room: Classroom, monkeypatch: pytest.MonkeyPatch) -> None:
    give_embedders(room.store, [digest_of(1)])
    publish(room.store, 1, activate=True)

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "unlink", refuse)

    assert keep_house(room.store, UNTUNED).embedders == ()
    assert embedders(room.store) == {digest_of(1)}
