"""What a network says of photos: never one that learned from the photo, nor from its sender's others."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from storage import TEST_FOLD, State, VotedPhoto
from trainer.learning import Sights
from trainer.recipe import Recipe
from trainer.witness import Said, bear_witness

# Ann, Bo and Cy bring apples (1) and leaves (2); Di brings leaves with a corner of their own, and calls them apples.
ANN, BO, CY, DI = 1, 2, 3, 4
UNTUNED = SimpleNamespace(tuning=None, sights=lambda seen, labels: Sights.untuned(seen["eyes"]))


def photos_of(seed: int = 0) -> tuple[list[VotedPhoto], dict[str, bytes]]:
    rng = np.random.default_rng(seed)
    photos: list[VotedPhoto] = []
    vectors: dict[str, bytes] = {}

    def bring(owner: int, label: int, shows: int, count: int, corner: float = 0.0, fold: int | None = None) -> None:
        for _ in range(count):
            number = len(photos)
            vector = rng.normal(0, 0.3, 8).astype("<f4")
            vector[shows] += 1
            vector[7] += corner
            state = State.TEST if fold == TEST_FOLD else State.TAUGHT
            place = number % 5 if fold is None else fold
            photos.append(VotedPhoto(number, f"digest {number}", f"group {number}", place, owner, label, state))
            vectors[f"digest {number}"] = vector.tobytes()

    for owner in (ANN, BO, CY):
        bring(owner, 1, 1, 12)
        bring(owner, 2, 2, 12)
    bring(DI, 1, 2, 10, corner=3.0)
    bring(ANN, 1, 1, 4, fold=TEST_FOLD)
    return photos, vectors


def heard(photos: list[VotedPhoto], vectors: dict[str, bytes]) -> Said:
    return bear_witness(photos, {"eyes": vectors}, UNTUNED, Recipe())  # type: ignore[arg-type]


def test_a_sender_is_contradicted_who_would_vouch_for_herself() -> None:
    photos, vectors = photos_of()
    testimony = heard(photos, vectors)
    poison = [testimony.rows[one.digest] for one in photos if one.owner_id == DI]

    assert (testimony.plain[poison].argmax(axis=1) == 0).mean() > 0.8
    assert (testimony.apart[poison].argmax(axis=1) == 1).mean() > 0.8
    said = testimony.of(photos[poison[0]].digest, {1})
    assert said is not None
    assert said[1] > said[0]


def test_what_is_left_out_is_judged_and_teaches_nothing() -> None:
    photos, vectors = photos_of()
    hers = {one.photo_id for one in photos if one.owner_id == DI}
    said = bear_witness(photos, {"eyes": vectors}, UNTUNED, Recipe(), left_out=hers)  # type: ignore[arg-type]

    assert (said.plain[[said.rows[f"digest {number}"] for number in hers]].argmax(axis=1) == 1).mean() > 0.8


def test_a_photo_that_tests_is_judged_too() -> None:
    photos, vectors = photos_of()
    testimony = heard(photos, vectors)
    tests = [testimony.of(one.digest, {1}) for one in photos if one.fold == TEST_FOLD]

    assert len(tests) == 4
    assert all(one is not None and one[0] > one[1] for one in tests)


def test_nothing_is_said_of_a_label_that_was_not_learned_elsewhere() -> None:
    photos, vectors = photos_of()
    testimony = heard(photos, vectors)

    assert testimony.of(photos[0].digest, {99}) is None
    assert testimony.of("another", {1}) is None


def test_a_photo_without_a_vector_is_passed_over() -> None:
    photos, vectors = photos_of()
    del vectors["digest 3"]

    assert heard(photos, vectors).of("digest 3", {1}) is None
