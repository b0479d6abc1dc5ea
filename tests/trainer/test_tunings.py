from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trainer.errors import TuningDamaged
from trainer.head import Head
from trainer.tunings import (
    Tuned,
    Tuning,
    head_for,
    read_stages,
    read_tuning,
    stages_name,
    write_stages,
    write_tuning,
)


def pair(seed: int, labels: int = 3) -> Tuned:
    rng = np.random.default_rng(seed)
    weight = rng.standard_normal((labels, 4)).astype(np.float32)
    stages = f"{100 + seed:064x}" if seed % 2 else None
    return Tuned(f"{seed:064x}", Head(weight, rng.standard_normal(labels).astype(np.float32)), stages)


def tuning() -> Tuning:
    folds = {fold: pair(10 + fold) for fold in range(5)}
    return Tuning((7, 9, 12), ("ab" * 32, "cd" * 32), f"{5:064x}", pair(1), folds, {"recipe": {"views": 8}})


def same(one: Tuned, other: Tuned) -> bool:
    heads = np.array_equal(one.head.weight, other.head.weight) and np.array_equal(one.head.bias, other.head.bias)
    return (one.embedder, one.stages) == (other.embedder, other.stages) and heads


def test_a_tuning_comes_back_as_it_was_written(tmp_path: Path) -> None:
    digest = write_tuning(tmp_path, tuning())

    found = read_tuning(tmp_path, digest)

    assert (found.labels, dict(found.told)) == ((7, 9, 12), {"recipe": {"views": 8}})
    assert (found.lessons, found.base) == (("ab" * 32, "cd" * 32), f"{5:064x}")
    assert same(found.whole, tuning().whole)
    assert all(same(found.folds[fold], tuning().folds[fold]) for fold in range(5))
    assert found.embedders == (f"{1:064x}", *(f"{10 + fold:064x}" for fold in range(5)))
    assert write_tuning(tmp_path, tuning()) == digest


def test_rows_follow_the_labels_and_new_ones_start_from_nothing() -> None:
    made = tuning()

    head = head_for(made.whole, made.labels, (12, 20, 7))

    assert np.array_equal(head.weight[0], made.whole.head.weight[2])
    assert np.array_equal(head.weight[2], made.whole.head.weight[0])
    assert not head.weight[1].any()
    assert head.bias.tolist() == [made.whole.head.bias[2], 0.0, made.whole.head.bias[0]]


@pytest.mark.parametrize("place", [0, 9, 400, -1])
def test_a_changed_byte_is_refused(tmp_path: Path, place: int) -> None:
    digest = write_tuning(tmp_path, tuning())
    path = tmp_path / f"{digest}.safetensors"
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(bytes(data))

    with pytest.raises(TuningDamaged):
        read_tuning(tmp_path, digest)


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, b"\x02\0\0\0\0\0\0\0{}"])
def test_a_file_that_is_no_tuning_is_refused_whatever_its_name(tmp_path: Path, data: bytes) -> None:
    import hashlib

    digest = hashlib.sha256(data).hexdigest()
    (tmp_path / f"{digest}.safetensors").write_bytes(data)

    with pytest.raises(TuningDamaged):
        read_tuning(tmp_path, digest)
    with pytest.raises(TuningDamaged):
        read_tuning(tmp_path, "../" + digest)


def test_weights_come_back_as_they_were_written_and_changed_ones_are_refused(tmp_path: Path) -> None:
    weights = {"0.conv.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "0.steps": np.array(7)}

    digest = write_stages(tmp_path, weights)

    found = read_stages(tmp_path, digest)
    assert {name: value.tolist() for name, value in found.items()} == {n: v.tolist() for n, v in weights.items()}
    path = tmp_path / stages_name(digest)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TuningDamaged):
        read_stages(tmp_path, digest)
