"""How long another person waits for her answer while somebody's zip is learned from, compared with a quiet bot.

python -m tests.benchmarks.beside_collections HOME [--photos 150] [--questions 60]

The real bot as a process, the local server, both people and the bot on the same cores. Photos are 1280x960. The same
questions are asked before the zip and beside it; zips follow each other until all are asked.
"""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
import time
import zipfile
from contextlib import suppress
from pathlib import Path

from tests.benchmarks.answering import copied, parser, photos, spread
from tests.chaos.processes import HURRIED, bot, playground
from tests.support.people import People, Person

MOST = 19 * 1024 * 1024
PAUSE = 0.3
ZIPS = 12


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--photos", type=int, default=150)
    command.add_argument("--questions", type=int, default=60)
    options = command.parse_args()
    pictures = list(photos(options.questions))
    with copied(options.home) as home, tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as passing:
        asyncio.run(measure(home, Path(passing), pictures, options.photos))


async def measure(home: Path, folder: Path, pictures: list[bytes], count: int) -> None:
    settings = HURRIED | {
        "bot_threads": os.cpu_count() or 1, "photos_per_minute": 0, "photos_per_day": 0, "megabytes_per_hour": 0,
    }  # fmt: skip
    async with (
        playground(folder / "telegram") as server,
        People(server.url) as people,
        bot(home, server, folder / "bot.log", **settings) as answering,
    ):
        await answering.start()
        await answering.ready()
        other = people.person("Ann")
        # Made before anything is measured: the askers live in this process.
        zips = [packed(count, seed) for seed in range(1, ZIPS + 1)]
        await ask(other, pictures[:5])
        alone = await ask(other, pictures)
        print(f"alone             {spread(alone)}", flush=True)
        pouring = asyncio.create_task(pour(people.person("Bo"), zips))
        await asyncio.sleep(2)
        beside = await ask(other, pictures)
        pouring.cancel()
        with suppress(asyncio.CancelledError):
            await pouring
    at = int(0.95 * len(pictures))
    ratio = sorted(beside)[at] / sorted(alone)[at]
    print(f"beside a zip      {spread(beside)}")
    print(f"the slowest twentieth waits {ratio:.2f} times as long")


async def ask(person: Person, pictures: list[bytes]) -> list[float]:
    """Seconds until each answer."""
    found = []
    for data in pictures:
        started = time.perf_counter()
        sent = await person.send_photo(data)
        await person.wait_for(lambda one, sent=sent: one.reply_to == sent.id, after=sent, timeout=60)  # type: ignore[misc]
        found.append(time.perf_counter() - started)
        await asyncio.sleep(PAUSE)
    return found


async def pour(person: Person, zips: list[tuple[bytes, int]]) -> None:
    """Send zip after zip, each of other photos, and say how fast they are learned from."""
    for number, (data, held) in enumerate(zips):
        started = time.perf_counter()
        sent = await person.send_document(data, name=f"{number}.zip")
        await person.wait_for(lambda one, sent=sent: one.reply_to == sent.id and one.document, after=sent, timeout=600)  # type: ignore[misc]
        print(f"a zip of {held} photos  {held / (time.perf_counter() - started):.1f} photos a second", flush=True)


def packed(count: int, seed: int) -> tuple[bytes, int]:
    """A zip of at most so many photos that Telegram hands out, and how many those are."""
    stream, held = io.BytesIO(), 0
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as made:
        for number, data in enumerate(photos(count, (1280 - 16 * seed, 960))):
            if stream.tell() + len(data) > MOST:
                break
            made.writestr(f"thing {number % 3}/{number}.jpg", data)
            held += 1
    return stream.getvalue(), held


if __name__ == "__main__":
    main()
