"""What the list of doubtful labels says of itself: how many labels that are known to be wrong it would hold.

It is worked out once the list is written, so that nobody waits for it, and changes nothing that is stored: the wrong
labels are planted into a copy in memory. The same lessons through the same eyes give the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from storage import JobKind, Unit
from trainer.planting import ENOUGH, Judged, Recall, recall_of

# Where it stands in the result of the job that made the list.
KEY = "recall"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a list was made from, by its `digest`; it has `places` for what is doubted by more than `least` (log odds).

    A label that somebody gets wrong tomorrow is found by the list if these rules put it there.
    """

    judged: Judged
    digest: str
    places: int
    least: float


@dataclass(frozen=True, slots=True)
class Stated:
    """`found` of `planted` wrong labels are on the list that was made from what has the digest `of`.

    None are planted where there are too few photos to tell.
    """

    of: str
    planted: int
    found: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def known(unit: Unit, classifier_id: int, evidence: Evidence) -> Stated | None:
    """Return what the list before said of itself, if it was made from the same."""
    before = unit.jobs.latest(JobKind.SUSPECTS, classifier_id)
    told = (before.result or {}).get(KEY) if before is not None else None
    return Stated(**told) if told is not None and told["of"] == evidence.digest else None


def run(evidence: Evidence) -> Iterator[str | Stated]:
    """Yield what is done before each step, of the time that doubting all labels takes, and last what was found."""
    rng = np.random.default_rng(int(evidence.digest[:16], 16))
    for step in recall_of(evidence.judged, looked=evidence.places, least=evidence.least, rng=rng):
        if isinstance(step, Recall):
            planted = step.missed.n
            is_enough = planted >= ENOUGH
            yield Stated(evidence.digest, planted if is_enough else 0, planted - step.missed.wrong if is_enough else 0)
            return
        yield f"trying out the list of doubtful labels ({step})"
