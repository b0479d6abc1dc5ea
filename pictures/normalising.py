"""From bytes that somebody sent to a picture that is kept: verified, upright, pixels only, always JPEG."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageStat

from pictures.colours import as_rgb
from pictures.errors import PictureRefused, Refusal
from pictures.formats import kind_of
from pictures.jpeg import Bare, NotJpeg, strip
from pictures.orientation import UPRIGHT, orientation, upright
from pictures.png import NotPng, strip_png
from pictures.profiles import as_srgb, moves_colours

Pixels = NDArray[np.uint8]

# What Telegram hands out at most.
MAX_BYTES = 20 * 1024 * 1024
MIN_SIDE = 16
MAX_SIDE = 12_000
MAX_PIXELS = 32_000_000
# A picture of one colour teaches nothing, and is what a decoder makes of a file that is cut short.
MIN_CONTRAST = 2.0
QUALITY = 95


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG without anything but pixels, upright; `received_digest` is of the bytes as they came.

    `pixels`, RGB of shape (height, width, 3), is what `normalise` decoded at the side that it was asked for. `kind` and
    `channels` (1 grey, 3 colour, one more with transparency, 4 CMYK too) are of the file as it came.
    """

    data: bytes
    width: int
    height: int
    received_digest: str
    pixels: Pixels | None = field(default=None, compare=False, repr=False)
    kind: str = field(default="JPEG", compare=False)
    channels: int = field(default=3, compare=False)


@dataclass(frozen=True, slots=True)
class Made:
    """What is kept, the pixels that are handed on, and how many channels there were."""

    bare: Bare
    pixels: Pixels | None
    channels: int

    def picture(self, received_digest: str, kind: str) -> Picture:
        bare = self.bare
        return Picture(bare.data, bare.width, bare.height, received_digest, self.pixels, kind, self.channels)


def normalise(received: bytes, *, side: int = 0) -> Picture:
    """Verify bytes by decoding them and make the copy that is kept.

    An upright JPEG keeps its pixels to the bit (see jpeg.py); everything else is decoded, turned and encoded anew. Of
    what moves, the first picture is kept. With a `side`, pixels of no fewer a side (if there are) are handed on, so
    that whoever looks at the picture next need not decode it again.

    This decodes whatever it is given, in the process that calls it: what strangers send is for `Decoders`.

    Raises:
        PictureRefused: with the reason.
    """
    check_length(len(received))
    kind = kind_of(received)
    digest = hashlib.sha256(received).hexdigest()
    with faults_named(kind):
        made = _KINDS[kind](received, side)
    return made.picture(digest, kind)


@contextmanager
def faults_named(kind: str) -> Iterator[None]:
    """Raise as PictureRefused whatever a decoder of this kind raises over hostile bytes: that is theirs to choose."""
    try:
        yield
    except PictureRefused:
        raise
    except MemoryError as error:  # A limited process has reached its limit.
        raise PictureRefused(Refusal.TOO_HARD) from error
    except Exception as error:
        raise PictureRefused(Refusal.BROKEN, given=kind) from error


def check_length(length: int) -> None:
    """Raises PictureRefused where there is nothing, or too much."""
    if not length:
        raise PictureRefused(Refusal.EMPTY)
    if length > MAX_BYTES:
        raise PictureRefused(Refusal.TOO_MANY_BYTES, given=str(length), limit=str(MAX_BYTES))


def _jpeg(received: bytes, side: int) -> Made:
    try:
        bare = strip(received)
    except NotJpeg as error:
        raise PictureRefused(Refusal.BROKEN, given="JPEG") from error
    check_size(bare.width, bare.height)
    look, pixels = _look_at(bare, side)
    turn = orientation(bare.exif)
    is_as_kept = turn == UPRIGHT and bare.is_shared and bare.components in (1, 3)
    if look is _Look.PADDED or not is_as_kept or (bare.components == 3 and moves_colours(bare.profile)):
        with Image.open(io.BytesIO(bare.data), formats=("JPEG",)) as image:
            image.load()
            return encoded(image, turn, side, bare.profile)
    if look is _Look.FLAT:
        # Colours of one lightness, or a pattern finer than eight pixels, are a picture too.
        with Image.open(io.BytesIO(bare.data), formats=("JPEG",)) as image:
            _check_contrast(image)
    return Made(bare, pixels, bare.components)


class _Look(Enum):
    """What a glance at a JPEG tells."""

    FINE = auto()
    FLAT = auto()  # all of one lightness, as far as can be seen
    PADDED = auto()  # some cameras write bytes behind the end of a scan, and anything may hide there


def _look_at(bare: Bare, side: int) -> tuple[_Look, Pixels | None]:
    """Decode a JPEG, taking offence where decoders only warn: they paint in grey what a cut scan lacks.

    At an eighth of the size this still reads every bit of every scan, for a quarter of the time.

    Raises:
        ValueError: it is not whole.
    """
    handed_on = side > 0 and bare.components != 4
    colours, least = ("RGB", side) if handed_on else ("CMYK" if bare.components == 4 else "GRAY", 1)
    factor = 1 if handed_on else 8
    try:
        seen = simplejpeg.decode_jpeg(
            bare.data, colours, min_height=least, min_width=least, min_factor=factor, strict=True
        )
    except ValueError as error:
        if "extraneous bytes" in str(error):
            return _Look.PADDED, None
        raise
    look = _Look.FLAT if _spread(seen) < MIN_CONTRAST else _Look.FINE
    return look, seen if handed_on else None


def _spread(seen: Pixels) -> float:
    """The standard deviation of some pixels of one channel: enough to tell what is surely not flat."""
    step = max(1, min(seen.shape[:2]) // 100)
    return float(np.std(seen[::step, ::step, seen.shape[2] // 2]))


def _png(received: bytes, side: int) -> Made:
    try:
        bare = strip_png(received)
    except NotPng as error:
        raise PictureRefused(Refusal.BROKEN, given="PNG") from error
    check_size(bare.width, bare.height)
    return _opened(bare.data, "PNG", orientation(bare.exif), side, bare.profile)


def _webp(received: bytes, side: int) -> Made:
    check_size(*_claimed_by_webp(received))
    return _opened(received, "WEBP", None, side)


def _gif(received: bytes, side: int) -> Made:
    check_size(*(int.from_bytes(received[at : at + 2], "little") for at in (6, 8)))
    return _opened(received, "GIF", UPRIGHT, side)


def _avif(received: bytes, side: int) -> Made:
    return _opened(received, "AVIF", None, side)


def heic(received: bytes, side: int, *, least: int = MIN_SIDE, blank_too: bool = False) -> Made:
    """What is kept of a HEIC.

    Raises:
        PictureRefused: a side is below `least`, or it is blank and may not be.
    """
    # Here, since only the process that decodes needs it.
    from pillow_heif import open_heif

    opened = open_heif(io.BytesIO(received))
    width, height = opened.size
    check_size(width, height, least)
    # Turned by its decoder: the format has marks of its own for that, and beside them EXIF's does not count.
    image = opened.to_pillow()
    return encoded(image, UPRIGHT, side, image.info.get("icc_profile") or b"", blank_too=blank_too)


_KINDS = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "GIF": _gif, "AVIF": _avif, "HEIC": heic}


def _opened(data: bytes, kind: str, turn: int | None, side: int, profile: bytes = b"") -> Made:
    """Decode by Pillow and encode anew. Without a `turn` it is asked how the picture is turned."""
    with Image.open(io.BytesIO(data), formats=(kind,)) as image:
        # A second header, behind the one that was looked at, is what the decoder goes by.
        check_size(*image.size)
        image.load()
        turn = orientation(image.info.get("exif", b"")) if turn is None else turn
        return encoded(image, turn, side, profile or image.info.get("icc_profile", b""))


def _claimed_by_webp(data: bytes) -> tuple[int, int]:
    """Width and height from the header, before any decoder sees it: 236 KB can claim 1.3 GiB of pixels."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def check_size(width: int, height: int, least: int = MIN_SIDE) -> None:
    """Raises PictureRefused for a side below `least`, or for more than anybody should decode."""
    given = f"{width}x{height}"
    if min(width, height) < least:
        raise PictureRefused(Refusal.TOO_SMALL, given=given, limit=str(least))
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PictureRefused(Refusal.TOO_LARGE, given=given, limit=str(MAX_PIXELS // 1_000_000))


def _check_contrast(image: Image.Image) -> None:
    if max(ImageStat.Stat(image).stddev) < MIN_CONTRAST:
        raise PictureRefused(Refusal.BLANK)


def encoded(image: Image.Image, turn: int, side: int, profile: bytes = b"", *, blank_too: bool = False) -> Made:
    """What is kept of a decoded image: turned by `turn`, in the colours that its profile means.

    Raises:
        PictureRefused: it is blank, unless it may be; or of a kind that has no white.
    """
    turned = as_srgb(upright(as_rgb(image), turn), profile)
    if not blank_too:
        _check_contrast(turned)
    out = io.BytesIO()
    turned.save(out, "JPEG", quality=QUALITY, subsampling=0)
    bare = strip(out.getvalue())
    # A palette is of colours.
    channels = 3 + image.has_transparency_data if image.mode in ("P", "PA") else len(image.getbands())
    return Made(bare, _look_at(bare, side)[1] if side else None, channels)
