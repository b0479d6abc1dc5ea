"""How common it is that photos of one label were given another, estimated from what contradicts them. Without scipy.

Slips go anywhere, confusion goes to look-alikes. Which of the two a collection suffers from is not known beforehand: a
Dirichlet prior holds each label's mistakes to be spread alike over all others, as firmly as makes the suspected ones
most likely (empirical Bayes). Where they are spread, nothing changes; where they gather, the same contradiction means
more on a common way and less on others.
"""

from __future__ import annotations

from math import lgamma

import numpy as np

from trainer.head import Floats
from trainer.metrics import Integers

# Prior votes per label that are tried, the firmest first: it is taken where nothing speaks against it.
FIRMNESS = np.geomspace(1000, 0.3, 25)
# Witnesses that are asked together are less sure than they could be: their odds are raised to this power.
SHARPENED = 1.5
# Mistakes are counted anew with what is known of them.
ROUNDS = 2


def weighed(probabilities: Floats, given: Integers, counted: Integers) -> Floats:
    """Return how likely each label (n, labels) is the true one, up to a factor, mistakes being what they are.

    A mistake of the common sort weighs as much as no mistake. `counted` are the rows to learn the common ones from.
    """
    shares = probabilities**SHARPENED
    shares /= shares.sum(axis=1, keepdims=True)
    found = probabilities
    for _ in range(ROUNDS):
        found = shares * _beside_usual(_suspected(found[counted], given[counted]))[:, given].T
    return found


def _suspected(weights: Floats, given: Integers) -> Floats:
    """Return how often each label (true, given) seems to have been given another, in mistakes that stand out."""
    rows, labels = np.arange(len(given)), weights.shape[1]
    shares = weights / weights.sum(axis=1, keepdims=True)
    excess = np.sqrt(np.maximum(shares - shares[rows, given][:, None], 0))
    counts = np.zeros((labels, labels))
    np.add.at(counts, given, excess)
    return counts.T


def _beside_usual(counts: Floats) -> Floats:
    """Return how common each mistake (true, given) is, 1 for the usual one and for none at all."""
    labels = len(counts)
    others = 1 - np.eye(labels)
    if labels < 2:
        return np.ones(counts.shape)
    mistakes = counts * others
    shares = mistakes + _firmness(mistakes) * others / (labels - 1)
    shares /= shares.sum(axis=1, keepdims=True)
    usual: Floats = shares / (shares**2).sum(axis=1).mean()
    np.fill_diagonal(usual, 1)
    return usual


def _firmness(mistakes: Floats) -> float:
    """Return the prior votes per label under which the mistakes of all labels are likeliest (Dirichlet-multinomial)."""
    each, totals = mistakes[mistakes > 0].tolist(), mistakes.sum(axis=1).tolist()
    apart = len(mistakes) - 1

    def likelihood(votes: float) -> float:
        share, own = votes / apart, lgamma(votes)
        of_shares = sum(lgamma(share + count) for count in each) - len(each) * lgamma(share)
        return of_shares + sum(own - lgamma(votes + total) for total in totals)

    return float(max(FIRMNESS.tolist(), key=likelihood))
