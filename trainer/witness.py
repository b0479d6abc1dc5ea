"""What a network says of photos that it did not learn from, also of those that nothing is learned from.

Folds are grouped by sender where that leaves enough to learn from: else a network has learned the rest of somebody's
photos when it is asked about one, and agrees with her.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage import FOLDS, TEST_FOLD, State, VotedPhoto, most_said
from trainer.doubting import heads
from trainer.eyes import Eyes
from trainer.head import Floats
from trainer.learning import Sights
from trainer.metrics import Integers
from trainer.recipe import Recipe
from trainer.senders import sender_folds

# Who brought a larger share cannot be left out: too little would be left to learn from.
MOST_OF_ONE = 1 / 3
# Heads learn from so many photos at most: more change little, and cost much.
MOST_LEARNED = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    """Probabilities (n, labels) by picture and label id: `apart` by heads that saw nothing of the photo's sender.

    Zero is a label that the head had no other photo of.
    """

    labels: tuple[int, ...]
    rows: Mapping[str, int]
    plain: Floats
    apart: Floats

    def of(self, digest: str, said: AbstractSet[int]) -> Floats | None:
        """Return what is said of a picture by a network that knows all of `said`; None where none does."""
        row = self.rows.get(digest)
        if row is None or not said <= set(self.labels):
            return None
        places = [self.labels.index(one) for one in said]
        for asked in (self.apart, self.plain):
            each: Floats = asked[row]
            if each.any() and all(each[place] > 0 for place in places):
                return each
        return None


def bear_witness(
    photos: Sequence[VotedPhoto],
    vectors: Mapping[str, Mapping[str, bytes]],
    eyes: Eyes,
    recipe: Recipe,
    *,
    left_out: AbstractSet[int] = frozenset(),
) -> Said:
    """Ask about all photos whose picture every embedder has seen; `vectors` are by embedder and digest.

    Those in `left_out` teach the network nothing: a newcomer's, until others bear them out.
    """
    taught = _taught(one for one in photos if one.photo_id not in left_out)
    seen = {one.digest: one for one in photos if all(one.digest in each for each in vectors.values())}
    digests = sorted(seen)
    labels = tuple(sorted({taught[digest] for digest in digests if digest in taught}))
    rows = {digest: row for row, digest in enumerate(digests)}
    if len(labels) < 2:
        nothing = np.zeros((len(digests), len(labels)))
        return Said(labels, rows, nothing, nothing)
    column = {label_id: place for place, label_id in enumerate(labels)}
    truth = np.array([column.get(taught.get(digest, -1), 0) for digest in digests], dtype=np.int64)
    lessons = _drawn(np.array([digest in taught for digest in digests]), truth)
    folds = np.array([seen[digest].fold for digest in digests], dtype=np.int64)
    sights = eyes.sights({each: _rows(digests, found) for each, found in vectors.items()}, labels)
    plain = _asked(sights, truth, folds, lessons, len(labels), recipe)
    apart = np.zeros_like(plain)
    # After a tuning a fold's embedder has learned from the other folds, so that no photo may change its fold.
    if eyes.tuning is None:
        senders = _senders([seen[digest] for digest in digests])
        counts = Counter(senders[lessons].tolist())
        small = np.array([counts[one] <= MOST_OF_ONE * lessons.sum() for one in senders.tolist()])
        if small.any() and len(counts) > 1:
            own = np.where(folds == TEST_FOLD, TEST_FOLD, sender_folds(senders, FOLDS))
            apart = np.where(small[:, None], _asked(sights, truth, own, lessons, len(labels), recipe), 0.0)
    return Said(labels, rows, plain, apart)


def _taught(photos: Iterable[VotedPhoto]) -> dict[str, int]:
    """Return what pictures are taught as; one with several names teaches what most of its photos say."""
    said: dict[str, list[int]] = {}
    for one in photos:
        if one.state is State.TAUGHT and one.label_id is not None:
            said.setdefault(one.digest, []).append(one.label_id)
    most = {digest: most_said(labels) for digest, labels in said.items()}
    return {digest: label_id for digest, label_id in most.items() if label_id is not None}


def _drawn(lessons: NDArray[np.bool_], truth: Integers) -> NDArray[np.bool_]:
    """Return the lessons to learn from: where there are too many, some of each label."""
    if lessons.sum() <= MOST_LEARNED:
        return lessons
    share, drawn = MOST_LEARNED / lessons.sum(), np.zeros_like(lessons)
    rng = np.random.default_rng(0)
    for label in np.unique(truth[lessons]):
        own = np.flatnonzero(lessons & (truth == label))
        drawn[rng.permutation(own)[: max(FOLDS, int(len(own) * share))]] = True
    return drawn


def _rows(digests: Sequence[str], vectors: Mapping[str, bytes]) -> NDArray[np.float32]:
    return np.stack([np.frombuffer(vectors[digest], dtype="<f4") for digest in digests])


def _asked(
    sights: Sights, truth: Integers, folds: Integers, lessons: NDArray[np.bool_], labels: int, recipe: Recipe
) -> Floats:
    # Nothing was ever learned from a test, so that any eyes will do. The consensus finds out by itself how far to trust
    # the network, so that no temperature is needed.
    eyes = {**sights.folds, TEST_FOLD: sights.folds[0]}
    found, _ = heads(eyes, truth, folds, labels, recipe, lessons)
    asked: Floats = np.where((found == 1 / labels).all(axis=1, keepdims=True), 0.0, found)
    return asked


def _senders(photos: Sequence[VotedPhoto]) -> Integers:
    """Return a number for each photo's sender; photos of one group stand with the sender of its first."""
    first: dict[str, int] = {}
    for one in sorted(photos, key=lambda photo: photo.photo_id):
        first.setdefault(one.group, -1 if one.owner_id is None else one.owner_id)
    return np.array([first[one.group] for one in photos], dtype=np.int64)
