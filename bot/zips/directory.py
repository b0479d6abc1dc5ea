"""What a zip says that it holds: its directory, parsed strictly and within limits.

`zipfile` would read a directory of any size before anybody could count it, let files overlap, and cut names at a NUL.
Here the end record is read first. Whatever contradicts itself is refused: programs that read such a zip differ in what
they find, so nobody can say what it holds.

    [local header, name, data] ...   [directory: a header per file]   ([zip64 end, locator])   end record, comment
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from bot.errors import ArchiveRefused, ZipFlaw

_END = struct.Struct("<4s4H2IH")
_LOCATOR = struct.Struct("<4sIQI")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_HEADER = struct.Struct("<4s6H3I5H2I")
_END_MAGIC, _LOCATOR_MAGIC, _END_64_MAGIC = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06"
_HEADER_MAGIC = b"PK\x01\x02"
_LOCAL_HEADER_SIZE = 30
_LONGEST_COMMENT = 0xFFFF
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
_ZIP64_EXTRA = 0x0001


class Header(NamedTuple):
    """What the directory says of one file. Its data, with the local header before them, lie in start <= x < end.

    A tuple, since there may be a hundred thousand of them to make before anybody hears a word.
    """

    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    start: int
    end: int


class _End(NamedTuple):
    """What the end record says: so many files, in a directory of `size` bytes from `start`."""

    files: int
    size: int
    start: int


def read_directory(file: BinaryIO, *, most_files: int, most_bytes: int) -> list[Header]:
    """All headers, in the order of their data. No more than `most_bytes` of the directory are ever read.

    Raises:
        ArchiveRefused: NOT_A_ZIP, TOO_MANY or CONTRADICTORY.
    """
    end = _find_end(file)
    if end.files > most_files or end.size > most_bytes:
        raise ArchiveRefused(ZipFlaw.TOO_MANY, limit=most_files)
    headers = sorted(_headers(_read_at(file, end.start, end.size), end.files), key=lambda one: one.start)
    return list(_apart(headers, end.start))


def _find_end(file: BinaryIO) -> _End:
    size = file.seek(0, os.SEEK_END)
    tail = _read_at(file, max(0, size - _END.size - _LONGEST_COMMENT), min(size, _END.size + _LONGEST_COMMENT))
    at = tail.rfind(_END_MAGIC)
    while at >= 0 and not _ends_here(tail, at):
        at = tail.rfind(_END_MAGIC, 0, at)
    if at < 0:
        raise ArchiveRefused(ZipFlaw.NOT_A_ZIP)
    _, disk, first_disk, count_here, count, length, start, _ = _END.unpack_from(tail, at)
    said, position = _End(count, length, start), size - len(tail) + at
    if disk not in (0, _FULL_16) or first_disk not in (0, _FULL_16) or count_here != count:
        raise ArchiveRefused(ZipFlaw.CONTRADICTORY)
    end, behind = _find_end_64(file, said, position)
    # Anything before or between would shift the data: a program with a zip behind it, or a file that was cut.
    if end.start + end.size != behind:
        raise ArchiveRefused(ZipFlaw.CONTRADICTORY)
    return end


def _ends_here(tail: bytes, at: int) -> bool:
    """Whether an end record at this place, with its comment, is the last thing in the file."""
    return len(tail) - at >= _END.size and _END.unpack_from(tail, at)[-1] == len(tail) - at - _END.size


def _find_end_64(file: BinaryIO, said: _End, position: int) -> tuple[_End, int]:
    """What a zip64 end says where there is one, and where the directory must end.

    The short record holds the same numbers, or says by a full field that its number did not fit.
    """
    place = position - _LOCATOR.size
    locator = _read_at(file, place, _LOCATOR.size) if place >= 0 else b""
    if not locator.startswith(_LOCATOR_MAGIC):
        return said, position
    _, disk, start, disks = _LOCATOR.unpack(locator)
    if disk or disks > 1 or start + _END_64.size > place:
        raise ArchiveRefused(ZipFlaw.CONTRADICTORY)
    magic, length, _, _, disk, first_disk, here, count, size, first = _END_64.unpack(
        _read_at(file, start, _END_64.size)
    )
    fits = magic == _END_64_MAGIC and start + 12 + length == place and here == count and not disk and not first_disk
    full = (_FULL_16, _FULL_32, _FULL_32)
    if not fits or any(s not in (f, x) for s, f, x in zip(said, full, (count, size, first), strict=True)):
        raise ArchiveRefused(ZipFlaw.CONTRADICTORY)
    return _End(count, size, first), start


def _headers(directory: bytes, count: int) -> Iterator[Header]:
    at = 0
    for _ in range(count):
        if at + _HEADER.size > len(directory):
            raise ArchiveRefused(ZipFlaw.CONTRADICTORY)
        fields = _HEADER.unpack_from(directory, at)
        magic, _, _, flags, method, _, _, crc, packed, size, *lengths, disk, _, attributes, start = fields
        name_end = at + _HEADER.size + lengths[0]
        extra_end = name_end + lengths[1]
        raw_name, extra = directory[at + _HEADER.size : name_end], directory[name_end:extra_end]
        at = extra_end + lengths[2]
        if magic != _HEADER_MAGIC or at > len(directory) or disk not in (0, _FULL_16):
            raise ArchiveRefused(ZipFlaw.CONTRADICTORY)
        size, packed, start = _long(extra, [size, packed, start])
        end = start + _LOCAL_HEADER_SIZE + len(raw_name) + packed
        yield Header(raw_name, flags, method, crc, packed, size, attributes >> 16, start, end)
    if at != len(directory):
        raise ArchiveRefused(ZipFlaw.CONTRADICTORY)


def _long(extra: bytes, numbers: list[int]) -> list[int]:
    """The numbers with those from the zip64 field in place of full ones: it holds just these, in the same order."""
    if _FULL_32 not in numbers:
        return numbers
    long = _field(extra, _ZIP64_EXTRA)
    wanted = numbers.count(_FULL_32)
    if len(long) < 8 * wanted:
        raise ArchiveRefused(ZipFlaw.CONTRADICTORY)
    found = iter(struct.unpack_from(f"<{wanted}Q", long))
    return [next(found) if number == _FULL_32 else number for number in numbers]


def _field(extra: bytes, wanted: int) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def _apart(headers: list[Header], end: int) -> Iterator[Header]:
    """The headers, each with the end of its room: data that files share would be unpacked once for each of them."""
    if headers and headers[0].start:
        raise ArchiveRefused(ZipFlaw.CONTRADICTORY)
    for one, room_ends in zip(headers, [*(h.start for h in headers[1:]), end], strict=True):
        if one.end > room_ends:
            raise ArchiveRefused(ZipFlaw.CONTRADICTORY)
        yield one._replace(end=room_ends)


def _read_at(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)
