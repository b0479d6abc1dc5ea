"""The photos behind the mistakes, as one picture: each with what it is, what it was taken for, and how surely."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from trainer.drawing import DARK, DPI, LIGHT, WIDTH, drawable
from trainer.lettering import lettered
from trainer.preprocessing import Pixels

COLUMNS = 3
SIDE = 240


def mistakes(photos: Sequence[tuple[Pixels, str, str, float]], *, dark: bool = False) -> bytes:
    """Draw photos (pixels, label, answer, confidence 0..1) in rows of three, the gravest first; return the PNG."""
    colours = DARK if dark else LIGHT
    rows = -(-len(photos) // COLUMNS)
    figure = Figure((WIDTH, 0.75 + 2.95 * rows), dpi=DPI, facecolor=colours.paper, layout="constrained")
    figure.suptitle("My gravest mistakes", x=0.03, ha="left", size=17, weight="bold", color=colours.ink)
    names = sorted({name for _, label, answer, _ in photos for name in (label, answer)})
    shown = dict(zip(names, lettered(names, drawable(), longest=20), strict=True))
    places = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes in places:
        axes.set_axis_off()
    for axes, (pixels, label, answer, confidence) in zip(places, photos, strict=False):
        axes.imshow(pixels)
        said = f"{shown[label]}\nI said {shown[answer]}, {confidence:.0%}".replace("%", " %")
        axes.set_title(said, size=11.5, color=colours.ink, parse_math=False, loc="left")
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def thumbnail(pixels: Pixels) -> Pixels:
    """Return the middle square of pixels (height, width, 3), `SIDE` a side."""
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    square = Image.fromarray(pixels[top : top + side, left : left + side])
    return np.asarray(square.resize((SIDE, SIDE), Image.Resampling.BILINEAR), dtype=np.uint8)
