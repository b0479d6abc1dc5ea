"""Kill the trainer again and again while lessons come in; in the end it must have learned what it would have anyway.

python -m tests.chaos.kill_trainer --kills 20 [--seed N] [--folder DIR]

After each kill: the network that answers, if there is one, is whole. At the end: the active network is of the very
snapshot of an undisturbed run and has the same head, every row's folder verifies, and no half folder is left.
Exit code 1 if anything is not so.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from storage import Network, Store
from tests.chaos.homes import LABELS, environment, make_home, teach
from tests.chaos.processes import Victim
from tests.chaos.running import judged, parser, room, told
from trainer import artefact
from trainer.errors import ArtefactError

LESSONS_PER_LIFE = 4
LONGEST_LIFE = 3.0
PATIENCE = 120.0


@dataclass
class Report:
    """What the disturbed and the undisturbed home have come to."""

    seed: int
    kills: int
    kills_amid_publishing: int
    lessons: int
    networks: int
    seconds: float
    broken_when_looked_at: int
    folders_left_over: int
    same_snapshot: bool
    same_head: bool

    @property
    def violations(self) -> list[str]:
        found = [
            f"{name} {value}" for name in ("broken_when_looked_at", "folders_left_over") if (value := vars(self)[name])
        ]
        return found + [f"not {name}" for name in ("same_snapshot", "same_head") if not vars(self)[name]]


async def run(folder: Path, *, kills: int, seed: int) -> Report:
    """Lessons come in while the trainer is killed `kills` times; the same lessons go to a trainer left in peace."""
    started, rng = time.monotonic(), random.Random(seed)
    disturbed, calm = make_home(folder / "disturbed"), make_home(folder / "calm")
    broken = amid = lessons = 0
    async with _trainer(disturbed, folder) as victim:
        for _ in range(kills):
            await victim.start()
            for _ in range(LESSONS_PER_LIFE):
                teach(disturbed, LABELS[lessons % len(LABELS)], lessons)
                lessons += 1
            amid += await _choose_moment(disturbed, rng)
            await victim.kill()
            broken += _broken(disturbed)
        await victim.start()
        network = await _learned(disturbed, lessons)
    reference = await _learn_in_peace(calm, folder, lessons)
    report = Report(
        seed=seed,
        kills=kills,
        kills_amid_publishing=amid,
        lessons=lessons,
        networks=network.number,
        seconds=time.monotonic() - started,
        broken_when_looked_at=broken + _broken(disturbed),
        folders_left_over=len(_left_over(disturbed)),
        same_snapshot=network.snapshot_digest == reference.snapshot_digest,
        same_head=_head(disturbed, network) == _head(calm, reference),
    )
    disturbed.close()
    calm.close()
    return report


async def _choose_moment(store: Store, rng: random.Random) -> bool:
    """Wait for any moment, or for one in the middle of publishing; True if it was that."""
    if rng.random() < 0.5:
        await asyncio.sleep(rng.uniform(0, LONGEST_LIFE))
        return False
    deadline = time.monotonic() + 2 * LONGEST_LIFE
    while not list((store.home / "networks").glob(artefact.MAKING + "*")):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.0005)
    await asyncio.sleep(rng.uniform(0, 0.02))
    return True


async def _learn_in_peace(store: Store, folder: Path, lessons: int) -> Network:
    for number in range(lessons):
        teach(store, LABELS[number % len(LABELS)], number)
    async with _trainer(store, folder) as trainer:
        await trainer.start()
        return await _learned(store, lessons)


async def _learned(store: Store, lessons: int) -> Network:
    """Wait until a network that has learned every lesson answers."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        await asyncio.sleep(0.1)
        network, busy = _active(store)
        if network is not None and network.photos == lessons and not busy:
            return network
    raise AssertionError(f"the trainer did not learn {lessons} lessons in {PATIENCE:g} s")


def _trainer(store: Store, folder: Path) -> Victim:
    return Victim(["-m", "trainer", "run"], environment(store.home), folder / f"{store.home.name}.log")


def _active(store: Store) -> tuple[Network | None, bool]:
    with store.read() as unit:
        classifier = unit.classifiers.default()
        return unit.networks.active(classifier.id), bool(unit.jobs.unfinished(classifier.id))


def _broken(store: Store) -> int:
    """How many networks with a row are not whole."""
    with store.read() as unit:
        folders = unit.networks.folders()
    broken = 0
    for name in folders:
        try:
            artefact.verify(store.home / "networks" / name)
        except ArtefactError as error:
            print(f"broken: {name}: {error}")
            broken += 1
    return broken


def _left_over(store: Store) -> list[Path]:
    with store.read() as unit:
        known = unit.networks.folders()
    return [one for one in (store.home / "networks").iterdir() if one.name not in known]


def _head(store: Store, network: Network) -> bytes:
    return (store.home / "networks" / network.folder / artefact.HEAD).read_bytes()


def main() -> int:
    command = parser(__doc__)
    command.add_argument("--kills", type=int, default=20)
    options = command.parse_args()
    with room(options.folder) as folder:
        report = asyncio.run(run(folder, kills=options.kills, seed=options.seed))
    told(report)
    return judged(report.violations)


if __name__ == "__main__":
    sys.exit(main())
