"""Which way up a camera was held: the one thing of EXIF that is read.

Nothing else of it is parsed. Libraries that read all tags fail on odd ones, and write some back. Layout: TIFF 6.0.
"""

import struct

from PIL import Image

UPRIGHT = 1
MARK = b"Exif\x00\x00"
_TAG = 0x0112
_SHORT = 3
_ENTRY = 12
# Cameras write some dozens.
_MOST_ENTRIES = 1_000
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation(exif: bytes) -> int:
    """The orientation 1..8 in EXIF's own bytes; upright where they do not tell, which is no reason to refuse."""
    tiff = exif.removeprefix(MARK)
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(min(count, _MOST_ENTRIES)):
            tag, kind, values, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + number * _ENTRY)
            if tag == _TAG:
                return value if (kind, values) == (_SHORT, 1) and value in _TURNS else UPRIGHT
    except struct.error:  # cut short
        pass
    return UPRIGHT


def upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
