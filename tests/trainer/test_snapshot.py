from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from storage import Label, LabelledPhoto
from trainer.readiness import readiness
from trainer.recipe import Recipe
from trainer.snapshot import take

LABELS = [Label(2, 1, "b", "Bee"), Label(1, 1, "a", "Ant"), Label(3, 1, "c", "Cow")]


def photo(number: int, label_id: int) -> LabelledPhoto:
    return LabelledPhoto(number, f"{number:064x}", f"group{number}", number % 5, label_id)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 3))), st.randoms())
def test_a_snapshot_does_not_depend_on_the_order_of_arrival(told: list[tuple[int, int]], rng: random.Random) -> None:
    photos = [photo(number, label) for number, label in told]
    shuffled = rng.sample(photos, len(photos))

    assert take(photos, LABELS) == take(shuffled, LABELS[::-1])


def test_labels_that_nobody_uses_are_left_out_and_twins_count_once() -> None:
    snapshot = take([photo(1, 2), photo(1, 2), photo(2, 1)], LABELS)

    assert snapshot.labels == ((1, "Ant"), (2, "Bee"))
    assert snapshot.photos_by_label() == {1: 1, 2: 1}


def test_of_two_names_for_one_picture_the_more_frequent_is_learned_and_of_a_tie_none() -> None:
    tie = take([photo(1, 1), photo(1, 2), photo(2, 2)], LABELS)
    decided = take([photo(1, 1), photo(1, 2), photo(1, 1), photo(2, 2)], LABELS)

    assert [(lesson.digest[-1], lesson.label_id) for lesson in tie.lessons] == [("2", 2)]
    assert [(lesson.digest[-1], lesson.label_id) for lesson in decided.lessons] == [("1", 1), ("2", 2)]


def test_the_digest_covers_lessons_embedder_and_recipe() -> None:
    plain = take([photo(1, 1), photo(2, 2)], LABELS)
    digests = {
        plain.digest("e", Recipe()),
        plain.digest("f", Recipe()),
        plain.digest("e", Recipe(strength=2)),
        take([photo(1, 2), photo(2, 2)], LABELS).digest("e", Recipe()),
        take([photo(1, 1)], LABELS).digest("e", Recipe()),
    }

    assert len(digests) == 5


def test_readiness_tells_no_more_than_must_be_filled() -> None:
    assert readiness([(1, "ant", 2), (2, "bee", 2)]).ready
    nothing = readiness([])
    assert (nothing.ready, nothing.labels_missing, nothing.shortages) == (False, 2, ())
    two_short = readiness([(1, "ant", 1), (2, "bee", 1), (3, "cow", 1)])
    assert (two_short.labels_missing, [short.name for short in two_short.shortages]) == (0, ["ant", "bee"])
    one_label = readiness([(1, "ant", 50), (2, "bee", 0)])
    assert (one_label.labels_missing, one_label.shortages) == (1, ())
