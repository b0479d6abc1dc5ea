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
# Real curves bend, up or down: so much (standard deviation) the exponent changes from one doubling to the next, as
# measured on whole sets (EXPERIMENTS.md). Of one set alone it cannot be told.
BEND = 0.12
STEEPEST = 1.5
# The curve was measured over an eightfold range, and is followed no further than that.
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

    Photos are resampled by group, and draws with them (bootstrap, Efron 1979), and a curve is fitted to each resample.
    What is foreseen is the error as it will be measured: half of those photos are the ones of now, the other half new.
    """
    whole = measured[-1]
    n, wrong = int(whole.judged.sum()), int((whole.wrong & whole.judged).sum())
    now = _errors(measured, np.ones((1, len(whole.wrong))), None)
    straight = Curves.fitted(now)
    curves = Curves.fitted(_resampled(measured, groups, rng))
    bent = curves.bent(rng)
    # What was seen of the photos of now stays with them; new ones may be easier or harder.
    kept, new = now[0, -1] * bent.after(2) / bent.top, bent.after(2)
    seen = (rng.binomial(n, np.minimum(kept, 1)) + rng.binomial(n, np.minimum(new, 1))) / (2 * n)
    low, high = np.quantile(seen, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2])
    return Foresight(
        now=score(wrong, n),
        error=float(np.clip(straight.after(2)[0], low, high)),
        low=float(low),
        high=float(high),
        to_halve=_to_halve(len(whole.wrong), bent) if wrong else None,
    )


def _to_halve(photos: int, curves: Curves) -> int | None:
    """Return the photos that halve the error by the middle one of the curves; None where that is no good guess."""
    exponent = float(np.median(curves.exponents))
    if exponent * log(FURTHEST) < log(2) or (curves.exponents <= 0).mean() > DOUBT:
        return None
    return round(photos * 2 ** (1 / exponent))


@dataclass(frozen=True, slots=True)
class Curves:
    """Learning curves: each has an error `top` (0..1) at all photos and an exponent b; both are (m,)."""

    top: Floats
    exponents: Floats

    @classmethod
    def fitted(cls, errors: Floats) -> Curves:
        """Fit a curve to each row of `errors` (m, shares), by least squares on logarithms.

        A size counts by its share: where the curve leads, its upper end tells best.
        """
        across, weights = np.log(SHARES), np.array(SHARES) / sum(SHARES)
        up = np.log(errors)
        middle, height = weights @ across, up @ weights
        fall = -((up - height[:, None]) @ (weights * (across - middle))) / (weights @ (across - middle) ** 2)
        exponents = np.clip(fall, 0, STEEPEST)
        return cls(np.exp(height + exponents * middle), exponents)

    def bent(self, rng: np.random.Generator) -> Curves:
        """Return the curves with the exponents that they may have beyond all photos."""
        change = rng.normal(0, BEND, len(self.exponents))
        return Curves(self.top, np.clip(self.exponents + change, 0, STEEPEST))

    def after(self, factor: float) -> Floats:
        """Return the error (m,) at `factor` times the photos."""
        found: Floats = self.top * factor**-self.exponents
        return found


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
