"""Kill the bot again and again while people talk to it, then count what was lost: nothing may be.

python -m tests.chaos.kill_updates --updates 2000 --kills 100 [--seed N] [--folder DIR]

The playground is a process of its own with Telegram's offset rules. The control is a stock python-telegram-bot under
the same kills: it must lose something, or this test could not have seen a loss. Exit code 1 if anything is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from tests.chaos.crowd import TURNS, Crowd
from tests.chaos.homes import environment, make_answering_home
from tests.chaos.processes import HURRIED, Server, Victim, bot, playground
from tests.chaos.running import judged, parser, room
from tests.chaos.tally import Tally, is_drained, look_at_rows, look_at_screens
from tests.support.people import People

LONGEST_WORK = 1.5
STARTING = 1.5
EARLY_KILLS = 0.2
PATIENCE = 300.0
DRAINING, STILL = 60.0, 5


@dataclass
class Report:
    """One run: of the bot, or of the control."""

    seed: int
    updates: int
    kills: int
    seconds: float
    tally: Tally


async def run(folder: Path, *, updates: int, kills: int, seed: int) -> Report:
    """People do `updates` things while the bot is killed `kills` times."""
    started = time.monotonic()
    home, tally = folder / "home", Tally()
    make_answering_home(home).close()
    async with playground(folder / "playground") as server, People(server.url) as people:
        crowd = Crowd(people, seed)
        async with bot(home, server, folder / "bot.log", **HURRIED) as victim:
            drained = partial(_is_drained, home, crowd)
            await _kill_while_they_live(crowd, victim, updates, kills, drained)
        for deed in (await look_at_screens(crowd, tally))[:5]:
            print(f"unanswered: {deed.kind} {deed.label} of {deed.person.name}, message {deed.message.id}")
    look_at_rows(home, folder / "playground", crowd, tally)
    return Report(seed, len(crowd.deeds), kills, time.monotonic() - started, tally)


async def run_control(folder: Path, *, updates: int, kills: int, seed: int) -> Report:
    """The same with a stock bot; photos only, for that is all that it understands."""
    started = time.monotonic()
    database = folder / "stock.db"
    async with playground(folder / "stock") as server, People(server.url) as people:
        crowd = Crowd(people, seed)
        async with _stock(server, database) as victim:
            await _kill_while_they_live(crowd, victim, updates, kills, Steady(database), turns=["lesson"] * 20)
    kept = _kept(database)
    tally = Tally(updates_lost=sum((deed.person.id, deed.message.id) not in kept for deed in crowd.deeds))
    return Report(seed, len(crowd.deeds), kills, time.monotonic() - started, tally)


def _stock(server: Server, database: Path) -> Victim:
    command = ["-m", "tests.chaos.stock_bot", server.token, server.url, str(database)]
    # It has no /health: the playground's own answer stands for a bot that is about to poll.
    return Victim(command, environment(database.parent), database.with_suffix(".log"), f"{server.url}/api/state")


async def _kill_while_they_live(
    crowd: Crowd,
    victim: Victim,
    updates: int,
    kills: int,
    drained: Callable[[], bool],
    *,
    turns: list[str] = TURNS,
) -> None:
    """Kill at random moments, each life with its share of what people do; the last life is left in peace."""
    rng = random.Random(crowd.seed)
    living = asyncio.create_task(crowd.live(updates, turns))
    try:
        for _ in range(kills):
            await victim.start()
            share = asyncio.create_task(_let(crowd, updates // (kills + 1), rng.uniform(0, LONGEST_WORK)))
            if rng.random() < EARLY_KILLS:
                await asyncio.sleep(rng.uniform(0, STARTING))
            else:
                await victim.ready()
                await asyncio.sleep(rng.uniform(0, LONGEST_WORK))
            await victim.kill()
            await share
        await victim.start()
        await victim.ready()
        crowd.let(updates)
        await asyncio.wait_for(living, PATIENCE)
        await _until(drained)
    finally:
        living.cancel()


async def _let(crowd: Crowd, count: int, seconds: float) -> None:
    """Let so many things happen, spread over a time."""
    for _ in range(count):
        crowd.let(1)
        await asyncio.sleep(seconds / count)


async def _until(drained: Callable[[], bool]) -> None:
    """Wait until it is so, a few times in a row; what is not done in good time is counted as lost or unanswered."""
    deadline, seen = time.monotonic() + DRAINING, 0
    while seen < STILL and time.monotonic() < deadline:
        seen = seen + 1 if await asyncio.to_thread(drained) else 0
        await asyncio.sleep(0.5)


def _is_drained(home: Path, crowd: Crowd) -> bool:
    return is_drained(home, len(crowd.deeds))


class Steady:
    """A stock bot keeps no list of what it has to do: it is done when it has stored something, and then nothing new.

    Whether it has started at all cannot be seen otherwise.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._count = -1

    def __call__(self) -> bool:
        before, self._count = self._count, len(_kept(self._database))
        return 0 < self._count == before


def _kept(database: Path) -> set[tuple[int, int]]:
    with sqlite3.connect(database) as store:
        has_begun = store.execute("SELECT 1 FROM sqlite_master WHERE name = 'photo'").fetchone()
        return set(store.execute("SELECT chat, message FROM photo")) if has_begun else set()


def table(pupil: Report, control: Report) -> str:
    """Both runs side by side."""
    columns = [{**asdict(one), **asdict(one.tally)} for one in (pupil, control)]
    rows = [name for name in columns[0] if name != "tally"]
    lines = [f"{'':22}{'pupil':>12}{'stock':>12}"]
    for name in rows:
        one, other = (column[name] for column in columns)
        shown = (f"{one:.0f}", f"{other:.0f}" if name in _OF_CONTROL else "")
        lines.append(f"{name.replace('_', ' '):22}{shown[0]:>12}{shown[1]:>12}")
    return "\n".join(lines)


_OF_CONTROL = ("seed", "updates", "kills", "seconds", "updates_lost")


def problems(pupil: Report, control: Report) -> list[str]:
    """What is not as it must be."""
    found = list(pupil.tally.violations)
    if control.tally.updates_lost == 0:
        found.append("the control lost nothing, so this run proves nothing")
    return found


async def _main(options: argparse.Namespace, folder: Path) -> int:
    size = {"updates": options.updates, "kills": options.kills, "seed": options.seed}
    control_size = {**size, "updates": min(300, options.updates), "kills": min(12, options.kills)}
    attempts: list[tuple[Callable[..., Awaitable[Report]], dict[str, int]]] = [(run, size), (run_control, control_size)]
    pupil, control = [await attempt(folder, **one) for attempt, one in attempts]
    print(table(pupil, control))
    return judged(problems(pupil, control))


def main() -> int:
    command = parser(__doc__)
    command.add_argument("--updates", type=int, default=2000)
    command.add_argument("--kills", type=int, default=100)
    options = command.parse_args()
    print(f"seed {options.seed}", flush=True)
    with room(options.folder) as folder:
        return asyncio.run(_main(options, folder))


if __name__ == "__main__":
    sys.exit(main())
