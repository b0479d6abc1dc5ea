from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.metrics import (
    Pair,
    before_after,
    by_label,
    calibration_error,
    confusion,
    fisher,
    mcnemar,
    most_confused,
    reliability,
    score,
    sign_test,
    surest,
    wilson,
)


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


def test_mcnemar_is_exact_and_the_same_both_ways() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(3, 3) == 1
    assert mcnemar(5, 0) == mcnemar(0, 5) == pytest.approx(2 / 32)


def test_the_lessons_step_from_three_wrong_to_two_may_be_chance() -> None:
    was_right, is_right = np.full(141, True), np.full(141, True)
    was_right[:3] = is_right[2:4] = False

    found = before_after(was_right, is_right)

    assert (found.before.wrong, found.after.wrong, found.after.n) == (3, 2, 141)
    assert (found.better, found.worse, found.chance) == (2, 1, 1.0)


@pytest.mark.parametrize(
    ("counts", "chance"), [((3, 4, 1, 4), 17 / 70), ((0, 5, 3, 5), 1.0), ((2, 2, 0, 2), 1 / 6), ((0, 0, 0, 0), 1.0)]
)
def test_fishers_test_agrees_with_known_values(counts: tuple[int, int, int, int], chance: float) -> None:
    """The first is the lady who tasted tea (Fisher 1935)."""
    assert fisher(*counts) == pytest.approx(chance)


def test_fishers_test_refuses_more_wrong_than_asked() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        fisher(3, 2, 0, 5)


def test_mistakes_are_told_most_frequent_first_and_rare_ones_left_out() -> None:
    table = np.array([[9, 1, 0], [4, 5, 2], [0, 2, 8]])

    assert most_confused(table, least=2) == (Pair(1, 0, 4), Pair(1, 2, 2), Pair(2, 1, 2))
    assert len(most_confused(table)) == 4


def test_each_label_has_its_own_score() -> None:
    scores = by_label(np.array([[9, 1, 0], [0, 0, 0], [0, 0, 8]]))

    assert [(one.wrong, one.n) for one in scores] == [(1, 10), (0, 0), (0, 8)]
    assert (scores[1].low, scores[1].high) == (0, 1)


def test_the_surer_half_is_scored() -> None:
    confidences, right = np.array([0.9, 0.5, 0.8, 0.4, 0.7]), np.array([True, False, False, False, True])

    assert surest(confidences, right) == score(1, 3)
    assert surest(np.array([]), np.array([], dtype=bool)) == score(0, 0)


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        confusion(np.array([0, 1]), np.array([0]), 2)


def test_reliability_sets_what_was_stated_against_what_was_right() -> None:
    confidences = np.array([0.55, 0.55, 0.95, 0.95, 0.95, 0.95, 1.0])
    right = np.array([True, False, True, True, True, False, True])

    low, high = reliability(confidences, right)

    assert (low.wrong.n, low.right) == (2, 0.5)
    assert (high.wrong.n, high.right) == (5, 0.8)
    assert (low.stated, high.stated) == pytest.approx((0.55, 4.8 / 5))
    assert (high.low, high.high) == pytest.approx(wilson(4, 5))


def test_no_answers_make_no_bands() -> None:
    assert reliability(np.array([]), np.array([], dtype=bool)) == ()
