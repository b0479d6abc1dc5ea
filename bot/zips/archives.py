"""Zips of photos, read without trusting them.

Nothing is ever written: a file of a zip is handed out as bytes, for the check that every photo meets. What a zip states
is held against its limits before anything is unpacked; what comes out is counted piece by piece, and never more is
taken than was stated. So the statements bound what is really unpacked.
"""

import os
import re
import stat
import struct
import threading
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from bot.errors import ArchiveRefused, ZipFlaw
from bot.zips.directory import Header, read_directory

_MB = 1024 * 1024
_PIECE = 64 * 1024
_LOCAL = struct.Struct("<4s5H3I2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_ENCRYPTED, _SIZES_BEHIND, _UTF8 = 1 << 0 | 1 << 6 | 1 << 13, 1 << 3, 1 << 11
# bzip2 and LZMA can make gigabytes of one piece, and photos are packed with neither.
_STORED, _DEFLATED = 0, 8
_LONGEST_NAME = 1024
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a zip may hold: sizes in bytes, `ratio` is unpacked to packed, `directory` the list of its files."""

    file: int
    directory: int
    entries: int
    each: int
    together: int
    ratio: int = 100


# From a chat: what Telegram hands out at most.
CHAT = Limits(file=20 * _MB, directory=2 * _MB, entries=2_000, each=20 * _MB, together=200 * _MB)
# From the command line: the owner's own data set, which still may have been made by anybody. A slow machine is through
# with so many names in a few seconds; twice as many seemed to hang.
COMMAND_LINE = Limits(
    file=200_000 * _MB, directory=50 * _MB, entries=100_000, each=20 * _MB, together=200_000 * _MB
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a zip. `flaw` is why it will not be read, known before any of it is."""

    header: Header
    path: PurePosixPath
    flaw: ZipFlaw | None

    @property
    def size(self) -> int:
        """How many bytes reading it gives at most."""
        return 0 if self.flaw else self.header.size


class Archive:
    """A zip within its limits. `members` are its files in the order of their data; folders are none.

    The file stays the caller's to close. Several threads may read.
    """

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        """Read the directory.

        Raises:
            ArchiveRefused: with a flaw of the whole zip.
            OSError: the file cannot be read.
        """
        self._file, self._limits = file, limits
        self._lock = threading.Lock()
        if file.seek(0, os.SEEK_END) > limits.file:
            raise ArchiveRefused(ZipFlaw.TOO_BIG, limit=limits.file)
        headers = read_directory(file, most_files=limits.entries, most_bytes=limits.directory)
        self.members = tuple(_members(headers, limits))
        if sum(one.size for one in self.members) > limits.together:
            raise ArchiveRefused(ZipFlaw.TOO_MUCH, limit=limits.together)

    def read(self, member: Member) -> bytes:
        """The bytes of a file, as long as the directory says and with its checksum.

        Raises:
            ArchiveRefused: with a flaw of this file.
            OSError: the zip cannot be read.
        """
        name = str(member.path)
        if member.flaw is not None:
            raise ArchiveRefused(member.flaw, name, limit=self._limits.each)
        header = member.header
        try:
            data = _unpacked(header, self._packed(header))
        except (_Untrue, zlib.error) as error:
            raise ArchiveRefused(ZipFlaw.DAMAGED, name) from error
        if len(data) != header.size or zlib.crc32(data) != header.crc:
            raise ArchiveRefused(ZipFlaw.DAMAGED, name)
        return data

    def _packed(self, header: Header) -> Iterable[bytes]:
        """The packed bytes, piece by piece."""
        at = self._data_start(header)
        end = at + header.packed
        while at < end:
            piece = self._read_at(at, min(_PIECE, end - at))
            if not piece:
                raise _Untrue
            at += len(piece)
            yield piece

    def _data_start(self, header: Header) -> int:
        """Where the data begin. The local header tells the directory's story again, and must tell the same."""
        local = self._read_at(header.start, _LOCAL.size)
        if len(local) < _LOCAL.size:
            raise _Untrue
        magic, _, flags, method, _, _, crc, packed, size, name, extra = _LOCAL.unpack(local)
        start: int = header.start + _LOCAL.size + name + extra
        alike = magic == _LOCAL_MAGIC and method == header.method and not flags & _ENCRYPTED
        numbers = ((crc, header.crc), (packed, header.packed), (size, header.size))
        if not flags & _SIZES_BEHIND:
            alike = alike and all(here in (there, 0xFFFFFFFF) for here, there in numbers)
        if not alike or start + header.packed > header.end:
            raise _Untrue
        if self._read_at(header.start + _LOCAL.size, name) != header.raw_name:
            raise _Untrue
        return start

    def _read_at(self, start: int, length: int) -> bytes:
        with self._lock:
            self._file.seek(start)
            return self._file.read(length)


class _Untrue(Exception):
    """The data are not what the directory says of them."""


def _unpacked(header: Header, packed: Iterable[bytes]) -> bytes:
    """What the pieces unpack to. One byte more than was stated is too many, and ends it."""
    if header.method == _STORED:
        return b"".join(packed)
    pieces, left = [], header.size + 1
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in packed:
        rest = piece
        while rest:
            pieces.append(inflate.decompress(rest, min(_PIECE, left)))
            left -= len(pieces[-1])
            rest = inflate.unconsumed_tail
            if not left or inflate.unused_data:
                raise _Untrue
    # Some may still be held back, where all was taken in and the last piece of output was full.
    pieces.append(inflate.decompress(b"", left))
    if not inflate.eof:
        raise _Untrue
    return b"".join(pieces)


def _members(headers: Iterable[Header], limits: Limits) -> Iterable[Member]:
    for header in headers:
        name = _name(header)
        if header.flags & _ENCRYPTED:
            raise ArchiveRefused(ZipFlaw.LOCKED, name)
        if not name.endswith("/"):
            yield Member(header, PurePosixPath(name), _flaw(header, limits))


def _name(header: Header) -> str:
    """The name as it was meant, if it leads nowhere but down.

    Many programs write UTF-8 without saying so. What is no UTF-8 is of the code page that a zip without a word means.

    Raises:
        ArchiveRefused: BAD_NAME.
    """
    raw = header.raw_name
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        name = raw.decode("cp437")
        if header.flags & _UTF8:
            raise ArchiveRefused(ZipFlaw.BAD_NAME, name[:_LONGEST_NAME]) from error
    parts = name.split("/")
    leads_elsewhere = name.startswith("/") or ".." in parts or _DRIVE.match(name)
    if (
        not any(part not in ("", ".") for part in parts)
        or leads_elsewhere
        or "\\" in name
        or "\0" in name
        or len(raw) > _LONGEST_NAME
    ):
        raise ArchiveRefused(ZipFlaw.BAD_NAME, name[:_LONGEST_NAME])
    return name


def _flaw(header: Header, limits: Limits) -> ZipFlaw | None:
    # Zips made on systems without such modes have none.
    if stat.S_IFMT(header.mode) not in (0, stat.S_IFREG):
        return ZipFlaw.NOT_A_FILE
    if header.method not in (_STORED, _DEFLATED):
        return ZipFlaw.PACKED_OTHERWISE
    if header.size > limits.each:
        return ZipFlaw.FILE_TOO_BIG
    if header.size > limits.ratio * header.packed:
        return ZipFlaw.BOMB
    if header.method == _STORED and header.size != header.packed:
        return ZipFlaw.DAMAGED
    return None


def why_not_read(refused: ArchiveRefused) -> str:
    """Why a zip or a file in it is not read, and what to do, to go on after its name."""
    limit = refused.limit or 0
    return {
        ZipFlaw.NOT_A_ZIP: "it is not a zip, or it is cut short: make or copy it again",
        ZipFlaw.TOO_BIG: f"it is bigger than {limit // _MB:,} MB: make several smaller ones",
        ZipFlaw.TOO_MANY: f"it holds more than {limit:,} files, or very long names: make several smaller ones",
        ZipFlaw.TOO_MUCH: f"its files are bigger than {limit // _MB:,} MB together: make several smaller ones",
        ZipFlaw.CONTRADICTORY: "it is damaged, or not a plain zip: make it again from the photos",
        ZipFlaw.LOCKED: "it is locked with a password: make it again without one",
        ZipFlaw.BAD_NAME: f"a name in it may lead elsewhere ({refused.name[:64]}): make it again from the photos",
        ZipFlaw.NOT_A_FILE: "it is a link or a device, and only files themselves are taken",
        ZipFlaw.FILE_TOO_BIG: f"it is bigger than {limit // _MB:,} MB",
        ZipFlaw.BOMB: "it would unpack to more than a hundred times its size, as no photo does",
        ZipFlaw.PACKED_OTHERWISE: "it is packed in a way that is not read: make the zip again with the usual method",
        ZipFlaw.DAMAGED: "it is damaged in the zip",
    }[refused.flaw]
