"""What to send next: the label that needs photos most, looks that nothing taught covers, questions worth a name.

Pure functions of arrays. Embeddings are `scaled`, so that a product of two is their cosine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.familiarity import NEAREST, nearest_likenesses
from trainer.fitting import Sight
from trainer.head import Floats, scaled
from trainer.metrics import Integers, Score, score, wilson
from trainer.references import MOST, chosen

# A label with fewer photos than this share of the middle one is short of them, however well it does.
FEW = 0.5
# Of 100 taught photos so many are less like the others than what counts as usual.
UNUSUAL = 0.03
# A photo so many deviations below the middle is alone (Iglewicz and Hoaglin 1993, rounded), and a label with clearly
# more than this share of such photos is scattered. A deviation is so many times the middle distance from the middle.
FAR, MANY, DEVIATION = 3.0, 0.06, 1.4826
# Fewer photos that are like nothing else are single ones, and no look.
LEAST = 3
# A photo is typical by its likeness to so many of the others.
CROWD = 5


@dataclass(frozen=True, slots=True)
class Weakest:
    """The label (by number) that photos would help most: how many it has, and how those were answered, held out."""

    label: int
    photos: int
    score: Score


def weakest(truth: Integers, wrong: NDArray[np.bool_], judged: NDArray[np.bool_]) -> Weakest | None:
    """Return the label that may be worst: by the upper end of the interval of its error, out of fold; all are (n,).

    That weighs errors and number at once, for little is known of a label with few photos. Only those are compared that
    made a mistake, are short of photos or could not be asked about; None where all others are left.
    """
    found = []
    for label in np.unique(truth):
        own = truth == label
        asked = own & judged
        found.append(Weakest(int(label), int(own.sum()), score(int((wrong & asked).sum()), int(asked.sum()))))
    few = FEW * float(np.median([one.photos for one in found]))
    needy = [one for one in found if one.score.wrong or one.photos < few or not one.score.n]
    return max(needy, key=lambda one: (one.score.high, -one.photos), default=None)


@dataclass(frozen=True, slots=True)
class Scattered:
    """A label of whose `photos` so many as `alone` look like no other photo of it; of very many some are compared."""

    label: int
    alone: int
    photos: int


def scattered(sights: Mapping[int, Sight], truth: Integers, folds: Integers) -> Scattered | None:
    """Return the label whose looks are covered worst: photos that those of its other folds are unlike, by `sights`.

    Unlike is what lies `FAR` robust deviations below the middle of all; None if of no label clearly more than
    `MANY` do.
    """
    among = compared(truth)
    truth, alike = truth[among], own_likenesses(sights, truth, folds)
    known = np.isfinite(alike)
    if not known.any():
        return None
    middle = np.median(alike[known])
    bound = middle - FAR * DEVIATION * np.median(np.abs(alike[known] - middle))
    found = []
    for label in np.unique(truth):
        own = alike[(truth == label) & known]
        alone = int((own < bound).sum())
        if alone >= LEAST and wilson(alone, len(own))[0] > MANY:
            found.append(Scattered(int(label), alone, len(own)))
    return max(found, key=lambda one: one.alone / one.photos, default=None)


def compared(truth: Integers) -> Integers:
    """Return the rows of the photos that are compared with one another: all, or `MOST`, as many of each label."""
    return chosen(truth.tolist(), MOST)


def own_likenesses(sights: Mapping[int, Sight], truth: Integers, folds: Integers) -> Floats:
    """Return the mean cosine of each photo `compared` to the nearest of its label in other folds; NaN without any."""
    among = compared(truth)
    truth, folds = truth[among], folds[among]
    found = np.full(len(truth), np.nan)
    for fold in np.unique(folds):
        vectors = scaled(sights[int(fold)].embeddings[among])
        for label in np.unique(truth):
            asked, others = (truth == label) & (folds == fold), (truth == label) & (folds != fold)
            if asked.any() and others.any():
                found[asked] = nearest_likenesses(vectors[asked], vectors[others]).mean(axis=1)
    return found


def usual_likeness(sights: Mapping[int, Sight], truth: Integers, folds: Integers) -> tuple[float, float]:
    """Return what taught photos are like: mean cosine to the nearest of other folds, at `UNUSUAL` and in the middle."""
    among = compared(truth)
    folds = folds[among]
    found = np.full(len(folds), np.nan)
    for fold in np.unique(folds):
        vectors, asked = scaled(sights[int(fold)].embeddings[among]), folds == fold
        if (~asked).any():
            found[asked] = nearest_likenesses(vectors[asked], vectors[~asked]).mean(axis=1)
    low, middle = np.nanquantile(found, [UNUSUAL, 0.5])
    return float(low), float(middle)


def unknown_look(questions: Floats, taught: Floats, bound: float) -> tuple[int, ...]:
    """Return the rows of the largest group of questions that are alike and like nothing taught, its middle first.

    `questions` (m, d), `taught` (n, d). Above `bound`, the first of `usual_likeness`, photos are alike: as taught ones
    are to their nearest. Empty for fewer than `LEAST`.
    """
    if not len(questions):
        return ()
    strange = np.flatnonzero(nearest_likenesses(questions, taught, NEAREST).mean(axis=1) < bound)
    if len(strange) < LEAST:
        return ()
    alike = questions[strange] @ questions[strange].T
    middle = int((alike >= bound).sum(axis=1).argmax())
    group = np.flatnonzero(alike[middle] >= bound)
    if len(group) < LEAST:
        return ()
    nearest_first = group[np.argsort(-alike[middle][group], kind="stable")]
    return tuple(int(row) for row in strange[nearest_first])


def most_useful(questions: Floats, logits: Floats, same: float, *, count: int) -> tuple[int, ...]:
    """Return the rows of up to `count` questions whose names would teach most.

    `questions` are (m, d), `logits` (m, labels). Typical ones first: with few lessons, what stands for many others
    teaches more than what lies on an edge (Hacohen 2022). Of the more typical half those come first between whose two
    likeliest labels the head can hardly choose. Two more alike than `same` teach the same: the second waits.
    """
    if not len(questions):
        return ()
    top = np.sort(logits, axis=1)[:, -2:]
    typical = typicality(questions)
    # Whole halves: the margin decides within each.
    rank = np.lexsort((top[:, 1] - top[:, 0], typical < np.median(typical)))
    alike = questions @ questions.T
    chosen: list[int] = []
    waiting: list[int] = []
    for row in rank.tolist():
        (waiting if any(alike[row, one] >= same for one in chosen) else chosen).append(row)
    return tuple([*chosen, *waiting][:count])


def typicality(questions: Floats) -> Floats:
    """Return the mean cosine (m,) of each question to the `CROWD` nearest others; 0 for a single one."""
    if len(questions) < 2:
        return np.zeros(len(questions))
    # The nearest is the photo itself.
    found: Floats = nearest_likenesses(questions, questions, CROWD + 1)[:, 1:].mean(axis=1)
    return found
