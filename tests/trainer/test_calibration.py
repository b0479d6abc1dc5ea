from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer import calibration
from trainer.fitting import OutOfFold
from trainer.head import Floats
from trainer.metrics import Integers
from trainer.prediction_sets import Sets, members


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


def photos(n: int, labels: int = 4, seed: int = 0) -> tuple[Floats, Integers]:
    """Calibrated probabilities (n, labels), and labels drawn from them."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(labels, 0.4), n)
    return probabilities, np.array([rng.choice(labels, p=row) for row in probabilities])


def test_sets_keep_what_they_promise_on_photos_that_they_were_not_made_from() -> None:
    covered, promised, alone = [], [], []
    for seed in range(40):
        sets = calibration.sets_for(*photos(200, seed=seed))
        assert sets is not None
        asked, truth = photos(500, seed=1000 + seed)
        covered += [own in members(row, sets) for row, own in zip(asked, truth, strict=True)]
        alone += list(asked.argmax(axis=1) == truth)
        promised.append(sets.coverage)

    assert np.mean(covered) == pytest.approx(np.mean(promised), abs=0.015)
    assert np.mean(alone) < min(promised)


def test_the_likeliest_label_is_always_in_the_set_and_first() -> None:
    sets = Sets(0.9, 0.3, 50, 0.8, 0.96)

    assert members(np.array([0.1, 0.28, 0.2, 0.22, 0.2]), sets) == (1,)
    assert members(np.array([0.33, 0.55, 0.12]), sets) == (1, 0)


def test_the_range_of_what_is_kept_narrows_with_the_photos() -> None:
    few, many = (calibration.sets_for(*photos(n, 3, seed=3)) for n in (40, 4000))

    assert few is not None
    assert many is not None
    assert few.low < few.coverage < few.high
    assert many.high - many.low < 0.2 * (few.high - few.low)
    # 90 % promised by 50 photos: 82.6 to 96.0 % (Beta distribution of split conformal prediction).
    fifty = calibration.sets_for(*photos(50, 3, seed=1))
    assert fifty is not None
    assert (fifty.coverage, round(fifty.low, 3), round(fifty.high, 3)) == (0.9, 0.826, 0.96)


def test_where_a_set_would_be_too_large_what_is_given_instead_is_counted() -> None:
    rng = np.random.default_rng(0)
    flat = rng.dirichlet(np.full(12, 4.0), 300)
    truth = np.array([rng.choice(12, p=row) for row in flat])

    sets = calibration.sets_for(flat, truth)

    assert sets is not None
    given = [members(row, sets) for row in flat]
    assert max(map(len, given)) <= 3
    assert sets.coverage == pytest.approx(np.mean([own in found for own, found in zip(truth, given, strict=True)]))
    assert sets.low < sets.coverage < sets.high


@pytest.mark.parametrize("right", [8, 0, 400])
def test_nothing_is_promised_by_few_photos_nor_where_one_label_is_enough(right: int) -> None:
    probabilities, truth = np.tile([[0.9, 0.1]], (right, 1)), np.zeros(right, dtype=np.int64)

    assert calibration.sets_for(probabilities, truth) is None


def test_a_promise_is_more_than_one_label_alone_keeps() -> None:
    probabilities, truth = np.tile([[0.7, 0.2, 0.1]], (100, 1)), np.zeros(100, dtype=np.int64)
    truth[:7] = 1

    sets = calibration.sets_for(probabilities, truth)

    assert sets is not None
    assert sets.coverage == 0.95
    assert members(probabilities[0], sets) == (0, 1)
