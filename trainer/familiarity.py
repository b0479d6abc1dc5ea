"""How familiar a photo is: how alike to photos that were taught, and how sure the head is. Without torch and scipy.

A softmax always names a label, of a teapot as of a tulip. What nothing taught is like is told by the distance to the
taught photos (deep nearest neighbours, Sun 2022): of four sets, other sets' photos got an answer in 65 of 100 cases by
confidence and in 3 by this, at the same share of refused photos of their own (EXPERIMENTS.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.head import Floats
from trainer.metrics import Score

NEAREST = 3
# Of two photos equally alike to what was taught, the one that the head is sure of is the more familiar: that tells
# kinds apart that are near to the taught ones, and costs nothing elsewhere.
SURENESS = 0.1
# With fewer photos a label, what is not yet covered looks like what is not known.
PHOTOS_A_LABEL = 10
# So many photos are compared at a time, lest thousands against thousands fill the memory.
AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class Bound:
    """Below `least` familiarity a photo shows nothing known; `false_alarms` are photos of known labels that fell below.

    They are counted on each fold against a bound that was set on the others.
    """

    least: float
    false_alarms: Score


def familiarity(likenesses: NDArray[np.floating], confidences: NDArray[np.floating]) -> Floats:
    """Return the familiarity (n,) of photos: `likenesses` (n, k) to the k nearest taught ones, `confidences` (n,)."""
    found: Floats = likenesses.mean(axis=1) + SURENESS * np.asarray(confidences, dtype=np.float64)
    return found


def nearest_likenesses(photos: Floats, taught: Floats, count: int = NEAREST) -> Floats:
    """Return the cosines (n, count) to the nearest of `taught` (m, d), the nearest first; both `scaled`.

    Where there are fewer than `count`, so many.
    """
    count = min(count, len(taught))
    rows = []
    for start in range(0, len(photos), AT_ONCE):
        alike = photos[start : start + AT_ONCE] @ taught.T
        rows.append(-np.sort(-np.partition(alike, -count, axis=1)[:, -count:], axis=1))
    return np.concatenate(rows) if rows else np.empty((0, count))
