"""The bot as a process: memory after questions, time from its start to the first getUpdates, and no torch anywhere.

python -m tests.benchmarks.bot_process HOME [--questions 50] [--starts 5]
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bot.playground import Playground
from tests.benchmarks.answering import copied, parser, photos
from tests.chaos.homes import bare_environment
from tests.chaos.processes import HURRIED, Server, Victim, bot
from tests.support.people import Message, People, served

PATIENCE = 60.0
LOOK_EVERY = 0.005


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--questions", type=int, default=50)
    command.add_argument("--starts", type=int, default=5)
    options = command.parse_args()
    with copied(options.home) as home, tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as passing:
        asyncio.run(measure(home, Path(passing), options.questions, options.starts))
        print(f"torch in sys.modules: {_imported(home)}")


async def measure(home: Path, folder: Path, questions: int, starts: int) -> None:
    """Start the bot a few times, then ask the last one questions and look at it."""
    playground = Playground(folder / "telegram")
    async with served(playground) as url, People(url) as people:
        victim = bot(home, Server(url, playground.token, folder), folder / "bot.log", **HURRIED | {"bot_threads": 2})
        async with victim:
            taken = []
            for _ in range(starts):
                if victim.alive:
                    await victim.kill()
                taken.append(await _start(victim, playground))
            print(f"start to first getUpdates: median {statistics.median(taken):.2f} s of {_list(taken)}")
            await victim.ready()
            print(f"memory before the first question: {_memory(victim.pid)}")
            await _ask(people, questions)
            print(f"memory after {questions} questions: {_memory(victim.pid)}")
            print(f"torch in its memory map: {_is_mapped('torch', victim.pid)}")


async def _start(victim: Victim, playground: Playground) -> float:
    known = len(playground.faults.calls_of("getUpdates"))
    started = time.time()
    await victim.start()
    await _until(lambda: len(playground.faults.calls_of("getUpdates")) > known)
    return playground.faults.calls_of("getUpdates")[known].at - started


async def _until(seen: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE / LOOK_EVERY)):
        if seen():
            return
        await asyncio.sleep(LOOK_EVERY)
    raise SystemExit("the bot did not ask for updates; run it by hand and see what it says")


async def _ask(people: People, questions: int) -> None:
    ann = people.person("Ann")
    for data in photos(questions):
        asked = await ann.send_photo(data)
        await ann.wait_for(partial(_answers, asked), after=asked, timeout=PATIENCE)


def _answers(asked: Message, message: Message) -> bool:
    return message.reply_to == asked.id


def _memory(pid: int) -> str:
    """Resident and proportional memory, as the kernel counts it."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
    threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    return f"RSS {kilobytes['Rss'] / 1024:.0f} MB, PSS {kilobytes['Pss'] / 1024:.0f} MB, {threads} threads"


def _is_mapped(word: str, pid: int) -> bool:
    return word in Path(f"/proc/{pid}/maps").read_text()


def _imported(home: Path) -> bool:
    """Whether anything that the bot imports brings torch along, asked of a fresh interpreter."""
    code = "import bot.cli.running, bot.service, openvino, sys; print('torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=bare_environment(home), capture_output=True, text=True, check=True)
    return done.stdout.strip() == "True"


def _list(seconds: list[float]) -> str:
    return ", ".join(f"{one:.2f}" for one in seconds)


if __name__ == "__main__":
    main()
