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

# The parts that are drawn, and last all photos. Of few photos a part holds more than it should: what it holds counts.
SHARES = (0.125, 0.25, 0.5, 0.75, 1.0)
# A part that is not so many times as large as the one before tells nothing new.
APART = 1.1
# Each share is drawn so often that about this many photos are asked of it: few photos are drawn often, many are quick.
ASKED = 1500
MOST_DRAWS = 6
RESAMPLED = 1000
# So many resamples are counted at a time, lest a thousand of ten thousand photos fill the memory.
AT_ONCE = 50
# Where no more than this share of the photos could be asked, they say nothing of the others.
JUDGED = 0.5
# The interval holds so much of what resampling brings.
COVERAGE = 0.9
# Real curves bend, up or down: so much (standard deviation) the exponent changes from one doubling to the next, as
# measured on whole sets (EXPERIMENTS.md). Of one set alone it cannot be told.
BEND = 0.12
STEEPEST = 1.5
# A fall that is gone in more than this share of the resampled curves may be none.
DOUBT = 0.05


@dataclass(frozen=True, slots=True)
class Trial:
    """Which photos (n,) were answered wrong by a head that learned a part of all, and which could be judged.

    Parts hold `share` of all photos on average over their draws.
    """

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
    for share, drawn in _parts(truth, groups, draws, rng):
        for among in drawn:
            answered = out_of_fold(sights, truth, folds, labels, recipe, among=among)
            # A part that is too small to ask about the others is no size of which anything is known.
            if share == 1 or answered.judged.mean() > JUDGED:
                yield Trial(share, answered.answers() != truth, answered.judged)


def _parts(
    truth: Integers, groups: Sequence[str], draws: int, rng: np.random.Generator
) -> list[tuple[float, list[NDArray[np.bool_]]]]:
    """Return parts with the share that they hold, the smallest first; those that hardly differ are drawn once."""
    found: list[tuple[float, list[NDArray[np.bool_]]]] = []
    for wanted in SHARES[:-1]:
        drawn = [part(truth, groups, wanted, rng) for _ in range(draws)]
        share = float(np.mean(drawn))
        if (not found or share >= APART * found[-1][0]) and APART * share <= 1:
            found.append((share, drawn))
    return [*found, (1.0, [np.full(len(truth), True)])]


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


def foresee(measured: Sequence[Trial], groups: Sequence[str], rng: np.random.Generator) -> Foresight | None:
    """Say what twice the photos would bring, from `trials` of these photos; None where these cannot tell.

    That is where most came in one group with all others of their label, so that no head could be asked about them, or
    in two, so that there are no parts to learn.
    Photos are resampled by group, and draws with them (bootstrap, Efron 1979), and a curve is fitted to each resample.
    What is foreseen is the error as it will be measured: half of those photos are the ones of now, the other half new.
    """
    whole, sizes = measured[-1], _sizes(measured)
    n, wrong = int(whole.judged.sum()), int((whole.wrong & whole.judged).sum())
    if n <= JUDGED * len(whole.judged) or len(sizes) < 2:
        return None
    shares = [one.share for one in sizes]
    now = _errors(sizes, np.ones((1, len(whole.wrong)), dtype=np.float32), None)
    straight = Curves.fitted(now, shares)
    curves = Curves.fitted(_resampled(sizes, groups, rng), shares)
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
        to_halve=_to_halve(len(whole.wrong), bent, furthest=1 / shares[0]) if wrong else None,
    )


def _to_halve(photos: int, curves: Curves, *, furthest: float) -> int | None:
    """Return the photos that halve the error by the middle one of the curves; None where that is no good guess.

    A curve that was measured from an eighth of the photos on is followed to eight times as many, the `furthest`.
    """
    exponent = float(np.median(curves.exponents))
    if exponent * log(furthest) < log(2) or (curves.exponents <= 0).mean() > DOUBT:
        return None
    return round(photos * 2 ** (1 / exponent))


@dataclass(frozen=True, slots=True)
class Curves:
    """Learning curves: each has an error `top` (0..1) at all photos and an exponent b; both are (m,)."""

    top: Floats
    exponents: Floats

    @classmethod
    def fitted(cls, errors: Floats, shares: Sequence[float]) -> Curves:
        """Fit a curve to each row of `errors` (m, shares), by least squares on logarithms.

        A size counts by its share: where the curve leads, its upper end tells best.
        """
        across, weights = np.log(shares), np.array(shares) / sum(shares)
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


@dataclass(frozen=True, slots=True)
class _Size:
    """The trials of one share: which photos were `judged`, and answered `wrong`; both are (draws, n) of 0 and 1."""

    share: float
    judged: NDArray[np.float32]
    wrong: NDArray[np.float32]


def _sizes(measured: Sequence[Trial]) -> list[_Size]:
    """Return trials by their share, the smallest first."""
    found = []
    for share in sorted({one.share for one in measured}):
        own = [one for one in measured if one.share == share]
        judged, wrong = np.stack([one.judged for one in own]), np.stack([one.wrong for one in own])
        found.append(_Size(share, judged.astype(np.float32), (judged & wrong).astype(np.float32)))
    return found


def _resampled(sizes: Sequence[_Size], groups: Sequence[str], rng: np.random.Generator) -> Floats:
    """Return errors (RESAMPLED, shares) of photos that are drawn again, with repetition."""
    names, group_of = np.unique(np.asarray(groups), return_inverse=True)
    alike = np.full(len(names), 1 / len(names))
    found = []
    for start in range(0, RESAMPLED, AT_ONCE):
        counts = rng.multinomial(len(names), alike, size=min(AT_ONCE, RESAMPLED - start))
        found.append(_errors(sizes, counts.astype(np.float32)[:, group_of], rng))
    return np.concatenate(found)


def _errors(sizes: Sequence[_Size], counts: NDArray[np.float32], rng: np.random.Generator | None) -> Floats:
    """Return errors (m, shares) where each photo counts `counts` (m, n) times, over draws or a resample of them."""
    columns = []
    for size in sizes:
        draws = len(size.judged)
        # Whole numbers of photos, which 32 bits hold exactly.
        judged, wrong = (np.asarray(counts @ asked.T, dtype=np.float64) for asked in (size.judged, size.wrong))
        # Half a photo more wrong, half one more right: a share of nothing has no logarithm.
        errors = (wrong + 0.5) / (judged + 1)
        drawn = np.ones(errors.shape)
        if rng is not None and draws > 1:
            drawn = rng.multinomial(draws, np.full(draws, 1 / draws), size=len(counts)).astype(np.float64)
        columns.append((errors * drawn).sum(axis=1) / drawn.sum(axis=1))
    return np.stack(columns, axis=1)
