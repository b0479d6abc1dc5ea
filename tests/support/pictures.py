"""Pictures made for tests: small, of known pixels, in any format, mode and orientation."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

ORIENTATION = 0x0112


def scene(width: int = 96, height: int = 64, seed: int = 0) -> Image.Image:
    """A smooth RGB picture in which no two corners look alike, so that every turn of it shows."""
    rng = np.random.default_rng(seed)
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    waves = np.stack([across, down, np.sin(3 * across + 2 * down) / 2 + 0.5], axis=-1)
    tint = rng.uniform(0.5, 1.0, 3)
    return Image.fromarray((waves * tint * 255).astype(np.uint8), "RGB")


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg(width: int = 96, height: int = 64, seed: int = 0, **options: Any) -> bytes:
    return encoded(scene(width, height, seed), "JPEG", quality=92, **options)


def grainy(seed: int, *, quality: int = 92, side: int = 400) -> bytes:
    """Large shapes and fine grain; the same seed at another quality or size is a near copy."""
    rng = np.random.default_rng(seed)
    shapes = Image.fromarray(rng.integers(0, 256, (6, 7, 3), dtype=np.uint8)).resize(
        (400, 300), Image.Resampling.BICUBIC
    )
    grain = rng.integers(-6, 7, (300, 400, 3))
    made = Image.fromarray(np.clip(np.asarray(shapes) + grain, 0, 255).astype(np.uint8))
    if side != 400:
        made = made.resize((side, side * 3 // 4))
    return encoded(made, "JPEG", quality=quality)


def pixels(data: bytes) -> np.ndarray[Any, np.dtype[np.int16]]:
    """The RGB pixels of an encoded picture, of a type that can be subtracted."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB")).astype(np.int16)


def distance(one: bytes, other: bytes) -> float:
    """The mean absolute difference of two encoded pictures, in steps of 255."""
    return float(np.abs(pixels(one) - pixels(other)).mean())


def with_exif(image: Image.Image, kind: str, **tags: Any) -> bytes:
    """The picture with an orientation and whatever else EXIF can tell: camera, place and a comment."""
    exif = Image.Exif()
    exif[ORIENTATION] = tags.get("orientation", 1)
    exif[0x010F] = "Secret Camera"
    exif[0x9286] = "secret comment"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    # As bytes: of those its encoder for HEIC makes the format's own marks of how it is turned, as cameras do.
    return encoded(image, kind, exif=exif.tobytes())


def turned(upright: Image.Image, orientation: int) -> Image.Image:
    """How a camera stores an upright scene when it notes this orientation beside it."""
    inverse = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return upright.transpose(inverse[orientation]) if orientation in inverse else upright


def png_header(width: int, height: int, *, before: bytes = b"") -> bytes:
    """A PNG that claims a size and holds next to nothing; `before` are chunks ahead of the header."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100)
    return b"\x89PNG\r\n\x1a\n" + before + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def png_of(levels: np.ndarray[Any, Any], colour_type: int) -> bytes:
    """A PNG of 16-bit samples of shape (height, width, channels), big-endian: Pillow writes none of colour."""
    height, width, _ = levels.shape
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + row.tobytes() for row in levels))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def jpeg_claiming(data: bytes, width: int, height: int) -> bytes:
    """The same JPEG with another size in its frame header."""
    at = next(data.index(mark) for mark in (b"\xff\xc0", b"\xff\xc2") if mark in data)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]
