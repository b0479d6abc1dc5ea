"""Zips that were made to harm: refused, or cut at the limit, in little memory and time."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zipfile
import zlib
from dataclasses import replace

import pytest

from bot.errors import ArchiveRefused, ZipFlaw
from bot.zips.archives import CHAT, COMMAND_LINE, Archive, Limits, why_not_read
from tests.support.zips import DEVICE, FULL, LINK, PIPE, Packed, closed_64, crowded, deflated, zip_of

MB = 1024 * 1024
PLAIN = Packed("jay/1.jpg", b"feathers" * 9)
SMALL = Limits(file=MB, directory=4096, entries=10, each=1000, together=2000)

REFUSED = {
    "slip: up": (zip_of(Packed("jay/../../1.jpg", b"x")), ZipFlaw.BAD_NAME),
    "slip: absolute": (zip_of(Packed("/etc/cron.d/1.jpg", b"x")), ZipFlaw.BAD_NAME),
    "slip: backslash": (zip_of(Packed("..\\..\\1.jpg", b"x")), ZipFlaw.BAD_NAME),
    "slip: drive": (zip_of(Packed("C:1.jpg", b"x")), ZipFlaw.BAD_NAME),
    "slip: a folder": (zip_of(Packed("../", mode=0o040755), PLAIN), ZipFlaw.BAD_NAME),
    "NUL in a name": (zip_of(Packed("jay/1.jpg\0.exe", b"x")), ZipFlaw.BAD_NAME),
    "no name": (zip_of(Packed("", b"x")), ZipFlaw.BAD_NAME),
    "a name of one dot": (zip_of(Packed(".", b"x")), ZipFlaw.BAD_NAME),
    "a name that is not what it says": (zip_of(Packed(b"jay/\xff.jpg", b"x", flags=1 << 11)), ZipFlaw.BAD_NAME),
    "a name of 700 folders": (zip_of(Packed("a/" * 700 + "1", b"x")), ZipFlaw.BAD_NAME),
    "encrypted": (zip_of(replace(PLAIN, flags=1)), ZipFlaw.LOCKED),
    "directory encrypted": (zip_of(replace(PLAIN, flags=1 << 13)), ZipFlaw.LOCKED),
    "the same data for two": (zip_of(PLAIN, Packed("jay/2.jpg", PLAIN.data, start=0)), ZipFlaw.CONTRADICTORY),
    "data within data": (
        zip_of(Packed("jay/1.jpg", Packed("jay/2.jpg", b"x").local(), method=0), Packed("jay/2.jpg", b"x", start=39)),
        ZipFlaw.CONTRADICTORY,
    ),
    "data beyond the end": (zip_of(replace(PLAIN, packed=50_000)), ZipFlaw.CONTRADICTORY),
    "fewer than there are": (zip_of(PLAIN, PLAIN, count=1), ZipFlaw.CONTRADICTORY),
    "more than there are": (zip_of(PLAIN, count=2), ZipFlaw.CONTRADICTORY),
    "too many": (zip_of(*[PLAIN] * 11), ZipFlaw.TOO_MANY),
    "too much together": (zip_of(*[Packed("a", b"x" * 900, method=0)] * 3), ZipFlaw.TOO_MUCH),
    "junk before": (b"#!/bin/sh\n" + zip_of(PLAIN), ZipFlaw.CONTRADICTORY),
    "junk before, counted": (zip_of(replace(PLAIN, start=2)), ZipFlaw.CONTRADICTORY),
    "junk behind": (zip_of(PLAIN) + b"\0", ZipFlaw.NOT_A_ZIP),
    "cut short": (zip_of(PLAIN)[:-30], ZipFlaw.NOT_A_ZIP),
    "its beginning cut off": (zip_of(PLAIN)[20:], ZipFlaw.CONTRADICTORY),
    "nothing": (b"", ZipFlaw.NOT_A_ZIP),
    "too big": (bytes(MB + 1), ZipFlaw.TOO_BIG),
    "several disks": (zip_of(PLAIN).replace(b"PK\5\6\0\0", b"PK\5\6\2\0"), ZipFlaw.CONTRADICTORY),
    "zip64: another count": (closed_64(PLAIN.header(0), 400_000, 0, short_count=1), ZipFlaw.CONTRADICTORY),
    "zip64: huge count": (closed_64(PLAIN.header(0), 2**63, 0), ZipFlaw.TOO_MANY),
    "zip64: elsewhere": (closed_64(PLAIN.header(0), 1, 0, lead=-5), ZipFlaw.CONTRADICTORY),
    "zip64: out of the file": (closed_64(PLAIN.header(0), 1, 0, lead=2**62), ZipFlaw.CONTRADICTORY),
    "zip64: numbers missing": (zip_of(replace(PLAIN, size=FULL)), ZipFlaw.CONTRADICTORY),
    "zip64: data far away": (
        zip_of(replace(PLAIN, start=FULL, extra=struct.pack("<2HQ", 1, 8, 2**63))),
        ZipFlaw.CONTRADICTORY,
    ),
}  # fmt: skip

UNREAD = {
    "link": (replace(PLAIN, mode=LINK), ZipFlaw.NOT_A_FILE),
    "pipe": (replace(PLAIN, mode=PIPE), ZipFlaw.NOT_A_FILE),
    "device": (replace(PLAIN, mode=DEVICE), ZipFlaw.NOT_A_FILE),
    "too big": (Packed("a", b"x" * 1001, method=0), ZipFlaw.FILE_TOO_BIG),
    "a bomb": (Packed("a", bytes(1000), raw=deflated(bytes(1000))[:9]), ZipFlaw.BOMB),
    "bzip2": (replace(PLAIN, method=12), ZipFlaw.PACKED_OTHERWISE),
    "lzma": (replace(PLAIN, method=14), ZipFlaw.PACKED_OTHERWISE),
    "more than it says": (replace(PLAIN, size=10), ZipFlaw.DAMAGED),
    "more than it says, with the checksum of what it says": (
        replace(PLAIN, size=10, crc=zlib.crc32(PLAIN.data[:10])),
        ZipFlaw.DAMAGED,
    ),
    "less than it says": (replace(PLAIN, size=100), ZipFlaw.DAMAGED),
    "stored, and longer than it says": (replace(PLAIN, method=0, size=10), ZipFlaw.DAMAGED),
    "another checksum": (replace(PLAIN, crc=1), ZipFlaw.DAMAGED),
    "cut": (replace(PLAIN, raw=deflated(PLAIN.data)[:-4]), ZipFlaw.DAMAGED),
    "something behind its data": (replace(PLAIN, raw=deflated(PLAIN.data) + b"more"), ZipFlaw.DAMAGED),
    "no deflate data": (replace(PLAIN, raw=b"\xff" * 20), ZipFlaw.DAMAGED),
    "another name at its data": (replace(PLAIN, local_name=b"owl/1.jpg"), ZipFlaw.DAMAGED),
    "a longer name at its data": (replace(PLAIN, local_name=b"jay/" * 900), ZipFlaw.DAMAGED),
}


@pytest.mark.parametrize(("data", "flaw"), REFUSED.values(), ids=REFUSED)
def test_a_zip_that_was_made_to_harm_is_refused_as_a_whole(data: bytes, flaw: ZipFlaw) -> None:
    with pytest.raises(ArchiveRefused) as refused:
        Archive(io.BytesIO(data), SMALL)

    assert refused.value.flaw is flaw


@pytest.mark.parametrize(("packed", "flaw"), UNREAD.values(), ids=UNREAD)
def test_a_file_that_was_made_to_harm_is_not_read_and_its_neighbour_is(packed: Packed, flaw: ZipFlaw) -> None:
    archive = Archive(io.BytesIO(zip_of(PLAIN, packed)), SMALL)

    assert archive.read(archive.members[0]) == PLAIN.data
    with pytest.raises(ArchiveRefused) as refused:
        archive.read(archive.members[1])
    assert refused.value.flaw is flaw


@pytest.mark.parametrize("zip64", [True, False])
@pytest.mark.parametrize("limits", [CHAT, COMMAND_LINE], ids=["chat", "command line"])
def test_425531_files_in_20_mb_are_refused_without_reading_them_all(limits: Limits, zip64: bool) -> None:
    data = crowded(425_531, zip64=zip64)
    file = io.BytesIO(data)
    assert 19 * MB < len(data) < limits.file

    tracemalloc.start()
    with pytest.raises(ArchiveRefused) as refused:
        Archive(file, limits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    # The short record counts modulo 65,536. What that hides shows in a chat by the length of the list; the command line
    # takes lists of this length, and finds it when it has read as many files as were counted.
    hidden = limits is COMMAND_LINE and not zip64
    assert refused.value.flaw is (ZipFlaw.CONTRADICTORY if hidden else ZipFlaw.TOO_MANY)
    assert peak < (40 * MB if hidden else MB)


def test_one_file_more_than_the_command_line_takes_is_refused_by_the_count_alone() -> None:
    flaws = []
    for count in (COMMAND_LINE.entries, COMMAND_LINE.entries + 1):
        with pytest.raises(ArchiveRefused) as refused:
            Archive(io.BytesIO(crowded(count, zip64=True)), COMMAND_LINE)
        flaws.append(refused.value.flaw)

    # The first was read, and its files share their data.
    assert flaws == [ZipFlaw.CONTRADICTORY, ZipFlaw.TOO_MANY]


def test_a_bomb_that_lies_about_its_size_is_stopped_within_a_few_pieces() -> None:
    bomb = Packed("jay/1.jpg", b"", raw=deflated(bytes(60 * MB)), size=30_000, crc=0)
    archive = Archive(io.BytesIO(zip_of(bomb)), CHAT)

    with pytest.raises(ArchiveRefused) as refused:
        archive.read(archive.members[0])
    tracemalloc.start()
    with pytest.raises(ArchiveRefused):
        archive.read(archive.members[0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert refused.value.flaw is ZipFlaw.DAMAGED
    assert peak < MB


def test_the_limits_are_what_they_say_at_the_edge() -> None:
    fits = Packed("a", b"x" * 1000, method=0)
    ratio = Packed("b", bytes(3000))
    stated = len(ratio.content()) * 100

    assert len(Archive(io.BytesIO(zip_of(fits, fits)), SMALL).members) == 2
    assert len(Archive(io.BytesIO(zip_of(*[PLAIN] * 10)), SMALL).members) == 10
    assert Archive(io.BytesIO(zip_of(replace(ratio, size=stated))), CHAT).members[0].flaw is None
    assert Archive(io.BytesIO(zip_of(replace(ratio, size=stated + 1))), CHAT).members[0].flaw is ZipFlaw.BOMB


@pytest.mark.parametrize(
    "data", [b"", b"x", random.Random(1).randbytes(200_000)], ids=["empty", "one byte", "several pieces"]
)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("shape", ["plain", "streamed", "zip64"])
def test_what_other_programs_pack_is_read_to_the_byte(
    data: bytes, method: int, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shape == "zip64":
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    stream = _Unseekable() if shape == "streamed" else io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        made.comment = b"holidays, PK\x05\x06 and more"
        made.writestr("jay/", b"")
        with made.open("jay/1.jpg", "w", force_zip64=shape == "zip64") as one:
            one.write(data)
        made.writestr("jay/1.jpg/2.jpg", data)

    archive = Archive(io.BytesIO(stream.getvalue()), COMMAND_LINE)

    assert [str(one.path) for one in archive.members] == ["jay/1.jpg", "jay/1.jpg/2.jpg"]
    assert [archive.read(one) for one in archive.members] == [data, data]


@pytest.mark.parametrize(
    ("raw", "meant"),
    [("Gänse/1.jpg".encode(), "Gänse/1.jpg"), ("Gänse/1.jpg".encode("cp437"), "Gänse/1.jpg"), (b"./a/1", "a/1")],
)
def test_names_are_read_as_they_were_meant(raw: bytes, meant: str) -> None:
    archive = Archive(io.BytesIO(zip_of(Packed(raw, b"x"))), CHAT)

    assert str(archive.members[0].path) == meant


def test_a_zip_that_changes_under_its_reader_is_damaged() -> None:
    file = io.BytesIO(zip_of(PLAIN))
    archive = Archive(file, CHAT)
    file.truncate(50)

    with pytest.raises(ArchiveRefused) as refused:
        archive.read(archive.members[0])
    assert refused.value.flaw is ZipFlaw.DAMAGED


def test_any_byte_that_is_changed_is_refused_or_changes_nothing() -> None:
    whole = zip_of(PLAIN, Packed("owl/2.jpg", b"y" * 30))
    read = 0
    for at in range(len(whole)):
        for mask in (0x01, 0x80, 0xFF):
            data = bytearray(whole)
            data[at] ^= mask
            try:
                archive = Archive(io.BytesIO(bytes(data)), SMALL)
                contents = {archive.read(one) for one in archive.members}
            except ArchiveRefused:
                continue
            read += 1
            assert contents <= {PLAIN.data, b"y" * 30}
    assert read


def test_every_flaw_has_words_of_its_own_that_go_on_after_a_name() -> None:
    said = [why_not_read(ArchiveRefused(flaw, "a", limit=20 * MB)) for flaw in ZipFlaw]

    assert len(set(said)) == len(ZipFlaw)
    assert all(words.startswith(("it ", "its ", "a name in it ")) for words in said)
    assert "20 MB" in why_not_read(ArchiveRefused(ZipFlaw.FILE_TOO_BIG, limit=CHAT.each))


class _Unseekable(io.BytesIO):
    """What a program writes to a pipe: it learns the sizes when the data are gone."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: object) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError
