from __future__ import annotations

import numpy as np
import pytest

from trainer import calibration
from trainer.familiarity import AT_ONCE, familiarity, nearest_likenesses
from trainer.fitting import Sight
from trainer.head import scaled
from trainer.references import chosen, refer


def heaps(n: int, labels: int = 3, d: int = 32, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings in as many heaps as there are labels, with the label of each."""
    rng = np.random.default_rng(seed)
    middles, truth = 4 * rng.random((labels, d)), np.arange(n) % labels
    return np.abs(middles[truth] + 0.3 * rng.standard_normal((n, d))), truth


def test_the_nearest_are_found_whatever_is_compared_at_a_time() -> None:
    taught, _ = heaps(30)
    asked, _ = heaps(AT_ONCE + 7, seed=0)

    found = nearest_likenesses(scaled(asked), scaled(taught))

    everything = np.sort(scaled(asked) @ scaled(taught).T, axis=1)[:, ::-1]
    assert np.allclose(found, everything[:, :3])
    assert nearest_likenesses(scaled(asked), scaled(taught[:2])).shape == (len(asked), 2)


def test_likeness_counts_most_and_sureness_a_little() -> None:
    alike, sure = np.array([[0.9, 0.8, 0.7], [0.9, 0.8, 0.7], [0.6, 0.5, 0.4]]), np.array([0.5, 1.0, 1.0])

    first, surer, stranger = familiarity(alike, sure)

    assert surer == pytest.approx(0.9)
    assert stranger < first < surer


def test_what_was_taught_is_familiar_and_what_nobody_taught_is_not() -> None:
    vectors, _ = heaps(150)
    folds, sure = np.arange(150) // 3 % 5, np.full(150, 0.9)
    sights = dict.fromkeys(range(5), Sight(vectors))
    everything = np.arange(150)

    found = calibration.out_of_fold_familiarity(sights, folds, sure, everything)
    known = calibration.familiar(found, folds, labels=3, strange=0.03)

    assert known is not None
    assert (found < known.least).sum() == pytest.approx(0.03 * 150, abs=1)
    assert known.false_alarms.n == 150
    assert 0 < known.false_alarms.wrong <= 12
    others = scaled(np.random.default_rng(9).random((40, 32)) ** 8)
    strangers = familiarity(nearest_likenesses(others, scaled(vectors)), np.full(40, 0.9))
    assert (strangers < known.least).all()


def test_nobody_is_familiar_with_twins_of_her_own_fold() -> None:
    vectors, _ = heaps(20)
    twins = np.repeat(vectors, 2, axis=0)
    folds = np.repeat(np.arange(20) % 5, 2)
    sights = dict.fromkeys(range(5), Sight(twins))

    found = calibration.out_of_fold_familiarity(sights, folds, np.zeros(40), np.arange(40))

    assert found.max() < 0.999
    apart = calibration.out_of_fold_familiarity(sights, np.arange(40) % 5, np.zeros(40), np.arange(40))
    assert apart.mean() > found.mean()


def test_a_fold_is_seen_through_its_own_eyes() -> None:
    vectors, _ = heaps(20)
    folds = np.arange(20) % 2
    blind = Sight(np.ones_like(vectors))

    found = calibration.out_of_fold_familiarity({0: Sight(vectors), 1: blind}, folds, np.zeros(20), np.arange(20))

    assert found[folds == 1] == pytest.approx(1.0)
    assert (found[folds == 0] < 1.0 - 1e-4).all()


def test_only_what_answers_will_be_compared_with_counts() -> None:
    vectors, truth = heaps(30)
    folds, among = np.arange(30) // 3 % 5, np.flatnonzero(truth == 0)

    found = calibration.out_of_fold_familiarity(dict.fromkeys(range(5), Sight(vectors)), folds, np.zeros(30), among)

    assert found[truth == 0].min() > found[truth != 0].max()


@pytest.mark.parametrize(("photos", "labels"), [(29, 3), (0, 2)])
def test_with_few_photos_a_label_nothing_is_said(photos: int, labels: int) -> None:
    assert calibration.familiar(np.ones(photos), np.arange(photos) % 5, labels=labels, strange=0.03) is None


def test_the_nearest_photos_are_named_with_what_they_were_taught_as() -> None:
    vectors, truth = heaps(12)
    digests = [f"{row:064x}" for row in range(12)]
    references = refer(digests, [10 + int(label) for label in truth], vectors)

    nearest = references.nearest(vectors[4])

    assert nearest[0].digest == digests[4]
    assert nearest[0].likeness == pytest.approx(1.0, abs=1e-5)
    assert [one.label for one in nearest] == [10 + int(truth[4])] * 3
    assert nearest[0].likeness > nearest[1].likeness >= nearest[2].likeness


def test_of_very_many_photos_as_many_of_each_label_are_kept() -> None:
    labels = [1] * 900 + [2] * 20 + [3] * 300

    rows = chosen(labels, most=200)

    kept = [labels[row] for row in rows]
    assert [kept.count(label) for label in (1, 2, 3)] == [90, 20, 90]
    assert list(rows) == sorted(set(rows))
    assert len(chosen(labels, most=5000)) == len(labels)
