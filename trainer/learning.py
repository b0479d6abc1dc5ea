"""From a snapshot's embeddings to a head and what is honestly known of it; arrays only, no store and no files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage import FOLDS
from trainer import calibration
from trainer.familiarity import Bound
from trainer.fitting import Sight, fit, out_of_fold
from trainer.gate import Answers
from trainer.head import Floats, Head
from trainer.metrics import Score, calibration_error, score
from trainer.prediction_sets import Sets
from trainer.recipe import Recipe
from trainer.references import chosen
from trainer.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Learned:
    """A head with all that it needs to answer, its out-of-fold answers, and the scores that follow from them."""

    head: Head
    temperature: float
    threshold: float
    answers: Answers
    scores: Score
    calibration: float
    known: Bound | None = None
    sets: Sets | None = None


@dataclass(frozen=True, slots=True)
class Sights:
    """The snapshot's lessons, in their order, as the embedder sees them that will answer, and as each fold's does."""

    whole: Sight
    folds: Mapping[int, Sight]

    @classmethod
    def untuned(cls, embeddings: NDArray[np.float32]) -> Sights:
        """Return sights through an embedder that has seen none of the lessons: the same for all folds."""
        sight = Sight(embeddings)
        return cls(sight, dict.fromkeys(range(FOLDS), sight))


def learn(snapshot: Snapshot, sights: Sights, recipe: Recipe) -> Learned:
    """Learn from the snapshot's lessons."""
    label_ids = [label_id for label_id, _ in snapshot.labels]
    column = {label_id: index for index, label_id in enumerate(label_ids)}
    truth = np.array([column[lesson.label_id] for lesson in snapshot.lessons], dtype=np.int64)
    folds = np.array([lesson.fold for lesson in snapshot.lessons], dtype=np.int64)

    held_out = out_of_fold(sights.folds, truth, folds, len(label_ids), recipe)
    temperature = calibration.temperature(held_out, truth, prior=recipe.temperature_prior)
    threshold = calibration.threshold(held_out, truth, temperature=temperature, refused=recipe.refused)
    probabilities: Floats = calibration.probabilities_of(held_out, temperature)
    right, judged = held_out.answers() == truth, held_out.judged
    among = chosen([lesson.label_id for lesson in snapshot.lessons])
    familiarities = calibration.out_of_fold_familiarity(sights.folds, folds, probabilities.max(axis=1), among)[judged]
    return Learned(
        head=fit(sights.whole, truth, len(label_ids), recipe),
        temperature=temperature,
        threshold=threshold,
        answers=Answers(
            tuple(lesson.digest for lesson in snapshot.lessons),
            tuple(label_ids),
            probabilities,
            tuple(lesson.label_id for lesson in snapshot.lessons),
        ),
        # A photo whose label no other fold holds (all of it in one album) was never asked: it tells nothing.
        scores=score(int((judged & ~right).sum()), int(judged.sum())),
        calibration=calibration_error(probabilities[judged].max(axis=1), right[judged]),
        known=calibration.familiar(familiarities, folds[judged], labels=len(label_ids), strange=recipe.strange),
        sets=calibration.sets_for(probabilities[judged], truth[judged]),
    )
