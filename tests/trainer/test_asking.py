"""What to send next: labels, looks and questions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainer import asking
from trainer.asking import (
    compared,
    most_useful,
    own_likenesses,
    scattered,
    typicality,
    unknown_look,
    usual_likeness,
    weakest,
)
from trainer.head import Floats
from trainer.learning import Sights

ALIKE = 0.7


def around(direction: int, count: int, *, spread: float = 0.05, seed: int = 0) -> Floats:
    """Unit vectors near one axis of twelve."""
    found = np.abs(np.eye(12)[direction] + np.random.default_rng(seed).normal(0, spread, (count, 12)))
    length: Floats = np.linalg.norm(found, axis=1, keepdims=True)
    vectors: Floats = found / length
    return vectors


def answered(*labels: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The truth, and what was wrong, of labels with (photos, mistakes)."""
    truth = np.concatenate([np.full(photos, number) for number, (photos, _) in enumerate(labels)])
    wrong = np.concatenate([np.arange(photos) < mistakes for photos, mistakes in labels])
    return truth, wrong


def test_the_label_with_most_mistakes_for_its_photos_is_needed_most() -> None:
    truth, wrong = answered((40, 6), (9, 4), (40, 2))

    found = weakest(truth, wrong, np.full(len(truth), True))

    assert found is not None
    assert (found.label, found.photos, found.score.wrong, found.score.n) == (1, 9, 4, 9)


def test_a_label_of_few_photos_is_needed_even_where_nothing_is_known_against_it() -> None:
    truth, wrong = answered((30, 2), (3, 0), (30, 1))
    judged = truth != 1

    found = weakest(truth, wrong, judged)

    assert found is not None
    assert (found.label, found.photos, found.score.n) == (1, 3, 0)


def test_a_label_of_which_little_is_known_does_not_hide_one_that_is_often_wrong() -> None:
    # Of five photos without a mistake the error may be as high as 43 of 100, of 100 with 30 mistakes 40.
    truth, wrong = answered((5, 0), (100, 30), (5, 0), (5, 0))

    found = weakest(truth, wrong, np.full(len(truth), True))

    assert found is not None
    assert found.label == 1


def test_a_label_that_could_not_be_asked_about_is_needed_however_many_photos_it_has() -> None:
    truth, wrong = answered((30, 0), (40, 0))

    found = weakest(truth, wrong, truth == 0)

    assert found is not None
    assert (found.label, found.score.n) == (1, 0)


def test_no_label_is_needed_where_all_are_known_alike() -> None:
    truth, wrong = answered((20, 0), (22, 0))

    assert weakest(truth, wrong, np.full(len(truth), True)) is None


def test_a_label_with_many_looks_of_one_photo_each_is_found() -> None:
    photos = np.concatenate([around(0, 40), around(1, 33, seed=1), np.eye(12)[[4, 5, 6, 7, 8, 9, 10]]])
    truth, folds = np.array([0] * 40 + [1] * 40), np.arange(80) % 5

    found = scattered(Sights.untuned(photos.astype(np.float32)).folds, truth, folds)

    assert found is not None
    assert (found.label, found.alone, found.photos) == (1, 7, 40)


def test_no_label_is_scattered_where_all_hold_together() -> None:
    photos = np.concatenate([around(0, 60), around(1, 60, seed=1)])

    assert scattered(Sights.untuned(photos.astype(np.float32)).folds, np.arange(120) // 60, np.arange(120) % 5) is None


def test_questions_that_are_alike_and_like_nothing_taught_are_found_their_middle_first() -> None:
    taught = np.concatenate([around(0, 20), around(1, 20)])
    strange = np.concatenate([around(5, 4), np.eye(12)[[5]]])
    questions = np.concatenate([around(0, 3, seed=3), strange, np.eye(12)[[9]]])

    found = unknown_look(questions, taught, ALIKE)

    assert sorted(found) == [3, 4, 5, 6, 7]
    middle = (questions[list(found)] @ questions[list(found)].T >= ALIKE).sum(axis=1)
    assert middle[0] == middle.max()


def test_two_strange_questions_are_no_look_and_neither_are_three_that_differ() -> None:
    taught = around(0, 20)

    assert unknown_look(around(5, 2), taught, ALIKE) == ()
    assert unknown_look(np.eye(12)[[3, 5, 7]], taught, ALIKE) == ()
    assert unknown_look(np.empty((0, 12)), taught, ALIKE) == ()


def test_typical_questions_come_before_odd_ones_however_unsure_the_head_is_of_those() -> None:
    questions = np.concatenate([np.eye(12)[[8]], around(2, 5), np.eye(12)[[9, 10]]])
    logits = np.array([[0.0, 0.0], *[[9.0, 0.0]] * 5, [0.0, 0.0], [0.0, 0.0]])

    assert most_useful(questions, logits, 1.1, count=1)[0] in range(1, 6)


def test_among_typical_ones_the_head_is_asked_what_it_can_hardly_tell() -> None:
    questions = around(2, 4)
    logits = np.array([[9.0, 0.0], [5.0, 4.9], [9.0, 0.0], [5.0, 4.9]])
    logits[np.argsort(-typicality(questions))[:2]] = [[9.0, 0.0], [5.0, 4.9]]
    likeliest = int(np.argsort(-typicality(questions))[1])

    assert most_useful(questions, logits, 1.1, count=1) == (likeliest,)


def test_of_questions_that_are_alike_the_second_waits() -> None:
    questions = np.concatenate([around(2, 4), around(3, 4)])
    # All of the first four are less sure.
    logits = np.array([[1.0, 0.0]] * 4 + [[3.0, 0.0]] * 4)

    first, second, third = most_useful(questions, logits, 0.6, count=3)

    assert {first // 4, second // 4} == {0, 1}
    assert third not in (first, second)


def test_few_questions_are_all_asked_and_none_gives_none() -> None:
    assert most_useful(around(1, 1), np.zeros((1, 3)), ALIKE, count=3) == (0,)
    assert most_useful(np.empty((0, 12)), np.empty((0, 3)), ALIKE, count=3) == ()


def test_what_is_usual_is_measured_across_folds() -> None:
    photos = around(0, 50).astype(np.float32)
    twins, folds = np.repeat(photos, 2, axis=0), np.repeat(np.arange(50) % 5, 2)

    low, middle = usual_likeness(Sights.untuned(twins).folds, np.zeros(100, dtype=np.int64), folds)

    # The twin stands in the same fold, so that no photo is like itself.
    assert low < middle < 0.999


def test_of_very_many_photos_some_of_each_label_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST", 20)
    photos = np.concatenate([around(0, 90), around(1, 10, seed=1)]).astype(np.float32)
    truth, folds, sights = np.array([0] * 90 + [1] * 10), np.arange(100) % 5, Sights.untuned(photos).folds

    assert np.bincount(truth[compared(truth)]).tolist() == [10, 10]
    assert len(own_likenesses(sights, truth, folds)) == 20
    assert np.isfinite(usual_likeness(sights, truth, folds)).all()
    assert scattered(sights, truth, folds) is None
