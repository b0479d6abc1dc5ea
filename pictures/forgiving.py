"""Whatever a decoder can make of bytes that were refused, for a person to look at and to take all the same.

A picture too small, of one colour, or cut short is refused by itself; who looks at it may know better. The limits of
size hold, and so does the list of formats.
"""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageFile

from pictures.formats import kind_of
from pictures.normalising import Made, Picture, check_length, check_size, encoded, faults_named, heic
from pictures.orientation import UPRIGHT, orientation

# A picture of one pixel shows nothing, whoever looks.
LEAST_SIDE = 2


def forgive(received: bytes, *, side: int = 0) -> Picture:
    """As `normalise` does, but of small, blank and damaged pictures too: what is missing is grey.

    This decodes whatever it is given, in the process that calls it: what strangers send is for `Decoders`.

    Raises:
        PictureRefused: not even that can be had.
    """
    check_length(len(received))
    kind = kind_of(received)
    with faults_named(kind), _what_is_there():
        if kind == "HEIC":
            made = heic(received, side, least=LEAST_SIDE, blank_too=True)
        else:
            made = _opened(received, kind, side)
    return made.picture(hashlib.sha256(received).hexdigest(), kind)


def _opened(received: bytes, kind: str, side: int) -> Made:
    with Image.open(io.BytesIO(received), formats=(kind,)) as image:
        check_size(*image.size, LEAST_SIDE)
        image.load()
        turn = UPRIGHT if kind == "GIF" else orientation(image.info.get("exif", b""))
        return encoded(image, turn, side, image.info.get("icc_profile") or b"", blank_too=True)


@contextmanager
def _what_is_there() -> Iterator[None]:
    """Have Pillow give what it read of a file that is cut short, instead of nothing."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
