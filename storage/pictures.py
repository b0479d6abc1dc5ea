"""From bytes that somebody sent to a picture that is kept: verified, upright, pixels only, always JPEG."""

import hashlib
import io
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageStat

from storage.errors import PictureRefused, Refusal
from storage.jpeg import Bare, NotJpeg, strip

Pixels = NDArray[np.uint8]

# What Telegram hands out at most.
MAX_BYTES = 20 * 1024 * 1024
MIN_SIDE = 16
MAX_SIDE = 12_000
MAX_PIXELS = 32_000_000
# A picture of one colour teaches nothing, and is what a decoder makes of a file that is cut short.
MIN_CONTRAST = 2.0
QUALITY = 95
_ORIENTATION = 0x0112
# in the flags of a VP8X chunk
_WEBP_ANIMATION = 0x02
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_KNOWN_OTHERS = {
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"%PDF": "PDF",
    b"PK\x03\x04": "ZIP",
    b"8BPS": "PSD",
}
_BRANDS = {b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"avif": "AVIF", b"avis": "AVIF"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG without anything but pixels, upright; `received_digest` is of the bytes as they came.

    `pixels`, RGB of shape (height, width, 3), is what `normalise` decoded at the side that it was asked for.
    """

    data: bytes
    width: int
    height: int
    received_digest: str
    pixels: Pixels | None = field(default=None, compare=False, repr=False)


def normalise(received: bytes, *, side: int = 0) -> Picture:
    """Verify bytes by decoding them and make the copy that is kept.

    An upright JPEG keeps its pixels to the bit (see jpeg.py); everything else is decoded, turned and encoded anew.
    With a `side`, the check decodes such a JPEG to no fewer pixels a side (if it has them) and hands them on, so that
    whoever looks at the picture next need not decode it again.

    Raises:
        PictureRefused: with the reason.
    """
    if not received:
        raise PictureRefused(Refusal.EMPTY)
    if len(received) > MAX_BYTES:
        raise PictureRefused(Refusal.TOO_MANY_BYTES, given=str(len(received)), limit=str(MAX_BYTES))
    kind = _sniff(received)
    digest = hashlib.sha256(received).hexdigest()
    try:
        bare, pixels = _jpeg(received, side) if kind == "JPEG" else (_other(received, kind), None)
    except PictureRefused:
        raise
    except Exception as error:  # Decoders meet hostile bytes here; what they raise is theirs to choose.
        raise PictureRefused(Refusal.BROKEN, given=kind) from error
    return Picture(bare.data, bare.width, bare.height, digest, pixels)


def _sniff(data: bytes) -> str:
    """The format that the bytes claim by their first bytes; names and mime types lie."""
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _BRANDS:
        raise PictureRefused(Refusal.KIND_NOT_TAKEN, given=_BRANDS[data[8:12]])
    for magic, name in _KNOWN_OTHERS.items():
        if data.startswith(magic):
            raise PictureRefused(Refusal.KIND_NOT_TAKEN, given=name)
    raise PictureRefused(Refusal.NOT_A_PICTURE)


def _jpeg(received: bytes, side: int) -> tuple[Bare, Pixels | None]:
    try:
        bare = strip(received)
    except NotJpeg as error:
        raise PictureRefused(Refusal.BROKEN, given="JPEG") from error
    _check_size(bare.width, bare.height)
    look, pixels = _look_at(bare, side)
    turn = _orientation(received)
    with Image.open(io.BytesIO(bare.data), formats=("JPEG",)) as image:
        if look is _Look.PADDED or turn in _TURNS or image.mode not in ("RGB", "L"):
            image.load()
            return _encode(image, turn), None
        if look is _Look.FLAT:
            # Colours of one lightness, or a pattern finer than eight pixels, are a picture too.
            _check_contrast(image)
    return bare, pixels


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


def _other(received: bytes, kind: str) -> Bare:
    _check_size(*_claimed_size(received, kind))
    if kind == "WEBP" and received[12:16] == b"VP8X" and received[20] & _WEBP_ANIMATION:
        raise PictureRefused(Refusal.ANIMATED, given=kind)
    with Image.open(io.BytesIO(received), formats=(kind,)) as image:
        # A second header, behind the one that was just looked at, is what the decoder goes by.
        _check_size(*image.size)
        if getattr(image, "n_frames", 1) > 1:
            raise PictureRefused(Refusal.ANIMATED, given=kind)
        image.load()
        return _encode(image, _orientation(received))


def _claimed_size(data: bytes, kind: str) -> tuple[int, int]:
    """Width and height from the header, before any decoder sees it: a 258 KB PNG can claim 676 MiB of pixels."""
    if kind == "PNG":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    chunk = data[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def _check_size(width: int, height: int) -> None:
    given = f"{width}x{height}"
    if min(width, height) < MIN_SIDE:
        raise PictureRefused(Refusal.TOO_SMALL, given=given, limit=str(MIN_SIDE))
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise PictureRefused(Refusal.TOO_LARGE, given=given, limit=str(MAX_PIXELS // 1_000_000))


def _check_contrast(image: Image.Image) -> None:
    if max(ImageStat.Stat(image).stddev) < MIN_CONTRAST:
        raise PictureRefused(Refusal.BLANK)


def _orientation(received: bytes) -> int:
    """The EXIF tag alone: ImageOps.exif_transpose writes the tags back and fails on odd ones."""
    try:
        with Image.open(io.BytesIO(received), formats=("JPEG", "PNG", "WEBP")) as image:
            return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # Unreadable tags are no reason to refuse a readable picture.
        return 1


def _encode(image: Image.Image, turn: int) -> Bare:
    upright = _as_rgb(image)
    if turn in _TURNS:
        upright = upright.transpose(_TURNS[turn])
    _check_contrast(upright)
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY, subsampling=0)
    return strip(out.getvalue())


def _as_rgb(image: Image.Image) -> Image.Image:
    """RGB pixels in an image of their own; transparency becomes white, 16-bit grey is scaled and not clipped."""
    if image.mode.startswith("I;16") or image.mode == "I":
        image = image.convert("I").point(lambda value: value / 257).convert("L")
    elif image.mode == "F":
        raise PictureRefused(Refusal.KIND_NOT_TAKEN, given="floating point")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")
