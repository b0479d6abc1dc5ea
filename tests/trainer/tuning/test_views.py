from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.trainer.conftest import draw
from trainer.preprocessing import Pixels, Preprocessing, decode, fit_in
from trainer.tuning.augmentation import Augmentation, augmented
from trainer.tuning.views import Kept, Shapes, ViewFiles, fill

pytestmark = pytest.mark.lengthy

SEEN = Preprocessing(size=64)
PHOTOS = {f"{seed:064x}": draw("red", seed) for seed in range(20)}


def stage() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, stride=4), nn.ReLU())


def gradient() -> Pixels:
    across = np.linspace(0, 255, 80, dtype=np.uint8)
    red = np.broadcast_to(across, (60, 80))
    return np.stack([red, red[:, ::-1], np.full_like(red, 90)], axis=-1)


def test_a_view_is_the_same_whenever_it_is_drawn_and_leaves_no_trace() -> None:
    transform, before = Augmentation().transform(48), torch.get_rng_state()

    first = augmented(gradient(), transform, digest="a", view=3)
    torch.randn(10)
    again = augmented(gradient(), transform, digest="a", view=3)

    assert np.array_equal(first, again)
    assert first.shape == (48, 48, 3)
    assert first.dtype == np.uint8
    assert not np.array_equal(first, augmented(gradient(), transform, digest="a", view=4))
    assert not np.array_equal(first, augmented(gradient(), transform, digest="b", view=3))
    torch.set_rng_state(before)
    augmented(gradient(), transform, digest="a", view=3)
    assert torch.equal(torch.get_rng_state(), before)


def test_without_upside_down_no_view_stands_on_its_head() -> None:
    down = np.broadcast_to(np.linspace(0, 255, 80, dtype=np.uint8)[:, None, None], (80, 80, 3)).copy()

    def stands(augmentation: Augmentation) -> set[bool]:
        transform = augmentation.transform(48)
        views = [augmented(down, transform, digest="a", view=view).astype(int) for view in range(24)]
        return {bool(view[30:40, 20:28].mean() > view[8:18, 20:28].mean()) for view in views}

    assert stands(Augmentation()) == {True}
    assert stands(Augmentation(upside_down=True)) == {True, False}


def test_kept_stages_answer_as_torch_does() -> None:
    picture = fit_in(decode(PHOTOS[f"{1:064x}"], 64), SEEN)
    expected = stage()((torch.from_numpy(picture[None].copy()).permute(0, 3, 1, 2).float() - 127) / 128)

    kept = Kept(stage(), SEEN, 64, threads=1)

    assert kept.shape == (4, 16, 16)
    assert kept(picture).astype(np.float32) == pytest.approx(expected[0].detach().numpy(), abs=0.02)


def begin(folder: Path) -> ViewFiles:
    return ViewFiles(folder, Shapes((20, 3, 4, 12, 12), (20, 4, 16, 16)))


def work(files: ViewFiles, read: list[str]) -> list[int]:
    def reading(digest: str) -> bytes:
        read.append(digest)
        return PHOTOS[digest]

    views, whole = Kept(stage(), SEEN, 48, threads=1), Kept(stage(), SEEN, 64, threads=1)
    return list(fill(files, list(PHOTOS), reading, SEEN, Augmentation(), views, whole, size=48))


def test_views_are_computed_once_and_gone_on_with(tmp_path: Path) -> None:
    whole = begin(tmp_path / "whole")
    assert work(whole, []) == [16, 20]
    assert work(whole, []) == []
    cut_off = begin(tmp_path / "cut")
    read: list[str] = []
    steps = fill(
        cut_off,
        list(PHOTOS),
        lambda digest: PHOTOS[digest],
        SEEN,
        Augmentation(),
        Kept(stage(), SEEN, 48, threads=1),
        Kept(stage(), SEEN, 64, threads=1),
        size=48,
    )
    assert next(steps) == 16

    resumed = begin(tmp_path / "cut")
    assert work(resumed, read) == [20]

    assert read == list(PHOTOS)[16:]
    assert np.array_equal(resumed.views, whole.views)
    assert np.array_equal(resumed.whole, whole.whole)
    assert np.abs(resumed.views).max() > 0


def test_files_of_another_shape_or_cut_short_are_made_anew(tmp_path: Path) -> None:
    work(begin(tmp_path), [])

    assert ViewFiles(tmp_path, Shapes((20, 2, 4, 12, 12), (20, 4, 16, 16))).done == 0

    work(begin(tmp_path), [])
    (tmp_path / "views.npy").write_bytes((tmp_path / "views.npy").read_bytes()[:500])
    assert begin(tmp_path).done == 0
