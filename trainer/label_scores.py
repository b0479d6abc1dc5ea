"""How good a network is at each label, by its own answers out of fold. Without torch and scipy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.gate import Answers
from trainer.metrics import Score, score


@dataclass(frozen=True, slots=True)
class LabelScore:
    """A label that a network has learned from so many photos; `score` counts those of them that it could be asked."""

    label_id: int
    photos: int
    score: Score


def label_scores(answers: Answers) -> tuple[LabelScore, ...]:
    """Return the score of each label as it was taught then, in the network's order; none where that was not noted.

    A photo whose own label got no share at all could not be asked: no other fold held that label.
    """
    if answers.taught is None:
        return ()
    column = {label_id: index for index, label_id in enumerate(answers.labels)}
    truth = np.array([column[label_id] for label_id in answers.taught], dtype=np.int64)
    rows = np.arange(len(truth))
    asked = answers.probabilities[rows, truth] > 0
    wrong = asked & (answers.probabilities.argmax(axis=1) != truth)
    return tuple(
        LabelScore(label_id, int(own.sum()), score(int((wrong & own).sum()), int((asked & own).sum())))
        for label_id, own in ((label_id, truth == index) for label_id, index in column.items())
    )
