"""Photos as Telegram keeps them: JPEG, at most 1280 pixels, in up to four sizes, without metadata."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

SIDES = (90, 320, 800, 1280)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_SIDES_SUM = 10_000
MAX_RATIO = 20
# A phone's app shrinks a 200-megapixel shot before it sends it; JPEG can be read at a fraction of its size.
MAX_DRAFT_PIXELS = 210_000_000


class NotAPicture(Exception):
    """The bytes are no picture that Telegram would take as a photo."""


class WrongDimensions(NotAPicture):
    """A picture, but too large or too thin."""


@dataclass(frozen=True, slots=True)
class Rendition:
    data: bytes
    width: int
    height: int


def renditions(data: bytes, *, shrink_first: bool = False) -> list[Rendition]:
    """All sizes of one photo, smallest first. `shrink_first` is what people's apps do with large shots."""
    picture = _upright(data, shrink_first=shrink_first)
    longest = max(picture.size)
    sides = [side for side in SIDES if side < longest]
    if len(sides) < len(SIDES):
        sides.append(longest)
    return [_rendition(picture, side) for side in sides]


def thumbnail(data: bytes) -> Rendition | None:
    try:
        return _rendition(_upright(data, shrink_first=True), 320)
    except NotAPicture:
        return None


def _upright(data: bytes, *, shrink_first: bool) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            _check_dimensions(picture, shrink_first=shrink_first)
            picture.draft("RGB", (SIDES[-1], SIDES[-1]))
            return _flat(ImageOps.exif_transpose(picture))
    except NotAPicture:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPicture from error


def _check_dimensions(picture: Image.Image, *, shrink_first: bool) -> None:
    width, height = picture.size
    small_enough = width + height <= MAX_SIDES_SUM
    if shrink_first and picture.format == "JPEG":
        small_enough = width * height <= MAX_DRAFT_PIXELS
    if not small_enough or min(width, height) < 1 or max(width, height) > MAX_RATIO * min(width, height):
        raise WrongDimensions


def _flat(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGB", "L"):
        return picture.convert("RGB")
    see_through = picture.convert("RGBA")
    paper = Image.new("RGB", see_through.size, "white")
    paper.paste(see_through, mask=see_through.getchannel("A"))
    return paper


def _rendition(picture: Image.Image, side: int) -> Rendition:
    smaller = picture
    if max(picture.size) > side:
        smaller = picture.copy()
        smaller.thumbnail((side, side), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    smaller.save(buffer, "JPEG", quality=87 if side > 320 else 75)
    return Rendition(buffer.getvalue(), *smaller.size)
