"""Noticing that something has begun to happen more often than was promised. Without torch and scipy.

Looking again after every event finds something sooner or later, however low the level of each single test. What is
bounded here is therefore how long it takes until the first false alarm, whenever and however often one looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

# Where nothing is worse than promised, a false alarm comes after this many events on average, or later.
AVERAGE_RUN = 10_000.0
# The change to be noticed soonest: three times the odds. Larger ones are noticed sooner still.
ODDS = 3.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that `happened`, or did not; its promised probability is `expected`, and at most `most` (0 to 1)."""

    happened: bool
    expected: float
    most: float


@dataclass(frozen=True, slots=True)
class Change:
    """In `n` events one after the other it happened `seen` times, where `expected` times were promised."""

    n: int
    seen: int
    expected: float


def detect(events: Sequence[Event], *, average_run: float = AVERAGE_RUN) -> Change | None:
    """Return the first change in events, oldest first, or None: the Shiryaev-Roberts procedure.

    Each event's likelihood ratio is that of odds `ODDS` times those of its `most`. The statistic R of an event is
    (1 + that of the one before) x ratio. While no probability exceeds its `most`, R less the number of events is a
    supermartingale; so the mean number of events until R reaches `average_run` is at least that (Pollak 1985), also
    for promises that differ from event to event. R only falls where a history is cut short, or where something that
    happened is not known yet: whoever looks early or at the newest events alone alarms no more often.

    The events named in the change are those since the cumulative sum of log ratios was last at its lowest (Page 1954).
    """
    statistic, rise, start = 0.0, 0.0, 0
    for place, event in enumerate(events):
        ratio = _ratio(event)
        statistic = (1 + statistic) * ratio
        if rise <= 0:
            rise, start = 0.0, place
        rise += log(ratio)
        if statistic >= average_run:
            run = events[start : place + 1]
            return Change(len(run), sum(one.happened for one in run), sum(one.expected for one in run))
    return None


def _ratio(event: Event) -> float:
    """Return how much likelier the event is at the raised odds."""
    if not 0 < event.most < 1:
        raise ValueError(f"a probability strictly between 0 and 1 wanted, not {event.most}")
    raised = ODDS * event.most / (1 + (ODDS - 1) * event.most)
    return raised / event.most if event.happened else (1 - raised) / (1 - event.most)
