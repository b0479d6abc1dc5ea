"""What is the same, from one list to the next: nothing is looked at twice, and new photos find their places."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from trainer import same_pictures, similar
from trainer.known_alike import nearest_now
from trainer.neighbour_index import find_others
from trainer.same_pictures import Same, Seen, find_same
from trainer.similar import WIDE, nearest_among, nearest_known, nearest_others, unit_vectors


def scenes(photos: int, dimension: int = 48) -> NDArray[np.float32]:
    """Embeddings of photos of twelve to a scene, and a copy of the first as the last."""
    rng = np.random.default_rng(3)
    middles = rng.standard_normal((photos // 12 + 1, dimension))
    raw = middles[rng.integers(0, len(middles), photos)] + 0.5 * rng.standard_normal((photos, dimension))
    raw[-1] = raw[0]
    return unit_vectors(raw)


def names(photos: int) -> list[str]:
    return [f"{number:064x}" for number in range(photos)]


class Decoder:
    """Pictures of noise, each its own but for `copies` of the first one; notes what was asked for."""

    def __init__(self, *copies: str) -> None:
        self.asked: list[str] = []
        self._copies = copies

    def __call__(self, digest: str) -> NDArray[np.uint8]:
        self.asked.append(digest)
        number = 0 if digest in self._copies else int(digest, 16)
        return np.random.default_rng(number).integers(0, 256, (64, 64), dtype=np.uint8)


def found(seen: Seen, digests: list[str], vectors: NDArray[np.float32], decoder: Decoder) -> Same:
    seen.through("eyes", digests)
    *_, same = find_same(seen, digests, vectors, decoder)
    assert isinstance(same, Same)
    return same


def pairs(same: Same) -> set[tuple[int, int]]:
    return {(one.first, one.second) for one in same.twins}


def test_a_copy_is_found_and_the_next_list_decodes_nothing() -> None:
    vectors, digests = scenes(120), names(120)
    seen, first, second = Seen(), Decoder(digests[-1]), Decoder(digests[-1])

    before, after = (found(seen, digests, vectors, decoder) for decoder in (first, second))

    assert first.asked
    assert second.asked == []
    assert pairs(before) == pairs(after) == {(0, 119)}
    assert before.similar == after.similar != ()


def test_a_photo_that_went_takes_what_was_seen_of_it_along_and_rows_move_up() -> None:
    vectors, digests = scenes(120), names(120)
    seen, decoder = Seen(), Decoder(digests[-1])
    found(seen, digests, vectors, decoder)

    same = found(seen, digests[5:], vectors[5:], decoder)

    assert pairs(same) == set()
    gone = set(digests[:5])
    assert gone.isdisjoint(seen.shades)
    assert all(gone.isdisjoint(pair) for pair in seen.pairs)
    assert (same.alike.rows == nearest_others(vectors[5:], WIDE).rows).all()


def test_what_one_list_has_no_time_for_is_seen_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(same_pictures, "LOOKED_AT", 10)
    vectors, digests = scenes(120), names(120)
    seen, decoder = Seen(), Decoder()

    first, second = (found(seen, digests, vectors, decoder) for _ in range(2))

    assert len(first.similar) == 10
    assert len(second.similar) == 20


def test_through_another_embedder_all_is_looked_at_anew() -> None:
    vectors, digests = scenes(120), names(120)
    seen, decoder = Seen(), Decoder()
    found(seen, digests, vectors, decoder)

    seen.through("other eyes", digests)

    assert (seen.known, seen.pairs, seen.shades) == (None, {}, {})


def test_new_photos_and_lost_ones_leave_the_same_neighbours_as_comparing_all() -> None:
    vectors, digests = scenes(900), names(900)
    there, later = np.arange(900) >= 20, np.arange(900) != 100
    there[[300, 700]] = False
    before = [digest for digest, is_there in zip(digests, there, strict=True) if is_there]
    after = [digest for digest, is_later in zip(digests, later, strict=True) if is_later]

    known = nearest_now(nearest_now(None, before, vectors[there]), after, vectors[later])

    exact = nearest_others(vectors[later], WIDE)
    assert np.allclose(known.alike.likenesses, exact.likenesses, atol=1e-5)
    assert (known.alike.rows == exact.rows).mean() > 0.99  # photos that are as near may change places


def test_the_index_names_nearly_all_that_are_near() -> None:
    vectors = scenes(1_500, 400)

    exact, indexed = nearest_others(vectors, 10), find_others(vectors, 10)

    named = [len(np.intersect1d(*each)) / 10 for each in zip(exact.rows, indexed.rows, strict=True)]
    assert np.mean(named) > 0.97
    assert (indexed.rows != np.arange(1_500)[:, None]).all()
    own = np.take_along_axis(vectors @ vectors.T, indexed.rows, axis=1)
    assert np.allclose(own, indexed.likenesses, atol=1e-5)
    assert (np.diff(indexed.likenesses, axis=1) <= 0).all()


def test_beyond_what_is_compared_exactly_the_index_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, asked = scenes(400), []
    monkeypatch.setattr(similar, "EXACT", 399)
    monkeypatch.setattr("trainer.neighbour_index.find_others", lambda *given: asked.append(given))

    nearest_others(vectors, 1)
    nearest_others(vectors[1:], 1)

    assert [len(given[0]) for given in asked] == [400]


@pytest.mark.parametrize("album", [0, 100])
def test_the_nearest_of_other_folds_are_the_same_as_by_comparing_with_them_alone(album: int) -> None:
    """An album fills the nearest places with photos of its own fold: then all others are compared."""
    vectors = scenes(600)
    folds = np.arange(600) % 5
    vectors[:album] = unit_vectors(vectors[:1] + 0.001 * np.random.default_rng(0).standard_normal((album, 48)))
    folds[:album] = 2
    asked, others = np.flatnonzero(folds == 2), folds != 2

    near = nearest_known(nearest_others(vectors, WIDE), asked, others, vectors, 10, np.ones(600, dtype=np.bool_))

    exact = nearest_among(vectors[asked], vectors[others], 10)
    assert np.allclose(near.likenesses, exact.likenesses, atol=1e-5)
    assert others[near.rows].all()
