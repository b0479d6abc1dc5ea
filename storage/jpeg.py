"""The parts of a JPEG file that are pixels, and nothing else.

Telegram's photos, and most others, are JPEG and upright. Copying their tables and scans, and nothing else, keeps every
pixel as it was and costs a tenth of decoding and encoding again, while EXIF, GPS, comments, thumbnails, further
pictures and whatever hides behind the end are left out. Layout: ITU-T T.81, annex B.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

START = b"\xff\xd8"
END = b"\xff\xd9"
# A progressive scan of 36 bytes can cost 12 ms: a thousand of them make a small file that decodes for a minute.
MAX_SCANS = 100
_FRAMES = frozenset((0xC0, 0xC1, 0xC2))
_TABLES = frozenset((0xC4, 0xDB, 0xDD))
_SCAN = 0xDA
_JFIF = 0xE0
_ADOBE = 0xEE
# In scan data FF is followed by 00 (a stuffed byte), a restart mark, or another FF; anything else is the next segment.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_BARE_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


class NotJpeg(Exception):
    """The bytes do not follow the layout of a JPEG file."""


@dataclass(frozen=True, slots=True)
class Bare:
    """A JPEG of pixels only."""

    data: bytes
    width: int
    height: int
    components: int


def strip(data: bytes) -> Bare:
    """Keep frame, tables and scans of the first picture.

    Raises:
        NotJpeg: the layout is broken, cut short, of a kind that decoders do not share (lossless, arithmetic), or has
            more than MAX_SCANS scans.
    """
    kept, frame, scans, jfif = [], b"", 0, False
    for marker, segment in _segments(data):
        if marker in _FRAMES:
            frame = segment
        elif marker == _SCAN:
            scans += 1
        elif marker == _JFIF and segment[4:9] == b"JFIF\x00":
            jfif = True
        if marker in _FRAMES or marker in _TABLES or marker in (_SCAN, _ADOBE):
            kept.append(segment)
    if not frame or not scans or scans > MAX_SCANS or len(frame) < 10:
        raise NotJpeg(f"{scans} scans, frame of {len(frame)} bytes")
    # Without its JFIF mark some decoders take three channels for RGB instead of YCbCr.
    head = START + (_BARE_JFIF if jfif else b"")
    return Bare(
        b"".join((head, *kept, END)),
        width=int.from_bytes(frame[7:9], "big"),
        height=int.from_bytes(frame[5:7], "big"),
        components=frame[9],
    )


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment up to the end mark; a scan's segment includes its data."""
    if data[:2] != START:
        raise NotJpeg("no start mark")
    at = 2
    while True:
        marker, at = _marker(data, at)
        if marker == 0xD9:
            return
        length = int.from_bytes(data[at : at + 2], "big")
        end = at + length
        if length < 2 or end > len(data):
            raise NotJpeg("a segment is cut short")
        if marker == _SCAN:
            following = _NEXT_MARKER.search(data, end)
            if following is None:
                raise NotJpeg("the last scan has no end")
            end = following.start()
        yield marker, b"\xff" + bytes((marker,)) + data[at:end]
        at = end


def _marker(data: bytes, at: int) -> tuple[int, int]:
    while at + 1 < len(data) and data[at] == 0xFF and data[at + 1] == 0xFF:
        at += 1
    if at + 1 >= len(data) or data[at] != 0xFF:
        raise NotJpeg("a marker is missing")
    return data[at + 1], at + 2
