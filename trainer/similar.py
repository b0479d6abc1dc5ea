"""Which photos are most alike, among many: exact, in chunks. Vectors have length one, so a product is a cosine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.metrics import Integers

Vectors = NDArray[np.float32]

# So many photos are compared at a time, lest thousands against thousands fill the memory.
AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Alike:
    """The photos most alike to each of n: `rows` (n, k), the nearest first, and their cosines `likenesses` (n, k)."""

    rows: Integers
    likenesses: Vectors


def nearest_among(asked: Vectors, among: Vectors, count: int) -> Alike:
    """Return for each of `asked` (n, d) the rows of the nearest of `among` (m, d); fewer than `count` if m is less."""
    count = min(count, len(among))
    rows = np.empty((len(asked), count), dtype=np.int64)
    likenesses = np.empty((len(asked), count), dtype=np.float32)
    for start in range(0, len(asked), AT_ONCE):
        chunk = slice(start, start + AT_ONCE)
        _best(asked[chunk] @ among.T, rows[chunk], likenesses[chunk])
    return Alike(rows, likenesses)


def nearest_others(vectors: Vectors, count: int) -> Alike:
    """Return for each photo (n, d) the nearest of all others."""
    count = max(0, min(count, len(vectors) - 1))
    rows = np.empty((len(vectors), count), dtype=np.int64)
    likenesses = np.empty((len(vectors), count), dtype=np.float32)
    for start in range(0, len(vectors), AT_ONCE):
        chunk = slice(start, start + AT_ONCE)
        cosines = vectors[chunk] @ vectors.T
        own = np.arange(len(cosines))
        cosines[own, start + own] = -np.inf
        _best(cosines, rows[chunk], likenesses[chunk])
    return Alike(rows, likenesses)


def _best(cosines: Vectors, rows: Integers, likenesses: Vectors) -> None:
    """Write the best columns of each row of cosines into `rows` and `likenesses`, the best first."""
    count = rows.shape[1]
    if count == 0:
        return
    found = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(cosines, found, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    rows[:] = np.take_along_axis(found, order, axis=1)
    likenesses[:] = np.take_along_axis(values, order, axis=1)
