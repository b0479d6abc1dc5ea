"""Which lessons are worth a reviewer's look, the worst first: pure functions over arrays, without torch and scipy.

Everything here is out of fold: what learned from a photo cannot doubt its label. Of the simple scores none finds wrong
labels better than the probability of the given one, so that is the order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.head import Floats
from trainer.metrics import Integers

# Likenesses so many robust deviations below the middle one are of strangers.
DEVIATIONS = 3.5
# A normal distribution's standard deviation is so many times its median absolute deviation.
NORMAL = 1.4826
# So many photos are compared at a time, lest thousands against thousands fill the memory.
AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Alike:
    """The most alike lessons of each of n: `rows` (n, k), the nearest first, and their cosines (n, k)."""

    rows: Integers
    likenesses: NDArray[np.float32]


def doubtful(probabilities: Floats, given: Integers, *, most: int) -> Integers:
    """Return rows whose label (n,) is not the likeliest by `probabilities` (n, labels), the least likely first."""
    own = probabilities[np.arange(len(given)), given]
    order = np.argsort(own, kind="stable")
    found: Integers = order[probabilities.argmax(axis=1)[order] != given[order]][:most]
    return found


def strangers(likeness: NDArray[np.floating], *, most: int) -> Integers:
    """Return rows that are like nothing else, the strangest first, by their `likeness` (n,) to other folds."""
    if len(likeness) == 0:
        return np.empty(0, dtype=np.int64)
    middle = float(np.median(likeness))
    deviation = NORMAL * float(np.median(np.abs(likeness - middle)))
    order = np.argsort(likeness, kind="stable")
    found: Integers = order[likeness[order] < middle - DEVIATIONS * deviation][:most]
    return found


def nearest(vectors: NDArray[np.float32], keys: Integers, count: int, *, apart: bool) -> Alike:
    """Return for each lesson (n, d), of length one, the nearest others; `apart`: only those with another key (n,)."""
    count = min(count, len(vectors) - 1)
    rows = np.empty((len(vectors), count), dtype=np.int64)
    likenesses = np.empty((len(vectors), count), dtype=np.float32)
    for start in range(0, len(vectors), AT_ONCE):
        cosines = vectors[start : start + AT_ONCE] @ vectors.T
        own = np.arange(len(cosines))
        cosines[own, start + own] = -np.inf
        if apart:
            cosines[keys[start : start + AT_ONCE, None] == keys[None, :]] = -np.inf
        best = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(cosines, best, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        rows[start : start + AT_ONCE] = np.take_along_axis(best, order, axis=1)
        likenesses[start : start + AT_ONCE] = np.take_along_axis(values, order, axis=1)
    return Alike(rows, likenesses)


def pairs_of(alike: Alike, *, most: int) -> list[tuple[int, int, float]]:
    """Return pairs of rows, each once, the most alike first."""
    found: dict[tuple[int, int], float] = {}
    for one, (others, likenesses) in enumerate(zip(alike.rows, alike.likenesses, strict=True)):
        for other, likeness in zip(others, likenesses, strict=True):
            if np.isfinite(likeness):
                found[min(one, int(other)), max(one, int(other))] = float(likeness)
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:most]
    return [(one, other, likeness) for (one, other), likeness in ranked]


def joined(pairs: list[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Return the groups that pairs of rows join to, in the order of their first pair."""
    group_of: dict[int, list[int]] = {}
    for one, other in pairs:
        mine, its = group_of.setdefault(one, [one]), group_of.setdefault(other, [other])
        if mine is not its:
            mine.extend(its)
            for row in its:
                group_of[row] = mine
    unique = {id(group): tuple(sorted(group)) for group in group_of.values()}
    return list(unique.values())
