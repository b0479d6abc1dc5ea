"""Zips that were made to harm, sent into the chat: refused or cut at the limit with a sentence, and nothing suffers."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.errors import ZipFlaw
from tests.bot.zips.test_archives import REFUSED, UNREAD
from tests.chaos.homes import make_answering_home
from tests.chaos.homes import picture as bird
from tests.chaos.processes import HURRIED, bot, playground
from tests.support.bots import World
from tests.support.collections import reported, rows_of
from tests.support.people import People, Person
from tests.support.zips import LINK, Packed, crowded, deflated, zip_of

pytestmark = pytest.mark.lengthy

MB = 1024 * 1024
# Those whose flaw hangs on tighter limits than the chat's are no flaws there.
TIGHT = {ZipFlaw.TOO_MANY, ZipFlaw.TOO_MUCH, ZipFlaw.TOO_BIG}
GOOD = Packed("jay/good.jpg", bird("jay", 1), method=0)


def nested(depth: int) -> bytes:
    nest = b"lies" * 100
    for level in range(depth):
        nest = zip_of(*(Packed(f"jay/{level}{number:x}.zip", nest, method=0) for number in range(4)))
    return nest


HOSTILE = {name: data for name, (data, flaw) in REFUSED.items() if flaw not in TIGHT and data} | {
    "425,531 files": crowded(425_531, zip64=False),
    "425,531 files, zip64": crowded(425_531, zip64=True),
    "200 MB and more together": zip_of(*(Packed(f"jay/{n}.jpg", b"x", size=19 * MB, packed=200_000,
                                               raw=os.urandom(200_000)) for n in range(11))),
}  # fmt: skip
CUT = {name: zip_of(GOOD, packed) for name, (packed, _) in UNREAD.items() if packed.name == "jay/1.jpg"} | {
    "zips in zips": zip_of(GOOD, Packed("jay/nest.zip", nested(5), method=0)),
    "60 MB that say they are 30 kB": zip_of(GOOD, Packed("jay/1.jpg", raw=deflated(bytes(60 * MB)), size=30_000)),
    "a link out": zip_of(GOOD, Packed("jay/1.jpg", b"/etc/passwd", mode=LINK)),
    "names that turn": zip_of(GOOD, Packed("jay/\u202egpj.exe", b"x", method=0)),
    "a formula for a name": zip_of(GOOD, Packed("jay/=cmd|'x'!A0", b"x", method=0)),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_zip_that_was_made_to_harm_is_refused_with_a_sentence(world: World, name: str) -> None:
    await world.ann.send_document(HOSTILE[name], name="birds.zip")

    told = await world.hears(world.ann, "I can't take this file: ")

    assert told.text.endswith(".")
    await world.settled()
    assert not list(world.store.parcels.digests())
    assert world.counts() == {}


@pytest.mark.parametrize("name", CUT)
async def test_what_was_made_to_harm_within_a_zip_is_reported_and_its_neighbour_taken(world: World, name: str) -> None:
    sent = await world.ann.send_document(CUT[name], name="birds.zip")

    _, rows = await reported(world, world.ann, sent)

    assert len(rows) == 2
    assert [row["reason"] != "" for row in rows].count(True) == 1
    assert world.counts() == {"jay": 1}
    assert not any(cell.startswith(("=", "+", "-", "@")) or "\u202e" in cell for row in rows for cell in row.values())


@asynccontextmanager
async def bot_process(folder: Path) -> AsyncIterator[tuple[Person, int]]:
    """A bot of its own, of which the memory can be told; and somebody who talks to it."""
    make_answering_home(folder / "home").close()
    async with playground(folder / "playground") as server, People(server.url) as people:
        settings = HURRIED
        async with bot(folder / "home", server, folder / "bot.log", **settings) as victim:
            await victim.start()
            await victim.ready()
            yield people.person("Owner"), victim.pid


def memory(pid: int) -> int:
    """The most memory that the process ever had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


@pytest.mark.chaos
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
async def test_hostile_zips_cost_the_bot_little_memory_and_hold_up_nobody(tmp_path: Path) -> None:
    """The worst: a plain zip of 20 MB costs what Telegram's answer costs; hostile ones cost no more than that."""
    async with bot_process(tmp_path) as (person, pid):
        whole = zip_of(*(Packed(f"jay/{n}.jpg", os.urandom(MB), method=0) for n in range(19)))
        await _ask(person)
        fresh = memory(pid)
        for data in (whole, whole):
            await _pour(person, data)
        plain, waits = memory(pid), list[float]()
        assert len({**HOSTILE, **CUT}) >= 15
        for data in (*HOSTILE.values(), *CUT.values()):
            started = time.monotonic()
            await _pour(person, data)
            waits.append(time.monotonic() - started)

        print(f"MB: {fresh // MB} fresh, {plain // MB} after 20 MB, {memory(pid) // MB} after all; {max(waits):.1f} s")
        assert memory(pid) - fresh < 50 * MB
        assert len(waits) >= 15
        await _ask(person)


async def _ask(person: Person) -> None:
    asked = await person.send_photo(bird("owl", 5))
    await person.wait_for(lambda one: one.reply_to == asked.id and one.buttons, timeout=20)


async def _pour(person: Person, data: bytes) -> None:
    """Send a zip and wait until it is refused, or reported on."""
    sent = await person.send_document(data, name="birds.zip")
    told = await person.wait_for(
        lambda one: one.document is not None or "I can't take this file" in one.text, after=sent, timeout=60
    )
    if told.document is not None:
        assert rows_of(await person.download(told))
    await asyncio.sleep(0)
