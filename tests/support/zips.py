"""Zips made byte by byte, so that each of their statements can be a lie."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

REGULAR, LINK, PIPE, DEVICE = 0o100644, 0o120777, 0o010644, 0o060644
FULL = 0xFFFFFFFF


@dataclass(frozen=True)
class Packed:
    """A file of a zip. Where a statement is None, it is the truth; `start` overlays another file's data."""

    name: str | bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0
    mode: int = REGULAR
    size: int | None = None
    packed: int | None = None
    crc: int | None = None
    start: int | None = None
    extra: bytes = b""
    local_name: bytes | None = None
    raw: bytes | None = None

    def bytes_of_name(self) -> bytes:
        return self.name.encode() if isinstance(self.name, str) else self.name

    def content(self) -> bytes:
        return self.raw if self.raw is not None else deflated(self.data) if self.method == 8 else self.data

    def numbers(self) -> tuple[int, int, int]:
        """Checksum, packed and unpacked size as they are stated."""
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        packed = len(self.content()) if self.packed is None else self.packed
        return crc, packed, len(self.data) if self.size is None else self.size

    def local(self) -> bytes:
        name = self.bytes_of_name() if self.local_name is None else self.local_name
        fields = (20, self.flags, self.method, 0, 0, *self.numbers(), len(name), 0)
        return struct.pack("<4s5H3I2H", b"PK\x03\x04", *fields) + name + self.content()

    def header(self, start: int) -> bytes:
        name = self.bytes_of_name()
        fields = (0x0314, 20, self.flags, self.method, 0, 0, *self.numbers(), len(name), len(self.extra), 0, 0, 0)
        place = start if self.start is None else self.start
        return struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *fields, self.mode << 16, place) + name + self.extra


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def zip_of(*files: Packed, count: int | None = None, comment: bytes = b"") -> bytes:
    """A zip of these files; `count` is what its end record says instead of how many there are."""
    body, directory = bytearray(), bytearray()
    for one in files:
        directory += one.header(len(body))
        if one.start is None:
            body += one.local()
    return bytes(body) + closed(directory, len(files) if count is None else count, len(body), comment)


def closed(directory: bytes | bytearray, count: int, start: int, comment: bytes = b"") -> bytes:
    """A directory and the end record that goes with it."""
    numbers = (0, 0, count & 0xFFFF, count & 0xFFFF, len(directory), start, len(comment))
    return bytes(directory) + struct.pack("<4s4H2IH", b"PK\x05\x06", *numbers) + comment


def closed_64(directory: bytes, count: int, start: int, *, short_count: int = 0xFFFF, lead: int = 0) -> bytes:
    """The same with a zip64 end, to which `lead` is added where the locator says that it is."""
    end = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, start + len(directory) + lead, 1)
    short = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, short_count, short_count, FULL, FULL, 0)
    return directory + end + locator + short


def crowded(count: int, *, zip64: bool) -> bytes:
    """Nothing but a directory: so many empty files."""
    directory = Packed("a").header(0) * count
    return closed_64(directory, count, 0) if zip64 else closed(directory, count, 0)
