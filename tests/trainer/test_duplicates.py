"""Copies are found, other photos are not, and a group says which to keep and shares a fold."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.trainer.test_twins import photo, seen
from trainer.duplicates import DuplicateGroup, Grey, Twins, candidates, group_twins, look, one_fold_each
from trainer.similar import Alike, nearest_among, nearest_others
from trainer.twins import glance, shades

COPIES = {
    "cut": lambda picture: picture.crop((20, 30, 390, 285)),
    "cut at a corner": lambda picture: picture.crop((0, 0, 345, 250)),
    "small": lambda picture: picture.resize((180, 130)),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "mirrored": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "next of a burst": lambda picture: picture.rotate(2, Image.Resampling.BICUBIC).crop((12, 14, 412, 292)),
}


def all_alike(pictures: int, likeness: float = 0.9) -> Alike:
    """Everybody is beside everybody, so that the look alone decides."""
    rows = np.array([[other for other in range(pictures) if other != one] for one in range(pictures)])
    return Alike(rows, np.full(rows.shape, likeness, dtype=np.float32))


def pair_of(first: Image.Image, second: Image.Image) -> NDArray[np.uint8]:
    return np.stack([shades(seen(first)), shades(seen(second))])


def looked_at(alike: Alike, grey: Grey) -> tuple[Twins, ...]:
    return look(*candidates(alike), grey)


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_found(kind: str) -> None:
    found = [looked_at(all_alike(2), pair_of(photo(seed), COPIES[kind](photo(seed)))) for seed in range(10)]

    assert [len(pairs) for pairs in found] == [1] * 10
    assert all(pairs[0].mirrored == (kind == "mirrored") for pairs in found)


def test_other_photos_are_not_taken_for_copies() -> None:
    grey = np.stack([shades(seen(photo(seed))) for seed in range(4)])

    assert looked_at(all_alike(4), grey) == ()


def test_the_same_ground_with_another_thing_on_it_is_another_photo() -> None:
    for seed in range(10):
        ground = photo(100).copy()
        one, other = ground.copy(), ground.copy()
        one.paste(photo(seed).resize((200, 150)), (110, 80))
        other.paste(photo(seed + 50).resize((200, 150)), (110, 80))

        assert looked_at(all_alike(2), pair_of(one, other)) == ()


def test_flat_pictures_are_nobodys_copies() -> None:
    assert looked_at(all_alike(2), np.full((2, 64, 64), 90, dtype=np.uint8)) == ()


def test_what_the_embedding_finds_unlike_is_not_looked_at() -> None:
    grey = pair_of(photo(1), photo(1))

    assert len(looked_at(all_alike(2, 0.8), grey)) == 1
    assert looked_at(all_alike(2, 0.6), grey) == ()


def test_nobody_has_copies_where_there_is_one_photo_or_none() -> None:
    for count in (0, 1):
        vectors = np.ones((count, 4), dtype=np.float32)
        assert looked_at(nearest_others(vectors, 3), np.zeros((count, 64, 64), dtype=np.uint8)) == ()


def test_pairs_join_to_groups_whose_largest_photo_is_kept() -> None:
    pairs = [Twins(5, 6, 0.9, False), Twins(1, 2, 0.9, False), Twins(2, 7, 0.9, True)]

    groups = group_twins(pairs, pixels=[1, 10, 30, 1, 1, 8, 8, 30])

    assert set(groups) == {DuplicateGroup((1, 2, 7), best=2), DuplicateGroup((5, 6), best=5)}


def test_a_group_shares_the_fold_that_most_of_it_had() -> None:
    groups = [DuplicateGroup((0, 2, 3), best=0), DuplicateGroup((4, 5), best=4)]

    folds = one_fold_each(np.array([0, 1, 3, 3, 4, 2]), groups)

    assert folds.tolist() == [3, 1, 3, 3, 2, 2]


def test_a_glance_is_at_the_shades() -> None:
    pixels = seen(photo(3))

    about = shades(pixels).astype(np.float32)
    assert np.allclose(glance(pixels), (about - about.mean()) / about.std(), atol=1e-5)


def test_the_most_alike_come_first_and_nobody_is_beside_herself() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((2_100, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    others, among = nearest_others(vectors, 3), nearest_among(vectors, vectors, 4)

    assert (among.rows[:, 0] == np.arange(2_100)).all()
    assert (among.rows[:, 1:] == others.rows).all()
    assert (np.diff(others.likenesses, axis=1) <= 0).all()
    cosines = vectors @ vectors.T - 2 * np.eye(2_100)
    assert np.allclose(np.sort(cosines, axis=1)[:, :-4:-1], others.likenesses, atol=1e-5)


def test_fewer_others_than_asked_for_are_all_there_is() -> None:
    vectors = np.eye(3, dtype=np.float32)

    assert nearest_others(vectors, 5).rows.shape == (3, 2)
    assert nearest_among(vectors, vectors[:0], 5).rows.shape == (3, 0)
