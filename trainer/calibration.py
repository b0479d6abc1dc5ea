"""From out-of-fold logits to honest probabilities, and to knowing when not to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import beta

from trainer.familiarity import PHOTOS_A_LABEL, Bound, familiarity, nearest_likenesses
from trainer.fitting import OutOfFold, Sight
from trainer.head import Floats, scaled, softmax
from trainer.metrics import Integers, score, wilson
from trainer.prediction_sets import MOST, Sets, members

COLDEST, HOTTEST = 0.05, 20.0
# Between the least sure or least familiar photo that is answered and the bound: it is answered itself.
SLACK = 1e-6
# What sets may promise, the least first: it must be more than one label alone keeps, or no set is ever needed.
PROMISES = (0.9, 0.95, 0.98)
# With 90 % probability what a set really keeps lies between these quantiles.
RANGE = (0.05, 0.95)
Z90 = 1.6448536269514722


def temperature(answers: OutOfFold, truth: Integers, *, prior: float) -> float:
    """Return the temperature that makes pooled out-of-fold logits most likely (Guo 2017), 0.05..20.

    log(temperature) has a normal prior of standard deviation `prior` around 0, which ten photos barely move and a
    thousand forget. Photos whose label could not be learned out of fold tell nothing here and are left out.
    """
    judged = answers.judged
    logits, own = answers.logits[judged], truth[judged]
    if len(own) == 0:
        return 1.0
    rows = np.arange(len(own))

    def cost(log_temperature: float) -> float:
        warmed = logits / np.exp(log_temperature)
        peak = warmed.max(axis=1)
        surprise = peak + np.log(np.exp(warmed - peak[:, None]).sum(axis=1)) - warmed[rows, own]
        return float(surprise.sum() + 0.5 * (log_temperature / prior) ** 2)

    found = minimize_scalar(cost, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return float(np.exp(found.x))


def threshold(answers: OutOfFold, truth: Integers, *, temperature: float, refused: float) -> float:
    """Return the confidence (0..1) below which the label stays unknown.

    At most the share `refused` of rightly answered out-of-fold photos lies below it; 0 if none was answered rightly.
    """
    probabilities = probabilities_of(answers, temperature)
    confidences = np.sort(probabilities.max(axis=1)[answers.answers() == truth])
    if len(confidences) == 0:
        return 0.0
    return max(0.0, float(confidences[int(refused * len(confidences))]) - SLACK)


def probabilities_of(answers: OutOfFold, temperature: float) -> Floats:
    """Return out-of-fold probabilities (n, labels); rows of photos that no head could answer are all zero."""
    answered = answers.logits.max(axis=1) > -np.inf
    probabilities = np.zeros_like(answers.logits)
    probabilities[answered] = softmax(answers.logits[answered], temperature)
    return probabilities


def out_of_fold_familiarity(
    sights: Mapping[int, Sight], folds: Integers, confidences: Floats, among: Integers
) -> Floats:
    """Return each photo's familiarity (n,) to those of the rows `among` that are in other folds.

    `confidences` (n,) are out of fold too. Photos of one group share a fold, so that an album is not familiar with
    itself. Near copies sent one by one do not: where there are many, photos look more familiar than new ones will.
    """
    referred = np.isin(np.arange(len(folds)), among)
    found = np.zeros(len(folds))
    seen: dict[int, Floats] = {}
    for fold in np.unique(folds):
        sight, asked = sights[int(fold)], folds == fold
        if id(sight) not in seen:
            seen[id(sight)] = scaled(sight.embeddings)
        vectors = seen[id(sight)]
        if (referred & ~asked).any():
            alike = nearest_likenesses(vectors[asked], vectors[referred & ~asked])
            found[asked] = familiarity(alike, confidences[asked])
    return found


def familiar(familiarities: Floats, folds: Integers, *, labels: int, strange: float) -> Bound | None:
    """Return the bound below which the share `strange` of known photos lies; None for too few photos a label."""
    if len(familiarities) < PHOTOS_A_LABEL * labels or len(np.unique(folds)) < 2:
        return None
    alarms = 0
    for fold in np.unique(folds):
        asked = folds == fold
        alarms += int((familiarities[asked] < _just_below(familiarities[~asked], strange)).sum())
    return Bound(_just_below(familiarities, strange), score(alarms, len(familiarities)))


def _just_below(values: Floats, share: float) -> float:
    """Return a number that the share `share` of the values lies below."""
    return float(np.sort(values)[int(share * len(values))]) - SLACK


def sets_for(probabilities: Floats, truth: Integers) -> Sets | None:
    """Return the sets that out-of-fold probabilities (n, labels) of photos with labels `truth` (n,) allow to promise.

    Split conformal prediction (Vovk 2005), with out-of-fold answers in the place of a set kept aside (cross-conformal,
    Vovk 2015). None where one label alone keeps more than any promise, or too few photos are there to promise anything.
    """
    n = len(truth)
    if n == 0:
        return None
    own, likeliest = probabilities[np.arange(n), truth], probabilities.argmax(axis=1)
    # The likeliest label is in every set, whatever its probability.
    scores = np.sort(np.where(likeliest == truth, np.inf, own))
    accuracy = float((likeliest == truth).mean())
    for coverage in PROMISES:
        left_out = int((1 - coverage) * (n + 1) + SLACK)
        if coverage > accuracy and left_out >= 1:
            low, high = (float(beta.ppf(share, n + 1 - left_out, left_out)) for share in RANGE)
            return _as_given(Sets(coverage, float(scores[left_out - 1]), n, low, high), probabilities, truth)
    return None


def _as_given(sets: Sets, probabilities: Floats, truth: Integers) -> Sets:
    """Return the sets with what is kept by what is given: of a set too large only the likeliest label is."""
    if ((probabilities >= sets.least).sum(axis=1) <= MOST).all():
        return sets
    kept = sum(int(own) in members(row, sets) for row, own in zip(probabilities, truth, strict=True))
    low, high = wilson(kept, len(truth), z=Z90)
    return replace(sets, coverage=kept / len(truth), low=low, high=high)
