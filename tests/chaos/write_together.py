"""Bot and trainer write to one database as fast as they can, as real processes; nobody may be told that it is busy.

python -m tests.chaos.write_together --updates 600 [--seed N] [--folder DIR]

Prints how many updates a second went through, how many networks were made meanwhile, and what the logs complain of.
Exit code 1 if anything was lost or either log has a word of a busy store, an error or a traceback.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from storage import Store
from tests.chaos.crowd import Crowd
from tests.chaos.homes import environment, make_answering_home
from tests.chaos.processes import HURRIED, Victim, bot, playground
from tests.chaos.running import judged, parser, room
from tests.chaos.tally import Tally, is_drained, look_at_rows, look_at_screens
from tests.support.people import People

COMPLAINT = re.compile(r"StoreBusy|database is locked| ERROR |Traceback|waits|cannot be (?:read|written)|no heartbeat")
PATIENCE = 300.0
LOOK_EVERY = 0.1


@dataclass
class Report:
    """What went through, and what was complained of."""

    seed: int
    updates: int
    updates_per_second: float
    networks: int
    complaints: list[str]
    tally: Tally

    @property
    def violations(self) -> list[str]:
        return self.tally.violations + self.complaints


async def run(folder: Path, *, updates: int, seed: int) -> Report:
    """People do `updates` things at once while the trainer learns from each burst."""
    home, tally = folder / "home", Tally()
    store = make_answering_home(home)
    trainer = Victim(["-m", "trainer", "run"], environment(home), folder / "trainer.log")
    async with playground(folder / "playground") as server, People(server.url) as people, trainer:
        crowd = Crowd(people, seed)
        async with bot(home, server, folder / "bot.log", **HURRIED) as answering:
            await trainer.start()
            await answering.start()
            await answering.ready()
            started = time.monotonic()
            crowd.let(updates)
            await asyncio.wait_for(crowd.live(updates), PATIENCE)
            await _until(lambda: is_drained(home, updates))
            seconds = time.monotonic() - started
            await _until(lambda: _has_learned(store))
        await look_at_screens(crowd, tally)
    look_at_rows(home, folder / "playground", crowd, tally)
    with store.read() as unit:
        networks = unit.networks.next_number(unit.classifiers.default().id) - 1
    store.close()
    return Report(seed, len(crowd.deeds), updates / seconds, networks, _complaints(folder), tally)


async def _until(done: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE / LOOK_EVERY)):
        if await asyncio.to_thread(done):
            return
        await asyncio.sleep(LOOK_EVERY)


def _has_learned(store: Store) -> bool:
    with store.read() as unit:
        return not unit.jobs.unfinished(unit.classifiers.default().id)


def _complaints(folder: Path) -> list[str]:
    lines = [line for name in ("bot", "trainer") for line in (folder / f"{name}.log").read_text().splitlines()]
    return [line for line in lines if COMPLAINT.search(line)]


def main() -> int:
    command = parser(__doc__)
    command.add_argument("--updates", type=int, default=600)
    options = command.parse_args()
    with room(options.folder) as folder:
        report = asyncio.run(run(folder, updates=options.updates, seed=options.seed))
    print(f"seed {report.seed}: {report.updates} updates, {report.updates_per_second:.1f} a second, begun to drained")
    print(f"networks {report.networks}, answered twice {report.tally.answered_twice}")
    return judged(report.violations)


if __name__ == "__main__":
    sys.exit(main())
