"""Which mistakes are common, and what that makes of a contradiction."""

from __future__ import annotations

import numpy as np
from hypothesis import given as drawn
from hypothesis import strategies as st

from trainer.head import Floats
from trainer.metrics import Integers
from trainer.mistakes import weighed
from trainer.suspects import suspicion

LABELS = 6


def taught(way: Integers, *, photos: int = 600, wrong: int = 60) -> tuple[Floats, Integers, Integers]:
    """Witnesses that are nine to one sure of the truth; labels, the wrong ones given by `way` (true, place), first."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, LABELS, photos)
    given = truth.copy()
    given[:wrong] = way[truth[:wrong], np.arange(wrong) % way.shape[1]]
    said = np.full((photos, LABELS), 0.1 / (LABELS - 1))
    said[np.arange(photos), truth] = 0.9
    return said, given, truth


def one_way() -> Integers:
    """Each label is taken for the next one."""
    return ((np.arange(LABELS) + 1) % LABELS)[:, None]


def any_way() -> Integers:
    """Each label is taken for all others in turn."""
    return (np.arange(LABELS)[:, None] + np.arange(1, LABELS)) % LABELS


def doubt_of(way: Integers, *, true: int, said_to_be: int) -> float:
    """How doubtful a further photo is of which the witnesses say `true`, if mistakes commonly go that way."""
    said, given, _ = taught(way)
    more = np.full((1, LABELS), 0.1 / (LABELS - 1))
    more[0, true] = 0.9
    return float(suspicion(np.concatenate([said, more]), np.append(given, said_to_be))[-1])


def test_a_common_mistake_is_doubted_more_than_a_rare_one() -> None:
    assert doubt_of(one_way(), true=2, said_to_be=3) > doubt_of(one_way(), true=2, said_to_be=5) + 1


def test_where_mistakes_go_anywhere_all_are_doubted_alike() -> None:
    doubts = [doubt_of(any_way(), true=2, said_to_be=other) for other in (0, 1, 3, 4, 5)]

    assert max(doubts) - min(doubts) < 0.1
    assert min(doubts) > 0


def test_a_label_that_looks_like_two_is_said_to_be_the_one_that_is_taken_for_it() -> None:
    said, given, _ = taught(one_way())
    torn = np.full((1, LABELS), 0.02)
    torn[0, [2, 4]] = [0.45, 0.47]

    weights = weighed(np.concatenate([said, torn]), np.append(given, 3), np.arange(len(given)))

    assert weights[-1].argmax() == 2


def test_what_nobody_could_judge_teaches_nothing_of_mistakes() -> None:
    said, given, _ = taught(any_way())
    alone = given.copy()
    alone[100:200] = 5
    judged = np.ones(len(given), dtype=np.bool_)
    judged[100:200] = False

    before, after = suspicion(said[judged], given[judged]), suspicion(said, alone, judged)[judged]

    assert np.allclose(before, after)
    assert not np.allclose(before, suspicion(said, alone)[judged])


@drawn(st.integers(0, 40), st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_the_order_of_labels_and_photos_makes_no_difference(photos: int, labels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    said, given = rng.dirichlet(np.ones(labels), photos).reshape(photos, labels), rng.integers(0, labels, photos)
    rows, names = rng.permutation(photos), rng.permutation(labels)
    renamed = np.empty_like(said)
    renamed[:, names] = said

    found = suspicion(said, given)

    assert np.isfinite(found).all()
    assert np.allclose(suspicion(said[rows], given[rows]), found[rows])
    assert np.allclose(suspicion(renamed, names[given]), found)


@drawn(st.floats(0.01, 0.98), st.floats(0.001, 0.01), st.integers(0, 2**32 - 1))
def test_who_says_less_for_the_given_label_doubts_it_more(own: float, less: float, seed: int) -> None:
    _, given, _ = taught(any_way())
    said, *_ = taught(any_way())
    rest = np.random.default_rng(seed).dirichlet(np.ones(LABELS - 1))
    rows = [np.insert(rest * (1 - share), given[-1], share) for share in (own, own - less)]

    first, second = suspicion(np.concatenate([said, rows]), np.append(given, [given[-1]] * 2))[-2:]

    assert second > first
