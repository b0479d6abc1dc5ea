"""How long people wait, through the playground, with the real bot and the real trainer as processes.

python -m tests.benchmarks.journey_latency HOME [--lessons 30] [--questions 30] [--corrections 10]

Lesson to its reaction; question to its answer; correction, by the button, to the message that tells what a new network
makes of it (with Telegram's own pace: a second a message). Photos are 1280x960.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from tests.benchmarks.answering import copied, parser, photos, spread
from tests.chaos.homes import bare_environment
from tests.chaos.processes import Victim, bot, playground
from tests.support.people import Message, People, Person

PATIENCE = 120.0
WARM_UP = 2


def main() -> None:
    command = parser(__doc__)
    for what, count in (("lessons", 30), ("questions", 30), ("corrections", 10)):
        command.add_argument(f"--{what}", type=int, default=count)
    options = command.parse_args()
    counts = (options.lessons, options.questions, options.corrections)
    with copied(options.home) as home, tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as passing:
        asyncio.run(measure(home, Path(passing), *counts))


async def measure(home: Path, folder: Path, lessons: int, questions: int, corrections: int) -> None:
    """Go the three ways, one after the other."""
    async with (
        playground(folder / "telegram") as server,
        People(server.url) as people,
        bot(home, server, folder / "bot.log") as answering,
        _trainer(home, folder) as trainer,
    ):
        await answering.start()
        await trainer.start()
        await answering.ready()
        journeys = Journeys(people, people.person("Ann"), photos(lessons + questions + corrections + 3 * WARM_UP))
        print(f"question -> answer      {spread(await _times(journeys.question, questions))}", flush=True)
        print(f"lesson -> reaction      {spread(await _times(journeys.lesson, lessons))}", flush=True)
        print(f"correction -> learned   {spread(await _times(journeys.correction, corrections))}", flush=True)


async def _times(journey: Callable[[], Awaitable[float]], count: int) -> list[float]:
    taken = []
    for _ in range(count + WARM_UP):
        taken.append(await journey())
        # People look up between two photos; the chat's own pace is not what is measured.
        await asyncio.sleep(1.0)
    return taken[WARM_UP:]


class Journeys:
    """What a person does, and when she sees what came of it."""

    def __init__(self, people: People, person: Person, pictures: Iterator[bytes]) -> None:
        self._people = people
        self._person = person
        self._pictures = pictures

    async def lesson(self) -> float:
        """A photo with its name, until the reaction stands on it."""
        data, started = next(self._pictures), time.perf_counter()
        sent = await self._person.send_photo(data, caption="roses")

        async def look() -> bool:
            return bool((await self._person.refreshed(sent)).reactions)

        await self._people.until(look, "the reaction", PATIENCE)
        return time.perf_counter() - started

    async def question(self) -> float:
        """A bare photo, until its answer is there."""
        data, started = next(self._pictures), time.perf_counter()
        await self._answer_to(await self._person.send_photo(data))
        return time.perf_counter() - started

    async def correction(self) -> float:
        """Wrong, and the right label; until it is told what a network that has learned it says."""
        sent = await self._person.send_photo(next(self._pictures))
        answer = await self._answer_to(sent)
        if "👎 Wrong" in answer.buttons:
            await self._person.press(answer, "👎 Wrong")
            await self._person.wait_for(lambda one: one.id == answer.id and "👎 Wrong" not in one.buttons)
            answer = await self._person.refreshed(answer)
        started = time.perf_counter()
        await self._person.press(answer, answer.buttons[0])
        await self._person.wait_for(
            lambda one: one.reply_to == sent.id and "etwork" in one.text, after=answer, timeout=PATIENCE
        )
        return time.perf_counter() - started

    async def _answer_to(self, sent: Message) -> Message:
        return await self._person.wait_for(lambda one: one.reply_to == sent.id and one.buttons, timeout=PATIENCE)


def _trainer(home: Path, folder: Path) -> Victim:
    return Victim(["-m", "trainer", "run"], bare_environment(home), folder / "trainer.log")


if __name__ == "__main__":
    main()
