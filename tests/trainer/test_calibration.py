from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer import calibration
from trainer.fitting import OutOfFold


def spoken(n: int, overconfident: float, seed: int = 0) -> tuple[OutOfFold, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Logits that are right as often as their softmax says, then blown up."""
    rng = np.random.default_rng(seed)
    logits = rng.standard_normal((n, 3)) * 2
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    truth = np.array([rng.choice(3, p=share) for share in shares])
    return OutOfFold(logits * overconfident, np.ones(n, dtype=bool)), truth


def test_the_temperature_of_many_answers_undoes_their_overconfidence() -> None:
    answers, truth = spoken(3000, 4.0)

    assert calibration.temperature(answers, truth, prior=0.5) == pytest.approx(4.0, rel=0.1)


def test_ten_answers_move_the_temperature_only_a_little() -> None:
    answers = OutOfFold(np.tile([[9.0, 0.0]], (10, 1)), np.ones(10, dtype=bool))

    warmth = calibration.temperature(answers, np.zeros(10, dtype=np.int64), prior=0.5)

    assert 0.7 < warmth <= 1.0


def test_without_answers_the_temperature_is_one() -> None:
    nothing = OutOfFold(np.full((3, 2), -np.inf), np.zeros(3, dtype=bool))

    assert calibration.temperature(nothing, np.array([0, 1, 0]), prior=0.5) == 1.0
    assert calibration.threshold(nothing, np.array([0, 1, 0]), temperature=1.0, refused=0.02) == 0.0
    assert (calibration.probabilities_of(nothing, 1.0) == 0).all()


@given(st.integers(1, 300), st.floats(0.2, 5), st.integers(0, 100))
@settings(max_examples=50, deadline=None)
def test_the_threshold_costs_at_most_its_share_of_right_answers(n: int, loud: float, seed: int) -> None:
    answers, truth = spoken(n, loud, seed)

    least = calibration.threshold(answers, truth, temperature=1.0, refused=0.02)

    right = answers.answers() == truth
    confidences = calibration.probabilities_of(answers, 1.0).max(1)
    assert (confidences[right] < least).sum() <= 0.02 * right.sum()
