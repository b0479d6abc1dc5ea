"""The gate: whether a candidate may answer instead of the active network.

Both are judged by what they said out of fold about the same photos, against what people say of those photos today.
An active network asked anew would be asked about photos it has learned; its answers are therefore kept from its birth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.head import Floats, Head
from trainer.metrics import Integers, sign_test

# Logits that spread less than this over all photos answer everything alike.
CONSTANT = 1e-6


class Ground(StrEnum):
    """Why a candidate ships or is held."""

    FIRST = "first"
    NOT_WORSE = "not_worse"
    NOTHING_IN_COMMON = "nothing_in_common"
    FORGOTTEN = "forgotten"
    WORSE = "worse"
    WORSE_ON_LABEL = "worse_on_label"
    NO_BETTER = "no_better"
    NOT_FINITE = "not_finite"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Answers:
    """Out-of-fold probabilities (n, labels) of the pictures `digests`, columns in the order of label ids `labels`."""

    digests: tuple[str, ...]
    labels: tuple[int, ...]
    probabilities: Floats | NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The decision with its facts: of `compared` photos the candidate got `better` right that the active got wrong.

    `worse` the other way round; `chance` is the probability of so many by luck. `label_id` is the label that it fell
    back on, if that is why. `gained` and `lost` are label ids new to the candidate or no longer known to it.
    """

    ships: bool
    ground: Ground
    compared: int = 0
    better: int = 0
    worse: int = 0
    chance: float = 1.0
    label_id: int | None = None
    gained: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"ground": self.ground.value, "gained": list(self.gained), "lost": list(self.lost)}


def check_head(head: Head, embeddings: NDArray[np.floating]) -> GateVerdict | None:
    """Return the refusal of a head that answers with no number, or with the same one whatever it sees."""
    logits = head.logits(embeddings)
    if not np.isfinite(logits).all():
        return GateVerdict(ships=False, ground=Ground.NOT_FINITE)
    if np.ptp(logits, axis=0).max() < CONSTANT:
        return GateVerdict(ships=False, ground=Ground.CONSTANT)
    return None


def compare(
    candidate: Answers,
    active: Answers | None,
    truth: Mapping[str, int],
    *,
    significance: float,
    must_gain: bool = False,
) -> GateVerdict:
    """Judge a candidate against the active network on the photos that both answered out of fold.

    `truth` is today's label id by picture digest. Both are asked only among the labels that both know, so that a
    label gained or merged is neither held against one nor the other. A candidate is held if it is worse by more than
    chance, over all photos or on any one label (Bonferroni over labels); one that `must_gain`, because it costs more to
    live with, also if it got fewer photos right.
    """
    if active is None:
        return GateVerdict(ships=True, ground=Ground.FIRST)
    shared = sorted(set(candidate.labels) & set(active.labels))
    known = set(candidate.digests) & set(active.digests)
    photos = sorted(digest for digest in known if truth.get(digest) in shared)
    changes = {
        "gained": tuple(sorted(set(candidate.labels) - set(active.labels))),
        "lost": tuple(sorted(set(active.labels) - set(candidate.labels))),
    }
    if len(shared) < 2 or not photos:
        return GateVerdict(ships=True, ground=Ground.NOTHING_IN_COMMON, gained=changes["gained"], lost=changes["lost"])
    own = np.array([truth[digest] for digest in photos])
    right = choose(candidate, photos, shared) == own
    was_right = choose(active, photos, shared) == own
    verdict = _decide(own, right, was_right, significance, **changes)
    if must_gain and verdict.ships and verdict.better < verdict.worse:
        return replace(verdict, ships=False, ground=Ground.NO_BETTER)
    return verdict


def _decide(
    own: Integers,
    right: NDArray[np.bool_],
    was_right: NDArray[np.bool_],
    significance: float,
    *,
    gained: tuple[int, ...],
    lost: tuple[int, ...],
) -> GateVerdict:
    better, worse = right & ~was_right, was_right & ~right
    chance = sign_test(int(worse.sum()), int(better.sum()))
    ships, ground, fallen = True, Ground.NOT_WORSE, None
    if chance < significance:
        ships, ground = False, Ground.WORSE
    else:
        fallen = _fallen_label(own, better, worse, significance)
        if fallen is not None:
            ships, ground = False, Ground.WORSE_ON_LABEL
    return GateVerdict(
        ships=ships,
        ground=ground,
        compared=len(own),
        better=int(better.sum()),
        worse=int(worse.sum()),
        chance=chance,
        label_id=fallen,
        gained=gained,
        lost=lost,
    )


def _fallen_label(
    own: Integers, better: NDArray[np.bool_], worse: NDArray[np.bool_], significance: float
) -> int | None:
    """Return the label on which the candidate is worst, if by more than chance allows for that many labels."""
    labels = np.unique(own)
    chances = [sign_test(int(worse[own == label].sum()), int(better[own == label].sum())) for label in labels]
    lowest = int(np.argmin(chances))
    return int(labels[lowest]) if chances[lowest] < significance / len(labels) else None


def choose(answers: Answers, photos: list[str], shared: list[int]) -> Integers:
    """Return the likeliest label id among `shared` for each photo, -1 where nothing could be learned."""
    row_of = {digest: row for row, digest in enumerate(answers.digests)}
    columns = [answers.labels.index(label) for label in shared]
    rows = [row_of[digest] for digest in photos]
    among = answers.probabilities[np.ix_(rows, columns)]
    chosen: Integers = np.array(shared)[among.argmax(axis=1)]
    return np.where(among.max(axis=1) > 0, chosen, -1)
