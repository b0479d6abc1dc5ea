"""Whether another person should be asked what a photo shows: where a contradiction makes it worth her time. Torch-free.

Three votes on each photo cost three people's time, and leave more wrong labels than asking a second person only where
the first and a proven network disagree (EXPERIMENTS.md). Until it is proven, two people must agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from trainer.consensus import CANNOT_TELL
from trainer.metrics import Score

# A network is proven by so many answers of which at most this share is wrong, by the upper end of the interval. It need
# not be as good as people are: its mistakes are others than theirs, so what both say is rarely wrong, and where it errs
# alone another person is asked. To wait for a better one costs more votes than it saves labels (EXPERIMENTS.md).
LEAST_PROOF, MOST_WRONG = 20, 0.6
# Nobody settles what so many people could not.
MOST_ASKED = 5
# Above this probability of the label even a contradiction is let stand.
CLEAR = 0.4


class Ask(StrEnum):
    """Why another person should look, or need not."""

    SETTLED = "settled"  # nothing speaks for asking
    CONTRADICTED = "contradicted"  # the network, proven, says something else
    UNPROVEN = "unproven"  # the network counts for nothing yet, and no two people agree
    MEASURES = "measures"  # the photo will measure networks, and no two people agree
    EXHAUSTED = "exhausted"  # many were asked, and do not agree


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of one photo: what people `said` of it, each one's newest; what the network says out of fold.

    `network` is None where it must not be asked; `probability` is that of the label by all voices (`Opinion`).
    """

    said: Sequence[int]
    network: int | None
    probability: float
    measures: bool = False


def is_proven(network: Score) -> bool:
    """Say whether a network may spare people, by its out-of-fold answers to photos that two people agree on.

    Only photos count of which the second was not asked because the network contradicted the first: those are the ones
    that it finds hardest.
    """
    return network.n >= LEAST_PROOF and network.high <= MOST_WRONG


def second_opinion(photo: Heard, *, proven: bool) -> Ask:
    """Say whether another person should be asked of the photo, and why."""
    votes = Counter(photo.said)
    puzzled = votes.pop(CANNOT_TELL, 0)
    most = max(votes.values(), default=0)
    agreed = most >= 2 and list(votes.values()).count(most) == 1
    if agreed or puzzled >= 2:
        return Ask.SETTLED
    if len(photo.said) >= MOST_ASKED:
        return Ask.EXHAUSTED
    if photo.measures:
        return Ask.MEASURES
    if not proven or photo.network is None or not votes:
        return Ask.UNPROVEN
    if photo.network in votes or photo.probability >= CLEAR:
        return Ask.SETTLED
    return Ask.CONTRADICTED
