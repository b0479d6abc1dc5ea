"""How good a network was at each label, by its answers out of fold."""

import numpy as np

from trainer.gate import Answers
from trainer.label_scores import label_scores
from trainer.metrics import score

SHARES = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.3, 0.7, 0.0], [0.6, 0.4, 0.0], [0.0, 0.0, 0.0]])


def test_each_label_is_scored_on_photos_that_could_be_asked() -> None:
    answers = Answers(("a", "b", "c", "d", "e"), (10, 20, 30), SHARES, (10, 10, 20, 30, 20))

    found = label_scores(answers)

    assert [(one.label_id, one.photos) for one in found] == [(10, 2), (20, 2), (30, 1)]
    # No other fold held label 30, and nothing at all was said of the last photo.
    assert [one.score for one in found] == [score(1, 2), score(0, 1), score(0, 0)]


def test_what_an_older_pupil_did_not_note_is_not_guessed() -> None:
    assert label_scores(Answers(("a",), (10, 20, 30), SHARES[:1])) == ()
