"""How much a list of suspects finds: labels that are known to be wrong are planted, and counted on the list.

Half of them are drawn at random, half are what the witnesses take next: people mistake look-alikes. Photos that are
suspects already are planted on no further, or a wrong label might be put right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trainer.doubting import doubt
from trainer.doubts import Doubts
from trainer.fitting import Sight
from trainer.head import Floats
from trainer.metrics import Integers, Score, score
from trainer.recipe import Recipe
from trainer.suspects import suspicion, together

# Of all labels, so many are planted: enough to count, few enough to leave the set what it is.
SHARE = 0.05
LEAST = 20


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
    sights: Mapping[int, Sight],
    given: Integers,
    folds: Integers,
    labels: int,
    recipe: Recipe,
    doubts: Doubts,
    *,
    looked: int,
    rng: np.random.Generator,
    rounds: int = 1,
) -> Recall:
    """Return the recall of the first `looked` places of the list that `doubts` make, by planting `rounds` times."""
    joint = together(doubts)
    missed, alike = [], []
    for _ in range(rounds):
        planted, rows, is_alike = _plant(joint, given, doubts, looked, rng)
        after = doubt(sights, planted, folds, labels, recipe)
        doubtful = suspicion(together(after), planted, after.judged)
        doubtful[~after.judged] = -np.inf
        others = np.sort(np.delete(doubtful, rows))
        before = len(others) - np.searchsorted(others, doubtful[rows], side="right")
        missed.append(before >= looked)
        alike.append(is_alike)
    late, near = np.concatenate(missed), np.concatenate(alike)
    return Recall(looked, score(int(late.sum()), len(late)), score(int((late & near).sum()), int(near.sum())))


def _plant(
    joint: Floats, given: Integers, doubts: Doubts, looked: int, rng: np.random.Generator
) -> tuple[Integers, Integers, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return the labels with wrong ones among them, which rows those are, and which of them are look-alikes."""
    doubtful = np.where(doubts.judged, suspicion(joint, given, doubts.judged), np.inf)
    trusted = np.argsort(doubtful, kind="stable")[: max(1, len(given) - looked)]
    trusted = trusted[doubts.judged[trusted]]
    rows = rng.permutation(trusted)[: max(LEAST, round(SHARE * len(given)))]
    others = joint[rows].copy()
    others[np.arange(len(rows)), given[rows]] = -1
    is_alike = np.arange(len(rows)) % 2 == 0
    labels = joint.shape[1]
    at_random = (given[rows] + rng.integers(1, labels, len(rows))) % labels
    planted = given.copy()
    planted[rows] = np.where(is_alike, others.argmax(axis=1), at_random)
    return planted, rows, is_alike
