"""Who brings lessons that nobody else's bear out: a guard against poison, by answers out of fold. Torch-free.

With ordinary folds a network has learned the rest of an attacker's photos when it is asked about one, and agrees: the
folds must be grouped by sender. What is then counted against a person is how often the network contradicts her,
beyond how often it contradicts others on the same labels; a person who brings hard labels is not suspected for it.
People whose photos of a label are most like one another's vouch for each other, as one attacker with many names does:
they share a fold too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.head import Floats
from trainer.metrics import Integers, Score, score
from trainer.similar import Alike, Vectors, nearest_others

# Alarm: so many photos contradicted at least, by so many times what was to be expected, and less likely by chance than
# this, after allowing for as many tries as there are people.
LEAST_CONTRADICTED, LEAST_EXCESS, CHANCE = 5, 2.0, 0.001
# So many photos of a label are asked after, the most alike to each. Two people are allied if of those that are most
# alike to the one's, so many and this share are the other's, and the other way round; a share so many times what there
# would be if all who bring the label were alike. People are counted for it, not photos: an attacker's may be most of a
# label's, and then nothing that they have in common would be too much.
NEIGHBOURS, LEAST_LINKS, LEAST_SHARE, LEAST_LIFT = 5, 5, 0.08, 3.0
# The sender of what several people say, or an import: they bear witness, and are never named.
NOBODY = -1
# Whose photos, with her allies', are more than this share of all is not judged: too little would be left to judge by.
MOST_JUDGED = 0.5
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


def allied(senders: Integers, given: Integers, vectors: Vectors) -> Integers:
    """Return senders (n,) with allied ones under one number; `vectors` (n, d) have length one.

    Photos are compared within their label: who brings the same things as others is no ally for that.
    """
    names, own = np.unique(senders, return_inverse=True)
    near = np.eye(len(names), dtype=np.bool_)
    for label in np.unique(given):
        rows = np.flatnonzero((given == label) & (senders != NOBODY))
        near |= _near(own[rows], nearest_others(vectors[rows], NEIGHBOURS), len(names))
    leader = np.arange(len(names))
    for _ in names:
        joined = np.where(near, leader[None, :], len(names)).min(axis=1)
        if (joined == leader).all():
            break
        leader = joined
    together: Integers = names[leader[own]]
    return together


def _near(own: Integers, alike: Alike, people: int) -> NDArray[np.bool_]:
    """Return which of all people (people, people) are near each other, by the photos of one label."""
    links = np.zeros((people, people))
    np.add.at(links, (np.repeat(own, alike.rows.shape[1]), own[alike.rows.ravel()]), 1)
    share = links / np.maximum(links.sum(axis=1, keepdims=True), 1)
    others = max(len(np.unique(own)) - 1, 1)
    near: NDArray[np.bool_] = (links >= LEAST_LINKS) & (share >= max(LEAST_SHARE, LEAST_LIFT / others))
    return near & near.T


def find_alarms(
    probabilities: Floats, given: Integers, senders: Integers, together: Integers
) -> tuple[SenderAlarm, ...]:
    """Return alarms, the least likely by chance first.

    `probabilities` (n, labels) are out of folds that `sender_folds` made of `together`, which `allied` says; photos in
    a row of zeros were not judged. Nobody is measured by her allies.
    """
    judged = probabilities.sum(axis=1) > 0
    contradicted = judged & (probabilities.argmax(axis=1) != given)
    names = np.unique(senders[senders != NOBODY])
    alarms = []
    for name in names:
        own = judged & (senders == name)
        with_her = np.isin(together, together[senders == name])
        if with_her.mean() > MOST_JUDGED:
            continue
        others = judged & ~with_her
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
