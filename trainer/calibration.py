"""From out-of-fold logits to honest probabilities, and to knowing when not to answer."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from trainer.fitting import OutOfFold
from trainer.head import Floats, softmax
from trainer.metrics import Integers

COLDEST, HOTTEST = 0.05, 20.0
# Between the least sure right answer and the threshold: a photo exactly as sure as that one is still answered.
SLACK = 1e-6


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
