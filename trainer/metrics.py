"""What can honestly be said of answers: counts with intervals, confusion, calibration. Pure functions of arrays.

Every function that judges a network wants out-of-fold answers: answers to photos that the head had not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Score:
    """`wrong` of `n` answers; `low` to `high` is the 95 % Wilson interval of the error rate (0..1)."""

    n: int
    wrong: int
    low: float
    high: float

    @property
    def error(self) -> float:
        """Return the error rate, 0..1; 0 for no answers at all."""
        return self.wrong / self.n if self.n else 0.0


def score(wrong: int, n: int) -> Score:
    """Return the count with its interval."""
    low, high = wilson(wrong, n)
    return Score(n, wrong, low, high)


def wilson(count: int, n: int, *, z: float = Z95) -> tuple[float, float]:
    """Return Wilson's interval of a share (Wilson 1927): sound for small n and for 0 of n; (0, 1) for n = 0."""
    if not 0 <= count <= n:
        raise ValueError(f"{count} of {n}")
    if n == 0:
        return 0.0, 1.0
    share, square = count / n, z * z / n
    middle = share + square / 2
    spread = z * sqrt((share * (1 - share) + square / 4) / n)
    low = 0.0 if count == 0 else (middle - spread) / (1 + square)
    high = 1.0 if count == n else (middle + spread) / (1 + square)
    return low, high


def confusion(truth: Integers, answers: Integers, labels: int) -> Integers:
    """Return counts of shape (labels, labels): row = true label, column = answer. Answers below 0 are left out."""
    _same_length(truth, answers)
    answered = answers >= 0
    table = np.zeros((labels, labels), dtype=np.int64)
    np.add.at(table, (truth[answered], answers[answered]), 1)
    return table


def calibration_error(confidences: Floats, right: NDArray[np.bool_], *, bins: int = 10) -> float:
    """Return the expected calibration error (Guo 2017) over equal-width bins, 0..1; 0 for no answers."""
    _same_length(confidences, right)
    if len(confidences) == 0:
        return 0.0
    bin_of = np.minimum((confidences * bins).astype(np.int64), bins - 1)
    photos = np.bincount(bin_of, minlength=bins)
    gap = np.bincount(bin_of, weights=confidences, minlength=bins) - np.bincount(bin_of, weights=right, minlength=bins)
    return float(np.abs(gap).sum() / photos.sum())


def sign_test(worse: int, better: int) -> float:
    """Return the exact one-sided probability of `worse` or more of the changes going the wrong way by chance.

    McNemar's test in its exact form: only photos that the two networks answer differently count.
    """
    changes = worse + better
    return float(sum(comb(changes, k) for k in range(worse, changes + 1)) / 2**changes)


def _same_length(first: NDArray[np.generic], second: NDArray[np.generic]) -> None:
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"two lists of the same length wanted, not {first.shape} and {second.shape}")
