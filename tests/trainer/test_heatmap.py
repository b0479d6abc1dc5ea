from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.trainer.conftest import draw
from trainer import heatmap
from trainer.embedders import EmbedderSpec, embedder_path, store_embedder
from trainer.embedding import Embedder
from trainer.head import Head
from trainer.preprocessing import Mode, Preprocessing, prepare, seen_box

RNG = np.random.default_rng(0)


def seen(d: int = 8, places: int = 5) -> tuple[np.ndarray, np.ndarray, Head]:
    """Features as a network gives them, the embedding that they are, and a head of three labels."""
    features = RNG.random((d, places, places), dtype=np.float32)
    head = Head(RNG.standard_normal((3, d)).astype(np.float32), np.zeros(3, dtype=np.float32))
    return features, features.mean(axis=(1, 2)), head


def test_what_the_places_add_up_to_is_the_logit() -> None:
    features, embedding, head = seen()

    found = np.array([float(heatmap.activation(features, embedding, head, row).sum()) for row in range(3)])

    logits = head.logits(embedding[None])[0]
    assert np.allclose(found, logits - logits.mean(), atol=1e-5)


def test_features_below_nothing_count_as_the_head_counts_them() -> None:
    features, _, head = seen()
    features -= 0.6

    embedding = features.mean(axis=(1, 2))

    logits = head.logits(embedding[None])[0]
    assert heatmap.activation(features, embedding, head, 1).sum() == pytest.approx(logits[1] - logits.mean(), abs=1e-5)


def test_a_channel_that_is_nowhere_lights_nothing() -> None:
    features, _, head = seen()
    features[3] = 0

    assert np.isfinite(heatmap.activation(features, features.mean(axis=(1, 2)), head, 0)).all()


def test_heat_is_what_speaks_for_the_label() -> None:
    assert np.allclose(heatmap.heat(np.array([[-1.0, 0.5], [2.0, 0.0]])), np.array([[0.0, 0.25], [1.0, 0.0]]))
    assert (heatmap.heat(np.array([[-1.0, 0.0]])) == 0).all()


@pytest.mark.parametrize(("mode", "across"), [("whole", 0.125), ("centre", 0.3125), ("balanced", 0.2348)])
def test_the_peak_is_told_in_shares_of_the_whole_picture(mode: Mode, across: float) -> None:
    heats = np.zeros((4, 4))
    heats[3, 0] = 1

    peak = heatmap.peak(heats, (400, 200), Preprocessing(size=64, mode=mode))

    assert peak.across == pytest.approx(across, abs=1e-3)
    assert peak.down == pytest.approx(0.875)


def test_the_picture_keeps_its_shape_and_what_is_cold_fades() -> None:
    spec = Preprocessing(size=64, mode="centre")
    pixels = np.full((90, 180, 3), (200, 60, 40), dtype=np.uint8)
    heats = np.zeros((4, 4))
    heats[:, :2] = 1

    drawn = heatmap.overlay(pixels, heats, spec)

    assert drawn.shape == (90, 180, 3)
    left, _, right, _ = (int(edge) for edge in seen_box((180, 90), "centre"))
    outside, hot, cold = drawn[:, : left - 1], drawn[:, left + 5 : left + 20], drawn[:, right - 10 : right]
    assert np.ptp(outside, axis=2).max() <= 1
    assert np.ptp(cold, axis=2).max() < np.ptp(hot, axis=2).min()
    assert hot.mean() > 1.5 * outside.mean()


def test_a_large_picture_is_sent_as_a_phone_shows_it() -> None:
    drawn = heatmap.overlay(np.zeros((900, 2000, 3), dtype=np.uint8), np.ones((3, 3)), Preprocessing(size=64))

    assert max(drawn.shape) == heatmap.LONGEST
    with Image.open(io.BytesIO(heatmap.as_jpeg(drawn))) as picture:
        assert (picture.format, picture.size) == ("JPEG", (640, 288))


def test_an_embedder_tells_where_its_embedding_comes_from(exact_embedder: Embedder) -> None:
    pixels = prepare(draw("red", 1), exact_embedder.preprocessing)

    look = exact_embedder.look(pixels)

    assert look.features is not None
    assert np.allclose(look.embedding, exact_embedder.embed(pixels[None])[0])
    assert np.allclose(look.features.mean(axis=(1, 2)), look.embedding, atol=1e-4)


def test_a_backbone_that_pools_in_another_way_tells_no_places(tmp_path: Path) -> None:
    from trainer.exporting import export
    from trainer.network import build, pools_by_mean

    spec = EmbedderSpec("test_vit", "random", Preprocessing(size=64))
    network = build(spec.backbone, spec.preprocessing, weights="random")

    embedder = Embedder.open(embedder_path(tmp_path, store_embedder(tmp_path, export(network, spec))), threads=1)

    assert not pools_by_mean(network, 64)
    assert embedder.look(np.zeros((64, 64, 3), dtype=np.uint8)).features is None
