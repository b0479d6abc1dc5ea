"""Which photos are most alike, among many. Vectors have length one, so a product is a cosine.

Thousands are compared each with each, in chunks, and nothing is missed. Beyond that an index finds who is near
(`neighbour_index`), and the vectors themselves say how near.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.head import scaled
from trainer.metrics import Integers

Vectors = NDArray[np.float32]

# So many photos are compared at a time, lest thousands against thousands fill the memory.
AT_ONCE = 1024
# Up to so many photos all are compared with all: an index takes about as long there, and misses some (EXPERIMENTS.md).
EXACT = 10_000
# Of the nearest photos so many are found, where those are wanted that are not in one's own fold.
WIDE = 32


@dataclass(frozen=True, slots=True)
class Alike:
    """The photos most alike to each of n: `rows` (n, k), the nearest first, and their cosines `likenesses` (n, k)."""

    rows: Integers
    likenesses: Vectors


def unit_vectors(embeddings: NDArray[np.floating]) -> Vectors:
    """Return raw embeddings (n, d) as they are compared: `scaled`, in chunks, and half as large."""
    vectors = np.empty(embeddings.shape, dtype=np.float32)
    for start in range(0, len(embeddings), AT_ONCE):
        vectors[start : start + AT_ONCE] = scaled(embeddings[start : start + AT_ONCE])
    return vectors


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
    """Return for each photo (n, d) the nearest of all others: all of them up to `EXACT` photos, nearly all beyond."""
    count = max(0, min(count, len(vectors) - 1))
    if len(vectors) > EXACT:
        from trainer.neighbour_index import find_others

        return find_others(vectors, count)
    rows = np.empty((len(vectors), count), dtype=np.int64)
    likenesses = np.empty((len(vectors), count), dtype=np.float32)
    for start in range(0, len(vectors), AT_ONCE):
        chunk = slice(start, start + AT_ONCE)
        cosines = vectors[chunk] @ vectors.T
        own = np.arange(len(cosines))
        cosines[own, start + own] = -np.inf
        _best(cosines, rows[chunk], likenesses[chunk])
    return Alike(rows, likenesses)


def nearest_known(
    alike: Alike, asked: Integers, among: NDArray[np.bool_], vectors: Vectors, count: int, learned: NDArray[np.bool_]
) -> Alike:
    """Return for the rows `asked` the nearest of the rows `among` (n,), read from the nearest of all.

    Where those are too few of them, as in an album, all are compared that are `learned` (n,) from as well.
    """
    searched = np.flatnonzero(among & learned)
    count = min(count, len(searched))
    rows = np.zeros((len(asked), count), dtype=np.int64)
    likenesses = np.zeros((len(asked), count), dtype=np.float32)
    fits = among[alike.rows[asked]]
    order = np.argsort(~fits, axis=1, kind="stable")[:, :count]
    rows[:, : order.shape[1]] = np.take_along_axis(alike.rows[asked], order, axis=1)
    likenesses[:, : order.shape[1]] = np.take_along_axis(alike.likenesses[asked], order, axis=1)
    few = np.flatnonzero(fits.sum(axis=1) < count)
    if len(few):
        found = nearest_among(vectors[asked[few]], vectors[searched], count)
        rows[few], likenesses[few] = searched[found.rows], found.likenesses
    return Alike(rows, likenesses)


def _best(cosines: Vectors, rows: Integers, likenesses: Vectors) -> None:
    """Write the best columns of each row of cosines into `rows` and `likenesses`, the best first."""
    count = rows.shape[1]
    if count == 0:
        return
    found = np.argpartition(cosines, cosines.shape[1] - count, axis=1)[:, -count:]
    values = np.take_along_axis(cosines, found, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    rows[:] = np.take_along_axis(found, order, axis=1)
    likenesses[:] = np.take_along_axis(values, order, axis=1)
