"""The one place where pixels become numbers, for learning and for answering alike.

A `Preprocessing` travels inside every embedder and every manifest, so that a network always sees with its own eyes.
"""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any, Literal, Self

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from trainer.errors import PictureUnreadable

Pixels = NDArray[np.uint8]
Mode = Literal["balanced", "whole", "centre"]
MODES = ("balanced", "whole", "centre")
Interpolation = Literal["bilinear", "bicubic"]
# Both of Pillow's look at every pixel when they shrink ("antialias"), unlike those of the same name elsewhere.
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}

FORMATS = ("JPEG", "PNG", "WEBP")
JPEG_MAGIC = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a picture becomes the input of an embedder.

    `whole` squeezes the whole picture into a square, `centre` keeps the middle square of its shorter side, and
    `balanced` goes half way: it cuts the longer side to the geometric mean of both and squeezes the rest.
    `mean` and `std` are per channel, in the 0..255 scale of the pixels, and are applied inside the embedder's graph.
    """

    size: int = 320
    mode: Mode = "balanced"
    interpolation: Interpolation = "bilinear"
    mean: tuple[float, float, float] = (127.0, 127.0, 127.0)
    std: tuple[float, float, float] = (128.0, 128.0, 128.0)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Read what `as_dict` wrote; raise ValueError for anything else."""
        try:
            made = cls(
                size=int(values["size"]),
                mode=values["mode"],
                interpolation=values["interpolation"],
                mean=_triple(values["mean"]),
                std=_triple(values["std"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a preprocessing: {error}") from error
        sound = 16 <= made.size <= 1024 and made.mode in MODES and made.interpolation in FILTERS
        if not sound or min(made.std) <= 0:
            raise ValueError(f"not a preprocessing: {made}")
        return made


def prepare(data: bytes, spec: Preprocessing) -> Pixels:
    """Decode verified, upright picture bytes to pixels of shape (size, size, 3), RGB, 0..255.

    Raise PictureUnreadable if they cannot be decoded. Nothing here guards against bombs: storage did, on arrival.
    """
    return fit_in(decode(data, spec.size), spec)


def fit_in(pixels: Pixels, spec: Preprocessing) -> Pixels:
    """Cut and resize what `decode` gave for `spec.size` to (size, size, 3)."""
    picture = Image.fromarray(pixels)
    side = spec.size
    box = seen_box(picture.size, spec.mode)
    return np.asarray(picture.resize((side, side), FILTERS[spec.interpolation], box=box), dtype=np.uint8)


def seen_box(size: tuple[int, int], mode: Mode) -> tuple[float, float, float, float]:
    """Return the box (left, top, right, bottom) of what is seen of a picture of this size (width, height)."""
    width, height = size
    longest = {"whole": max(size), "centre": min(size), "balanced": sqrt(width * height)}[mode]
    kept_width, kept_height = min(width, longest), min(height, longest)
    left, top = (width - kept_width) / 2, (height - kept_height) / 2
    return (left, top, left + kept_width, top + kept_height)


def decode(data: bytes, side: int) -> Pixels:
    """Decode to RGB of shape (height, width, 3); a JPEG comes back smaller, but never below `side` if it was above."""
    if data.startswith(JPEG_MAGIC):
        try:
            return _decode_jpeg(data, side)
        except ValueError:
            pass  # CMYK, or damage that libjpeg forgives and simplejpeg does not: Pillow decides.
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            opened.draft("RGB", (side, side))
            return np.asarray(opened.convert("RGB"), dtype=np.uint8)
    except Exception as error:  # Pillow's decoders raise nearly anything on broken bytes
        raise PictureUnreadable(type(error).__name__) from error


def _decode_jpeg(data: bytes, side: int) -> Pixels:
    """Let libjpeg scale by eighths while it decodes, which skips most of the work."""
    pixels: Pixels = simplejpeg.decode_jpeg(data, "RGB", min_height=side, min_width=side, min_factor=1)
    return pixels


def _triple(values: Any) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in values)
    return (red, green, blue)
