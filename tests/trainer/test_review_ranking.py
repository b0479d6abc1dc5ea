"""The ranking of suspects: the worst first, and nothing that nothing speaks against."""

import numpy as np

from trainer.review_ranking import doubtful, joined, nearest, pairs_of, strangers

PROBABILITIES = np.array([[0.9, 0.1], [0.2, 0.8], [0.05, 0.95], [0.6, 0.4]])


def test_labels_that_are_not_the_likeliest_are_doubted_the_least_likely_first() -> None:
    given = np.array([0, 0, 0, 1])

    assert doubtful(PROBABILITIES, given, most=9).tolist() == [2, 1, 3]
    assert doubtful(PROBABILITIES, given, most=1).tolist() == [2]


def test_what_is_like_nothing_else_is_a_stranger() -> None:
    likeness = np.array([0.9, 0.88, 0.91, 0.1, 0.89, 0.3, 0.9])

    assert strangers(likeness, most=9).tolist() == [3, 5]
    assert strangers(np.empty(0), most=9).tolist() == []


def test_the_nearest_are_looked_for_in_other_groups_where_that_is_asked() -> None:
    vectors = np.eye(3, dtype=np.float32)[[0, 0, 1, 1]] + 0.01
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    keys = np.array([0, 0, 1, 2])

    assert nearest(vectors, keys, 1, apart=False).rows[:, 0].tolist() == [1, 0, 3, 2]
    assert nearest(vectors, keys, 1, apart=True).rows[0, 0] in (2, 3)


def test_pairs_are_named_once_and_join_to_groups() -> None:
    vectors = np.eye(4, dtype=np.float32)[[0, 0, 0, 2]]

    pairs = pairs_of(nearest(vectors, np.arange(4), 2, apart=False), most=3)

    assert {one[:2] for one in pairs} == {(0, 1), (0, 2), (1, 2)}
    assert joined([one[:2] for one in pairs]) == [(0, 1, 2)]
    assert joined([(5, 6), (0, 1), (1, 5)]) == [(0, 1, 5, 6)]
