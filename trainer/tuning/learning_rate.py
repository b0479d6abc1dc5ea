"""The learning-rate range test (Smith 2015), and how a rate changes over a fit.

The test runs on copies and with randomness of its own: the learner, its buffers and the process's random state are
afterwards what they were, bit for bit.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from math import cos, exp, isfinite, log, pi
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from trainer.history import RateCurve

# A loss this many times the lowest one will not come back; one that was nearly nothing quadruples by chance.
EXPLODED, LEAST_LOSS = 4.0, 0.5
SMOOTHING = 0.9
# Shares of the curve that say nothing: the first steps move nothing yet, the last ones have exploded.
SKIPPED_START, SKIPPED_END = 0.1, 0.05
LEAST_POINTS = 8

Batches = Callable[[torch.Generator], Iterator[tuple[Tensor, Tensor]]]
Learns = TypeVar("Learns", bound=nn.Module)


def range_test(
    learner: Learns,
    groups: Callable[[Learns], list[dict[str, object]]],
    batches: Batches,
    loss: Callable[[Learns, Tensor, Tensor], Tensor],
    *,
    start: float = 1e-6,
    end: float = 1.0,
    steps: int = 60,
    seed: int = 0,
) -> RateCurve:
    """Train a copy of `learner` while its rate grows exponentially from `start` to `end`; return what its loss did.

    `groups` gives the optimiser's parameter groups of the copy, each with a `scale` that its rate is multiplied by.
    `batches` are begun again when they run out. Ends early once the smoothed loss is four times the lowest.
    """
    if not 0 < start < end or steps < 2:
        raise ValueError(f"no rates from {start} to {end} in {steps} steps")
    # Dropout draws from the process's own generator: give it back as it was.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        found = list(_sweep(copy.deepcopy(learner), groups, batches, loss, start, end, steps, seed))
    rates, losses = [rate for rate, _ in found], smoothed([value for _, value in found])
    diverged = len(found) < steps
    return suggest(rates, losses, diverged=diverged)


def _sweep(
    learner: Learns,
    groups: Callable[[Learns], list[dict[str, object]]],
    batches: Batches,
    loss: Callable[[Learns, Tensor, Tensor], Tensor],
    start: float,
    end: float,
    steps: int,
    seed: int,
) -> Iterator[tuple[float, float]]:
    """Yield (rate, loss) of each step until the loss explodes."""
    optimiser = torch.optim.AdamW(groups(learner), lr=start)
    generator = torch.Generator().manual_seed(seed)
    told: list[float] = []
    endless = _again_and_again(batches, generator)
    learner.train()
    for step in range(steps):
        rate = start * (end / start) ** (step / (steps - 1))
        set_rate(optimiser, rate)
        pictures, truth = next(endless)
        optimiser.zero_grad()
        value = loss(learner, pictures, truth)
        told.append(float(value.detach()))
        smooth = smoothed(told)
        if not isfinite(told[-1]) or smooth[-1] > EXPLODED * max(min(smooth), LEAST_LOSS):
            return
        yield rate, told[-1]
        torch.autograd.backward(value)
        optimiser.step()


def _again_and_again(batches: Batches, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    while True:
        yield from batches(generator)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Give each parameter group its share of the rate."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["scale"]


def smoothed(values: list[float]) -> list[float]:
    """Return the exponential moving average, corrected for its start (as Adam's moments are)."""
    average, result = 0.0, []
    for count, value in enumerate(values, 1):
        average = SMOOTHING * average + (1 - SMOOTHING) * value
        result.append(average / (1 - SMOOTHING**count))
    return result


def suggest(rates: list[float], losses: list[float], *, diverged: bool) -> RateCurve:
    """Return the curve with its three suggestions; with too few points all of them are the lowest rate."""
    begin, stop = int(len(rates) * SKIPPED_START), len(rates) - int(len(rates) * SKIPPED_END)
    told, fell = np.log(rates[begin:stop] or rates[:1]), np.array(losses[begin:stop] or losses[:1])
    if len(told) < LEAST_POINTS:
        least = rates[0] if rates else 0.0
        return RateCurve(tuple(rates), tuple(losses), steep=least, valley=least, tenth=least, diverged=diverged)
    return RateCurve(
        rates=tuple(rates),
        losses=tuple(losses),
        steep=float(np.exp(told[np.argmin(np.gradient(fell, told))])),
        valley=float(np.exp(told[_middle_of_longest_fall(fell)])),
        tenth=float(np.exp(told[np.argmin(fell)]) / 10),
        diverged=diverged,
    )


def _middle_of_longest_fall(losses: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int:
    """Return the middle, by position, of the longest falling subsequence (patience sorting, O(n log n))."""
    ends: list[int] = []
    before = np.full(len(losses), -1)
    for position, value in enumerate(-losses):
        place = int(np.searchsorted([-losses[end] for end in ends], value))
        before[position] = ends[place - 1] if place else -1
        ends[place : place + 1] = [position]
    fall = [ends[-1]]
    while before[fall[-1]] >= 0:
        fall.append(int(before[fall[-1]]))
    return (fall[0] + fall[-1]) // 2


def one_cycle(share: float, *, warm: float = 0.25, low: float = 1 / 25, last: float = 1e-5) -> float:
    """Return the share of the highest rate at `share` (0..1) of a fit: cosine up, cosine down (Smith 2018)."""
    if share < warm:
        return low + (1 - low) * _half_cosine(share / warm)
    return 1 - (1 - last) * _half_cosine((share - warm) / (1 - warm))


def spread(low: float, high: float, count: int) -> list[float]:
    """Return `count` rates from `low` to `high`, evenly spaced by their logarithm (the lesson's `slice(low, high)`)."""
    if count == 1:
        return [high]
    return [exp(log(low) + (log(high) - log(low)) * place / (count - 1)) for place in range(count)]


def _half_cosine(share: float) -> float:
    return (1 - cos(pi * min(share, 1.0))) / 2
