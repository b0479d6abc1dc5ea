"""Who brings lessons that nobody else's bear out: a guard against poison, by answers out of fold. Torch-free.

With ordinary folds a network has learned the rest of an attacker's photos when it is asked about one, and agrees: the
folds must be grouped by sender. What is then counted against a person is how often the network contradicts her,
beyond how often it contradicts others on the same labels; a person who brings hard labels is not suspected for it.
People whose photos are mostly like one another's vouch for each other, as one attacker with many names does: they share
a fold too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainer.head import Floats
from trainer.metrics import Integers, Score, score
from trainer.similar import Alike

# Alarm: so many photos contradicted at least, by so many times what was to be expected, and less likely by chance than
# this, after allowing for as many tries as there are people.
LEAST_CONTRADICTED, LEAST_EXCESS, CHANCE = 5, 2.0, 0.001
# Two people are allied if so many of one's nearest photos, and this share of them, are the other's: so many times what
# her number of photos lets expect.
LEAST_LINKS, LEAST_SHARE, LEAST_LIFT = 5, 0.08, 4.0
# Nobody's photos are contradicted less often than this.
LEAST_RATE = 0.01


@dataclass(frozen=True, slots=True)
class SenderAlarm:
    """Photos of `sender` that the others' network contradicts, how many were to be expected, and the chance of that."""

    sender: int
    contradicted: Score
    expected: float
    chance: float
    rows: tuple[int, ...]


def sender_folds(senders: Integers, count: int) -> Integers:
    """Return folds (n,) below `count` in which each sender's photos stand together, about as many in each."""
    folds = np.zeros(len(senders), dtype=np.int64)
    names, sizes = np.unique(senders, return_counts=True)
    filled = np.zeros(count, dtype=np.int64)
    for name in names[np.argsort(-sizes, kind="stable")]:
        emptiest = int(filled.argmin())
        folds[senders == name] = emptiest
        filled[emptiest] += int((senders == name).sum())
    return folds


def allied(senders: Integers, alike: Alike) -> Integers:
    """Return senders (n,) with allied ones under one number; `alike` are the photos' nearest others."""
    names, own = np.unique(senders, return_inverse=True)
    links = np.zeros((len(names), len(names)))
    np.add.at(links, (np.repeat(own, alike.rows.shape[1]), own[alike.rows.ravel()]), 1)
    sizes = np.bincount(own, minlength=len(names))
    share = links / np.maximum(links.sum(axis=1, keepdims=True), 1)
    near = (links >= LEAST_LINKS) & (share >= np.maximum(LEAST_SHARE, LEAST_LIFT * sizes / len(senders)))
    np.fill_diagonal(near, True)
    near |= near.T
    leader = np.arange(len(names))
    for _ in names:
        joined = np.where(near, leader[None, :], len(names)).min(axis=1)
        if (joined == leader).all():
            break
        leader = joined
    together: Integers = names[leader[own]]
    return together


def find_alarms(
    probabilities: Floats, given: Integers, senders: Integers, together: Integers
) -> tuple[SenderAlarm, ...]:
    """Return alarms, the least likely by chance first.

    `probabilities` (n, labels) are out of folds that `sender_folds` made of `together`, which `allied` says; photos in
    a row of zeros were not judged. Nobody is measured by her allies.
    """
    judged = probabilities.sum(axis=1) > 0
    contradicted = judged & (probabilities.argmax(axis=1) != given)
    names = np.unique(senders)
    alarms = []
    for name in names:
        own = judged & (senders == name)
        others = judged & ~np.isin(together, together[senders == name])
        rates = _rates(contradicted, given, others, probabilities.shape[1])[given[own]]
        count, expected = int((contradicted & own).sum()), float(rates.sum())
        if count < LEAST_CONTRADICTED or count < LEAST_EXCESS * expected:
            continue
        chance = min(1.0, len(names) * at_least(count, rates.tolist()))
        if chance <= CHANCE:
            rows = tuple(int(row) for row in np.flatnonzero(contradicted & own))
            alarms.append(SenderAlarm(int(name), score(count, int(own.sum())), expected, chance, rows))
    return tuple(sorted(alarms, key=lambda alarm: (alarm.chance, alarm.sender)))


def _rates(contradicted: np.ndarray, given: Integers, others: np.ndarray, labels: int) -> Floats:
    """Return how often others' photos of each label are contradicted, drawn towards all labels' rate."""
    wrong = np.bincount(given[contradicted & others], minlength=labels)
    photos = np.bincount(given[others], minlength=labels)
    overall = (wrong.sum() + 1) / (photos.sum() + 2)
    rates: Floats = np.maximum((wrong + 5 * overall) / (photos + 5), LEAST_RATE)
    return rates


def at_least(count: int, rates: Sequence[float]) -> float:
    """Return the probability of `count` or more of events with these probabilities (Poisson's binomial, exact)."""
    exactly = np.zeros(len(rates) + 1)
    exactly[0] = 1
    for rate in rates:
        exactly[1:] = exactly[1:] * (1 - rate) + exactly[:-1] * rate
        exactly[0] *= 1 - rate
    return float(min(1.0, exactly[count:].sum()))
