"""The parts of a JPEG file that are pixels, and nothing else.

Telegram's photos, and most others, are JPEG and upright. Copying their tables and scans, and nothing else, keeps every
pixel as it was and costs a tenth of decoding and encoding again, while EXIF, GPS, comments, thumbnails, further
pictures and whatever hides behind the end are left out. Layout: ITU-T T.81, annex B.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from pictures.orientation import MARK

START = b"\xff\xd8"
END = b"\xff\xd9"
# A progressive scan of 36 bytes can cost 12 ms: a thousand of them make a small file that decodes for a minute.
MAX_SCANS = 100
# A file of nothing but empty comments would keep this loop busy for seconds.
MAX_SEGMENTS = 10_000
# Coded in a way that was patented once, so that browsers and most other decoders never learned it.
_ARITHMETIC = frozenset((0xC9, 0xCA))
_SEQUENTIAL = frozenset((0xC0, 0xC1, 0xC9))
_FRAMES = _SEQUENTIAL | _ARITHMETIC | {0xC2}
_TABLES = frozenset((0xC4, 0xCC, 0xDB, 0xDD))
_SCAN = 0xDA
_JFIF = 0xE0
_EXIF = 0xE1
_PROFILE, _PROFILE_MARK = 0xE2, b"ICC_PROFILE\x00"
_ADOBE = 0xEE
_NO_END = 0
# In scan data FF is followed by 00 (a stuffed byte), a restart mark, or another FF; anything else is the next segment.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_BARE_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


class NotJpeg(Exception):
    """The bytes do not follow the layout of a JPEG file."""


@dataclass(frozen=True, slots=True)
class Bare:
    """A JPEG of pixels only, and `exif` and colour `profile`, which stood beside it.

    `is_shared`: all decoders understand it.
    """

    data: bytes
    width: int
    height: int
    components: int
    is_shared: bool = True
    exif: bytes = b""
    profile: bytes = b""


def strip(data: bytes) -> Bare:
    """Keep frame, tables and scans of the first picture.

    Raises:
        NotJpeg: the layout is broken, cut short, of a kind that no decoder here knows (lossless), or has more than
            MAX_SCANS scans or MAX_SEGMENTS segments.
    """
    kept, frames, scans, jfif, adobe, exif, has_end = [], [], [], b"", b"", b"", True
    profile: list[bytes] = []
    for marker, segment in islice(_segments(data), MAX_SEGMENTS):
        if marker in _FRAMES:
            frames.append(segment)
        elif marker == _SCAN:
            if frames and frames[0][1] in _SEQUENTIAL:
                segment = _of_all_coefficients(segment)
            scans.append(segment)
        elif marker == _JFIF and segment[4:9] == b"JFIF\x00":
            # Without this mark some decoders take three channels for RGB instead of YCbCr.
            jfif = _BARE_JFIF
        elif marker == _ADOBE and segment[4:9] == b"Adobe" and len(segment) >= 16:
            # The last of its twelve bytes tells how colours are coded; what a file adds behind them does not.
            adobe = b"\xff\xee\x00\x0e" + segment[4:16]
        elif marker == _EXIF and segment[4:10] == MARK:
            exif = exif or segment[4:]
        elif marker == _PROFILE and segment[4:16] == _PROFILE_MARK:
            profile.append(segment[16:])
        elif marker == _NO_END:
            has_end = False
        if marker in _FRAMES or marker in _TABLES or marker == _SCAN:
            kept.append(segment)
    # Of two frames one would be looked at here, and the other be decoded.
    if len(frames) != 1 or not 1 <= len(scans) <= MAX_SCANS or len(frames[0]) < 10:
        raise NotJpeg(f"{len(frames)} frames, {len(scans)} scans")
    if not has_end and not _is_in_one_scan(frames[0], scans):
        raise NotJpeg("scans may be missing at the end")
    frame = frames[0]
    return Bare(
        b"".join((START, jfif, adobe, *kept, END)),
        width=int.from_bytes(frame[7:9], "big"),
        height=int.from_bytes(frame[5:7], "big"),
        components=frame[9],
        is_shared=frame[1] not in _ARITHMETIC,
        exif=exif,
        # Each part is numbered, then told how many there are.
        profile=b"".join(part[2:] for part in sorted(profile, key=lambda part: part[:1])),
    )


def _of_all_coefficients(scan: bytes) -> bytes:
    """A sequential scan that says what each of them does: all coefficients, whole.

    Decoders take it for that whatever stands there, but warn of other numbers, as they do of damage.
    """
    length = 2 + int.from_bytes(scan[2:4], "big")
    return scan[: length - 3] + b"\x00\x3f\x00" + scan[length:] if length >= 8 else scan


def _is_in_one_scan(frame: bytes, scans: list[bytes]) -> bool:
    """Whether all components are in the one scan that there is, so that a decoder notices if any of it is missing."""
    return frame[1] in _SEQUENTIAL and len(scans) == 1 and scans[0][4] == frame[9]


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment up to the end mark; a scan's segment includes its data.

    Without an end mark the last scan reaches to the end of the file: whether it is whole is for a decoder to say.
    """
    if data[:2] != START:
        raise NotJpeg("no start mark")
    at = 2
    while at < len(data):
        marker, at = _marker(data, at)
        if marker == 0xD9:
            return
        length = int.from_bytes(data[at : at + 2], "big")
        end = at + length
        if length < 2 or end > len(data):
            raise NotJpeg("a segment is cut short")
        if marker == _SCAN:
            following = _NEXT_MARKER.search(data, end)
            end = following.start() if following else len(data)
        yield marker, b"\xff" + bytes((marker,)) + data[at:end]
        at = end
    yield _NO_END, b""


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The next marker and the place behind it. What stands before it is padding: some cameras write it."""
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        if data[at + 1] not in (0x00, 0xFF):
            return data[at + 1], at + 2
        at += 1
    raise NotJpeg("a marker is missing")
