"""Which labels are doubted, in which order, and what is said to be the reason."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.trainer.test_fitting import clouds
from trainer.doubting import doubt
from trainer.doubts import Doubts
from trainer.fitting import Sight
from trainer.learning import Sights
from trainer.planting import Judged, Recall, recall_of
from trainer.recipe import Recipe
from trainer.suspects import Cause, find_off_topic, find_suspects, suspicion, together

RECIPE = Recipe()
FOLDS = np.arange(120) % 5


def mislabelled(n: int = 120, wrong: int = 12) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Three clouds of photos, their labels as given, and the rows that were given a wrong one."""
    embeddings, truth = clouds(n, 3, 16)
    rows = np.random.default_rng(1).permutation(n)[:wrong]
    given = truth.copy()
    given[rows] = (truth[rows] + 1) % 3
    return embeddings, given, rows


def said(*rows: tuple[list[float], list[float], list[float]]) -> Doubts:
    first, second, neighbours = (np.array(each) for each in zip(*rows, strict=True))
    return Doubts(first, second, neighbours, np.full(len(rows), 0.8), np.ones(len(rows), dtype=np.bool_))


def test_wrong_labels_come_first_and_with_the_right_proposal() -> None:
    embeddings, given, wrong = mislabelled()

    found = find_suspects(doubt(Sights.untuned(embeddings).folds, given, FOLDS, 3, RECIPE), given, most=12)

    assert {one.row for one in found} == set(wrong.tolist())
    assert all(one.proposal == (one.given - 1) % 3 and one.cause is Cause.CONTRADICTED for one in found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0.5 < one.score < 1 for one in found)


def test_no_witness_hears_the_label_that_it_judges() -> None:
    """Whatever a photo was given, the same is said of it, as long as the first head leaves the same ones out."""
    embeddings, given, _ = mislabelled(wrong=0)
    other = given.copy()
    other[7] = (given[7] + 1) % 3

    before, after = (doubt(Sights.untuned(embeddings).folds, told, FOLDS, 3, RECIPE) for told in (given, other))

    fold = np.isin(FOLDS, FOLDS[7])
    assert np.array_equal(before.first[fold], after.first[fold])
    assert np.array_equal(before.neighbours[fold], after.neighbours[fold])
    assert not np.array_equal(before.first[~fold], after.first[~fold])


def test_the_second_head_has_not_learned_what_the_first_contradicts() -> None:
    embeddings, given, wrong = mislabelled()

    doubts = doubt(Sights.untuned(embeddings).folds, given, FOLDS, 3, RECIPE)

    told = given[wrong]
    assert doubts.second[wrong, told].mean() < doubts.first[wrong, told].mean()


def test_a_contradiction_means_less_where_the_witnesses_hesitate_anyway() -> None:
    sure, torn = [0.02, 0.96, 0.02], [0.3, 0.36, 0.34]
    doubts = said((torn, torn, torn), (sure, sure, sure))

    found = find_suspects(doubts, np.array([0, 0]), most=2)

    assert [(one.row, one.cause) for one in found] == [(1, Cause.CONTRADICTED), (0, Cause.BETWEEN)]


def test_the_cause_says_who_contradicts() -> None:
    own, other = [0.9, 0.1], [0.02, 0.98]
    doubts = said((other, other, own), ([0.45, 0.55], own, [0.001, 0.999]), (other, other, other))

    found = {one.row: one.cause for one in find_suspects(doubts, np.array([0, 0, 0]), most=3)}

    assert found == {0: Cause.NETWORK, 1: Cause.NEIGHBOURS, 2: Cause.CONTRADICTED}


def test_a_label_that_only_one_fold_holds_is_never_suspected() -> None:
    embeddings, given, _ = mislabelled(wrong=0)
    alone = given.copy()
    alone[FOLDS == 0] = 3

    doubts = doubt(Sights.untuned(embeddings).folds, alone, FOLDS, 4, RECIPE)

    assert (doubts.judged == (FOLDS != 0)).all()
    assert all(FOLDS[one.row] != 0 for one in find_suspects(doubts, alone, most=120))


def test_too_few_photos_to_judge_lead_to_no_suspects() -> None:
    embeddings = np.eye(2, 4, dtype=np.float32)

    doubts = doubt({0: Sight(embeddings)}, np.array([0, 1]), np.array([0, 0]), 2, RECIPE)

    assert find_suspects(doubts, np.array([0, 1]), most=5) == ()


def test_what_is_like_nothing_else_may_be_none_of_the_labels() -> None:
    likeness = np.concatenate([np.linspace(0.7, 0.9, 50), [0.1]])
    probabilities = np.tile([0.2, 0.8], (51, 1))
    doubts = Doubts(probabilities, probabilities, probabilities, likeness, np.ones(51, dtype=np.bool_))

    (found,) = find_off_topic(doubts, np.zeros(51, dtype=np.int64))

    assert (found.row, found.cause, found.proposal) == (50, Cause.OFF_TOPIC, None)
    assert 0.5 < found.score < 1


def test_where_all_photos_are_alike_none_is_off_topic() -> None:
    probabilities = np.full((5, 2), 0.5)
    for likeness in (np.full(5, 0.8), np.zeros(0)):
        rows = len(likeness)
        doubts = Doubts(probabilities[:rows], probabilities[:rows], probabilities[:rows], likeness, likeness > 0)
        assert find_off_topic(doubts, np.zeros(rows, dtype=np.int64)) == ()


def test_witnesses_together_are_probabilities_and_a_sure_witness_moves_them() -> None:
    joint = together(said(([0.5, 0.5], [0.5, 0.5], [0.5, 0.5]), ([0.5, 0.5], [0.1, 0.9], [0.5, 0.5])))

    assert np.allclose(joint.sum(axis=1), 1)
    assert joint[0, 0] == 0.5
    assert joint[1, 1] > 0.6
    assert suspicion(joint, np.array([0, 0]))[0] == 0
    assert suspicion(joint, np.array([0, 1]))[1] < 0 < suspicion(joint, np.array([0, 0]))[1]


def test_the_list_says_how_much_of_what_was_planted_it_finds() -> None:
    embeddings, given, _ = mislabelled()
    sights = Sights.untuned(embeddings).folds
    doubts = doubt(sights, given, FOLDS, 3, RECIPE)

    judged = Judged(sights, given, FOLDS, 3, RECIPE, doubts)

    *steps, far = recall_of(judged, looked=30, rng=np.random.default_rng(0))
    *_, near = recall_of(judged, looked=2, rng=np.random.default_rng(0))

    assert isinstance(far, Recall)
    assert isinstance(near, Recall)
    assert steps == [0, 6, 12, 18, 24, 30, 35]
    assert (far.looked, far.missed.n, far.missed_alike.n) == (30, 40, 20)
    assert far.found > 0.85
    assert far.found > near.found


def test_a_list_of_labels_drawn_by_lot_finds_no_more_than_chance() -> None:
    rng = np.random.default_rng(3)
    embeddings = rng.standard_normal((200, 16)).astype(np.float32)
    given, folds = rng.integers(0, 3, 200), np.arange(200) % 5
    sights = Sights.untuned(embeddings).folds
    doubts = doubt(sights, given, folds, 3, RECIPE)

    *_, recall = recall_of(Judged(sights, given, folds, 3, RECIPE, doubts), looked=30, rng=rng)

    assert isinstance(recall, Recall)
    assert recall.missed.n == 40
    assert recall.found < 0.4
