"""Photos of which there are several: the same picture again, cut, smaller, poorer, mirrored, or the next of a burst.

Embeddings find who might be, a look at both decides. Nothing is taken away: a group says which photo to keep if only
one is wanted, and its photos belong into one fold, or they vouch for each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.alignment import align
from trainer.metrics import Integers
from trainer.similar import Alike
from trainer.windows import Placed, in_place, search

# A photo is looked at beside so many of the most alike to it.
CANDIDATES = 3
# Copies at poor quality or a third of the size are at least so alike, cut ones and bursts so much.
LEAST_LIKENESS, LEAST_CUT_LIKENESS = 0.72, 0.86
# The correlation, 8 by 8, from which a pair that lies in place is looked at closely; and one that was searched for.
IN_PLACE, PLACED = 0.95, 0.8
# The correlation of details from which two pictures are one photo or one moment.
SAME_DETAILS = 0.86
LEAST_OVERLAP = 0.45
AT_ONCE = 2_000

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Twins:
    """Two photos, by row, that show the same: how well their details agree (0..1), and whether one is mirrored."""

    first: int
    second: int
    details: float
    mirrored: bool


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Photos that show the same, by row, in order; `best` is the one to keep if only one is wanted."""

    rows: tuple[int, ...]
    best: int


def look(pairs: Integers, likenesses: NDArray[np.float32], grey: Grey) -> tuple[Twins, ...]:
    """Return which of the pairs (p, 2) of rows of `grey`, so alike (p,) by their `scaled` embeddings, show the same.

    `grey` (n, 64, 64) is each picture as `twins.shades` sees it.
    """
    found: list[Twins] = []
    for start in range(0, len(pairs), AT_ONCE):
        chunk = slice(start, start + AT_ONCE)
        found += _looked_at(pairs[chunk], likenesses[chunk], grey)
    return tuple(found)


def candidates(alike: Alike) -> tuple[Integers, NDArray[np.float32]]:
    """Return pairs (p, 2) worth a look, each once, and their likenesses (p,)."""
    rows, likenesses = alike.rows[:, :CANDIDATES], alike.likenesses[:, :CANDIDATES]
    one, place = np.nonzero(likenesses >= LEAST_LIKENESS)
    other = rows[one, place]
    # One number for each pair: numbers are made unique in a tenth of the time.
    numbers, first = np.unique(np.minimum(one, other) * len(rows) + np.maximum(one, other), return_index=True)
    return np.stack(np.divmod(numbers, max(len(rows), 1)), axis=1), likenesses[one, place][first]


def group_twins(twins: Iterable[Twins], pixels: Sequence[int]) -> tuple[DuplicateGroup, ...]:
    """Return the groups that pairs join to; the best of each has most `pixels` (n,), and came first."""
    leader: dict[int, int] = {}

    def lead(row: int) -> int:
        while leader.setdefault(row, row) != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    for pair in twins:
        first, second = sorted((lead(pair.first), lead(pair.second)))
        leader[second] = first
    members: dict[int, list[int]] = defaultdict(list)
    for row in sorted(leader):
        members[lead(row)].append(row)
    return tuple(
        DuplicateGroup(tuple(rows), max(rows, key=lambda row: (pixels[row], -row))) for rows in members.values()
    )


def one_fold_each(folds: Integers, groups: Iterable[DuplicateGroup]) -> Integers:
    """Return folds (n,) in which each group's photos share the fold that most of them have."""
    together = folds.copy()
    for group in groups:
        rows = list(group.rows)
        ranked = Counter(int(fold) for fold in folds[rows])
        together[rows] = min(ranked, key=lambda fold: (-ranked[fold], fold))
    return together


def _looked_at(pairs: Integers, likenesses: NDArray[np.float32], grey: Grey) -> list[Twins]:
    ones, others = _shades(grey[pairs[:, 0]]), _shades(grey[pairs[:, 1]])
    placed, mirrored = _placed(ones, others, likenesses)
    worth = (placed.likeness >= IN_PLACE) | ((placed.likeness >= PLACED) & (likenesses >= LEAST_CUT_LIKENESS))
    others[mirrored] = others[mirrored, :, ::-1]
    aligned = align(ones[worth], others[worth], placed.warp[worth])
    same = (aligned.details >= SAME_DETAILS) & (aligned.overlap >= LEAST_OVERLAP)
    return [
        Twins(int(pairs[at, 0]), int(pairs[at, 1]), float(details), bool(mirrored[at]))
        for at, details in zip(np.flatnonzero(worth)[same], aligned.details[same], strict=True)
    ]


def _placed(
    ones: NDArray[np.float32], others: NDArray[np.float32], likenesses: NDArray[np.float32]
) -> tuple[Placed, NDArray[np.bool_]]:
    """Return where each pair lies, and which are mirrored; windows are searched only where that may be needed."""
    plain, turned = in_place(ones, others), in_place(ones, others[:, :, ::-1])
    mirrored = (turned.likeness > plain.likeness) & (turned.likeness >= IN_PLACE)
    likeness, warp = np.where(mirrored, turned.likeness, plain.likeness), plain.warp.copy()
    unsure = np.flatnonzero((likeness < IN_PLACE) & (likenesses >= LEAST_CUT_LIKENESS))
    searched = search(ones[unsure], others[unsure])
    better = unsure[searched.likeness > likeness[unsure]]
    chosen = searched.likeness > likeness[unsure]
    likeness[better], warp[better] = searched.likeness[chosen], searched.warp[chosen]
    return Placed(likeness, warp), mirrored


def _shades(grey: Grey) -> NDArray[np.float32]:
    """Return pictures about their mean, in their standard deviations."""
    values = grey.astype(np.float32)
    about = values - values.mean(axis=(1, 2), keepdims=True)
    found: NDArray[np.float32] = about / np.maximum(about.std(axis=(1, 2), keepdims=True), np.float32(1e-3))
    return found
