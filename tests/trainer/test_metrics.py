from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.metrics import calibration_error, confusion, score, sign_test, wilson


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [(3, 141, 0.0073, 0.0607), (2, 141, 0.0039, 0.0502), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (0, 0, 0, 1)],
)
def test_wilson_agrees_with_known_values(count: int, n: int, low: float, high: float) -> None:
    assert wilson(count, n) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_the_share_and_stays_within_bounds(first: int, second: int) -> None:
    count, n = min(first, second), max(first, second)
    made = score(count, n)

    assert 0 <= made.low <= made.error + 1e-12 <= made.high + 1e-12 <= 1 + 1e-12


def test_more_wrong_than_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)


def test_confusion_counts_truth_by_answer_and_leaves_out_the_unanswered() -> None:
    table = confusion(np.array([0, 0, 1, 1]), np.array([0, 1, 1, -1]), 2)

    assert table.tolist() == [[1, 1], [0, 1]]


def test_calibration_error_is_the_gap_between_confidence_and_truth() -> None:
    sure, right = np.full(10, 0.95), np.array([True] * 7 + [False] * 3)

    assert calibration_error(sure, right) == pytest.approx(0.25)
    assert calibration_error(np.array([1.0, 1.0]), np.array([True, True])) == 0
    assert calibration_error(np.array([]), np.array([], dtype=bool)) == 0


def test_the_sign_test_is_exact() -> None:
    assert sign_test(0, 0) == 1
    assert sign_test(5, 0) == pytest.approx(1 / 32)
    assert sign_test(4, 1) == pytest.approx(6 / 32)


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        confusion(np.array([0, 1]), np.array([0]), 2)
