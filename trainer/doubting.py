"""What speaks against the labels that photos were given: three witnesses, none of which learned from the photo itself.

A head out of fold; a second one that did not learn from the labels the first doubted most, so that wrong lessons no
longer teach it; and the most alike photos of other folds. Heads that judge labels are held back more than the head
that answers, which must obey a correction at once. Duplicates must share a fold, or they vouch for each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trainer.directions import in_directions
from trainer.doubts import Doubts
from trainer.familiarity import NEAREST
from trainer.fitting import Sight, solve
from trainer.head import Floats, softmax
from trainer.metrics import Integers
from trainer.recipe import Recipe
from trainer.similar import WIDE, Alike, Vectors, nearest_among, nearest_known, nearest_others, unit_vectors

# The penalty of a judging head is so many times that of the one that answers.
HELD_BACK = 5
# At most this share of the labels is kept from the second head: those the first contradicts, the least likely first.
LEFT_OUT = 0.25
NEIGHBOURS = 10
# A neighbour's vote counts by this power of its likeness.
SHARPNESS = 8
# Each label begins with so many votes, shared over all labels.
PRIOR_VOTES = 0.5
# Heads learn from so many photos at most, and neighbours are looked for among so many: more change no ranking.
MOST_LEARNED = 20_000
TOLERANCE = 1e-3


def doubt(
    sights: Mapping[int, Sight],
    given: Integers,
    folds: Integers,
    labels: int,
    recipe: Recipe,
    *,
    alike: Alike | None = None,
    seed: int = 0,
) -> Doubts:
    """Return what out-of-fold witnesses say of photos with label indices `given` (n,) in `folds` (n,).

    `sights` are by fold, as for `fitting.out_of_fold`. `alike` are the nearest `WIDE` others of each photo, where they
    are known already; they count if all folds have one sight. `seed` draws whom to learn from where there are too many.
    """
    learned = _drawn(len(given), np.random.default_rng(seed))
    views = _views(sights, folds)
    first, judged = _by_heads(views, given, folds, labels, recipe, learned)
    second, _ = _by_heads(views, given, folds, labels, recipe, learned & ~_contradicted(first, given))
    votes, likeness = _neighbours(views, given, folds, labels, learned, alike)
    return Doubts(first, second, votes, likeness, judged)


def heads(
    sights: Mapping[int, Sight],
    given: Integers,
    folds: Integers,
    labels: int,
    recipe: Recipe,
    learned: NDArray[np.bool_],
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return probabilities (n, labels) out of fold by heads that learned from the photos `learned`.

    They are alike for all labels where no head could be learned; `judged` (n,) is where it knew the own label.
    """
    return _by_heads(_views(sights, folds), given, folds, labels, recipe, learned)


@dataclass(frozen=True, slots=True)
class _View:
    """Photos as the embedder of a fold sees them: whole `vectors` (n, d), and `turned` to where they differ most."""

    sight: Sight
    vectors: Vectors
    turned: Vectors


def _views(sights: Mapping[int, Sight], folds: Integers) -> dict[int, _View]:
    """Return the view of each fold; folds of one sight share it."""
    made: dict[int, _View] = {}
    for fold in np.unique(folds):
        sight = sights[int(fold)]
        if id(sight) not in made:
            vectors = unit_vectors(sight.embeddings)
            made[id(sight)] = _View(sight, vectors, in_directions(vectors))
    return {int(fold): made[id(sights[int(fold)])] for fold in np.unique(folds)}


def _drawn(n: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    drawn = np.zeros(n, dtype=np.bool_)
    drawn[rng.permutation(n)[:MOST_LEARNED]] = True
    return drawn


def _contradicted(probabilities: Floats, given: Integers) -> NDArray[np.bool_]:
    """Return the labels that the first head would not have given, at most `LEFT_OUT` of all."""
    rows = np.arange(len(given))
    own = probabilities[rows, given]
    place = np.empty(len(given), dtype=np.int64)
    place[np.argsort(own, kind="stable")] = rows
    found: NDArray[np.bool_] = (probabilities.max(axis=1) > own) & (place < LEFT_OUT * len(given))
    return found


def _by_heads(
    views: Mapping[int, _View],
    given: Integers,
    folds: Integers,
    labels: int,
    recipe: Recipe,
    learned: NDArray[np.bool_],
) -> tuple[Floats, NDArray[np.bool_]]:
    logits = np.full((len(given), labels), -np.inf)
    judged = np.zeros(len(given), dtype=np.bool_)
    for fold, view in views.items():
        asked, sight, features = folds == fold, view.sight, view.turned
        teaching = learned & ~asked
        present = np.unique(given[teaching])
        if len(present) < 2:
            continue
        offset = np.broadcast_to(sight.offset(), logits.shape)[:, present].astype(np.float32)
        own = np.searchsorted(present, given[teaching])
        held = _held_back(recipe, sight)
        solution = solve(features[teaching], own, len(present), held, offset[teaching])
        logits[np.ix_(asked, present)] = offset[asked] + features[asked] @ solution[:-1] + solution[-1]
        judged[asked] = np.isin(given[asked], present)
    probabilities = np.full(logits.shape, 1 / labels)
    answered = logits.max(axis=1) > -np.inf
    probabilities[answered] = softmax(logits[answered])
    return probabilities, judged


def _held_back(recipe: Recipe, sight: Sight) -> Recipe:
    strength = recipe.strength if sight.prior is None else recipe.tuned_strength
    return replace(recipe, strength=strength / HELD_BACK, tolerance=TOLERANCE)


def _neighbours(
    views: Mapping[int, _View],
    given: Integers,
    folds: Integers,
    labels: int,
    learned: NDArray[np.bool_],
    alike: Alike | None,
) -> tuple[Floats, Floats]:
    """Return the shares (n, labels) of the votes of the photos most alike in other folds, and how alike they are."""
    likeness = np.zeros(len(given))
    votes = np.full((len(given), labels), PRIOR_VOTES / labels)
    one_view = len({id(view) for view in views.values()}) == 1
    if one_view and alike is None:
        alike = nearest_others(next(iter(views.values())).vectors, WIDE)
    for fold, view in views.items():
        asked, others = np.flatnonzero(folds == fold), folds != fold
        if one_view and alike is not None:
            near = nearest_known(alike, asked, others, view.vectors, NEIGHBOURS, learned)
        else:
            near = _searched(view.vectors, asked, np.flatnonzero(learned & others))
        weights = np.maximum(near.likenesses, 0) ** SHARPNESS
        np.add.at(votes, (asked[:, None], given[near.rows]), weights)
        if near.rows.shape[1]:
            likeness[asked] = near.likenesses[:, :NEAREST].mean(axis=1)
    shares: Floats = votes / votes.sum(axis=1, keepdims=True)
    return shares, likeness


def _searched(vectors: Vectors, asked: Integers, others: Integers) -> Alike:
    found = nearest_among(vectors[asked], vectors[others], NEIGHBOURS)
    return Alike(others[found.rows], found.likenesses)
