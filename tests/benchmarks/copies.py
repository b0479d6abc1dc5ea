"""Copies of photos as they come about: cut, smaller, poorer, mirrored, and the next shot of a burst."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

Maker = Callable[[Image.Image, np.random.Generator], bytes]


def cut(photo: Image.Image, rng: np.random.Generator) -> bytes:
    """Keep 80 to 95 % of each side, anywhere."""
    kept = rng.uniform(0.8, 0.95, 2)
    size = np.array(photo.size)
    corner = rng.uniform(0, 1 - kept) * size
    return _jpeg(photo.crop(tuple(np.concatenate([corner, corner + kept * size]).astype(int).tolist())))


def smaller(photo: Image.Image, rng: np.random.Generator) -> bytes:
    """Keep 30 to 70 % of the pixels of each side."""
    share = rng.uniform(0.3, 0.7)
    return _jpeg(photo.resize((max(16, int(photo.width * share)), max(16, int(photo.height * share)))))


def poorer(photo: Image.Image, rng: np.random.Generator) -> bytes:
    """Compress once more, at a quality of 15 to 60."""
    return _jpeg(photo, int(rng.integers(15, 60)))


def mirrored(photo: Image.Image, rng: np.random.Generator) -> bytes:
    return _jpeg(photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT))


def next_shot(photo: Image.Image, rng: np.random.Generator) -> bytes:
    """Turn by up to two degrees, move by up to 2 % and nearer by 2 to 6, other light, other grain."""
    turned = photo.rotate(rng.uniform(-2, 2), Image.Resampling.BICUBIC)
    share, (right, down) = rng.uniform(0.94, 0.98), rng.uniform(-0.02, 0.02, 2)
    half = np.array(photo.size) * share / 2
    middle = np.array(photo.size) * (0.5 + np.array([right, down]))
    shot = turned.crop(tuple(np.concatenate([middle - half, middle + half]).astype(int).tolist()))
    pixels = np.asarray(shot, dtype=np.float64) * rng.uniform(0.93, 1.07)
    pixels += rng.normal(0, 4, pixels.shape)
    return _jpeg(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)))


def _jpeg(photo: Image.Image, quality: int = 88) -> bytes:
    stream = io.BytesIO()
    photo.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


MAKERS: dict[str, Maker] = {
    "cut": cut,
    "smaller": smaller,
    "poorer": poorer,
    "mirrored": mirrored,
    "next of a burst": next_shot,
}
