"""Where in the picture an answer comes from: class activation (Zhou 2016), exact for the linear head. Torch-free.

An embedding is the mean of features over places, and the head's logit is a sum over its channels of weight times
rooted, scaled value. Each channel's part of the logit is shared out over the places in proportion to its features
there; the parts of all places add up to the logit again.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trainer.head import TINY, Floats, Head
from trainer.preprocessing import Pixels, Preprocessing, seen_box

# Longest side of the picture that is sent: what a phone shows.
LONGEST = 640
QUALITY = 85
# What lights up is shown as it is, with a warm light on the hottest; the rest fades to a dark grey.
FADED = 0.4
GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)
LIGHT = np.array([255.0, 150.0, 20.0], dtype=np.float32)
LIT = 0.3
LIT_FROM = 0.5


def activation(features: NDArray[np.float32], embedding: NDArray[np.float32], head: Head, row: int) -> Floats:
    """Return what each place (h, w) adds to the logit of label `row`, compared with the mean of all labels' logits.

    `features` are (d, h, w), and `embedding` (d,) is their mean. Only differences between labels mean anything: adding
    the same to all logits changes no answer.
    """
    values = embedding.astype(np.float64)
    rooted = np.sqrt(np.abs(values))
    length = max(float(np.linalg.norm(rooted)), TINY)
    weight = head.weight[row].astype(np.float64) - head.weight.mean(axis=0, dtype=np.float64)
    # weight * sign(value) * root / length, divided by the sum over places of the features, which is places * value.
    places = features.shape[1] * features.shape[2]
    shares = np.divide(weight, rooted * length * places, out=np.zeros_like(weight), where=rooted > TINY)
    found: Floats = np.tensordot(shares, features.astype(np.float64), axes=1)
    return found


def heat(activations: Floats) -> Floats:
    """Return what speaks for the label at each place, from 0 to 1; all 0 where nothing does."""
    positive = np.maximum(activations, 0.0)
    hottest = float(positive.max(initial=0.0))
    return positive / hottest if hottest > 0 else positive


@dataclass(frozen=True, slots=True)
class Peak:
    """The hottest place, as shares of the picture's width and height."""

    across: float
    down: float


def peak(heats: Floats, size: tuple[int, int], spec: Preprocessing) -> Peak:
    """Return the hottest place of a picture of `size` (width, height)."""
    row, column = np.unravel_index(int(heats.argmax()), heats.shape)
    left, top, right, bottom = seen_box(size, spec.mode)
    across = left + (column + 0.5) / heats.shape[1] * (right - left)
    down = top + (row + 0.5) / heats.shape[0] * (bottom - top)
    return Peak(across / size[0], down / size[1])


def overlay(pixels: Pixels, heats: Floats, spec: Preprocessing) -> Pixels:
    """Return the picture (height, width, 3) with what lit up as it is and the rest faded; nothing is drawn over it."""
    shown = shrunken(pixels).astype(np.float32)
    hot = _spread(heats, (shown.shape[1], shown.shape[0]), spec)[:, :, None]
    faded = FADED * (shown @ GREY)[:, :, None]
    lit = LIT * np.clip((hot - LIT_FROM) / (1 - LIT_FROM), 0, 1)
    mixed = faded + (shown - faded) * np.sqrt(hot)
    drawn: Pixels = np.clip(mixed + (LIGHT - mixed) * lit, 0, 255).astype(np.uint8)
    return drawn


def shrunken(pixels: Pixels) -> Pixels:
    """Return the picture (height, width, 3) as large as a phone shows it."""
    picture = Image.fromarray(pixels)
    scale = min(1.0, LONGEST / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return np.asarray(picture.resize(size, Image.Resampling.BILINEAR), dtype=np.uint8)


def as_jpeg(pixels: Pixels) -> bytes:
    """Return pixels (height, width, 3) as a JPEG for a phone."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()


def _spread(heats: Floats, size: tuple[int, int], spec: Preprocessing) -> NDArray[np.float32]:
    """Return the heat of every pixel (height, width); what the network never saw of the picture stays cold."""
    left, top, right, bottom = (round(edge) for edge in seen_box(size, spec.mode))
    inner = Image.fromarray(heats.astype(np.float32)).resize((right - left, bottom - top), Image.Resampling.BICUBIC)
    spread = np.zeros((size[1], size[0]), dtype=np.float32)
    spread[top:bottom, left:right] = np.clip(np.asarray(inner), 0, 1)
    return spread
