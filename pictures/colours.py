"""Colours of every kind as eight bits of red, green and blue, without clipping what is brighter than that."""

import numpy as np
from PIL import Image

from pictures.errors import PictureRefused, Refusal

_FULL = 65_535


def as_rgb(image: Image.Image) -> Image.Image:
    """RGB pixels in an image of their own; what is transparent becomes white.

    Raises:
        PictureRefused: its numbers have no white.
    """
    if image.mode == "F":
        raise PictureRefused(Refusal.KIND_NOT_TAKEN, given="floating point")
    if image.mode.startswith("I"):
        return _from_sixteen_bits(image)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _from_sixteen_bits(image: Image.Image) -> Image.Image:
    """Scaled, where Pillow's own conversion takes everything above 255 for white."""
    levels = np.asarray(image)
    if int(levels.max()) > _FULL or int(levels.min()) < 0:
        raise PictureRefused(Refusal.KIND_NOT_TAKEN, given="32-bit grey")
    grey = np.round(levels / 257).astype(np.uint8)
    if isinstance(clear := image.info.get("transparency"), int):
        grey[levels == clear] = 255
    return Image.fromarray(grey).convert("RGB")
