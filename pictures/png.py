"""The parts of a PNG file that are its picture, and nothing else.

A decoder that is given only these unpacks no text (a zTXt of one gigabyte packs into one megabyte), finds
no second header, no frames of an animation, and does not miss an end mark. Layout: W3C PNG, third edition.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from pictures.profiles import MAX_PROFILE

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 100_000
_KEPT = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT"))
_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"


class NotPng(Exception):
    """The bytes do not follow the layout of a PNG file."""


@dataclass(frozen=True, slots=True)
class BarePng:
    """A PNG of one picture; `exif` and the colour `profile` are what stood beside it."""

    data: bytes
    width: int
    height: int
    exif: bytes
    profile: bytes = b""


def strip_png(data: bytes) -> BarePng:
    """Keep header, palette, transparency and pixels.

    Raises:
        NotPng: the header does not come first, or comes again.
    """
    kept: list[bytes] = []
    exif = profile = b""
    for kind, chunk in islice(_chunks(data), MAX_CHUNKS):
        if not kept and kind != b"IHDR":
            raise NotPng("it does not begin with its header")
        if kept and kind == b"IHDR":
            raise NotPng("two headers")
        if kind in _KEPT:
            kept.append(chunk)
        elif kind == b"eXIf":
            exif = chunk[8:-4]
        elif kind == b"iCCP":
            profile = _unpacked(chunk[8:-4])
    if not kept or len(kept[0]) != 25:
        raise NotPng("no header")
    width, height = (int.from_bytes(kept[0][at : at + 4], "big") for at in (8, 12))
    return BarePng(b"".join((SIGNATURE, *kept, _END)), width, height, exif, profile)


def _unpacked(content: bytes) -> bytes:
    """A profile behind its name, as far as it is of a decent size; nothing where it is not."""
    unpacking = zlib.decompressobj()
    try:
        # Behind the name stand a NUL and the number of the one method that there is.
        unpacked = unpacking.decompress(content.partition(b"\0")[2][1:], MAX_PROFILE)
    except zlib.error:
        return b""
    return unpacked if unpacking.eof else b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and bytes of each whole chunk up to the end. Whether what is cut off matters is for a decoder to say."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        kind, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4], "big")
        if kind == b"IEND" or end > len(data):
            return
        yield kind, data[at:end]
        at = end
