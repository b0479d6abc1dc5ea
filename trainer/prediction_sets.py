"""Small sets of labels instead of one guess, where one would promise too much. Without torch and scipy.

The likeliest label is always in the set, and another is if its probability is at least `least`; `calibration.sets_for`
chooses that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# More names than these are no answer.
MOST = 3


@dataclass(frozen=True, slots=True)
class Sets:
    """The labels of at least the probability `least`, if few, hold the right one with probability `coverage`.

    That comes from `n` photos, and really lies between `low` and `high` with 90 % probability.
    """

    coverage: float
    least: float
    n: int
    low: float
    high: float


def members(probabilities: NDArray[np.floating], sets: Sets) -> tuple[int, ...]:
    """Return the columns of the set for probabilities (labels,), likeliest first; of a set too large, only that."""
    order = np.argsort(-probabilities, kind="stable")
    found = [int(column) for place, column in enumerate(order) if place == 0 or probabilities[column] >= sets.least]
    return tuple(found if len(found) <= MOST else found[:1])
