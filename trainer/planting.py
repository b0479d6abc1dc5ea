"""How much a list of suspects finds: labels that are known to be wrong are planted, and counted on the list.

Half of them are drawn at random, half are what the witnesses take next: people mistake look-alikes. Photos that are
suspects already are planted on no further, or a wrong label might be put right. Nothing is stored: labels are planted
into a copy in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.doubting import doubt
from trainer.doubts import Doubts
from trainer.fitting import Sight
from trainer.head import Floats
from trainer.metrics import Integers, Score, score
from trainer.recipe import Recipe
from trainer.similar import Alike
from trainer.suspects import suspicion, together

# Of all labels, so many are planted at once: few enough to leave the set what it is.
SHARE = 0.05
# So many are planted at least, in a small set a few at a time: enough to count.
ENOUGH = 40


@dataclass(frozen=True, slots=True)
class Judged:
    """Labels `given` (n,) to photos in `folds`, and what the witnesses said of them. The others are as for `doubt`."""

    sights: Mapping[int, Sight]
    given: Integers
    folds: Integers
    labels: int
    recipe: Recipe
    doubts: Doubts
    alike: Alike | None = None

    def suspicions(self) -> Floats:
        """Return how doubtful each label is, as log odds; no label that no witness could judge is."""
        return _suspicions(self.doubts, self.given)


@dataclass(frozen=True, slots=True)
class Recall:
    """Planted wrong labels that were not among the first `looked` places: `missed`, of any kind and of look-alikes."""

    looked: int
    missed: Score
    missed_alike: Score

    @property
    def found(self) -> float:
        """Return the share found, 0..1."""
        return 1 - self.missed.error


def recall_of(
    judged: Judged, *, looked: int, rng: np.random.Generator, least: float = -np.inf
) -> Iterator[int | Recall]:
    """Plant a few at a time, and yield how many are counted before each time; last the recall of a list.

    The list has the first `looked` places and what is doubted by more than `least` (log odds). A planted label is
    counted as if it alone had been wrong: others that are planted with it take no place from it.
    """
    rows, planted, is_alike = _plant(judged, looked, least, rng)
    late = np.zeros(len(rows), dtype=np.bool_)
    for some in np.array_split(np.arange(len(rows)), _times(len(rows), len(judged.given))):
        yield int(some[0]) if len(some) else 0
        late[some] = _missed(judged, rows[some], planted[some], looked, least)
    alike = late & is_alike
    yield Recall(looked, score(int(late.sum()), len(late)), score(int(alike.sum()), int(is_alike.sum())))


def _times(planted: int, n: int) -> int:
    return max(1, -(-planted // max(1, round(SHARE * n))))


def _plant(
    judged: Judged, looked: int, least: float, rng: np.random.Generator
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Return which rows are planted on, the wrong label of each, and which of those are look-alikes."""
    given, doubtful = judged.given, judged.suspicions()
    order = np.argsort(-doubtful, kind="stable")
    is_listed = np.zeros(len(given), dtype=np.bool_)
    is_listed[order[:looked]] = doubtful[order[:looked]] > least
    trusted = np.flatnonzero(judged.doubts.judged & ~is_listed)
    rows = rng.permutation(trusted)[: max(ENOUGH, round(SHARE * len(given)))]
    others = together(judged.doubts)[rows]
    others[np.arange(len(rows)), given[rows]] = -1
    is_alike = np.arange(len(rows)) % 2 == 0
    at_random = (given[rows] + rng.integers(1, judged.labels, len(rows))) % judged.labels
    return rows, np.where(is_alike, others.argmax(axis=1), at_random), is_alike


def _missed(judged: Judged, rows: Integers, planted: Integers, looked: int, least: float) -> NDArray[np.bool_]:
    """Return which of the labels that are planted on `rows` the list does not hold."""
    given = judged.given.copy()
    given[rows] = planted
    after = doubt(judged.sights, given, judged.folds, judged.labels, judged.recipe, alike=judged.alike)
    doubtful = _suspicions(after, given)
    others = np.sort(np.delete(doubtful, rows))
    before = len(others) - np.searchsorted(others, doubtful[rows], side="right")
    missed: NDArray[np.bool_] = (before >= looked) | ~(doubtful[rows] > least)
    return missed


def _suspicions(doubts: Doubts, given: Integers) -> Floats:
    doubtful = suspicion(together(doubts), given, doubts.judged)
    doubtful[~doubts.judged] = -np.inf
    return doubtful
