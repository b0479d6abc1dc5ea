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


@dataclass(frozen=True, slots=True)
class Band:
    """Answers given with about the same confidence: `stated` is its mean (0..1), `wrong` how many were wrong."""

    stated: float
    wrong: Score

    @property
    def right(self) -> float:
        """Return the share of right answers, 0..1."""
        return 1 - self.wrong.error

    @property
    def low(self) -> float:
        """Return the lower end of the 95 % Wilson interval of the share right."""
        return 1 - self.wrong.high

    @property
    def high(self) -> float:
        """Return the upper end of it."""
        return 1 - self.wrong.low


def reliability(confidences: Floats, right: NDArray[np.bool_], *, bins: int = 10) -> tuple[Band, ...]:
    """Return stated confidence against measured share right (DeGroot 1983), over equal-width bins that hold answers."""
    _same_length(confidences, right)
    bin_of = np.minimum((confidences * bins).astype(np.int64), bins - 1)
    bands = []
    for each in np.unique(bin_of):
        own = bin_of == each
        bands.append(Band(float(confidences[own].mean()), score(int((~right[own]).sum()), int(own.sum()))))
    return tuple(bands)


@dataclass(frozen=True, slots=True)
class Pair:
    """`count` photos whose label is number `truth` were answered as label number `answer`."""

    truth: int
    answer: int
    count: int


def most_confused(table: Integers, *, least: int = 1) -> tuple[Pair, ...]:
    """Return the mistakes of a confusion table that were made at least `least` times, most frequent first."""
    rows, columns = np.nonzero((table >= least) & ~np.eye(len(table), dtype=bool))
    pairs = [Pair(int(row), int(column), int(table[row, column])) for row, column in zip(rows, columns, strict=True)]
    return tuple(sorted(pairs, key=lambda pair: (-pair.count, pair.truth, pair.answer)))


def by_label(table: Integers) -> tuple[Score, ...]:
    """Return the score of each label of a confusion table, in its order; a label's recall is 1 - error."""
    photos, right = table.sum(axis=1), np.diag(table)
    return tuple(score(int(n - hits), int(n)) for n, hits in zip(photos, right, strict=True))


def surest(confidences: Floats, right: NDArray[np.bool_]) -> Score:
    """Return the score of the surer half of the answers (rounded up).

    Where a task is merely hard, mistakes gather in the other half; where photos were given a wrong label at random, a
    sure answer is contradicted as often as an unsure one.
    """
    _same_length(confidences, right)
    half = np.argsort(-confidences, kind="stable")[: (len(confidences) + 1) // 2]
    return score(int((~right[half]).sum()), len(half))


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """Two networks asked about the same photos, and the two-sided probability of so uneven a change by chance.

    `better` photos only the second answered right, `worse` only the first.
    """

    before: Score
    after: Score
    better: int
    worse: int
    chance: float


def before_after(was_right: NDArray[np.bool_], is_right: NDArray[np.bool_]) -> BeforeAfter:
    """Compare two networks by their answers to the same photos, in the same order."""
    _same_length(was_right, is_right)
    better, worse = int((is_right & ~was_right).sum()), int((was_right & ~is_right).sum())
    before, after = (score(int((~right).sum()), len(right)) for right in (was_right, is_right))
    return BeforeAfter(before, after, better, worse, mcnemar(worse, better))


def paired_difference(better: int, worse: int, n: int, *, z: float = Z95) -> tuple[float, float]:
    """Return the interval of how much lower the second's error is, by `n` photos that both were asked.

    The adjusted Wald interval of Bonett & Price (2012): one is added to each kind of change, so that it holds for small
    counts and is never empty where nothing changed.
    """
    if min(better, worse) < 0 or better + worse > n:
        raise ValueError(f"{better} and {worse} of {n}")
    gained, lost = (better + 1) / (n + 2), (worse + 1) / (n + 2)
    spread = z * sqrt((gained + lost - (gained - lost) ** 2) / (n + 2))
    return max(-1.0, gained - lost - spread), min(1.0, gained - lost + spread)


def mcnemar(worse: int, better: int) -> float:
    """Return the exact two-sided probability that changes go as unevenly, either way, by chance (McNemar 1947)."""
    return min(1.0, 2 * sign_test(max(worse, better), min(worse, better)))


def fisher(wrong: int, n: int, other_wrong: int, other_n: int) -> float:
    """Return the probability of `wrong` or more of the mistakes falling on these `n` by chance (Fisher, one-sided)."""
    if not (0 <= wrong <= n and 0 <= other_wrong <= other_n):
        raise ValueError(f"{wrong} of {n} against {other_wrong} of {other_n}")
    mistakes, ways = wrong + other_wrong, comb(n + other_n, wrong + other_wrong)
    at_least = range(wrong, min(n, mistakes) + 1)
    return sum(comb(n, k) * comb(other_n, mistakes - k) for k in at_least) / ways


def sign_test(worse: int, better: int) -> float:
    """Return the exact one-sided probability of `worse` or more of the changes going the wrong way by chance.

    McNemar's test in its exact form: only photos that the two networks answer differently count.
    """
    changes = worse + better
    return float(sum(comb(changes, k) for k in range(worse, changes + 1)) / 2**changes)


def _same_length(first: NDArray[np.generic], second: NDArray[np.generic]) -> None:
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"two lists of the same length wanted, not {first.shape} and {second.shape}")
