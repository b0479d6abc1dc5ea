"""A published network: a folder that is either whole and as it was made, or refused.

The folder's name ends in the digest of its manifest, the manifest holds the digest of every other file, and the row in
the store names the folder: whoever swaps, cuts or flips anything changes a digest. Reading runs no code: JSON and
safetensors only, from bytes that were checked before they were parsed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from trainer.durable import flush_folder, write_flushed
from trainer.errors import ArtefactDamaged, ArtefactMissing
from trainer.gate import Answers
from trainer.head import Head
from trainer.manifest import FileFacts, Manifest, ManifestInvalid
from trainer.references import References

MANIFEST, HEAD, GOLDEN, ANSWERS = "manifest.json", "head.safetensors", "golden.safetensors", "answers.safetensors"
REFERENCES = "references.safetensors"
PARTS = (HEAD, GOLDEN, ANSWERS, REFERENCES)
# Networks of older Pupils do not have them.
OPTIONAL = frozenset((REFERENCES,))
MANIFEST_LIMIT = 4 << 20
PART_LIMIT = 512 << 20
HEADER_LIMIT = 1 << 20
MAKING = ".making-"

Tensors = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Golden:
    """Inputs with the answers that any machine must give.

    `vectors` (m, d) with `vector_probabilities` (m, labels), and the bytes of one drawn `picture` with its
    `picture_embedding` (d,) and `picture_probabilities` (labels,). Nothing of it comes from anybody's photo.
    """

    vectors: NDArray[np.float32]
    vector_probabilities: NDArray[np.float32]
    picture: NDArray[np.uint8]
    picture_embedding: NDArray[np.float32]
    picture_probabilities: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Artefact:
    """A network folder that was checked."""

    folder: Path
    manifest: Manifest
    head: Head
    golden: Golden
    answers: Answers
    references: References | None = None


def publish(
    networks: Path, manifest: Manifest, head: Head, golden: Golden, answers: Answers, references: References
) -> Path:
    """Write a network below `networks` and return its folder; `manifest.files` are filled in here.

    Killed at any moment it leaves the whole folder under its name, or only a `.making-` folder that `sweep` removes.
    """
    networks.mkdir(parents=True, exist_ok=True, mode=0o700)
    parts = {
        HEAD: _head_bytes(head),
        GOLDEN: _golden_bytes(golden),
        ANSWERS: _answers_bytes(answers),
        REFERENCES: _references_bytes(references),
    }
    text = manifest.with_files({name: _facts(data) for name, data in parts.items()}).to_json()
    aside = networks / f"{MAKING}{uuid4().hex}"
    aside.mkdir(mode=0o700)
    try:
        for name, data in (parts | {MANIFEST: text}).items():
            write_flushed(aside / name, data)
        flush_folder(aside)
        folder = networks / folder_name(manifest.number, text)
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    flush_folder(networks)
    return folder


def folder_name(number: int, manifest: bytes) -> str:
    """Return the only name under which a folder with this manifest is accepted."""
    return f"{number:06d}-{hashlib.sha256(manifest).hexdigest()[:32]}"


def verify(folder: Path) -> Artefact:
    """Read a network folder; raise ArtefactMissing or ArtefactDamaged unless all is as it was published."""
    entries = _check_entries(folder)
    text = _read(folder, MANIFEST, MANIFEST_LIMIT)
    try:
        manifest = Manifest.from_json(text)
    except ManifestInvalid as error:
        raise ArtefactDamaged(folder, f"{MANIFEST}: {error}") from error
    if folder.name != folder_name(manifest.number, text):
        raise ArtefactDamaged(folder, f"{MANIFEST} is not the one that the folder's name promises")
    if set(manifest.files) | {MANIFEST} != entries:
        raise ArtefactDamaged(folder, f"{MANIFEST} lists other files than there are")
    parts = {name: _tensors(folder, name, manifest.files[name]) for name in manifest.files}
    try:
        return _assemble(folder, manifest, parts)
    except (KeyError, ValueError, TypeError) as error:
        raise ArtefactDamaged(folder, f"tensors: {error}") from error


def sweep(networks: Path, keep: Collection[str]) -> list[str]:
    """Remove folders that no row names, left from a kill; return their names. Only for who knows to be alone."""
    if not networks.is_dir():
        return []
    stale = [entry for entry in networks.iterdir() if entry.name not in keep]
    for entry in stale:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with suppress(OSError):
                entry.unlink()
    return sorted(entry.name for entry in stale if not os.path.lexists(entry))


def _check_entries(folder: Path) -> set[str]:
    if folder.is_symlink() or not folder.is_dir():
        raise ArtefactMissing(folder, "no such folder")
    found = {entry.name for entry in folder.iterdir()}
    wanted = {MANIFEST, *PARTS}
    if missing := sorted(wanted - OPTIONAL - found):
        raise ArtefactMissing(folder, f"without {', '.join(missing)}")
    if found - wanted:
        raise ArtefactDamaged(folder, "holds files that a network does not have")
    return found


def _read(folder: Path, name: str, limit: int) -> bytes:
    """Read one regular file, never through a link, never more than `limit` bytes."""
    try:
        descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise ArtefactDamaged(folder, f"{name} cannot be opened") from error
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            raise ArtefactDamaged(folder, f"{name} is not a regular file of at most {limit} bytes")
        return stream.read(limit + 1)


def _tensors(folder: Path, name: str, facts: FileFacts) -> Tensors:
    data = _read(folder, name, PART_LIMIT)
    if _facts(data) != facts:
        raise ArtefactDamaged(folder, f"{name} is not the file that the manifest lists")
    if len(data) < 8 or int.from_bytes(data[:8], "little") > HEADER_LIMIT:
        raise ArtefactDamaged(folder, f"{name} has an impossible header")
    try:
        return load(data)
    except Exception as error:  # the parser raises an exception type of its own that it does not export everywhere
        raise ArtefactDamaged(folder, f"{name} is not safetensors") from error


def _assemble(folder: Path, manifest: Manifest, parts: Mapping[str, Tensors]) -> Artefact:
    head, golden, answers = parts[HEAD], parts[GOLDEN], parts[ANSWERS]
    labels, d = len(manifest.labels), manifest.dimension
    vectors, n = len(golden["vectors"]), len(answers["digests"])
    return Artefact(
        folder=folder,
        manifest=manifest,
        head=Head(_array(head, "weight", "f4", labels, d), _array(head, "bias", "f4", labels)),
        golden=Golden(
            vectors=_array(golden, "vectors", "f4", vectors, d),
            vector_probabilities=_array(golden, "vector_probabilities", "f4", vectors, labels),
            picture=_array(golden, "picture", "u1", len(golden["picture"])),
            picture_embedding=_array(golden, "picture_embedding", "f4", d),
            picture_probabilities=_array(golden, "picture_probabilities", "f4", labels),
        ),
        answers=Answers(
            tuple(bytes(row).hex() for row in _array(answers, "digests", "u1", n, 32)),
            tuple(label_id for label_id, _ in manifest.labels),
            _array(answers, "probabilities", "f4", n, labels),
            # What the pictures were taught as then, which older Pupils did not note.
            tuple(_array(answers, "taught", "i8", n).tolist()) if "taught" in answers else None,
        ),
        references=_references(parts[REFERENCES], d) if REFERENCES in parts else None,
    )


def _references(tensors: Tensors, d: int) -> References:
    n = len(tensors["digests"])
    return References(
        tuple(bytes(row).hex() for row in _array(tensors, "digests", "u1", n, 32)),
        tuple(_array(tensors, "labels", "i8", n).tolist()),
        # Half the bytes on the disk, and a cosine moves by less than a thousandth.
        _array(tensors, "vectors", "f2", n, d).astype(np.float32),
    )


def _array(tensors: Tensors, name: str, kind: str, *shape: int) -> NDArray[Any]:
    """Return a tensor after a look at its type, shape and values; raise KeyError or ValueError."""
    tensor = tensors[name]
    if tensor.dtype != np.dtype(kind) or tensor.shape != shape or not np.isfinite(tensor).all():
        raise ValueError(f"{name} should be finite {kind} of shape {shape}")
    return tensor


def _facts(data: bytes) -> FileFacts:
    return FileFacts(size=len(data), sha256=hashlib.sha256(data).hexdigest())


def _head_bytes(head: Head) -> bytes:
    return save({"weight": np.ascontiguousarray(head.weight), "bias": np.ascontiguousarray(head.bias)})


def _golden_bytes(golden: Golden) -> bytes:
    names = ("vectors", "vector_probabilities", "picture", "picture_embedding", "picture_probabilities")
    return save({name: np.ascontiguousarray(getattr(golden, name)) for name in names})


def _answers_bytes(answers: Answers) -> bytes:
    probabilities = np.ascontiguousarray(answers.probabilities, dtype=np.float32)
    tensors: dict[str, NDArray[Any]] = {"digests": _digests(answers.digests), "probabilities": probabilities}
    if answers.taught is not None:
        tensors["taught"] = np.array(answers.taught, dtype=np.int64)
    return save(tensors)


def _references_bytes(references: References) -> bytes:
    labels = np.array(references.labels, dtype=np.int64)
    vectors = np.ascontiguousarray(references.vectors, dtype=np.float16)
    return save({"digests": _digests(references.digests), "labels": labels, "vectors": vectors})


def _digests(digests: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex("".join(digests)), dtype=np.uint8).reshape(-1, 32).copy()
