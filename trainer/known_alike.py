"""Who is most alike, kept from one look to the next: only new photos are compared with all others.

What is kept is some hundred bytes for each photo; a trainer that starts anew compares all once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.metrics import Integers
from trainer.similar import AT_ONCE, WIDE, Alike, Vectors, nearest_others

# Where more than this share of the photos is new or lost a neighbour, all are compared anew: that costs no more then.
MOSTLY_NEW = 0.2


@dataclass(frozen=True, slots=True)
class KnownAlike:
    """The nearest others of each of the pictures `digests`."""

    digests: tuple[str, ...]
    alike: Alike


def nearest_now(known: KnownAlike | None, digests: Sequence[str], vectors: Vectors) -> KnownAlike:
    """Return the nearest `WIDE` others of pictures with `vectors` (n, d), helped by what is `known` of most of them."""
    if known is None or len(known.digests) <= WIDE:
        return KnownAlike(tuple(digests), nearest_others(vectors, WIDE))
    place = {digest: row for row, digest in enumerate(digests)}
    moved = np.array([place.get(digest, -1) for digest in known.digests], dtype=np.int64)
    rows, there = moved[known.alike.rows], moved >= 0
    whole = there & (rows >= 0).all(axis=1)
    is_known = np.zeros(len(digests), dtype=np.bool_)
    is_known[moved[whole]] = True
    asked = np.flatnonzero(~is_known)
    if len(asked) > MOSTLY_NEW * len(digests):
        return KnownAlike(tuple(digests), nearest_others(vectors, WIDE))
    found_rows = np.empty((len(digests), WIDE), dtype=known.alike.rows.dtype)
    found_likenesses = np.empty((len(digests), WIDE), dtype=np.float32)
    found_rows[moved[whole]], found_likenesses[moved[whole]] = rows[whole], known.alike.likenesses[whole]
    was_there = np.zeros(len(digests), dtype=np.bool_)
    was_there[moved[there]] = True
    found = Alike(found_rows, found_likenesses)
    _bring_in(found, vectors, np.flatnonzero(is_known), np.flatnonzero(~was_there))
    _search(found, vectors, asked)
    return KnownAlike(tuple(digests), found)


def _search(found: Alike, vectors: Vectors, asked: Integers) -> None:
    """Compare the rows `asked` with all others."""
    for start in range(0, len(asked), AT_ONCE):
        part = asked[start : start + AT_ONCE]
        cosines = vectors[part] @ vectors.T
        cosines[np.arange(len(part)), part] = -np.inf
        nearest = np.argpartition(cosines, cosines.shape[1] - WIDE, axis=1)[:, -WIDE:]
        _keep(found, part, nearest, np.take_along_axis(cosines, nearest, axis=1))


def _bring_in(found: Alike, vectors: Vectors, rows: Integers, new: Integers) -> None:
    """Let `new` photos take their places beside `rows`, whose nearest former ones are known."""
    if not len(new):
        return
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        cosines = vectors[part] @ vectors[new].T
        nearer = np.flatnonzero(cosines.max(axis=1) > found.likenesses[part, -1])
        part, cosines = part[nearer], cosines[nearer]
        both = np.concatenate([found.likenesses[part], cosines], axis=1)
        names = np.concatenate([found.rows[part], np.broadcast_to(new, cosines.shape)], axis=1)
        _keep(found, part, names, both)


def _keep(found: Alike, rows: Integers, names: Integers, likenesses: NDArray[np.float32]) -> None:
    order = np.argsort(-likenesses, axis=1, kind="stable")[:, :WIDE]
    found.rows[rows] = np.take_along_axis(names, order, axis=1)
    found.likenesses[rows] = np.take_along_axis(likenesses, order, axis=1)
