"""Who is named for poison, who is not, and how much one person may bring."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from trainer.caps import within_caps
from trainer.senders import NOBODY, allied, at_least, find_alarms, sender_folds


def answered(given: np.ndarray, contradicted: np.ndarray, labels: int = 3) -> np.ndarray:
    probabilities = np.full((len(given), labels), 0.1)
    probabilities[np.arange(len(given)), np.where(contradicted, (given + 1) % labels, given)] = 0.8
    return probabilities


def honest(people: int = 20, each: int = 20, *, rate: float = 0.1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, senders and which photos the network contradicts, at the same rate for all."""
    rng = np.random.default_rng(0)
    senders = np.repeat(np.arange(people), each)
    return rng.integers(0, 3, len(senders)), senders, rng.random(len(senders)) < rate


def test_who_is_contradicted_far_more_often_than_others_is_named_with_her_photos() -> None:
    given, senders, contradicted = honest()
    contradicted[senders == 7] = np.arange(20) < 14

    (alarm,) = find_alarms(answered(given, contradicted), given, senders, senders)

    assert (alarm.sender, alarm.contradicted.wrong, alarm.contradicted.n) == (7, 14, 20)
    assert alarm.rows == tuple(range(140, 154))
    assert alarm.expected < 4
    assert alarm.chance < 0.001


def test_allies_who_do_the_same_are_no_excuse_for_each_other() -> None:
    given, senders, contradicted = honest()
    attackers = senders >= 10
    given[attackers], contradicted[attackers] = 0, True
    answers = answered(given, contradicted)

    named = find_alarms(answers, given, senders, np.where(attackers, 10, senders))

    assert {alarm.sender for alarm in named} == set(range(10, 20))
    assert find_alarms(answers, given, senders, senders) == ()


def test_nobody_honest_is_named() -> None:
    for rate in (0.0, 0.1, 0.3):
        given, senders, contradicted = honest(people=50, rate=rate)
        assert find_alarms(answered(given, contradicted), given, senders, senders) == ()


def test_who_brings_a_label_that_is_hard_for_all_is_not_named() -> None:
    given, senders, contradicted = honest(rate=0.02)
    given[:] = np.where(senders < 3, 2, given % 2)
    contradicted[given == 2] = np.random.default_rng(1).random(60) < 0.6

    assert find_alarms(answered(given, contradicted), given, senders, senders) == ()


def test_photos_that_were_not_judged_say_nothing_of_their_sender() -> None:
    given, senders, contradicted = honest()
    contradicted[senders == 7] = True
    probabilities = answered(given, contradicted)
    probabilities[senders == 7] = 0

    assert find_alarms(probabilities, given, senders, senders) == ()


def test_each_senders_photos_share_a_fold_and_folds_are_even() -> None:
    senders = np.repeat(np.arange(12), 5 + np.arange(12))

    folds = sender_folds(senders, 5)

    assert all(len(set(folds[senders == sender])) == 1 for sender in range(12))
    assert np.bincount(folds, minlength=5).min() > 0.6 * len(senders) / 5


def test_people_whose_photos_are_like_one_anothers_are_allied_and_others_are_not() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((400, 32)).astype(np.float32)
    senders = np.repeat(np.arange(20), 20)
    vectors[senders >= 17] += 4
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    together = allied(senders, np.zeros(len(senders), dtype=np.int64), vectors)

    assert len(set(together[senders >= 17])) == 1
    assert len(set(together)) == 18


def test_the_chance_is_that_of_all_ways_to_get_so_many() -> None:
    rates = [0.1, 0.5, 0.3, 0.8]

    def chance(happened: tuple[int, ...]) -> float:
        return float(np.prod([rate if one else 1 - rate for one, rate in zip(happened, rates, strict=True)]))

    for count in range(5):
        ways = sum(chance(happened) for happened in product((0, 1), repeat=4) if sum(happened) >= count)
        assert at_least(count, rates) == pytest.approx(ways)


def test_one_person_brings_no_more_than_her_share_of_a_label_and_of_all() -> None:
    given = np.repeat([0, 1, 2, 3], 500)
    senders = np.where(np.arange(2_000) % 500 < 200, 1, np.arange(2_000) % 60 + 2)
    order = [f"{row * 7919 % 2_000:05}" for row in range(2_000)]

    kept = within_caps(given, senders, order)

    hers = kept & (senders == 1)
    assert max(np.bincount(given[hers])) <= 50
    assert hers.sum() == 100
    assert kept[senders != 1].all()
    assert within_caps(given, senders, order, trusted=frozenset({1})).all()


def test_which_photos_stay_out_does_not_depend_on_their_sequence() -> None:
    given, senders = np.zeros(200, dtype=np.int64), np.where(np.arange(200) < 100, 1, np.arange(200))
    order = [f"{row * 7919 % 200:05}" for row in range(200)]

    kept = within_caps(given, senders, order)
    turned = within_caps(given, senders[::-1], order[::-1])

    assert kept.sum() == 120
    assert (kept == turned[::-1]).all()


def test_a_family_with_few_photos_is_not_held_to_shares() -> None:
    given, senders = np.repeat([0, 1], 20), np.zeros(40, dtype=np.int64)

    assert within_caps(given, senders, [str(row) for row in range(40)]).all()


def test_who_teaches_alone_or_with_a_friend_is_not_held_to_shares_however_much_she_brings() -> None:
    given, order = np.repeat([0, 1], 500), [str(row) for row in range(1_000)]
    alone, with_a_friend = np.zeros(1_000, dtype=np.int64), (np.arange(1_000) % 100 == 0).astype(np.int64)

    assert within_caps(given, alone, order).all()
    assert within_caps(given, with_a_friend, order).all()


def test_what_several_people_say_is_held_to_no_share_and_names_nobody() -> None:
    given, senders, contradicted = honest()
    senders[senders == 7] = NOBODY
    contradicted[senders == NOBODY] = True

    assert within_caps(np.zeros(2_000, dtype=np.int64), np.full(2_000, NOBODY), ["0"] * 2_000).all()
    assert find_alarms(answered(given, contradicted), given, senders, senders) == ()


def test_nobody_is_judged_by_less_than_half_of_all_photos() -> None:
    senders = np.repeat([0, 1], [300, 60])
    given, contradicted = np.arange(360) % 3, (senders == 0) & (np.arange(360) % 3 == 0)

    assert find_alarms(answered(given, contradicted), given, senders, senders) == ()


def test_people_who_bring_the_same_label_are_no_allies_for_that() -> None:
    rng = np.random.default_rng(0)
    given = np.repeat([0, 1, 2, 3], 100)
    vectors = rng.standard_normal((400, 32)).astype(np.float32) + 4 * np.eye(4, 32, dtype=np.float32)[given]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    senders = np.repeat(np.arange(20), 20)

    assert len(set(allied(senders, given, vectors))) == 20
