from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import approx_fprime

from trainer.fitting import Basis, Sight, fit, loss_and_gradient, out_of_fold, solve
from trainer.head import Head, scaled, softmax
from trainer.learning import Sights
from trainer.recipe import Recipe

RECIPE = Recipe()


def clouds(
    n: int, labels: int, d: int, seed: int = 0, apart: float = 3.0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % labels
    centres = rng.standard_normal((labels, d)) * apart
    return (centres[truth] + rng.standard_normal((n, d))).astype(np.float32), truth


@given(st.integers(2, 12), st.integers(1, 6), st.integers(2, 4), st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_the_gradient_is_the_slope_of_the_loss(n: int, d: int, labels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    features, truth = rng.standard_normal((n, d)), rng.integers(0, labels, n)
    flat = rng.standard_normal((d + 1) * labels)

    gradient = loss_and_gradient(flat, features, truth, labels, 2.0)[1]

    slope = approx_fprime(flat, lambda at: loss_and_gradient(at, features, truth, labels, 2.0)[0], 1e-6)
    assert gradient == pytest.approx(slope, abs=1e-4)


def test_the_loss_equals_a_computation_by_hand() -> None:
    features, truth = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0, 1])
    flat = np.array([0.5, -0.5, 0.25, 0.0, 0.1, -0.1])

    loss = loss_and_gradient(flat, features, truth, 2, 4.0)[0]

    first = -np.log(np.exp(0.6) / (np.exp(0.6) + np.exp(-0.6)))
    second = -np.log(np.exp(-0.1) / (np.exp(0.6) + np.exp(-0.1)))
    penalty = (0.25 + 0.25 + 0.0625) / (2 * 4.0)
    assert loss == pytest.approx((first + second + penalty) / 2)


def test_fitting_in_the_span_of_the_photos_gives_the_same_head() -> None:
    embeddings, truth = clouds(20, 3, 60)
    features = scaled(embeddings)
    exact = Recipe(tolerance=1e-9, iterations=2000)

    whole = solve(features, truth, 3, exact)
    basis = Basis.of(features)
    reduced = solve(basis.coordinates, truth, 3, exact)

    assert basis.coordinates.shape[1] <= 20
    assert basis.directions.T @ reduced[:-1] == pytest.approx(whole[:-1], abs=1e-3)


def test_a_small_set_is_learned_by_heart() -> None:
    embeddings, truth = clouds(31, 3, 64, apart=0.2)

    head = fit(Sight(embeddings), truth, 3, RECIPE)

    assert (head.logits(embeddings).argmax(1) == truth).all()


def test_out_of_fold_answers_do_not_depend_on_the_photos_own_label() -> None:
    """Labels are noise, but each photo carries a mark of its own: whoever saw it answers it rightly."""
    rng = np.random.default_rng(1)
    n = 200
    embeddings = np.hstack([np.eye(n) * 50, rng.standard_normal((n, 8))]).astype(np.float32)
    truth, folds = rng.integers(0, 2, n), rng.integers(0, 5, n)

    held_out = out_of_fold(Sights.untuned(embeddings).folds, truth, folds, 2, RECIPE)
    seen = fit(Sight(embeddings), truth, 2, RECIPE).logits(embeddings).argmax(1)

    assert (seen == truth).mean() == 1.0
    assert 0.35 < (held_out.answers() == truth).mean() < 0.65


def test_turning_one_label_changes_no_answer_within_its_own_fold() -> None:
    embeddings, truth = clouds(40, 2, 10, apart=0.5)
    folds = np.arange(40) // 8
    turned = truth.copy()
    turned[3] = 1 - turned[3]

    before = out_of_fold(Sights.untuned(embeddings).folds, truth, folds, 2, RECIPE).logits
    after = out_of_fold(Sights.untuned(embeddings).folds, turned, folds, 2, RECIPE).logits

    assert before[folds == 0] == pytest.approx(after[folds == 0])
    assert np.abs(before[folds != 0] - after[folds != 0]).max() > 1e-6


def test_a_label_that_lives_in_one_fold_is_not_judged() -> None:
    embeddings, truth = clouds(12, 3, 8)
    folds = np.where(truth == 2, 0, np.arange(12) % 5)

    held_out = out_of_fold(Sights.untuned(embeddings).folds, truth, folds, 3, RECIPE)

    assert not held_out.judged[truth == 2].any()
    assert (held_out.answers()[truth == 2] == -1).all()
    assert np.isneginf(held_out.logits[folds == 0, 2]).all()


def test_photos_of_a_single_fold_are_all_unanswered() -> None:
    embeddings, truth = clouds(6, 2, 8)

    assert (
        out_of_fold(Sights.untuned(embeddings).folds, truth, np.zeros(6, dtype=np.int64), 2, RECIPE).answers() == -1
    ).all()


@pytest.mark.parametrize("truth", [[0, 0, 0, 0], [0, 2, 2, 0], [0, 1, 1]])
def test_labels_that_do_not_go_with_the_photos_are_refused(truth: list[int]) -> None:
    with pytest.raises(ValueError, match=r"labels"):
        fit(Sight(np.ones((4, 3), dtype=np.float32)), np.array(truth), 2 if len(truth) < 4 else 3, RECIPE)


def test_embeddings_that_are_no_numbers_are_refused() -> None:
    embeddings = np.full((4, 3), np.nan, dtype=np.float32)

    with pytest.raises(ValueError, match="finite"):
        fit(Sight(embeddings), np.array([0, 1, 0, 1]), 2, RECIPE)


def test_softmax_sums_to_one_and_knows_impossible_labels() -> None:
    probabilities = softmax(np.array([[1.0, 2.0, -np.inf], [1000.0, 0.0, 0.0]]))

    assert probabilities.sum(1) == pytest.approx(1)
    assert probabilities[0, 2] == 0


def test_an_embedding_of_zeros_is_answered_by_the_biases() -> None:
    head = Head(np.ones((2, 3), dtype=np.float32), np.array([0.0, 1.0], dtype=np.float32))

    assert head.logits(np.zeros((1, 3))).tolist() == [[0.0, 1.0]]


def test_a_prior_is_kept_where_the_photos_say_nothing_else() -> None:
    embeddings, truth = clouds(30, 3, 8)
    prior = fit(Sight(embeddings), truth, 3, RECIPE)
    few = np.array([0, 1, 2])

    again = fit(Sight(embeddings[few], prior), truth[few], 3, replace(RECIPE, tuned_strength=1e-6))

    assert again.weight == pytest.approx(prior.weight, abs=1e-3)


def test_a_prior_does_not_keep_a_correction_from_being_learned() -> None:
    embeddings, truth = clouds(30, 3, 8)
    prior = fit(Sight(embeddings), truth, 3, RECIPE)
    corrected = truth.copy()
    corrected[4] = (truth[4] + 1) % 3

    head = fit(Sight(embeddings, prior), corrected, 3, RECIPE)

    assert head.logits(embeddings)[4].argmax() == corrected[4]


def test_each_fold_is_answered_through_its_own_sight() -> None:
    embeddings, truth = clouds(40, 2, 8)
    folds = np.arange(40) % 5
    blind = Sight(np.random.default_rng(0).standard_normal(embeddings.shape).astype(np.float32))
    sights = {fold: blind if fold == 3 else Sight(embeddings) for fold in range(5)}

    right = out_of_fold(sights, truth, folds, 2, RECIPE).answers() == truth

    assert right[folds != 3].all()
    assert not right[folds == 3].all()
