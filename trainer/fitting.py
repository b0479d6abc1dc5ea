"""Fitting the head: multinomial logistic regression on stored embeddings, and its out-of-fold answers.

Everything that is said about quality comes from `out_of_fold`; the head that answers is fitted on all photos.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from trainer.head import Floats, Head, scaled
from trainer.metrics import Integers
from trainer.recipe import Recipe

# Directions in which the photos spread less than this share of the widest carry rounding errors only.
RANK_TOLERANCE = 1e-10
# How often, at most, the penalty is lowered tenfold for the sake of a photo that the head does not yet answer rightly.
LARGEST_STEP = 3


@dataclass(frozen=True, slots=True)
class Basis:
    """Photos in the coordinates of their own span: `coordinates` (n, r), `directions` (r, d), r <= min(n, d).

    A penalised linear head always lies in the span of its photos, so fitting there gives the same head from far
    smaller matrices (500 photos: 500 columns for 1,280).
    """

    coordinates: Floats
    directions: Floats

    @classmethod
    def of(cls, features: Floats) -> Basis:
        """Rotate `features` (n, d) by the eigenvectors of their Gram matrix; with n >= d there is nothing to gain."""
        n, d = features.shape
        if n >= d:
            return cls(features, np.eye(d))
        spread, vectors = np.linalg.eigh(features @ features.T)
        kept = spread > max(spread[-1], 0.0) * RANK_TOLERANCE
        lengths = np.sqrt(spread[kept])
        return cls(vectors[:, kept] * lengths, (vectors[:, kept] / lengths).T @ features)


@dataclass(frozen=True, slots=True)
class Sight:
    """Photos as one embedder sees them: embeddings (n, d), and the head that its tuning left, if it was tuned.

    A head is then fitted as a change of that `prior`, and the penalty is on the change. Embeddings of photos that an
    embedder was tuned on flatter it: fitted from nothing on them, a head answers other photos worse (EXPERIMENTS.md).
    """

    embeddings: NDArray[np.floating]
    prior: Head | None = None

    def offset(self) -> Floats:
        """Return what the prior says, (n, labels); (n, 1) zeros without one."""
        if self.prior is None:
            return np.zeros((len(self.embeddings), 1))
        return self.prior.logits(self.embeddings)


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Answers to every photo by a head that never saw its fold.

    `logits` are (n, labels), minus infinity for labels that the other folds do not hold; a photo with `judged` False
    has its own label missing there (or stands against fewer than two labels), and tells nothing of the head.
    """

    logits: Floats
    judged: NDArray[np.bool_]

    def answers(self) -> Integers:
        """Return the likeliest label of each photo, -1 where none could be learned."""
        best: Integers = self.logits.argmax(axis=1)
        return np.where(self.judged, best, -1)


def fit(sight: Sight, truth: Integers, labels: int, recipe: Recipe) -> Head:
    """Fit a head on n photos and label indices (n,), each of `labels` occurring at least once."""
    _check(sight.embeddings, truth, labels)
    basis, offset = Basis.of(scaled(sight.embeddings)), sight.offset()
    for step in range(LARGEST_STEP + 1):
        strength = _strength(recipe, sight) * 10**step
        solution = solve(basis.coordinates, truth, labels, replace(recipe, strength=strength), offset)
        answers = (offset + basis.coordinates @ solution[:-1] + solution[-1]).argmax(axis=1)
        if len(truth) > recipe.obeyed or (answers == truth).all():
            break
    weight, bias = solution[:-1].T @ basis.directions, solution[-1]
    if sight.prior is not None:
        weight, bias = weight + sight.prior.weight, bias + sight.prior.bias
    return Head(weight.astype(np.float32), bias.astype(np.float32))


def out_of_fold(
    sights: Mapping[int, Sight],
    truth: Integers,
    folds: Integers,
    labels: int,
    recipe: Recipe,
    *,
    among: NDArray[np.bool_] | None = None,
) -> OutOfFold:
    """Answer each photo by a head fitted on the photos of the other folds. `folds` are the stored ones.

    `sights` are by fold: where the embedder was tuned, the photos of a fold are seen through one that never saw them.
    With `among` (n,) heads learn from those photos alone, and all are asked.
    """
    logits = np.full((len(truth), labels), -np.inf)
    judged = np.zeros(len(truth), dtype=np.bool_)
    bases: dict[int, Basis] = {}
    for fold in np.unique(folds):
        sight = sights[int(fold)]
        _check(sight.embeddings, truth, labels)
        # Rotating all photos together uses none of their labels, and a rotation changes no penalised solution.
        if id(sight) not in bases:
            bases[id(sight)] = Basis.of(scaled(sight.embeddings))
        coordinates = bases[id(sight)].coordinates
        asked, seen = folds == fold, folds != fold
        if among is not None:
            seen = seen & among
        present = np.unique(truth[seen])
        if len(present) < 2:
            continue
        offset = np.broadcast_to(sight.offset(), logits.shape)[:, present]
        narrowed = replace(recipe, strength=_strength(recipe, sight))
        own = np.searchsorted(present, truth[seen])
        solution = solve(coordinates[seen], own, len(present), narrowed, offset[seen])
        logits[np.ix_(asked, present)] = offset[asked] + coordinates[asked] @ solution[:-1] + solution[-1]
        judged[asked] = np.isin(truth[asked], present)
    return OutOfFold(logits, judged)


def _strength(recipe: Recipe, sight: Sight) -> float:
    return recipe.strength if sight.prior is None else recipe.tuned_strength


def solve(
    features: NDArray[np.floating],
    truth: Integers,
    labels: int,
    recipe: Recipe,
    offset: NDArray[np.floating] | float = 0.0,
) -> Floats:
    """Return the weights (r + 1, labels) that minimise `loss_and_gradient`; the last row is the bias."""
    r = features.shape[1]
    found = minimize(
        lambda flat: loss_and_gradient(flat, features, truth, labels, recipe.strength, offset),
        np.zeros((r + 1) * labels),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": recipe.iterations, "gtol": recipe.tolerance},
    )
    solution: Floats = found.x.reshape(r + 1, labels)
    return solution


def loss_and_gradient(
    flat: Floats,
    features: NDArray[np.floating],
    truth: Integers,
    labels: int,
    strength: float,
    offset: NDArray[np.floating] | float = 0.0,
) -> tuple[float, Floats]:
    """Return mean cross entropy plus |weights|^2 / (2 strength n), and its gradient; the bias is free of penalty.

    `offset` (n, labels) is added to the logits. It is reckoned as precisely as `features` are given: of float32 in half
    the time, which a tolerance of 1e-3 allows.
    """
    n, r = features.shape
    weights = flat.reshape(r + 1, labels).astype(features.dtype, copy=False)
    logits = offset + features @ weights[:-1] + weights[-1]
    logits -= logits.max(axis=1, keepdims=True)
    raised = np.exp(logits)
    total = raised.sum(axis=1)
    rows = np.arange(n)
    loss = (np.log(total) - logits[rows, truth]).sum(dtype=np.float64) + 0.5 / strength * (weights[:-1] ** 2).sum()
    surplus = raised / total[:, None]
    surplus[rows, truth] -= 1
    gradient = np.empty_like(weights)
    gradient[:-1] = features.T @ surplus + weights[:-1] / strength
    gradient[-1] = surplus.sum(axis=0)
    return float(loss / n), (gradient / n).astype(np.float64, copy=False).ravel()


def _check(embeddings: NDArray[np.floating], truth: Integers, labels: int) -> None:
    if embeddings.ndim != 2 or truth.shape != embeddings.shape[:1]:
        raise ValueError(f"embeddings {embeddings.shape} do not go with labels {truth.shape}")
    if not np.isfinite(embeddings).all():
        raise ValueError("embeddings must be finite")
    if len(np.unique(truth)) != labels or labels < 2 or truth.min() != 0 or truth.max() != labels - 1:
        raise ValueError(f"every one of {labels} labels must occur, and two or more are needed")
