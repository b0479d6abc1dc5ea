from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from trainer import artefact
from trainer.artefact import ANSWERS, GOLDEN, HEAD, MANIFEST, PARTS, REFERENCES, Golden, publish, sweep, verify
from trainer.errors import ArtefactDamaged, ArtefactError, ArtefactMissing
from trainer.familiarity import Bound
from trainer.gate import Answers
from trainer.head import Head
from trainer.manifest import SCHEMA, Manifest, ManifestInvalid
from trainer.metrics import score
from trainer.prediction_sets import Sets
from trainer.preprocessing import Preprocessing
from trainer.recipe import Recipe
from trainer.references import References, refer

D, LABELS, N = 6, 3, 10


def draft(number: int = 7) -> tuple[Manifest, Head, Golden, Answers, References]:
    rng = np.random.default_rng(number)

    def floats(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return rng.random(shape, dtype=np.float32)

    manifest = Manifest(
        number=number,
        created_at=datetime(2026, 11, 23, 12, tzinfo=UTC),
        classifier=1,
        labels=((4, "крапива"), (9, "oak 🌳"), (12, "fern")),
        embedder="ab" * 32,
        dimension=D,
        preprocessing=Preprocessing(),
        temperature=0.8,
        threshold=0.4,
        recipe=Recipe().as_dict(),
        snapshot="cd" * 32,
        scores=score(2, N),
        calibration=0.03,
        known=Bound(0.7, score(1, N)),
        sets=Sets(0.9, 0.2, N, 0.74, 0.99),
    )
    head = Head(floats(LABELS, D), floats(LABELS))
    picture = np.frombuffer(b"not really a picture", dtype=np.uint8)
    golden = Golden(floats(4, D), floats(4, LABELS), picture, floats(D), floats(LABELS))
    digests = tuple(hashlib.sha256(bytes([row])).hexdigest() for row in range(N))
    taught = tuple(4 + 5 * (row % 2) for row in range(N))
    answers = Answers(digests, (4, 9, 12), floats(N, LABELS), taught)
    return manifest, head, golden, answers, refer(digests, taught, floats(N, D))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return publish(tmp_path / "networks", *draft())


def test_what_was_published_comes_back(folder: Path) -> None:
    manifest, head, golden, answers, references = draft()

    read = verify(folder)

    assert read.manifest.with_files({}) == manifest
    assert set(read.manifest.files) == set(PARTS)
    assert np.array_equal(read.head.weight, head.weight)
    assert np.array_equal(read.golden.picture, golden.picture)
    assert read.answers.digests == answers.digests
    assert np.array_equal(read.answers.probabilities, np.asarray(answers.probabilities))
    assert read.answers.taught == answers.taught
    assert read.references is not None
    assert (read.references.digests, read.references.labels) == (references.digests, references.labels)
    assert np.allclose(read.references.vectors, references.vectors, atol=1e-3)


def test_a_network_from_before_lessons_were_noted_is_still_read(tmp_path: Path) -> None:
    manifest, head, golden, answers, references = draft()

    read = verify(publish(tmp_path / "networks", manifest, head, golden, replace(answers, taught=None), references))

    assert read.answers.taught is None


def test_two_hundred_flips_and_cuts_are_all_refused(folder: Path) -> None:
    rng = np.random.default_rng(0)
    refused = 0
    for turn in range(200):
        path = folder / (MANIFEST, *PARTS)[turn % 5]
        data = path.read_bytes()
        if turn % 5 == 4:
            spoilt = data[: int(rng.integers(0, len(data)))]
        else:
            at = int(rng.integers(0, len(data)))
            spoilt = data[:at] + bytes([data[at] ^ (1 << int(rng.integers(0, 8)))]) + data[at + 1 :]
        path.write_bytes(spoilt)
        with pytest.raises(ArtefactError):
            verify(folder)
        refused += 1
        path.write_bytes(data)
    assert refused == 200
    verify(folder)


def test_files_of_another_network_are_refused(folder: Path) -> None:
    other = publish(folder.parent, *draft(8))
    for name in (MANIFEST, *PARTS):
        kept = (folder / name).read_bytes()
        shutil.copy(other / name, folder / name)
        with pytest.raises(ArtefactError):
            verify(folder)
        (folder / name).write_bytes(kept)
    for name in (MANIFEST, *PARTS):
        shutil.copy(other / name, folder / name)
    with pytest.raises(ArtefactError, match="folder's name"):
        verify(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / HEAD).unlink()

    with pytest.raises(ArtefactMissing, match=HEAD):
        verify(folder)
    with pytest.raises(ArtefactMissing):
        verify(folder.parent / "000001-none")


class Canary:
    """Would leave a file behind if anything unpickled it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return (os.mkdir, (str(self.path),))


def rewrite(folder: Path, name: str, data: bytes) -> Path:
    """Replace a part and forge manifest and folder name so that every digest fits: the worst that can be done."""
    (folder / name).write_bytes(data)
    values = json.loads((folder / MANIFEST).read_text())
    values["files"][name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return forge(folder, values)


def forge(folder: Path, values: object) -> Path:
    text = json.dumps(values).encode()
    (folder / MANIFEST).write_bytes(text)
    return folder.rename(folder.with_name(artefact.folder_name(7, text)))


def test_a_pickle_is_refused_and_not_run(folder: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"

    with pytest.raises(ArtefactError):
        verify(rewrite(folder, HEAD, pickle.dumps(Canary(canary))))
    assert not canary.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"1234567",
        (1 << 40).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{}",
        (9).to_bytes(8, "little") + b"[" * 9,
        b"PK\x03\x04" + bytes(64),
    ],
    ids=["empty", "short", "huge header", "no tensors", "nested", "zip"],
)
def test_what_is_no_safetensors_is_refused_even_with_the_right_digest(folder: Path, data: bytes) -> None:
    with pytest.raises(ArtefactError):
        verify(rewrite(folder, HEAD, data))


def test_tensors_of_another_shape_or_without_numbers_are_refused(folder: Path) -> None:
    from safetensors.numpy import save

    bias = np.zeros(LABELS, dtype=np.float32)
    for weight in (
        np.zeros((LABELS, D + 1), dtype=np.float32),
        np.zeros((LABELS, D), dtype=np.float64),
        np.full((LABELS, D), np.nan, dtype=np.float32),
    ):
        folder = rewrite(folder, HEAD, save({"weight": weight, "bias": bias}))
        with pytest.raises(ArtefactError, match="weight"):
            verify(folder)


def test_links_and_strangers_are_refused(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.move(folder / GOLDEN, outside)
    (folder / GOLDEN).symlink_to(outside)
    with pytest.raises(ArtefactError):
        verify(folder)
    (folder / GOLDEN).unlink()
    shutil.move(outside, folder / GOLDEN)
    (tmp_path / "link").mkdir()
    link = tmp_path / "link" / folder.name
    link.symlink_to(folder)
    with pytest.raises(ArtefactError):
        verify(link)
    (folder / "more.bin").write_bytes(b"")
    with pytest.raises(ArtefactError):
        verify(folder)


def test_a_pipe_in_the_place_of_a_file_does_not_hang(folder: Path) -> None:
    (folder / ANSWERS).unlink()
    os.mkfifo(folder / ANSWERS)

    with pytest.raises(ArtefactError):
        verify(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"files": {"../../etc/passwd": {"size": 1, "sha256": "0" * 64}}},
        {"schema": 99},
        {"labels": [{"id": 4, "name": "a"}, {"id": 4, "name": "b"}, {"id": 5, "name": "c"}]},
        {"temperature": 0},
        {"threshold": "high"},
        {"embedder": "../../evil"},
        {"number": -1},
        {"surprise": 1},
        {"sets": {"coverage": 1.5, "least": 0.1, "n": 9, "low": 0.8, "high": 0.9}},
        {"known": {"least": "much", "false_alarms": {"n": 9, "wrong": 0, "low": 0, "high": 0.3}}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_forged_manifest_is_refused(folder: Path, change: dict[str, object]) -> None:
    values = json.loads((folder / MANIFEST).read_text()) | change

    with pytest.raises(ArtefactError):
        verify(forge(folder, values))


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"schema": NaN}'])
def test_what_is_no_manifest_is_named_so(text: bytes) -> None:
    with pytest.raises(ManifestInvalid):
        Manifest.from_json(text)


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("moment", range(1, 9))
def test_killed_at_any_step_no_half_folder_has_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """The steps that reach the disk are six flushed files or folders before the rename, and one after."""
    networks, steps = tmp_path / "networks", 0
    flush, rename = os.fsync, Path.rename

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == moment:
            raise Killed

    def flush_or_die(descriptor: int) -> None:
        step()
        flush(descriptor)

    def rename_or_die(path: Path, target: Path) -> Path:
        step()
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", flush_or_die)
    monkeypatch.setattr(Path, "rename", rename_or_die)
    # A killed process cleans nothing up.
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    try:
        publish(networks, *draft())
    except Killed:
        pass
    finally:
        monkeypatch.undo()

    named = [entry for entry in networks.iterdir() if not entry.name.startswith(artefact.MAKING)]
    for entry in named:
        verify(entry)
    assert len(named) == (1 if moment > 7 else 0)
    sweep(networks, {entry.name for entry in named})
    assert sorted(networks.iterdir()) == named
    assert verify(publish(networks, *draft(9))).manifest.number == 9


def test_sweeping_removes_only_what_no_row_names(folder: Path, tmp_path: Path) -> None:
    other = publish(folder.parent, *draft(8))
    (folder.parent / ".making-x").mkdir()

    removed = sweep(folder.parent, {folder.name})

    assert removed == [".making-x", other.name]
    verify(folder)
    assert sweep(tmp_path / "nowhere", set()) == []


@pytest.mark.parametrize(("schema", "later"), [(1, ("tuning", "known", "sets")), (2, ("known", "sets"))])
def test_a_manifest_of_an_earlier_schema_is_still_read(folder: Path, schema: int, later: tuple[str, ...]) -> None:
    values = json.loads((folder / MANIFEST).read_text()) | {"schema": schema}
    for name in later:
        del values[name]

    found = Manifest.from_json(json.dumps(values).encode())

    assert [getattr(found, name) for name in later] == [None] * len(later)
    assert found.schema == SCHEMA


def test_a_network_without_references_is_still_read(folder: Path) -> None:
    values = json.loads((folder / MANIFEST).read_text())
    del values["files"][REFERENCES]
    (folder / REFERENCES).unlink()

    assert verify(forge(folder, values)).references is None


def test_references_that_are_lost_are_missed(folder: Path) -> None:
    (folder / REFERENCES).unlink()

    with pytest.raises(ArtefactDamaged, match="lists other files"):
        verify(folder)
