from __future__ import annotations

import numpy as np

from trainer.gate import Answers, Ground, check_head, compare
from trainer.head import Head

DIGESTS = tuple(f"{number:064x}" for number in range(200))
TRUTH = {digest: 1 + row % 2 for row, digest in enumerate(DIGESTS)}


def answers(wrong: set[int], labels: tuple[int, ...] = (1, 2), digests: tuple[str, ...] = DIGESTS) -> Answers:
    """Answers that are right but for the rows in `wrong`."""
    probabilities = np.full((len(digests), len(labels)), 0.05)
    for row, digest in enumerate(digests):
        own = TRUTH[digest] if row not in wrong else 3 - TRUTH[digest]
        probabilities[row, labels.index(own)] = 0.9
    return Answers(digests, labels, probabilities)


def test_the_first_network_ships() -> None:
    verdict = compare(answers(set()), None, TRUTH, significance=0.05)

    assert (verdict.ships, verdict.ground) == (True, Ground.FIRST)


def test_an_equal_candidate_ships() -> None:
    verdict = compare(answers({1, 2}), answers({3, 4}), TRUTH, significance=0.05)

    assert (verdict.ships, verdict.better, verdict.worse, verdict.compared) == (True, 2, 2, 200)


def test_a_candidate_worse_by_more_than_chance_is_held() -> None:
    verdict = compare(answers(set(range(20))), answers({100}), TRUTH, significance=0.05)

    assert (verdict.ships, verdict.ground, verdict.worse, verdict.better) == (False, Ground.WORSE, 20, 1)


def test_a_candidate_that_gives_up_one_label_for_another_is_held() -> None:
    odd, even = set(range(1, 40, 2)), set(range(0, 40, 2))

    verdict = compare(answers(odd), answers(even), TRUTH, significance=0.05)

    assert (verdict.ships, verdict.ground, verdict.label_id) == (False, Ground.WORSE_ON_LABEL, 2)


def test_a_gained_label_is_not_held_against_the_candidate() -> None:
    candidate = answers(set(), labels=(1, 2, 3))
    candidate.probabilities[:50, 2] = 0.99

    verdict = compare(candidate, answers(set()), TRUTH, significance=0.05)

    assert verdict.ships
    assert verdict.gained == (3,)


def test_a_merged_label_is_not_held_against_the_candidate() -> None:
    active = answers(set(), labels=(1, 2, 9))
    active.probabilities[:50, 2] = 0.99

    verdict = compare(answers(set()), active, TRUTH, significance=0.05)

    assert (verdict.ships, verdict.lost, verdict.worse) == (True, (9,), 0)


def test_networks_without_a_photo_in_common_cannot_be_compared() -> None:
    verdict = compare(
        answers(set(), digests=DIGESTS[:10]), answers(set(), digests=DIGESTS[10:12]), TRUTH, significance=1
    )

    assert verdict.ground == Ground.NOTHING_IN_COMMON


def test_an_answer_of_nothing_is_wrong() -> None:
    candidate = answers(set())
    candidate.probabilities[:20] = 0

    assert not compare(candidate, answers(set()), TRUTH, significance=0.05).ships


def test_heads_that_say_nothing_are_refused() -> None:
    embeddings = np.random.default_rng(0).random((5, 3))
    spoilt = Head(np.full((2, 3), np.nan, dtype=np.float32), np.zeros(2, dtype=np.float32))
    constant = Head(np.zeros((2, 3), dtype=np.float32), np.ones(2, dtype=np.float32))
    sound = Head(np.eye(2, 3, dtype=np.float32), np.zeros(2, dtype=np.float32))

    grounds = [
        verdict.ground if (verdict := check_head(head, embeddings)) else None for head in (spoilt, constant, sound)
    ]

    assert grounds == [Ground.NOT_FINITE, Ground.CONSTANT, None]


def test_a_verdict_is_plain_json_values() -> None:
    import json

    told = compare(answers({1}), answers({2}), TRUTH, significance=0.05).as_dict()

    assert json.loads(json.dumps(told)) == told
