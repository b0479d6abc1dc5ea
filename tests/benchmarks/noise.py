"""Wrong labels as people make them, planted for benchmarks: at random, or between look-alikes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trainer.head import Floats, scaled
from trainer.metrics import Integers

Kind = Literal["random", "alike"]
KINDS: tuple[Kind, ...] = ("random", "alike")


def planted(
    embeddings: NDArray[np.float32], truth: Integers, kind: Kind, rng: np.random.Generator, *, share: float = 0.1
) -> Integers:
    """Return labels of which the share is wrong: any other one, or the one whose photos look most alike."""
    labels = int(truth.max()) + 1
    rows = rng.permutation(len(truth))[: round(share * len(truth))]
    given = truth.copy()
    if kind == "random":
        given[rows] = (truth[rows] + rng.integers(1, labels, len(rows))) % labels
    else:
        given[rows] = look_alikes(embeddings, truth)[truth[rows]]
    return given


def look_alikes(embeddings: NDArray[np.float32], truth: Integers) -> Integers:
    """Return for each label the one whose mean photo is most alike."""
    photos = scaled(embeddings)
    means = np.stack([photos[truth == label].mean(axis=0) for label in range(int(truth.max()) + 1)])
    cosines = means @ means.T / np.outer(np.linalg.norm(means, axis=1), np.linalg.norm(means, axis=1))
    np.fill_diagonal(cosines, -1)
    nearest: Integers = cosines.argmax(axis=1)
    return nearest


def average_precision(wrong: NDArray[np.bool_], suspicion: Floats) -> float:
    """Return the mean, over the wrong ones, of the share of wrong ones up to their place in the list."""
    hits = wrong[np.argsort(-suspicion, kind="stable")]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def found_by(wrong: NDArray[np.bool_], suspicion: Floats, looked: int) -> float:
    """Return the share of the wrong ones in the first `looked` places."""
    return float(wrong[np.argsort(-suspicion, kind="stable")[:looked]].sum() / wrong.sum())
