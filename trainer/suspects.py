"""Which labels are probably wrong, the most doubtful first, with what to say instead. Without torch and scipy.

A list is for people to look at: nothing is deleted or changed by it. Its order is by the odds that the three witnesses
of `doubting` together give all other labels against the given one, each weighed by how common that mistake is among
these photos (`mistakes`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp

import numpy as np
from numpy.typing import NDArray

from trainer.doubts import Doubts
from trainer.head import Floats
from trainer.metrics import Integers
from trainer.mistakes import weighed

# Neighbours know less than heads do; the geometric mean counts them for so much.
NEIGHBOURS_WEIGHT = 0.7
# Probabilities below this are not told apart.
FLOOR = 1e-6
LEAST = 1e-12
# Where given and proposed label are within this factor, the photo lies between them.
CLOSE = 2.0
# Likenesses so many robust deviations below the middle one are off-topic.
OFF_TOPIC_DEVIATIONS = 3.0
# A normal distribution's standard deviation is so many times its median absolute deviation.
NORMAL = 1.4826


class Cause(StrEnum):
    """Why a photo is suspected."""

    CONTRADICTED = "contradicted"  # heads and most alike photos say the same other label
    NETWORK = "network"  # the heads say another label
    NEIGHBOURS = "neighbours"  # the most alike photos have another label
    BETWEEN = "between"  # two labels fit about as well
    OFF_TOPIC = "off_topic"  # like nothing else that was taught: perhaps none of the labels
    DUPLICATES = "duplicates"  # copies of it were given another label


@dataclass(frozen=True, slots=True)
class Suspect:
    """A doubtful label: of the photo in row `row`, given as label index `given`.

    `score` (0..1) is higher the more doubtful, 0.5 where another label is as likely, or a photo just off-topic;
    `proposal` is what to ask about, None for "none of these".
    """

    row: int
    given: int
    proposal: int | None
    score: float
    cause: Cause


def together(doubts: Doubts) -> Floats:
    """Return the probabilities (n, labels) that the witnesses give together: their weighted geometric mean."""
    logs = np.log(doubts.first + FLOOR) + np.log(doubts.second + FLOOR)
    logs += NEIGHBOURS_WEIGHT * np.log(doubts.neighbours + FLOOR)
    logs /= 2 + NEIGHBOURS_WEIGHT
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    joint: Floats = raised / raised.sum(axis=1, keepdims=True)
    return joint


def suspicion(probabilities: Floats, given: Integers, judged: NDArray[np.bool_] | None = None) -> Floats:
    """Return how doubtful each label is (n,), above 0 where out-of-fold probabilities speak for others.

    What is mistaken for what is learned from the rows that are `judged`, all by default.
    """
    return _odds(_weighed(probabilities, given, judged), given)


def _weighed(probabilities: Floats, given: Integers, judged: NDArray[np.bool_] | None) -> Floats:
    counted = np.arange(len(given)) if judged is None else np.flatnonzero(judged)
    return weighed(probabilities, given, counted)


def _odds(weights: Floats, given: Integers) -> Floats:
    rows = np.arange(len(given))
    others = weights.copy()
    others[rows, given] = 0
    found: Floats = np.log(np.maximum(others.sum(axis=1), LEAST)) - np.log(np.maximum(weights[rows, given], LEAST))
    return found


def find_suspects(
    doubts: Doubts, given: Integers, *, most: int | None = None, least: float = -np.inf
) -> tuple[Suspect, ...]:
    """Return the `most` doubtful labels, all by default, doubted by more than `least` (log odds), the most first.

    Those that no witness could judge are left out.
    """
    joint = together(doubts)
    weights = _weighed(joint, given, doubts.judged)
    doubtful = _odds(weights, given)
    doubtful[~doubts.judged] = -np.inf
    weights[np.arange(len(given)), given] = -1
    proposals = weights.argmax(axis=1)
    order = np.argsort(-doubtful, kind="stable")[:most]
    return tuple(
        _suspect(int(row), int(given[row]), int(proposals[row]), joint, float(doubtful[row]), doubts)
        for row in order
        if doubtful[row] > least
    )


def find_off_topic(doubts: Doubts, given: Integers) -> tuple[Suspect, ...]:
    """Return the photos that are like nothing else that was taught, the strangest first."""
    bound = _off_topic_bound(doubts.likeness)
    order = np.argsort(doubts.likeness, kind="stable")
    strange = [int(row) for row in order if doubts.likeness[row] < bound]
    return tuple(
        Suspect(row, int(given[row]), None, 1 - 0.5 * max(0.0, float(doubts.likeness[row]) / bound), Cause.OFF_TOPIC)
        for row in strange
    )


def _off_topic_bound(likeness: Floats) -> float:
    if len(likeness) == 0:
        return 0.0
    middle = float(np.median(likeness))
    return middle - OFF_TOPIC_DEVIATIONS * NORMAL * float(np.median(np.abs(likeness - middle)))


def _suspect(row: int, given: int, proposal: int, joint: Floats, doubtful: float, doubts: Doubts) -> Suspect:
    return Suspect(row, given, proposal, 1 / (1 + exp(-doubtful)), _cause(row, given, proposal, joint, doubts))


def _cause(row: int, given: int, proposal: int, joint: Floats, doubts: Doubts) -> Cause:
    if joint[row, given] * CLOSE >= joint[row, proposal]:
        return Cause.BETWEEN
    heads = (doubts.first + doubts.second)[row].argmax() == proposal
    alike = doubts.neighbours[row].argmax() == proposal
    if heads and alike:
        return Cause.CONTRADICTED
    return Cause.NETWORK if heads else Cause.NEIGHBOURS
