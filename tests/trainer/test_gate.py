from __future__ import annotations

import numpy as np
import pytest

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
    said = Answers(DIGESTS[:5], (1, 2), np.full((5, 2), 0.5), (1, 2, 1, 2, 1))
    spoilt = Head(np.full((2, 3), np.nan, dtype=np.float32), np.zeros(2, dtype=np.float32))
    constant = Head(np.zeros((2, 3), dtype=np.float32), np.ones(2, dtype=np.float32))
    sound = Head(np.eye(2, 3, dtype=np.float32), np.zeros(2, dtype=np.float32))

    verdicts = [check_head(head, embeddings, said, significance=0.05) for head in (spoilt, constant, sound)]

    assert [verdict and verdict.ground for verdict in verdicts] == [Ground.NOT_FINITE, Ground.CONSTANT, None]


def test_a_verdict_is_plain_json_values() -> None:
    import json

    told = compare(answers({1}), answers({2}), TRUTH, significance=0.05).as_dict()

    assert json.loads(json.dumps(told)) == told


def test_a_head_that_answers_its_own_lessons_worse_than_its_folds_did_is_refused() -> None:
    """Its rows are not in the order of its labels: the out-of-fold answers know nothing of that."""
    embeddings = np.repeat(np.eye(2), 10, axis=0)
    labels = tuple([1] * 10 + [2] * 10)
    said = Answers(DIGESTS[:20], (1, 2), np.where(np.array(labels)[:, None] == [1, 2], 0.9, 0.1), labels)
    head = Head(np.eye(2, dtype=np.float32), np.zeros(2, dtype=np.float32))
    permuted = Head(head.weight[::-1], head.bias[::-1])

    assert check_head(head, embeddings, said, significance=0.05) is None
    refusal = check_head(permuted, embeddings, said, significance=0.05)

    assert refusal is not None
    assert (refusal.ground, refusal.worse, refusal.better) == (Ground.HEAD_ASTRAY, 20, 0)


# Lessons that changed between two networks. -------------------------------------------------------------------------

THREE = {digest: 1 + row % 3 for row, digest in enumerate(DIGESTS)}


def said(taught: dict[str, int], *, says: dict[str, int] | None = None, labels: tuple[int, ...] = ()) -> Answers:
    """Answers of a network that was taught so, and out of fold says the same but for `says`."""
    known = labels or tuple(sorted(set(taught.values())))
    probabilities = np.full((len(taught), len(known)), 0.05)
    for row, (digest, label) in enumerate(taught.items()):
        probabilities[row, known.index((says or {}).get(digest, label))] = 0.9
    return Answers(tuple(taught), known, probabilities, tuple(taught.values()))


def of(label: int, count: int) -> list[str]:
    return [digest for digest, own in THREE.items() if own == label][:count]


def test_changes_that_what_was_learned_contradicts_are_doubted() -> None:
    """A fifth of a label's lessons were given another name; asked without having learned them, both say the old one."""
    today = THREE | dict.fromkeys(of(1, 13), 2)
    candidate = said(today, says=dict.fromkeys(of(1, 11), 1))
    active = said(THREE, says=dict.fromkeys(of(1, 13)[11:], 2))

    verdict = compare(candidate, active, today, significance=0.05)

    assert (verdict.ships, verdict.ground, verdict.label_id) == (False, Ground.CHANGES_DOUBTED, 1)
    assert (verdict.contradicted, verdict.agreed, verdict.worse) == (11, 2, 0)
    assert verdict.compared == len(THREE) - 13


@pytest.mark.parametrize(("sure", "ships"), [(0.97, False), (0.6, True)])
def test_a_candidate_that_half_believes_the_changes_is_not_believed_against_a_surer_network(
    sure: float, ships: bool
) -> None:
    """It has learned most of the wrong names itself, and says them of the rest."""
    today = THREE | dict.fromkeys(of(1, 13), 2)
    candidate, active = said(today), said(THREE)
    candidate.probabilities[[today[digest] == 2 for digest in today]] = (0.1, 0.8, 0.1)
    active.probabilities[[THREE[digest] == 1 for digest in THREE]] = (sure, (1 - sure) / 2, (1 - sure) / 2)

    verdict = compare(candidate, active, today, significance=0.05)

    assert verdict.ships is ships
    assert (verdict.contradicted, verdict.agreed) == ((0, 13) if ships else (13, 0))


def test_changes_that_what_was_learned_confirms_ship_although_the_active_network_would_say_otherwise() -> None:
    today = THREE | dict.fromkeys(of(1, 40), 2)
    sure = said(today)
    sure.probabilities[sure.probabilities == 0.9] = 0.95

    verdict = compare(sure, said(THREE), today, significance=0.05)

    assert (verdict.ships, verdict.agreed, verdict.contradicted) == (True, 40, 0)


def test_a_few_changes_are_never_doubted() -> None:
    for few in range(1, 5):
        today = THREE | dict.fromkeys(of(1, few), 2)
        stubborn = said(today, says=dict.fromkeys(of(1, few), 1))

        assert compare(stubborn, said(THREE), today, significance=0.05).ships


def test_changes_that_are_known_to_be_meant_are_no_longer_doubted() -> None:
    today = THREE | dict.fromkeys(of(1, 13), 2)
    candidate = said(today, says=dict.fromkeys(of(1, 13), 1))

    assert compare(candidate, said(THREE), today, significance=0.05, changes_meant=True).ships


def test_meant_or_not_changes_do_not_pay_for_a_step_back_on_other_photos() -> None:
    """Forty photos that the active network could not know otherwise are no merit against twenty that it could."""
    today = THREE | dict.fromkeys(of(1, 40), 2)
    candidate = said(today, says=dict.fromkeys(of(3, 20), 1))

    for meant in (False, True):
        verdict = compare(candidate, said(THREE), today, significance=0.05, changes_meant=meant)
        assert (verdict.ships, verdict.worse, verdict.better) == (False, 20, 0)


def test_a_new_label_is_no_excuse_for_the_photos_that_both_know() -> None:
    new = {f"{number:064x}": 4 for number in range(1000, 1030)}
    fair = said(THREE | new)
    worse = said(THREE | new, says=dict.fromkeys(of(2, 20), 1))
    # Without the new label it would be right of all.
    seduced = said(THREE | new, says=dict.fromkeys(of(2, 20), 4))
    seduced.probabilities[[row for row, digest in enumerate(seduced.digests) if digest in of(2, 20)], 1] = 0.06

    verdicts = [compare(one, said(THREE), THREE | new, significance=0.05) for one in (fair, worse, seduced)]

    assert [one.ships for one in verdicts] == [True, False, True]
    assert {one.gained for one in verdicts} == {(4,)}
    assert {one.compared for one in verdicts} == {len(THREE)}


def test_photos_moved_to_a_new_label_are_neither_doubted_nor_counted() -> None:
    """Few photos of a new label are hardly ever recognised by each other; it has to begin somewhere."""
    today = THREE | dict.fromkeys(of(1, 10), 4)
    candidate = said(today, says=dict.fromkeys(of(1, 10), 1))

    verdict = compare(candidate, said(THREE), today, significance=0.05)

    assert (verdict.ships, verdict.compared, verdict.contradicted) == (True, len(THREE) - 10, 0)


def test_a_label_that_lost_all_its_photos_is_neither_missed_nor_an_excuse() -> None:
    today = {digest: label for digest, label in THREE.items() if label != 3}
    # The active network often said the label that is no more; asked among those that are left, it was right.
    active = said(THREE, says=dict.fromkeys(of(1, 30), 3))
    active.probabilities[[row for row, digest in enumerate(active.digests) if digest in of(1, 30)], 0] = 0.06

    fair = compare(said(today), active, today, significance=0.05)
    worse = compare(said(today, says=dict.fromkeys(of(1, 20), 2)), active, today, significance=0.05)

    assert (fair.ships, fair.lost, fair.better, fair.worse) == (True, (3,), 0, 0)
    assert (worse.ships, worse.worse) == (False, 20)


def test_merged_labels_ship_however_the_active_network_told_them_apart() -> None:
    merged = {digest: 2 if label == 3 else label for digest, label in THREE.items()}
    mixed_up = said(THREE, says=dict.fromkeys(of(3, 60), 2) | dict.fromkeys(of(2, 60), 3))

    for active in (said(THREE), mixed_up):
        verdict = compare(said(merged), active, merged, significance=0.05)
        assert (verdict.ships, verdict.lost, verdict.compared) == (True, (3,), len(THREE))
        # What it said of the one counts as said of the other: it gets nothing wrong that it had right.
        assert (verdict.better, verdict.worse) == (0, 0)


def test_merging_labels_hides_no_step_back() -> None:
    merged = {digest: 2 if label == 3 else label for digest, label in THREE.items()}

    for label in (1, 2, 3):
        spoilt = said(merged, says=dict.fromkeys(of(label, 20), 2 if label == 1 else 1))
        assert not compare(spoilt, said(THREE), merged, significance=0.05).ships


def test_a_label_given_another_name_by_all_its_votes_is_still_compared() -> None:
    renamed = {digest: 7 if label == 3 else label for digest, label in THREE.items()}

    fair = compare(said(renamed), said(THREE), renamed, significance=0.05)
    worse = compare(said(renamed, says=dict.fromkeys(of(3, 20), 1)), said(THREE), renamed, significance=0.05)

    assert (fair.ships, fair.gained, fair.lost, fair.compared) == (True, (7,), (3,), len(THREE))
    assert (worse.ships, worse.worse) == (False, 20)


def test_two_labels_merged_into_the_only_one_that_is_left_of_them_cannot_be_compared() -> None:
    halves = {digest: 1 + row % 2 for row, digest in enumerate(DIGESTS)}
    merged = dict.fromkeys(DIGESTS, 1) | {f"{number:064x}": 9 for number in range(1000, 1030)}

    verdict = compare(said(merged), said(halves), merged, significance=0.05)

    assert (verdict.ships, verdict.ground) == (True, Ground.NOTHING_IN_COMMON)


def test_answers_of_an_older_pupil_are_compared_by_the_labels_of_today() -> None:
    older = said(THREE)
    older = Answers(older.digests, older.labels, older.probabilities)
    today = THREE | dict.fromkeys(of(1, 13), 2)

    verdict = compare(said(today), older, today, significance=0.05)

    assert (verdict.ships, verdict.better, verdict.compared) == (True, 13, len(THREE))
