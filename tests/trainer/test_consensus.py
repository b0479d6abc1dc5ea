"""What votes and a network add up to, whom that trusts, and whether another person should be asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import Settled
from trainer.consensus import CANNOT_TELL, NONE_OF_THESE, Consensus, Votes, agree
from trainer.head import Floats
from trainer.metrics import score
from trainer.second_opinion import MOST_ASKED, Ask, Heard, is_proven, second_opinion

LABELS = 4


def said(*votes: tuple[int, int, int]) -> Votes:
    """Return votes from (photo, person, said)."""
    photos, people, labels = np.array(votes, dtype=np.int64).reshape(-1, 3).T
    return Votes(photos, people, labels)


def silent(photos: int) -> Floats:
    return np.zeros((photos, LABELS))


def crowd(photos: int = 400, *, lazy: int = 1) -> tuple[Votes, Floats, np.ndarray]:
    """Three votes a photo by ten people, right in 8 of 10 cases but for the lazy, and a network as good as they are."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, LABELS, photos)
    rows = np.repeat(np.arange(photos), 3)
    people = np.concatenate([rng.permutation(10)[:3] for _ in range(photos)])
    slips = rng.random(len(rows)) < 0.2
    told = np.where(slips, (truth[rows] + rng.integers(1, LABELS, len(rows))) % LABELS, truth[rows])
    told = np.where(people < lazy, 0, told)
    answers = np.where(rng.random(photos) < 0.2, (truth + 1) % LABELS, truth)
    network = np.full((photos, LABELS), 0.05)
    network[np.arange(photos), answers] = 0.85
    return Votes(rows, people, told), network, truth


def right(consensus: Consensus, truth: np.ndarray) -> float:
    return float(np.mean([one.label == own for one, own in zip(consensus.opinions, truth, strict=True)]))


def test_two_who_agree_confirm_one_teaches_and_two_who_differ_dispute() -> None:
    votes = said((0, 0, 1), (0, 1, 1), (1, 0, 2), (2, 0, 0), (2, 1, 3))

    opinions = agree(votes, 4, 2, silent(4)).opinions

    assert [one.settled for one in opinions] == [
        Settled.CONFIRMED,
        Settled.TAUGHT,
        Settled.DISPUTED,
        Settled.UNHEARD,
    ]
    assert [one.label for one in opinions[:2]] == [1, 2]
    assert opinions[3].label is None
    assert opinions[0].probability > opinions[1].probability > opinions[2].probability


def test_none_of_these_and_cannot_tell_set_a_photo_aside() -> None:
    votes = said((0, 0, NONE_OF_THESE), (1, 0, CANNOT_TELL), (2, 0, CANNOT_TELL), (2, 1, 3), (2, 2, 3))

    opinions = agree(votes, 3, 3, silent(3)).opinions

    assert [one.settled for one in opinions] == [Settled.SET_ASIDE, Settled.SET_ASIDE, Settled.CONFIRMED]
    assert [one.label for one in opinions] == [None, None, 3]
    assert opinions[0].likeliest is None


def test_the_network_confirms_or_disputes_one_vote_but_never_names_the_label() -> None:
    votes, network, _ = crowd()
    rows = len(network)
    more = Votes(
        *(
            np.concatenate([a, b])
            for a, b in (
                (votes.photos, [rows, rows + 1]),
                (votes.people, [5, 5]),
                (votes.said, [2, 2]),
            )
        )
    )
    sure = np.array([[0.01, 0.01, 0.97, 0.01], [0.97, 0.01, 0.01, 0.01]])

    *_, backed, opposed = agree(more, rows + 2, 10, np.concatenate([network, sure])).opinions

    assert (backed.label, backed.settled) == (2, Settled.CONFIRMED)
    assert (opposed.label, opposed.likeliest, opposed.settled) == (2, 0, Settled.DISPUTED)


def test_a_good_network_makes_labels_better_and_one_that_knows_nothing_counts_for_nothing() -> None:
    votes, network, truth = crowd()
    nonsense = np.random.default_rng(1).dirichlet(np.ones(LABELS), len(truth))

    alone = agree(votes, len(truth), 10, network, heard=False)
    with_network, with_nonsense = (agree(votes, len(truth), 10, each) for each in (network, nonsense))

    assert right(with_network, truth) > right(alone, truth) + 0.02
    assert with_network.power > 0.5
    assert with_nonsense.power <= 0.2
    assert abs(right(with_nonsense, truth) - right(alone, truth)) < 0.02


def test_who_always_says_the_same_is_not_trusted() -> None:
    votes, network, truth = crowd(lazy=2)

    trust = [one.mean for one in agree(votes, len(truth), 10, network).trust]

    assert max(trust[:2]) < 0.4
    assert min(trust[2:]) > 0.6


def test_a_label_that_others_are_commonly_taken_for_proves_less() -> None:
    """Zero is called one a third of the time and never the other way round; two and three are told apart."""
    rng = np.random.default_rng(4)
    truth = rng.integers(0, LABELS, 500)
    rows, people = np.repeat(np.arange(500), 3), np.tile(np.arange(6), 250)
    told = np.where((truth[rows] == 0) & (rng.random(1500) < 0.33), 1, truth[rows])
    single = Votes(*(np.append(each, new) for each, new in ((rows, [500, 501]), (people, [0, 0]), (told, [1, 3]))))

    *_, taken_for_it, told_apart = agree(single, 502, 6, silent(502)).opinions

    assert (taken_for_it.label, told_apart.label) == (1, 3)
    assert told_apart.probability > taken_for_it.probability + 0.04


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_votes_and_the_names_of_labels_make_no_difference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes, network, _ = crowd(30)
    order, names = rng.permutation(len(votes.said)), rng.permutation(LABELS)
    renamed = np.empty_like(network)
    renamed[:, names] = network
    shuffled = Votes(votes.photos[order], votes.people[order], names[votes.said[order]])

    before, after = (agree(*asked) for asked in ((votes, 30, 10, network), (shuffled, 30, 10, renamed)))

    assert np.allclose([one.mean for one in before.trust], [one.mean for one in after.trust])
    for one, other in zip(before.opinions, after.opinions, strict=True):
        assert one.likeliest_probability == pytest.approx(other.likeliest_probability)


def test_somebody_new_is_trusted_as_people_are() -> None:
    (one,) = agree(said(), 1, 1, silent(1)).trust

    assert (one.knew, one.guessed, one.mean) == pytest.approx((4.0, 1.0, 0.8))


def test_a_row_of_zeros_keeps_the_network_out() -> None:
    votes, network, _ = crowd()
    network[7] = 0

    before = agree(votes, len(network), 10, network).opinions[7]
    network[7] = [0.97, 0.01, 0.01, 0.01]
    after = agree(votes, len(network), 10, network).opinions[7]

    assert before.probability != after.probability


@pytest.mark.parametrize("votes", [(5, 0, 0), (0, 3, 0), (0, 0, LABELS), (0, 0, -3)])
def test_votes_on_what_is_not_there_are_refused(votes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="not there"):
        agree(said(votes), 2, 2, silent(2))


@pytest.mark.parametrize(
    ("heard", "proven", "why"),
    [
        (Heard([1], 1, 0.9), True, Ask.SETTLED),
        (Heard([1], 2, 0.2), True, Ask.CONTRADICTED),
        (Heard([1], 2, 0.7), True, Ask.SETTLED),
        (Heard([1], 1, 0.9), False, Ask.UNPROVEN),
        (Heard([1], None, 0.9), True, Ask.UNPROVEN),
        (Heard([1, 1], 2, 0.1), True, Ask.SETTLED),
        (Heard([1, 3], 3, 0.5), True, Ask.SETTLED),
        (Heard([1, 3], 2, 0.2), True, Ask.CONTRADICTED),
        (Heard([1], 1, 0.9, measures=True), True, Ask.MEASURES),
        (Heard([1, 1], 2, 0.1, measures=True), True, Ask.SETTLED),
        (Heard([CANNOT_TELL, CANNOT_TELL], 1, 0.0), False, Ask.SETTLED),
        (Heard([CANNOT_TELL], 1, 0.0), True, Ask.UNPROVEN),
        (Heard(list(range(MOST_ASKED)), 9, 0.1), True, Ask.EXHAUSTED),
    ],
)
def test_another_person_is_asked_where_it_pays(heard: Heard, proven: bool, why: Ask) -> None:
    assert second_opinion(heard, proven=proven) is why


def test_a_network_is_proven_by_many_answers_of_which_few_are_wrong() -> None:
    assert is_proven(score(6, 60))
    assert not is_proven(score(0, 19))
    assert not is_proven(score(30, 60))
