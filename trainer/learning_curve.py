"""The learning curve: how the error falls with photos, from heads that learned a part of them, and where that leads.

Errors fall roughly as a power of the number of photos (Hestness 2017, Rosenfeld 2020): error(n) = a n^-b. Heads are
cheap, so the curve is measured on the lessons themselves, from an eighth of them to all, and drawn on to twice as many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from trainer.fitting import Sight, out_of_fold
from trainer.head import Floats
from trainer.metrics import Integers, Score, score
from trainer.recipe import Recipe

SHARES = (0.125, 0.25, 0.5, 0.75, 1.0)
# Each share is drawn so often that about this many photos are asked of it: few photos are drawn often, many are quick.
ASKED = 1500
MOST_DRAWS = 6
RESAMPLED = 1000
# The interval holds so much of what resampling brings.
COVERAGE = 0.9
# The curve may bend: every other one is fitted to the upper shares alone.
UPPER = 0.25
STEEPEST = 1.0
# It was measured over an eightfold range, and is followed no further than that.
FURTHEST = 1 / SHARES[0]
# A fall that is gone in more than this share of the resampled curves may be none.
DOUBT = 0.05


@dataclass(frozen=True, slots=True)
class Trial:
    """Which photos (n,) were answered wrong by heads that learned from `share` of all, and which could be judged."""

    share: float
    wrong: NDArray[np.bool_]
    judged: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Foresight:
    """The error now, and the `error` (0..1) that twice the photos will measure: 90 % between `low` and `high`.

    `to_halve` is how many photos in all would halve the error; None if more photos alone would not, as far as can be
    told: the curve is flat, too uncertain, or would have to be followed too far.
    """

    now: Score
    error: float
    low: float
    high: float
    to_halve: int | None


def trials(
    sights: Mapping[int, Sight],
    truth: Integers,
    folds: Integers,
    groups: Sequence[str],
    recipe: Recipe,
    rng: np.random.Generator,
) -> Iterator[Trial]:
    """Answer all photos by heads that learned parts of them, the largest part last; each takes about as long as a fit.

    `truth`, `folds` and `groups` are (n,), as a cycle has them; `sights` by fold. A group is drawn whole, as it came.
    """
    labels, draws = int(truth.max()) + 1, max(1, min(MOST_DRAWS, ASKED // len(truth)))
    for share in SHARES:
        for _ in range(draws if share < 1 else 1):
            among = part(truth, groups, share, rng)
            answered = out_of_fold(sights, truth, folds, labels, recipe, among=among)
            yield Trial(share, answered.answers() != truth, answered.judged)


def part(truth: Integers, groups: Sequence[str], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which photos (n,) a part holds: of each label about that share, at least two groups where it has them."""
    _, group_of = np.unique(np.asarray(groups), return_inverse=True)
    chosen = np.zeros(len(truth), dtype=np.bool_)
    for label in np.unique(truth):
        own = truth == label
        there = rng.permutation(np.unique(group_of[own]))
        kept = there[: max(2, round(share * len(there)))]
        chosen |= own & np.isin(group_of, kept)
    return chosen


def foresee(measured: Sequence[Trial], groups: Sequence[str], rng: np.random.Generator) -> Foresight:
    """Say what twice the photos would bring, from `trials` of these photos.

    Photos are resampled by group, and draws with them (bootstrap, Efron 1979); a curve is fitted to each. What is
    foreseen is the error as it will be measured: half of those photos are the ones of now, the other half are new.
    """
    whole = measured[-1]
    n, wrong = int(whole.judged.sum()), int((whole.wrong & whole.judged).sum())
    level, slopes = _curves(_resampled(measured, groups, rng))
    straight, steep = _curves(_errors(measured, np.ones((1, len(whole.wrong))), None))
    # What was seen of the photos of now stays with them; new ones may be easier or harder.
    kept = np.minimum(straight * 2.0**-slopes, 1)
    new = np.minimum(level * 2.0**-slopes, 1)
    seen = (rng.binomial(n, kept) + rng.binomial(n, new)) / (2 * n)
    low, high = np.quantile(seen, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Foresight(
        now=score(wrong, n),
        error=float(np.clip(straight[0] * 2.0 ** -steep[0], low, high)),
        low=float(low),
        high=float(high),
        to_halve=_to_halve(len(whole.wrong), float(steep[0]), slopes) if wrong else None,
    )


def _to_halve(photos: int, slope: float, slopes: Floats) -> int | None:
    """Return the photos that halve the error, where the curve surely falls and leads there soon enough."""
    if slope * log(FURTHEST) < log(2) or (slopes <= 0).mean() > DOUBT:
        return None
    return round(photos * 2 ** (1 / slope))


def _resampled(measured: Sequence[Trial], groups: Sequence[str], rng: np.random.Generator) -> Floats:
    """Return errors (RESAMPLED, shares) of photos that are drawn again, with repetition."""
    names, group_of = np.unique(np.asarray(groups), return_inverse=True)
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLED)
    return _errors(measured, counts[:, group_of].astype(np.float64), rng)


def _errors(measured: Sequence[Trial], counts: Floats, rng: np.random.Generator | None) -> Floats:
    """Return errors (m, shares) where each photo counts `counts` (m, n) times, over draws or a resample of them."""
    columns = []
    for share in SHARES:
        own = [one for one in measured if one.share == share]
        judged = counts @ np.stack([one.judged for one in own]).T
        wrong = counts @ np.stack([one.judged & one.wrong for one in own]).T
        # Half a photo more wrong, half one more right: a share of nothing has no logarithm.
        shares = (wrong + 0.5) / (judged + 1)
        drawn = np.ones(shares.shape)
        if rng is not None and len(own) > 1:
            drawn = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=len(counts)).astype(np.float64)
        columns.append((shares * drawn).sum(axis=1) / drawn.sum(axis=1))
    return np.stack(columns, axis=1)


def _curves(errors: Floats) -> tuple[Floats, Floats]:
    """Fit a power law to each row of errors (m, shares); return the error (m,) at all photos and the exponent b (m,).

    By least squares on logarithms. Every other row, but not a single one, is fitted to the upper shares alone.
    """
    across, up = np.log(np.array(SHARES)), np.log(errors)
    upper = (np.array(SHARES) >= UPPER).astype(np.float64)
    weights = np.where((np.arange(len(errors)) % 2 == 1)[:, None], upper, 1.0)
    total = weights.sum(axis=1, keepdims=True)
    middle = (weights * across).sum(axis=1, keepdims=True) / total
    height = (weights * up).sum(axis=1, keepdims=True) / total
    spread = (weights * (across - middle) ** 2).sum(axis=1)
    fall = -(weights * (across - middle) * (up - height)).sum(axis=1) / spread
    slopes = np.clip(fall, 0, STEEPEST)
    return np.exp(height[:, 0] + slopes * middle[:, 0]), slopes
