"""Real fits on made-up photos, small enough for thirty at a time: softmax regression by Adam under one-cycle rates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.diagnosing import Run
from trainer.head import Floats, softmax
from trainer.history import EpochResult, History, RateCurve
from trainer.metrics import Integers, confusion, surest

BATCH = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """A made-up task and how it is fitted.

    Photos are points of `dimension` numbers around their label's centre, which lies `apart` standard deviations out.
    `noise` is the share of labels that are wrong, of training and held-out photos alike; `blur` the strength of
    augmentation; `twin` labels 0 and 1 share a centre for that share of label 0's photos.
    """

    labels: int = 3
    photos: int = 60
    held_out: int = 50
    dimension: int = 40
    apart: float = 4.0
    noise: float = 0.0
    twin: float = 0.0
    rate: float = 0.03
    epochs: int = 5
    decay: float = 1e-2
    blur: float = 0.3


@dataclass(frozen=True, slots=True)
class Photos:
    """Points (n, dimension) and their given labels (n,)."""

    points: Floats
    given: Integers


def fitted(plan: Plan, seed: int, *, curve: bool = False) -> Run:
    """Fit as planned; photos, first weights and order follow from the seed. `curve` adds a rate test."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(plan.labels, plan.dimension))
    centres *= plan.apart / np.linalg.norm(centres, axis=1, keepdims=True)
    training, held_out = _photos(plan, plan.photos, centres, rng), _photos(plan, plan.held_out, centres, rng)
    epochs: list[EpochResult] = []
    lowest: Floats | None = None
    logits: Floats = np.zeros((len(held_out.given), plan.labels))
    for number, (rate, seen, weights) in enumerate(_fit(plan, training, rng), 1):
        logits = _logits(weights, held_out.points)
        losses = _losses(logits, held_out.given)
        lowest = losses if lowest is None or losses.mean() <= lowest.mean() else lowest
        epochs.append(
            EpochResult(
                epoch=number,
                rate=rate,
                training_mode_loss=seen,
                training_loss=float(_losses(_logits(weights, training.points), training.given).mean()),
                held_out_loss=float(losses.mean()),
                wrong=int((logits.argmax(axis=1) != held_out.given).sum()),
                n=len(losses),
                seconds=0.1,
                spread=float((losses - lowest).std()),
            )
        )
    right = logits.argmax(axis=1) == held_out.given
    return Run(
        history=History(tuple(epochs), best=len(epochs), curve=rate_curve(plan, training, rng) if curve else None),
        table=confusion(held_out.given, logits.argmax(axis=1).astype(np.int64), plan.labels),
        labels=tuple(f"label {number}" for number in range(plan.labels)),
        photos=tuple(int(n) for n in np.bincount(training.given, minlength=plan.labels)),
        surest=surest(softmax(logits).max(axis=1), right),
    )


def rate_curve(plan: Plan, training: Photos, rng: np.random.Generator) -> RateCurve:
    """Try ever higher rates, 1e-6 to 100 in 60 steps, as a rate test does."""
    weights = np.zeros((plan.dimension + 1, plan.labels))
    state = np.zeros((2, *weights.shape))
    rates = np.geomspace(1e-6, 100, 60)
    losses: list[float] = []
    for step, rate in enumerate(rates, 1):
        batch = rng.integers(0, len(training.given), 4 * BATCH)
        loss, slope = _slope(weights, training.points[batch], training.given[batch])
        losses.append(loss if not losses else 0.5 * losses[-1] + 0.5 * loss)
        if losses[-1] > 4 * losses[0]:
            break
        weights, state = _step(weights, state, slope, step, rate, 0.0)
    tried = tuple(float(rate) for rate in rates[: len(losses)])
    lowest, steep = int(np.argmin(losses)), int(np.argmin(np.gradient(losses)))
    return RateCurve(
        rates=tried,
        losses=tuple(losses),
        steep=tried[steep],
        valley=tried[lowest // 2],
        tenth=tried[lowest] / 10,
        diverged=len(tried) < len(rates),
    )


def _photos(plan: Plan, each: int, centres: Floats, rng: np.random.Generator) -> Photos:
    truth = np.repeat(np.arange(plan.labels), each)
    shown = np.where((truth == 0) & (rng.random(len(truth)) < plan.twin), 1, truth)
    points = centres[shown] + rng.normal(size=(len(truth), plan.dimension))
    other = (truth + rng.integers(1, plan.labels, len(truth))) % plan.labels
    given = np.where(rng.random(len(truth)) < plan.noise, other, truth)
    return Photos(points, given.astype(np.int64))


def _fit(plan: Plan, training: Photos, rng: np.random.Generator) -> Iterator[tuple[float, float, Floats]]:
    """Yield after each epoch its highest rate, the mean loss that the optimiser saw, and the weights."""
    weights = np.zeros((plan.dimension + 1, plan.labels))
    state = np.zeros((2, *weights.shape))
    batches = -(-len(training.given) // BATCH)
    rates = plan.rate * one_cycle(np.arange(batches * plan.epochs) / (batches * plan.epochs))
    step = 0
    for _ in range(plan.epochs):
        seen = []
        for batch in np.array_split(rng.permutation(len(training.given)), batches):
            points = training.points[batch] + plan.blur * rng.normal(size=(len(batch), plan.dimension))
            loss, slope = _slope(weights, points, training.given[batch])
            seen.append(loss)
            weights, state = _step(weights, state, slope, step + 1, rates[step], plan.decay)
            step += 1
        yield float(rates[step - batches : step].max()), float(np.mean(seen)), weights


def one_cycle(share: NDArray[np.floating]) -> Floats:
    """Return the rate, as a share of the highest, at a share (0..1) of the way: up for 30 %, down for the rest."""
    up, down = share / 0.3, (share - 0.3) / 0.7
    rising, falling = 0.04 + 0.96 * (1 - np.cos(np.pi * up)) / 2, (1 + np.cos(np.pi * down)) / 2
    found: Floats = np.where(share < 0.3, rising, falling)
    return found


def _logits(weights: Floats, points: Floats) -> Floats:
    found: Floats = points @ weights[:-1] + weights[-1]
    return found


def _losses(logits: Floats, given: Integers) -> Floats:
    top = logits.max(axis=1)
    found: Floats = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top - logits[np.arange(len(given)), given]
    return found


def _slope(weights: Floats, points: Floats, given: Integers) -> tuple[float, Floats]:
    logits = _logits(weights, points)
    error = (softmax(logits) - np.eye(weights.shape[1])[given]) / len(given)
    return float(_losses(logits, given).mean()), np.vstack([points.T @ error, error.sum(axis=0)])


def _step(weights: Floats, state: Floats, slope: Floats, step: int, rate: float, decay: float) -> tuple[Floats, Floats]:
    """One step of AdamW with the lesson's betas."""
    first, second = 0.9 * state[0] + 0.1 * slope, 0.99 * state[1] + 0.01 * slope**2
    direction = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return weights - rate * (direction + decay * weights), np.stack([first, second])
