"""Zips that were made to harm, poured into the running bot one after the other: what they cost everybody else.

python -m tests.benchmarks.hostile_zips

Prints the slowest zip; how long a good photo waits after each; how long the bot's event loop was held up, by asking
`/health` all the time; and how much the bot's memory grew beyond what plain zips of 20 MB had made of it. Ends with 1
if a bar is missed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.benchmarks.hostile import GOOD_SLOWEST, GROWTH, LAG, SLOWEST, memory, ping
from tests.chaos.homes import make_answering_home
from tests.chaos.homes import picture as bird
from tests.chaos.processes import HURRIED, Victim, bot, playground
from tests.journeys.test_hostile_collections import CUT, HOSTILE
from tests.support.people import People, Person
from tests.support.zips import Packed, crowded, zip_of

PATIENCE = 60.0
MB = 1024 * 1024
ZIPS = {**HOSTILE, **CUT, "200,000 files": crowded(200_000, zip64=False)}


@dataclass(slots=True)
class Seen:
    """Seconds that each zip and each good photo took, milliseconds that the loop did, and megabytes of the bot."""

    zips: dict[str, float] = field(default_factory=dict)
    photos: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as passing:
        seen = asyncio.run(measure(Path(passing)))
    sys.exit(report(seen))


async def measure(folder: Path) -> Seen:
    seen = Seen()
    async with answering(folder) as (person, victim):
        plain = zip_of(*(Packed(f"jay/{n}.jpg", os.urandom(MB), method=0) for n in range(19)))
        for _ in range(2):
            await _pour(person, plain)
            await _ask(person)
        seen.megabytes.append(memory(victim))
        pinging = asyncio.create_task(ping(victim.health, seen.lags))
        for name, data in ZIPS.items():
            seen.zips[name] = await _pour(person, data)
            seen.photos.append(await _ask(person))
            seen.megabytes.append(memory(victim))
        pinging.cancel()
    return seen


@asynccontextmanager
async def answering(folder: Path) -> AsyncIterator[tuple[Person, Victim]]:
    """A bot of its own with a network, and somebody who talks to it."""
    make_answering_home(folder / "home").close()
    async with (
        playground(folder / "telegram") as server,
        People(server.url) as people,
        bot(folder / "home", server, folder / "bot.log", **HURRIED) as victim,
    ):
        await victim.start()
        await victim.ready()
        yield people.person("Owner"), victim


async def _pour(person: Person, data: bytes) -> float:
    """Send a zip and wait until it is refused or reported on; the seconds from when it was sent."""
    sent = await person.send_document(data, name="birds.zip")
    began = time.perf_counter()
    await person.wait_for(
        lambda one: one.document is not None or "I can't take this file" in one.text, after=sent, timeout=PATIENCE
    )
    return time.perf_counter() - began


async def _ask(person: Person) -> float:
    began = time.perf_counter()
    asked = await person.send_photo(bird("owl", 5))
    await person.wait_for(lambda one: one.reply_to == asked.id and one.buttons, timeout=PATIENCE)
    return time.perf_counter() - began


def report(seen: Seen) -> int:
    name, slowest = max(seen.zips.items(), key=lambda one: one[1])
    lag, waited = float(np.percentile(seen.lags, 99)), max(seen.photos)
    growth = max(seen.megabytes) - seen.megabytes[0]
    bars = {
        f"slowest of {len(seen.zips)} zips     {slowest:.2f} s ({name})": slowest <= SLOWEST,
        f"good photos in between {waited:.2f} s at most": waited <= GOOD_SLOWEST,
        f"loop held up           p99 {lag:.0f} ms, {max(seen.lags):.0f} at most, of {len(seen.lags)}": lag <= LAG,
        f"bot's memory           {seen.megabytes[0]:.0f} MB, grew by {growth:.0f} at most": growth <= GROWTH,
    }
    for line, holds in bars.items():
        print(f"{line}   {'' if holds else 'MISSED'}")
    return 0 if all(bars.values()) else 1


if __name__ == "__main__":
    main()
