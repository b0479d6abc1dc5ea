"""Many people ask at once, through the local server, the real bot as a process, server and askers on the same cores.

python -m tests.benchmarks.load HOME [--people 64] [--seconds 60] [--checked 200]

Prints the answers a second and their share of what decoding and the engine alone would give on all cores; how many
checked answers are of the very photo that was asked about; the bot's memory on the way; and how long a second person
waits while one floods. Photos are 1280x960. The local server shrinks each photo once, however often it is sent.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import itertools
import os
import random
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from PIL import Image

from bot.looking.guesser import Guesser, Loaded
from storage import Store, normalise, open_store
from tests.benchmarks.answering import copied, parser, photos, spread
from tests.chaos.processes import HURRIED, Victim, bot, playground
from tests.support.people import Message, People, Person

PICTURES = 200
# The server encodes anew what is sent; another picture differs by some 20 levels.
SAME_PICTURE = 4.0
PATIENCE = 120.0
PAUSE_OF_SECOND = 0.5
FLOOD_SECONDS = 30.0
FLOOD_AT_ONCE = 24


@dataclass(frozen=True)
class Asked:
    """A question and what came back: who asked, in which message, about which picture; seconds until the answer."""

    person: int
    message: int
    picture: int
    text: str
    seconds: float


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--people", type=int, default=64)
    command.add_argument("--seconds", type=float, default=60.0)
    command.add_argument("--checked", type=int, default=200)
    options = command.parse_args()
    pictures = list(photos(PICTURES))
    with copied(options.home) as home, tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as passing:
        bare = bare_throughput(home, pictures)
        print(f"decoding and engine alone  {bare:6.1f} photos a second", flush=True)
        asyncio.run(measure(home, Path(passing), pictures, bare, options))


def bare_throughput(home: Path, pictures: list[bytes], seconds: float = 10.0) -> float:
    """Photos a second that are decoded and embedded by as many threads as there are cores, and nothing else."""
    store = open_store(home)
    loaded = _loaded(store, threads=os.cpu_count() or 1)
    ends, counts = time.perf_counter() + seconds, []

    def work(first: int) -> None:
        count = 0
        while time.perf_counter() < ends:
            loaded.guess(normalise(pictures[(first + count) % len(pictures)], side=loaded.side))
            count += 1
        counts.append(count)

    workers = [threading.Thread(target=work, args=(100 * number,)) for number in range(os.cpu_count() or 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    store.close()
    return sum(counts) / seconds


async def measure(home: Path, folder: Path, pictures: list[bytes], bare: float, options: argparse.Namespace) -> None:
    """Let everybody ask, check what they were told, then let one flood."""
    settings = HURRIED | {"bot_threads": os.cpu_count() or 1}
    async with (
        playground(folder / "telegram") as server,
        People(server.url) as people,
        bot(home, server, folder / "bot.log", **settings) as answering,
        Answers(server.url) as answers,
    ):
        await answering.start()
        await answering.ready()
        crowd = Crowd(answers, pictures)
        askers = [await people.add(f"Person {number}") for number in range(options.people)]
        watch = asyncio.create_task(_watch(answering))
        asked = await crowd.ask_all(askers, options.seconds)
        rate = len(asked) / options.seconds
        print(f"{options.people} people at once           {rate:6.1f} answers a second = {rate / bare:.0%} of that")
        print(f"                           {spread([one.seconds for one in asked])}", flush=True)
        right, checked = await asyncio.to_thread(_check, home, pictures, asked, options.checked)
        print(f"of the very photo          {right} of {checked} answers", flush=True)
        second, flooded = await crowd.flood(askers[0], askers[1])
        print(f"second person in a flood   {spread(second)} beside {flooded} photos of the first", flush=True)
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


class Answers:
    """Hears everything that the server tells, once for all askers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waits: dict[tuple[int, int], asyncio.Future[str]] = {}
        self._early: dict[tuple[int, int], str] = {}

    async def __aenter__(self) -> Answers:
        self._http = aiohttp.ClientSession()
        self._socket = await self._http.ws_connect(f"{self._url}/api/events", max_msg_size=0)
        self._listener = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.cancel()
        await self._http.close()

    async def to(self, message: Message) -> str:
        """The answer to a message that was just sent."""
        key = (message.chat_id, message.id)
        if key in self._early:
            return self._early.pop(key)
        self._waits[key] = asyncio.get_running_loop().create_future()
        return await asyncio.wait_for(self._waits[key], PATIENCE)

    async def _listen(self) -> None:
        async for frame in self._socket:
            event = frame.json()
            message: dict[str, Any] = event.get("message", {})
            if event["type"] != "message" or not message["from"]["is_bot"] or "reply_markup" not in message:
                continue
            key = (message["chat"]["id"], message.get("reply_to_message", {}).get("message_id", 0))
            if key in self._waits:
                self._waits.pop(key).set_result(message["text"])
            else:
                self._early[key] = message["text"]


@dataclass
class Crowd:
    """People who ask again as soon as they are answered."""

    answers: Answers
    pictures: list[bytes]
    _next: itertools.count[int] = field(default_factory=itertools.count)

    async def ask_all(self, askers: list[Person], seconds: float) -> list[Asked]:
        """Everybody asks for so long; only what was answered within the time counts."""
        asked: list[Asked] = []
        ends = time.perf_counter() + seconds

        async def go_on_asking(person: Person) -> None:
            while time.perf_counter() < ends:
                one = await self.ask(person)
                if time.perf_counter() < ends:
                    asked.append(one)

        async with asyncio.TaskGroup() as lives:
            for person in askers:
                lives.create_task(go_on_asking(person))
        return asked

    async def ask(self, person: Person) -> Asked:
        picture = next(self._next) % len(self.pictures)
        message = await person.send_photo(self.pictures[picture])
        sent = time.perf_counter()
        text = await self.answers.to(message)
        return Asked(person.id, message.id, picture, text, time.perf_counter() - sent)

    async def flood(self, first: Person, second: Person) -> tuple[list[float], int]:
        """One always has many questions under way; how long another waits for each of hers, and how many those were."""
        ends, waited, flooded = time.perf_counter() + FLOOD_SECONDS, [], 0

        async def pour() -> None:
            nonlocal flooded
            while time.perf_counter() < ends:
                await self.ask(first)
                flooded += 1

        async def ask_calmly() -> None:
            while time.perf_counter() < ends:
                waited.append((await self.ask(second)).seconds)
                await asyncio.sleep(PAUSE_OF_SECOND)

        async with asyncio.TaskGroup() as both:
            for _ in range(FLOOD_AT_ONCE):
                both.create_task(pour())
            both.create_task(ask_calmly())
        return waited, flooded


async def _watch(victim: Victim) -> None:
    """Print the bot's memory now and then: it must not grow with the questions."""
    while True:
        await asyncio.sleep(20)
        print(f"bot's memory               {await asyncio.to_thread(_memory, victim.pid):.0f} MB", flush=True)


def _memory(pid: int) -> float:
    """Resident memory in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def _check(home: Path, pictures: list[bytes], asked: list[Asked], count: int) -> tuple[int, int]:
    """How many of some answers are what the network says of the asked picture, and were told to who asked."""
    store = open_store(home)
    loaded = _loaded(store, threads=1)
    some = random.Random(0).sample(asked, min(count, len(asked)))
    right = sum(_is_own(store, loaded, pictures, one) for one in some)
    store.close()
    return right, len(some)


def _is_own(store: Store, loaded: Loaded, pictures: list[bytes], one: Asked) -> bool:
    """Whether the stored photo is the one that was sent, and what was told is what the network says of it."""
    with store.read() as unit:
        chat = unit.chats.by_telegram_id(one.person)
        photo = unit.photos.by_message(chat.id, one.message) if chat is not None else None
        found = unit.predictions.of_photo(photo.id) if photo is not None else []
    if photo is None or len(found) != 1:
        return False
    kept = store.blobs.read(photo.digest)
    expected = loaded.guess(normalise(kept, side=loaded.side))
    told = dict(found[0].probabilities)
    likeliest = expected.probabilities[0][1]
    return (
        _differ(kept, pictures[one.picture]) < SAME_PICTURE
        and all(abs(told[label] - p) < 0.005 for label, _, p in expected.probabilities)
        and (found[0].label_id is None or likeliest in one.text)
    )


def _differ(one: bytes, other: bytes) -> float:
    """The mean difference of two pictures of the same size, in levels of 0..255."""
    pixels = [np.asarray(Image.open(io.BytesIO(data)).convert("L"), dtype=np.float32) for data in (one, other)]
    return float(np.abs(pixels[0] - pixels[1]).mean())


def _loaded(store: Store, *, threads: int) -> Loaded:
    loaded = Guesser(store, threads=threads).look()
    if not isinstance(loaded, Loaded):
        raise SystemExit("The network of this home is damaged.")
    return loaded


if __name__ == "__main__":
    main()
