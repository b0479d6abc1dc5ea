"""Files that break image loaders, sent to the running bot one after the other: what becomes of each, and at what cost.

PUPIL_BENCHMARK_DATA=FOLDER python -m tests.benchmarks.hostile HOME

FOLDER/hostile/MANIFEST.csv says of each file what Pillow makes of it. Prints the verdicts; the good pictures that were
called damaged; the slowest answer; how long a good photo waits after every tenth file; how long the bot's event loop
was held up, by asking `/health` all the time; and how much the bot's memory grew. Ends with 1 if a bar is missed.
"""

from __future__ import annotations

import asyncio
import csv
import os
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import numpy as np

from bot.speech import guides
from pictures import PictureRefused, Refusal
from tests.benchmarks.answering import copied, parser, photos
from tests.chaos.processes import HURRIED, Victim, bot, playground
from tests.support.people import Message, People, Person

WARM_UP = 30
GOOD_EVERY = 10
PATIENCE = 60.0
PING_EVERY = 0.01
# The bars: seconds, seconds, milliseconds, megabytes.
SLOWEST, GOOD_SLOWEST, LAG, GROWTH = 6.0, 2.0, 200.0, 50.0
# So many letters tell the sentences apart, and come before the numbers in them.
TELLING = 25
ELSE = {"only pictures": guides.not_a_picture()}


@dataclass(frozen=True, slots=True)
class File:
    """`good`: Pillow opens and loads it."""

    path: str
    name: str
    data: bytes
    good: bool


@dataclass(slots=True)
class Seen:
    verdicts: Counter[tuple[bool, str]] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    good_photos: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    called_damaged: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)


def main() -> None:
    options = parser(__doc__).parse_args()
    files = list(files_in(Path(os.environ.get("PUPIL_BENCHMARK_DATA", "")) / "hostile"))
    with copied(options.home) as home, tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as passing:
        seen = asyncio.run(measure(home, Path(passing), files))
    sys.exit(report(files, seen))


def files_in(folder: Path) -> Iterator[File]:
    if not (folder / "MANIFEST.csv").is_file():
        raise SystemExit("PUPIL_BENCHMARK_DATA names no folder that has hostile/MANIFEST.csv")
    with (folder / "MANIFEST.csv").open(newline="") as lines, tarfile.open(folder / "names.tar") as names:
        for line in csv.DictReader(lines):
            path, good = line["path"], line["pillow13_result"] == "ok"
            if (folder / path).is_file():
                yield File(path, "photo.jpg", (folder / path).read_bytes(), good)
            elif (packed := _packed(names, path)) is not None:
                yield File(path, path.partition("/")[2], packed, good)
            else:
                raise SystemExit(f"{path} is missing")


def _packed(names: tarfile.TarFile, path: str) -> bytes | None:
    for member in names:
        if member.isfile() and member.name.removeprefix("./").partition("/")[2] == path.partition("/")[2]:
            unpacked = names.extractfile(member)
            return unpacked.read() if unpacked else None
    return None


async def measure(home: Path, folder: Path, files: list[File]) -> Seen:
    seen = Seen()
    async with (
        playground(folder / "telegram") as server,
        People(server.url) as people,
        bot(home, server, folder / "bot.log", **HURRIED | {"bot_threads": 2}) as answering,
    ):
        await answering.start()
        await answering.ready()
        ann, good = people.person("Ann"), photos(WARM_UP + len(files))
        for _ in range(WARM_UP):
            await _ask(ann, next(good), "photo.jpg")
        pinging = asyncio.create_task(ping(answering.health, seen.lags))
        for number, file in enumerate(files):
            await _send(ann, file, seen)
            seen.megabytes.append(memory(answering))
            if number % GOOD_EVERY == 0:
                seen.good_photos.append((await _ask(ann, next(good), "photo.jpg"))[0])
        pinging.cancel()
        if not answering.alive:
            raise SystemExit("the bot ended")
    return seen


async def _send(ann: Person, file: File, seen: Seen) -> None:
    try:
        seconds, answer = await _ask(ann, file.data, file.name)
    except TimeoutError:
        seen.unanswered.append(file.path)
        return
    verdict = _verdict(answer.text)
    seen.verdicts[file.good, verdict] += 1
    seen.slowest = max(seen.slowest, (seconds, file.path))
    if file.good and verdict in (Refusal.BROKEN, Refusal.NOT_A_PICTURE, Refusal.TOO_HARD):
        seen.called_damaged.append(f"{file.path} ({verdict})")


async def _ask(ann: Person, data: bytes, name: str) -> tuple[float, Message]:
    # An empty file cannot be sent to Telegram, nor a name with what steers a line.
    plain = "".join(one if one.isprintable() else "_" for one in name)
    sent = await ann.send_document(data or b"\0", name=plain)
    started = time.perf_counter()
    answer = await ann.wait_for(lambda one: one.reply_to == sent.id, after=sent, timeout=PATIENCE)
    return time.perf_counter() - started, answer


def _verdict(text: str) -> str:
    for refusal in Refusal:
        if text[:TELLING] == guides.refused(PictureRefused(refusal))[:TELLING]:
            return refusal
    return next((name for name, said in ELSE.items() if text == said), _read_further(text))


def _read_further(text: str) -> str:
    return Refusal.KIND_NOT_TAKEN if text.startswith("I can't read") else "kept"


async def ping(address: str, lags: list[float]) -> None:
    """Ask `/health` all the time, and note for how many milliseconds each answer was waited for."""
    async with aiohttp.ClientSession() as session:
        while True:
            started = time.perf_counter()
            async with session.get(address) as response:
                await response.read()
            lags.append((time.perf_counter() - started) * 1000)
            await asyncio.sleep(PING_EVERY)


def memory(victim: Victim) -> float:
    """The megabytes that a process has in memory."""
    lines = Path(f"/proc/{victim.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def report(files: list[File], seen: Seen) -> int:
    for (good, verdict), count in sorted(seen.verdicts.items()):
        print(f"{'good' if good else 'bad '} by Pillow, {verdict:16} {count:4}")
    print(f"good, called damaged   {len(seen.called_damaged)}: {', '.join(seen.called_damaged)}")
    growth = max(seen.megabytes) - seen.megabytes[0]
    lag, waited = float(np.percentile(seen.lags, 99)), max(seen.good_photos)
    bars = {
        f"unanswered             {len(seen.unanswered)} of {len(files)} {seen.unanswered}": not seen.unanswered,
        f"slowest answer         {seen.slowest[0]:.2f} s ({seen.slowest[1]})": seen.slowest[0] <= SLOWEST,
        f"good photos in between {waited:.2f} s at most": waited <= GOOD_SLOWEST,
        f"loop held up           p99 {lag:.0f} ms, of {len(seen.lags)}": lag <= LAG,
        f"bot's memory           {seen.megabytes[0]:.0f} MB, grew by {growth:.0f} at most": growth <= GROWTH,
    }
    for line, holds in bars.items():
        print(f"{line}   {'' if holds else 'MISSED'}")
    return 0 if all(bars.values()) else 1


if __name__ == "__main__":
    main()
