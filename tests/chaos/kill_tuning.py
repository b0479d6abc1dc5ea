"""Kill the trainer again and again while it fine-tunes; in the end it must have come to the very same networks.

python -m tests.chaos.kill_tuning --kills 20 [--seed N] [--folder DIR]

Meanwhile somebody asks the network that answers, without pause. A tuning that ends before there were enough kills is
followed by another, in a new home. At the end: every embedder and head of each is, bit for bit, that of an undisturbed
run; no question was left without an answer. Exit code 1 if anything is not so.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bot.looking.guesser import Guesser, Loaded
from storage import Job, JobKind, Reason, Store, VoteKind, normalise, open_store
from tests.chaos.homes import bare_environment
from tests.chaos.processes import Victim
from tests.chaos.running import judged, parser, room, told
from tests.support.networks import COLOURS, give_embedder, picture, tiny_settings
from trainer.commands import train
from trainer.eyes import tunings_folder
from trainer.tunings import Tuning, read_tuning

LESSONS = 8
# The process needs seconds to import torch: most kills should come later.
SHORTEST_LIFE, LONGEST_LIFE = 1.0, 20.0
PATIENCE = 600.0
UPDATES = 12


@dataclass
class Report:
    """What the disturbed homes and the undisturbed one have come to."""

    seed: int
    wrong_in_peace: int | None
    kills: int = 0
    seconds: float = 0.0
    asked: int = 0
    unanswered: int = 0
    tunings: int = 0
    violations: list[str] = field(default_factory=list)

    def compare(self, number: int, done: Job, one: Tuning, other: Tuning) -> None:
        """Note how the tuning of a disturbed home came out."""
        result = done.result or {}
        same_heads = all(
            np.array_equal(pair.head.weight, other.pairs[name].head.weight) for name, pair in one.pairs.items()
        )
        sound = {
            f"ended as {result['end']}": result["end"] in {"published", "held"},
            f"{result['wrong']} wrong": result["wrong"] == self.wrong_in_peace,
            "other embedders": one.embedders == other.embedders,
            "other heads": same_heads,
        }
        self.violations += [f"tuning {number}: {said}" for said, holds in sound.items() if not holds]


async def run(folder: Path, *, kills: int, seed: int) -> Report:
    """Fine-tune in peace, then the same lessons while the trainer is killed: in one home after the other."""
    started, rng = time.monotonic(), random.Random(seed)
    _make_home(folder / "calm").close()
    untouched = Path(shutil.copytree(folder / "calm", folder / "untouched"))
    calm = open_store(folder / "calm")
    async with _trainer(calm, folder) as trainer:
        _ask(calm)
        await trainer.start()
        in_peace = await _done(calm)
    report = Report(seed, (in_peace.result or {})["wrong"])
    while report.kills < kills:
        report.tunings += 1
        disturbed = open_store(Path(shutil.copytree(untouched, folder / f"disturbed-{report.tunings}")))
        done = await _disturb(disturbed, folder, report, kills, rng)
        report.compare(report.tunings, done, _tuning(calm, in_peace), _tuning(disturbed, done))
        disturbed.close()
    calm.close()
    report.seconds = time.monotonic() - started
    if report.unanswered or not report.asked:
        report.violations.append(f"{report.unanswered} of {report.asked} questions unanswered")
    return report


async def _disturb(store: Store, folder: Path, report: Report, kills: int, rng: random.Random) -> Job:
    """Kill the trainer at random moments until its tuning is done, or enough were; return the job then."""
    _ask(store)
    with _asking(store) as questions:
        async with _trainer(store, folder) as victim:
            while report.kills < kills and _finished(store) is None:
                await victim.start()
                await asyncio.sleep(rng.uniform(SHORTEST_LIFE, LONGEST_LIFE))
                await victim.kill()
                report.kills += 1
            await victim.start()
            done = await _done(store)
    report.asked += questions.asked
    report.unanswered += questions.unanswered
    return done


@dataclass
class Questions:
    """How often somebody asked, and got no answer."""

    asked: int = 0
    unanswered: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def ask(self, store: Store) -> None:
        """Ask as the bot does, which loads each network that is published."""
        guesser, photo = Guesser(store, threads=1), normalise(picture("sky", 7), side=64)
        while not self.ended.wait(0.02):
            guesser.look()
            self.asked += 1
            if not isinstance(guesser.loaded, Loaded) or guesser.loaded.guess(photo).confidence <= 0:
                self.unanswered += 1


@contextmanager
def _asking(store: Store) -> Iterator[Questions]:
    questions = Questions()
    thread = threading.Thread(target=questions.ask, args=(store,), name="questions")
    thread.start()
    try:
        yield questions
    finally:
        questions.ended.set()
        thread.join()


def _make_home(home: Path) -> Store:
    """A home with some lessons and a network that answers."""
    store = open_store(home)
    give_embedder(home)
    for label in COLOURS:
        for seed in range(LESSONS):
            received = normalise(picture(label, seed))
            digest = store.blobs.put(received.data)
            with store.write() as unit:
                photo = unit.photos.add(1, digest, received, source="import", name=f"{label} {seed}")
                taught = unit.labels.find_or_create(1, label)
                unit.votes.cast(photo.id, None, VoteKind.LABEL, taught.id, Reason.IMPORT)
    train(store, tiny_settings())
    return store


def _trainer(store: Store, folder: Path) -> Victim:
    settings = tiny_settings().model_dump(exclude_defaults=True) | {"tune_updates": UPDATES, "retry_seconds": 0.5}
    return Victim(["-m", "trainer", "run"], bare_environment(store.home, **settings), folder / f"{store.home.name}.log")


def _ask(store: Store) -> None:
    with store.write() as unit:
        unit.jobs.request(JobKind.TUNE, 1, due_at=unit.now)


def _finished(store: Store) -> Job | None:
    with store.read() as unit:
        return unit.jobs.latest(JobKind.TUNE, 1)


async def _done(store: Store) -> Job:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if (job := _finished(store)) is not None:
            return job
        await asyncio.sleep(0.1)
    with store.read() as unit:
        raise AssertionError(f"not tuned in {PATIENCE:g} s: {[job.error for job in unit.jobs.unfinished(1)]}")


def _tuning(store: Store, job: Job) -> Tuning:
    return read_tuning(tunings_folder(store.home), (job.result or {})["tuning"])


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
