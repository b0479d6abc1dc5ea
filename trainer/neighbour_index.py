"""An index of photos for collections that are too large to compare each with each: a graph of who is near (HNSW).

It is built on 256 directions in half precision; who it names is compared once more by the whole vectors.
"""

from __future__ import annotations

import os
from functools import partial

import numpy as np
from usearch.index import Index

from trainer.directions import in_directions
from trainer.metrics import Integers
from trainer.similar import Alike, Vectors

# Measured: see EXPERIMENTS.md.
CONNECTIVITY, EFFORT_BUILDING, EFFORT_ASKING = 16, 64, 96
# The index names so many more than are wanted, since in fewer directions some change places.
SPARE = 16
# So many photos are asked about, and so many compared, at a time.
ASKED_AT_ONCE, COMPARED_AT_ONCE = 10_000, 256


def find_others(vectors: Vectors, count: int, *, threads: int | None = None) -> Alike:
    """Return for each photo (n, d) the nearest of all others; a few in a thousand are missed."""
    threads = threads or os.cpu_count() or 1
    turned = in_directions(vectors)
    index = Index(
        ndim=turned.shape[1],
        metric="ip",
        dtype="f16",
        connectivity=CONNECTIVITY,
        expansion_add=EFFORT_BUILDING,
        expansion_search=EFFORT_ASKING,
    )
    index.add(np.arange(len(turned)), turned, threads=threads)
    named = min(count + 1 + SPARE, len(vectors))
    rows = np.empty((len(vectors), count), dtype=np.int64)
    likenesses = np.empty((len(vectors), count), dtype=np.float32)
    ask = partial(index.search, count=named, threads=threads)
    for start in range(0, len(vectors), ASKED_AT_ONCE):
        found = ask(turned[start : start + ASKED_AT_ONCE])
        keys = np.asarray(found.keys).reshape(-1, named).astype(np.int64)
        for part in range(0, len(keys), COMPARED_AT_ONCE):
            at = slice(start + part, start + part + len(keys[part : part + COMPARED_AT_ONCE]))
            rows[at], likenesses[at] = _compared(vectors, at, keys[part : part + COMPARED_AT_ONCE], count)
    return Alike(rows, likenesses)


def _compared(vectors: Vectors, at: slice, keys: Integers, count: int) -> tuple[Integers, Vectors]:
    """Return the nearest of `keys` (m, named) to the photos `at`, without themselves."""
    cosines = np.matmul(vectors[keys], vectors[at][:, :, None])[:, :, 0]
    cosines[keys == np.arange(at.start, at.stop)[:, None]] = -np.inf
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(keys, order, axis=1), np.take_along_axis(cosines, order, axis=1)
