"""What a tuning leaves: an embedder and a head learned on all lessons, and for each fold a pair that never saw it.

Heads are fitted anew after every lesson, as changes of these; the pairs of the folds make it possible to say, even
then, how photos would be answered that nothing was learned from. One file of tensors and text, named by its digest.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from trainer.durable import write_durably
from trainer.errors import TuningDamaged
from trainer.head import Head

DIGEST = re.compile(r"[0-9a-f]{64}")
WHOLE, LESSONS = "whole", "lessons"
HEADER_LIMIT = 16 << 20


@dataclass(frozen=True, slots=True)
class Tuned:
    """An embedder (by digest) and the head that learned with it; its rows are in the order of the tuning's labels.

    `stages` is the digest of the weights that learned, to go on from; None where nothing but the head did.
    """

    embedder: str
    head: Head
    stages: str | None = None


@dataclass(frozen=True, slots=True)
class Tuning:
    """All pairs of a tuning.

    `labels` are label ids, `lessons` the digests of the pictures that it learned from, `base` the digest of the
    embedder that it began with; `told` is what it says of itself (recipe, histories) as JSON.
    """

    labels: tuple[int, ...]
    lessons: tuple[str, ...]
    base: str
    whole: Tuned
    folds: Mapping[int, Tuned]
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pairs(self) -> Mapping[str, Tuned]:
        """Return all pairs by name: `whole`, and folds by number."""
        return {WHOLE: self.whole} | {str(fold): pair for fold, pair in self.folds.items()}

    @property
    def files(self) -> frozenset[str]:
        """Return the names of the files of weights that belong to it."""
        return frozenset(stages_name(pair.stages) for pair in self.pairs.values() if pair.stages)

    @property
    def embedders(self) -> tuple[str, ...]:
        """Return the digests of all embedders, the one that answers first."""
        return (self.whole.embedder, *(self.folds[fold].embedder for fold in sorted(self.folds)))


def head_for(tuned: Tuned, labels: tuple[int, ...], wanted: tuple[int, ...]) -> Head:
    """Return the head with a row for each wanted label id, in their order; a label that is new starts from nothing."""
    row_of = {label: row for row, label in enumerate(labels)}
    weight = np.zeros((len(wanted), tuned.head.weight.shape[1]), dtype=np.float32)
    bias = np.zeros(len(wanted), dtype=np.float32)
    for place, label in enumerate(wanted):
        if label in row_of:
            weight[place], bias[place] = tuned.head.weight[row_of[label]], tuned.head.bias[row_of[label]]
    return Head(weight, bias)


def write_tuning(folder: Path, tuning: Tuning) -> str:
    """Store a tuning whose embedders are stored already; return its digest."""
    pairs = tuning.pairs
    tensors: dict[str, NDArray[Any]] = {f"{name}.weight": pair.head.weight for name, pair in pairs.items()}
    tensors |= {f"{name}.bias": pair.head.bias for name, pair in pairs.items()}
    tensors[LESSONS] = np.frombuffer(bytes.fromhex("".join(tuning.lessons)), dtype=np.uint8).reshape(-1, 32)
    told = {
        "labels": list(tuning.labels),
        "base": tuning.base,
        "embedders": {name: pair.embedder for name, pair in pairs.items()},
        "stages": {name: pair.stages for name, pair in pairs.items()},
        "told": dict(tuning.told),
    }
    text = json.dumps(told, sort_keys=True, allow_nan=False)
    data = save({name: np.ascontiguousarray(value) for name, value in sorted(tensors.items())}, {"tuning": text})
    digest = hashlib.sha256(data).hexdigest()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_durably(folder / tuning_name(digest), data)
    return digest


def write_stages(folder: Path, weights: Mapping[str, NDArray[Any]]) -> str:
    """Store the weights that learned, by name; return their digest."""
    # `ascontiguousarray` would give a number without dimensions one.
    data = save({name: np.array(value, order="C") for name, value in sorted(weights.items())})
    digest = hashlib.sha256(data).hexdigest()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_durably(folder / stages_name(digest), data)
    return digest


def read_stages(folder: Path, digest: str) -> dict[str, NDArray[Any]]:
    """Read stored weights; raise TuningDamaged unless they are as they were written."""
    path = folder / stages_name(digest)
    try:
        return load(_read(path, digest))
    except (SafetensorError, ValueError) as error:
        raise TuningDamaged(path, "not weights") from error


def tuning_name(digest: str) -> str:
    """Return the name of a tuning's file."""
    return f"{digest}.safetensors"


def stages_name(digest: str) -> str:
    """Return the name of a file of weights."""
    return f"stages-{digest}.safetensors"


def read_tuning(folder: Path, digest: str) -> Tuning:
    """Read a stored tuning; raise TuningDamaged unless all is as it was written."""
    path = folder / tuning_name(digest)
    try:
        return _parsed(_read(path, digest))
    except (SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise TuningDamaged(path, "not a tuning") from error


def _read(path: Path, digest: str) -> bytes:
    if not DIGEST.fullmatch(digest) or path.is_symlink() or not path.is_file():
        raise TuningDamaged(path, "no such file")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != digest:
        raise TuningDamaged(path, "its bytes are not the ones its name promises")
    return data


def _parsed(data: bytes) -> Tuning:
    length = int.from_bytes(data[:8], "little")
    if length > HEADER_LIMIT:
        raise ValueError("an impossible header")
    told = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["tuning"])
    tensors = load(data)
    labels = tuple(int(label) for label in told["labels"])
    pairs = {
        name: Tuned(_digest(digest), _head(tensors, name, labels), _stages(told["stages"][name]))
        for name, digest in told["embedders"].items()
    }
    folds = {int(name): pair for name, pair in pairs.items() if name != WHOLE}
    lessons = tensors[LESSONS]
    if lessons.dtype != np.uint8 or lessons.ndim != 2 or lessons.shape[1] != 32:
        raise ValueError("lessons are not digests")
    return Tuning(
        labels, tuple(row.tobytes().hex() for row in lessons), _digest(told["base"]), pairs[WHOLE], folds, told["told"]
    )


def _stages(value: Any) -> str | None:
    return None if value is None else _digest(value)


def _head(tensors: Mapping[str, NDArray[Any]], name: str, labels: tuple[int, ...]) -> Head:
    weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
    sound = weight.dtype == bias.dtype == np.float32 and weight.ndim == 2
    if not sound or len(weight) != len(labels) or bias.shape != (len(labels),):
        raise ValueError(f"the head {name} does not fit its labels")
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise ValueError(f"the head {name} is not finite")
    return Head(weight, bias)


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not DIGEST.fullmatch(value):
        raise ValueError("not a digest")
    return value
