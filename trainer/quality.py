"""What is odd about a photo: blurred, dark, overexposed, tiny, or of an odd shape. Torch-free, and pure arithmetic.

It is looked at about as large as a network sees it: blur that shrinking hides does no harm. Thresholds are so that of
2,900 photos of public sets less than one in a hundred is called anything (EXPERIMENTS.md).
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from trainer.preprocessing import Pixels

# Photos are judged with a shorter side of this many pixels; decode to it or more.
SIDE = 256
# A network that sees 320 pixels has to make up most of what it sees of a photo smaller than this.
TINY_BELOW = 96
# Three times as long as it is high: most of it is cut away or squeezed, whatever the network's crop.
ODD_ABOVE = 3.0
# Of 255: the twentieth part of a dark photo that is brightest is darker than this; that of an overexposed one that is
# darkest is brighter.
DARK_BELOW, BRIGHT_ABOVE = 80, 215
# Or it lost most of itself to plain white.
BURNT, MOSTLY = 250, 0.7
# Share of the detail of seven pixels that is finer than three, in the squares with most of it.
SHARP_ABOVE = 0.35
SQUARE = 16
# Noise of this variance, in shades, is no detail.
NOISE = 4.0


class Flaw(StrEnum):
    BLURRED = "blurred"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    TINY = "tiny"
    ODD_SHAPE = "odd_shape"


def flaws(pixels: Pixels, width: int, height: int) -> tuple[Flaw, ...]:
    """Say what is odd about a photo of this size, decoded (h, w, 3) to a shorter side of SIDE or more if it has it."""
    grey = _small(pixels)
    shades = np.asarray(grey, dtype=np.float32)
    found = {
        Flaw.DARK: float(np.percentile(shades, 95)) < DARK_BELOW,
        Flaw.OVEREXPOSED: float(np.percentile(shades, 5)) > BRIGHT_ABOVE or float((shades >= BURNT).mean()) > MOSTLY,
        Flaw.TINY: min(width, height) < TINY_BELOW,
        Flaw.ODD_SHAPE: max(width, height) > ODD_ABOVE * min(width, height),
    }
    # What has no shades or no pixels has no detail either: one reason is enough.
    found[Flaw.BLURRED] = not any(found.values()) and sharpness(grey) < SHARP_ABOVE
    return tuple(flaw for flaw in Flaw if found[flaw])


def sharpness(grey: Image.Image) -> float:
    """Return how much of the detail of a picture is fine, 0..1, where it has most detail.

    A photo with a blurred background is sharp somewhere, and that is what counts.
    """
    shades = np.asarray(grey, dtype=np.float32)
    fine = _squares((shades - np.asarray(grey.filter(ImageFilter.BoxBlur(1)), dtype=np.float32)) ** 2)
    all_of_it = _squares((shades - np.asarray(grey.filter(ImageFilter.BoxBlur(3)), dtype=np.float32)) ** 2)
    most = np.argsort(all_of_it)[-max(4, len(all_of_it) // 10) :]
    return float(np.percentile(np.sqrt(fine[most] / (all_of_it[most] + NOISE)), 75))


def _small(pixels: Pixels) -> Image.Image:
    grey = Image.fromarray(pixels).convert("L")
    scale = SIDE / min(grey.size)
    if scale >= 1:
        return grey
    size = (max(SIDE, round(grey.width * scale)), max(SIDE, round(grey.height * scale)))
    return grey.resize(size, Image.Resampling.BOX)


def _squares(detail: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean of each square; what is left over at two sides is left out."""
    rows, columns = detail.shape[0] // SQUARE, detail.shape[1] // SQUARE
    cut = detail[: max(1, rows) * SQUARE, : max(1, columns) * SQUARE]
    if not rows or not columns:
        return np.array([cut.mean()], dtype=np.float32)
    means: NDArray[np.float32] = cut.reshape(rows, SQUARE, columns, SQUARE).mean(axis=(1, 3)).ravel()
    return means
