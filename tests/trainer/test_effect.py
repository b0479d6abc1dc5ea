"""What cleaning did is told by photos whose label stayed and is confirmed, and by nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from storage import Reason, Store, VoteKind
from tests.trainer.conftest import Teach
from tests.trainer.test_cycle import label_ids, learn
from trainer.effect import ENOUGH, effect, effect_since, in_words
from trainer.embedding import Embedder
from trainer.gate import Answers
from trainer.metrics import paired_difference
from trainer.reporting import report_of

LABELS = (1, 2)


def answers(said: dict[str, int]) -> Answers:
    """Answers out of fold: nine in ten for what is said."""
    digests = tuple(sorted(said))
    rows = np.array([[0.9 if label == said[digest] else 0.1 for label in LABELS] for digest in digests])
    return Answers(digests, LABELS, rows, tuple(said[digest] for digest in digests))


def photos(n: int, label: int = 1) -> dict[str, int]:
    return {f"{number:04d}": label for number in range(n)}


def test_only_confirmed_photos_whose_label_stayed_are_compared() -> None:
    before, after = photos(40), photos(40)
    after["0000"] = 2  # renamed
    said_before = photos(40) | dict.fromkeys(["0000", "0001", "0002", "0003"], 2)
    said_after = photos(40) | dict.fromkeys(["0000", "0003"], 2)

    found = effect(answers(said_before), answers(said_after), before, after, [f"{n:04d}" for n in range(35)])

    assert found.change is not None
    assert (found.change.before.n, found.change.before.wrong, found.change.after.wrong) == (34, 3, 1)
    assert (found.change.better, found.change.worse) == (2, 0)
    assert (found.cleaned.renamed, found.cleaned.foreseen, found.cleaned.agreed) == (1, 1, 1)
    assert found.enough


def test_with_few_confirmed_photos_no_effect_is_claimed() -> None:
    n = ENOUGH - 1
    said_before = dict.fromkeys(photos(n), 2)

    found = effect(answers(said_before), answers(photos(n)), photos(n), photos(n), photos(n))

    assert not found.enough
    assert "too few photos to tell an effect" in in_words(found.facts())
    assert "lower" not in in_words(found.facts())


def test_a_clear_gain_is_called_one_and_chance_is_not() -> None:
    n = 200
    clear = dict.fromkeys(list(photos(n))[:40], 2)
    slight = dict.fromkeys(list(photos(n))[:1], 2)

    gained = effect(answers(photos(n) | clear), answers(photos(n)), photos(n), photos(n), photos(n)).facts()
    alike = effect(answers(photos(n) | slight), answers(photos(n)), photos(n), photos(n), photos(n)).facts()

    assert "The error is lower" in in_words(gained)
    assert "not clearly another" in in_words(alike)
    assert gained["low"] < 0.2 < gained["high"]


def test_a_label_that_one_of_them_does_not_know_is_not_asked() -> None:
    own = photos(40) | dict.fromkeys(["0000"], 3)

    found = effect(answers(photos(40)), answers(photos(40)), own, own, own)

    assert found.change is not None
    assert found.change.before.n == 39


@pytest.mark.parametrize(("better", "worse", "n"), [(0, 0, 50), (5, 1, 50), (1, 5, 50), (50, 0, 50)])
def test_the_interval_of_a_paired_difference_is_symmetric_and_holds_the_difference(
    better: int, worse: int, n: int
) -> None:
    low, high = paired_difference(better, worse, n)

    assert -1 <= low < high <= 1
    assert low <= (better - worse) / n <= high
    assert paired_difference(worse, better, n) == pytest.approx((-high, -low))


def test_the_interval_of_a_paired_difference_keeps_what_it_promises() -> None:
    """In 95 of 100 experiments the true difference is in it: counted, not assumed."""
    rng = np.random.default_rng(7)
    drawn = rng.multinomial(60, [0.12, 0.04, 0.84], size=4_000)

    hits = [low <= 0.08 <= high for low, high in (paired_difference(int(b), int(w), 60) for b, w, _ in drawn)]

    assert 0.935 < np.mean(hits) < 0.985


def test_a_report_says_what_cleaning_since_the_network_before_did(
    store: Store, teach: Teach, embedder: Embedder
) -> None:
    teach("red", 8)
    teach("green", 8)
    [wrong] = teach("green", 1, label="red", first=50)
    first = learn(store, embedder).network
    with store.write() as unit:
        unit.votes.cast(wrong, None, VoteKind.LABEL, label_ids(store)["green"], Reason.IMPORT)
    second = learn(store, embedder).network
    assert first is not None
    assert second is not None

    found, facts = effect_since(store, 1, second), report_of(store, 1).facts()

    assert found is not None
    assert (found.cleaned.renamed, found.cleaned.foreseen, found.cleaned.agreed) == (1, 1, 1)
    assert facts["cleaning"].startswith("1 photos got another label, 0 left, 0 came.")
    assert effect_since(store, 1, first) is None


def test_where_lessons_only_came_nothing_is_called_cleaned(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 8)
    teach("green", 8)
    learn(store, embedder)
    teach("green", 1, first=50)
    learn(store, embedder)

    assert report_of(store, 1).facts()["cleaning"] is None
