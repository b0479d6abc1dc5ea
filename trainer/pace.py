"""How fast a fit was still learning when it ended.

Measured along the way made, not along time: one-cycle rates end near zero, so every such fit looks settled at its end.
What counts is how far the loss fell over the second half of all steps' length, against the first half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np


@dataclass(frozen=True, slots=True)
class Pace:
    """`fall` is the loss lost in all, `kept` the second half's fall over the first half's, 0..1.

    If each half falls by `kept` of the half before, `gain` is what as much way again promises, and `ahead` what any
    amount of it would; neither is more than is left.
    """

    fall: float
    kept: float
    gain: float
    ahead: float


def pace(losses: Sequence[float], rates: Sequence[float], start: float) -> Pace:
    """Return the pace of losses after each epoch with its rate; `start` is the loss before the first one.

    It counts from where the loss was highest: a fitted network that is unfrozen first falls back.
    """
    points = [start, *losses]
    highest = points.index(max(points[:-1]))
    points = points[highest:]
    way = [0.0, *accumulate(_lengths(rates)[highest:])]
    if way[-1] <= 0:
        return Pace(points[0] - points[-1], 0.0, 0.0, 0.0)
    middle = float(np.interp(way[-1] / 2, way, points))
    first, second = points[0] - middle, middle - points[-1]
    kept = min(max(second / first, 0.0), 1.0) if first > 0 else float(second > 0)
    gain = max(second, 0.0) * (kept + kept**2)
    ahead = gain / (1 - kept**2) if kept < 1 else points[-1]
    return Pace(points[0] - points[-1], kept, min(gain, points[-1]), min(ahead, points[-1]))


def _lengths(rates: Sequence[float]) -> list[float]:
    """Return about how far each epoch went, of its highest rate; one that is falling at the end falls to nothing."""
    ends = [*rates[1:], 0.0 if rates[-1] < max(rates) else rates[-1]]
    return [(rate + min(rate, end)) / 2 for rate, end in zip(rates, ends, strict=True)]
