"""Where the error goes with more photos: curves, what they promise, and when they promise nothing."""

from __future__ import annotations

import numpy as np
import pytest

from trainer import learning_curve
from trainer.fitting import out_of_fold
from trainer.head import Floats
from trainer.learning import Sights
from trainer.learning_curve import AT_ONCE, MOST_DRAWS, SHARES, Curves, Foresight, Trial, foresee, part, trials
from trainer.recipe import Recipe


def drawn(errors: dict[float, float], n: int = 600, *, draws: int = 4, seed: int = 0, alike: int = 1) -> list[Trial]:
    """Trials with these errors by share; a photo that is hard is hard for all heads, and for `alike` in a row."""
    rng = np.random.default_rng(seed)
    hard = np.repeat(rng.random(n // alike), alike)
    found = []
    for share, error in errors.items():
        for _ in range(draws if share < 1 else 1):
            wrong = hard + rng.normal(0, 0.02, n) < error
            found.append(Trial(share, wrong, np.full(n, True)))
    return found


def power(top: float, exponent: float) -> dict[float, float]:
    return {share: top * share**-exponent for share in SHARES}


def singly(n: int = 600) -> list[str]:
    return [str(row) for row in range(n)]


def foreseen(errors: dict[float, float], seed: int = 0) -> Foresight:
    return told(drawn(errors, seed=seed), singly(), seed)


def told(measured: list[Trial], groups: list[str], seed: int = 0) -> Foresight:
    found = foresee(measured, groups, np.random.default_rng(seed))
    assert found is not None
    return found


def test_a_power_law_is_found_and_followed() -> None:
    errors = np.array([list(power(0.1, 0.5).values()), list(power(0.02, 0.8).values())])

    curves = Curves.fitted(errors, SHARES)

    assert curves.exponents == pytest.approx([0.5, 0.8])
    assert curves.top == pytest.approx([0.1, 0.02])
    assert curves.after(4) == pytest.approx([0.05, 0.02 * 4**-0.8])


def test_twice_the_photos_are_foreseen_and_how_many_halve_the_error() -> None:
    found = [foreseen(power(0.12, 0.5), seed) for seed in range(5)]

    assert all(one.low < 0.12 * 2**-0.5 < one.high for one in found)
    assert all(one.error < one.now.error for one in found)
    # Four times as many do, whatever was drawn.
    assert [one.to_halve for one in found] == [pytest.approx(2400, rel=0.4)] * 5


def test_where_the_error_does_not_fall_more_photos_alone_promise_nothing() -> None:
    found = foreseen(dict.fromkeys(SHARES, 0.2))

    assert found.to_halve is None
    assert found.low < found.now.error < found.high


def test_a_slow_fall_is_not_followed_beyond_what_was_measured() -> None:
    assert foreseen(power(0.2, 0.2)).to_halve is None


def test_without_a_mistake_there_is_nothing_to_halve_and_the_future_is_not_worse() -> None:
    found = foreseen(dict.fromkeys(SHARES, -1.0))

    assert (found.now.wrong, found.to_halve) == (0, None)
    assert found.low == 0
    assert found.error < 0.005


def test_photos_that_came_together_count_as_fewer() -> None:
    groups = [str(row // 10) for row in range(600)]
    measured = drawn(power(0.2, 0.5), alike=10)

    together, apart = told(measured, groups), told(measured, singly())

    assert together.high - together.low > 1.3 * (apart.high - apart.low)


def test_the_same_trials_and_seed_foresee_the_same() -> None:
    assert foreseen(power(0.1, 0.4)) == foreseen(power(0.1, 0.4))


def test_a_part_takes_groups_whole_and_its_share_of_every_label() -> None:
    truth = np.array([0] * 80 + [1] * 16)
    groups = [f"{row // 2}" for row in range(96)]

    found = part(truth, groups, 0.25, np.random.default_rng(0))

    assert (found[:80].sum(), found[80:].sum()) == (20, 4)
    assert (found[::2] == found[1::2]).all()


def test_a_part_never_leaves_a_label_a_single_group() -> None:
    truth = np.array([0] * 4 + [1] * 100)

    assert part(truth, singly(104), 0.125, np.random.default_rng(0))[:4].sum() == 2


def test_heads_of_parts_are_asked_about_all_photos_and_the_last_learned_all() -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(60) % 3
    embeddings = (np.eye(8)[truth] + rng.normal(0, 0.6, (60, 8))).astype(np.float32)
    folds, sights = rng.permutation(60) % 5, Sights.untuned(embeddings).folds

    found = list(trials(sights, truth, folds, singly(60), Recipe(), rng))

    # Of 20 photos a label an eighth are 2, and a quarter 5.
    assert [one.share for one in found] == [share for share in (0.1, *SHARES[1:-1]) for _ in range(MOST_DRAWS)] + [1.0]
    whole = out_of_fold(sights, truth, folds, 3, Recipe()).answers() != truth
    assert (found[-1].wrong == whole).all()
    assert np.mean([one.wrong.mean() for one in found[:MOST_DRAWS]]) > whole.mean()


def halves(shares: tuple[float, ...]) -> int | None:
    return told(drawn({share: 0.2 * share**-0.5 for share in shares}), singly()).to_halve


def test_a_curve_is_followed_as_far_as_it_was_measured_and_no_further() -> None:
    # Four times as many halve the error.
    assert halves((0.2, 0.5, 1.0)) == pytest.approx(2400, rel=0.4)
    assert halves((0.5, 0.75, 1.0)) is None


def parts_of(photos: int, albums: int, folds_of: tuple[int, ...] = (0, 1, 2, 3, 4)) -> list[Trial]:
    """Trials of two labels, each with so many photos in so many albums, which lie in `folds_of` in turn."""
    rng = np.random.default_rng(0)
    truth, albums_of = np.repeat([0, 1], photos), np.tile(np.arange(photos) % albums, 2)
    embeddings = (np.eye(8)[truth] + rng.normal(0, 0.4, (2 * photos, 8))).astype(np.float32)
    groups = [f"{label} {album}" for label, album in zip(truth, albums_of, strict=True)]
    folds = np.array(folds_of)[albums_of % len(folds_of)]
    return list(trials(Sights.untuned(embeddings).folds, truth, folds, groups, Recipe(), rng))


def test_a_part_counts_by_what_it_holds_and_what_hardly_differs_counts_once() -> None:
    # Of ten photos an eighth and a quarter would both be two, of five albums an eighth, a quarter and a half.
    assert sorted({one.share for one in parts_of(10, 10)}) == [0.2, 0.5, 0.8, 1.0]
    assert sorted({one.share for one in parts_of(40, 5)}) == [0.4, 0.8, 1.0]


def test_what_came_in_one_album_a_label_tells_nothing_and_neither_does_what_has_no_parts() -> None:
    rng = np.random.default_rng(0)
    nobody = [Trial(one.share, one.wrong, np.full(600, False)) for one in drawn(power(0.2, 0.5))]
    whole = [one for one in drawn(power(0.2, 0.5)) if one.share == 1]

    assert foresee(nobody, singly(), rng) is None
    assert foresee(whole, singly(), rng) is None
    assert foresee(parts_of(10, 1), [str(row // 10) for row in range(20)], rng) is None
    assert {one.share for one in parts_of(10, 2)} == {1.0}


def test_a_part_about_which_hardly_a_photo_could_be_asked_is_passed_over() -> None:
    found = parts_of(40, 4, folds_of=(0, 0, 0, 1))

    # Two albums of one fold are often drawn: then three quarters of the photos cannot be asked about.
    assert all(one.judged.mean() > 0.5 for one in found)
    assert 2 < len(found) < 1 + 2 * MOST_DRAWS


def test_photos_are_resampled_few_times_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted, count = [], learning_curve._errors

    def counting(sizes: object, counts: Floats, rng: object) -> Floats:
        counted.append((len(counts), counts.dtype))
        return count(sizes, counts, rng)  # type: ignore[arg-type]

    monkeypatch.setattr(learning_curve, "_errors", counting)

    foreseen(power(0.1, 0.5))

    assert sum(rows for rows, _ in counted) == 1 + learning_curve.RESAMPLED
    assert max(rows for rows, _ in counted) == AT_ONCE
    assert {str(kind) for _, kind in counted} == {"float32"}


def test_what_a_part_leaves_out_is_not_learned_from() -> None:
    """With all photos of one half given wrong labels, heads that learn the other half alone do not know."""
    rng = np.random.default_rng(0)
    real = np.arange(80) % 2
    embeddings = (np.eye(4)[real] + rng.normal(0, 0.1, (80, 4))).astype(np.float32)
    among = np.arange(80) < 40
    taught = np.where(among, real, 1 - real)

    found = out_of_fold(Sights.untuned(embeddings).folds, taught, np.arange(80) // 2 % 5, 2, Recipe(), among=among)

    assert (found.answers() == real).all()
