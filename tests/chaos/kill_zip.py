"""Kill the bot again and again while a zip is learned from: every photo is there once, and the report lists them all.

python -m tests.chaos.kill_zip --photos 2000 --kills 5 [--seed N] [--folder DIR]

The playground is a process of its own with Telegram's rules; the zip is sent by a person of its page. Exit code 1 if
anything is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import hashlib
import io
import random
import sys
import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import URL

from storage import open_store
from storage.collection_tables import collected
from storage.engine import open_engine
from storage.tables import photo, vote
from tests.chaos.homes import LABELS, make_answering_home, picture
from tests.chaos.processes import HURRIED, Victim, bot, playground
from tests.chaos.running import judged, parser, room, told
from tests.support.people import Message, People, Person

PATIENCE = 420.0
BAR_SECONDS = 360.0
# What a photo weighs at most, so that 2,000 of them fit into what Telegram hands out.
ROOM = 20 * 1024 * 1024


@dataclass
class Report:
    """One run. `kills_at` tells how many photos were done at each kill."""

    seed: int
    photos: int
    kills: int
    seconds: float = 0.0
    stored: int = 0
    stored_twice: int = 0
    votes: int = 0
    without_blob: int = 0
    rows_of_report: int = 0
    reports: int = 0
    learned_by_report: int = 0
    progress_messages: int = 0
    files_left: int = 0
    kills_at: list[int] = field(default_factory=list)

    @property
    def violations(self) -> list[str]:
        wanted = {
            "stored": self.photos, "stored_twice": 0, "votes": self.photos, "without_blob": 0,
            "rows_of_report": self.photos, "reports": 1, "learned_by_report": self.photos, "progress_messages": 1,
            "files_left": 0,
        }  # fmt: skip
        found = [f"{name} {getattr(self, name)}, not {n}" for name, n in wanted.items() if getattr(self, name) != n]
        if not any(0 < done < self.photos for done in self.kills_at):
            found.append(f"no kill came in the middle: {self.kills_at}")
        return found


async def run(folder: Path, *, photos: int, kills: int, seed: int) -> Report:
    """Send a zip of so many photos and kill the bot so often until it is learned."""
    report, home = Report(seed, photos, kills), folder / "home"
    store = make_answering_home(home)
    store.close()
    data = make_zip(photos)
    started = time.monotonic()
    async with playground(folder / "playground") as server, People(server.url) as people:
        person = people.person("Owner")
        async with bot(home, server, folder / "bot.log", **HURRIED) as victim:
            await victim.start()
            await victim.ready()
            sent = await person.send_document(data, name="birds.zip")
            await _kill_in_the_middle(home, victim, report)
            table = await _report_on(person, sent, report)
        await _look_at_screen(person, report)
    report.seconds = time.monotonic() - started
    _look_at_rows(home, report)
    _look_at_table(table, report)
    return report


def make_zip(photos: int) -> bytes:
    """A zip of small photos, each another one."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as made:
        for seed in range(photos):
            label = LABELS[seed % len(LABELS)]
            made.writestr(f"{label}/{seed:05}.jpg", picture(label, seed))
    if len(stream.getvalue()) > ROOM:
        raise ValueError(f"{photos} photos are more than Telegram hands out")
    return stream.getvalue()


async def _kill_in_the_middle(home: Path, victim: Victim, report: Report) -> None:
    """Kill at random places of the work, each life having its share of it."""
    rng = random.Random(report.seed)
    share = report.photos / (report.kills + 1)
    for number in range(report.kills):
        goal = min(report.photos - 1, int(share * (number + rng.random() * 0.9)) + 1)
        await _until_done(home, goal)
        await asyncio.sleep(rng.uniform(0, 0.2))
        await victim.kill()
        report.kills_at.append(_done(home))
        await victim.start()
    await victim.ready()


async def _until_done(home: Path, goal: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while await asyncio.to_thread(_done, home) < goal:
        if time.monotonic() > deadline:
            raise AssertionError(f"{goal} photos were not looked at in {PATIENCE:g} s")
        await asyncio.sleep(0.02)


def _done(home: Path) -> int:
    engine = open_engine(_url(home))
    try:
        with engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(collected)).scalar_one())
    finally:
        engine.dispose()


async def _report_on(person: Person, sent: Message, report: Report) -> bytes:
    told = await person.wait_for(lambda one: one.document and one.reply_to == sent.id, after=sent, timeout=PATIENCE)
    await person.wait_for(lambda one: f"{report.photos:,} of {report.photos:,} looked at" in one.text, timeout=30)
    return await person.download(told)


async def _look_at_screen(person: Person, report: Report) -> None:
    shown = [one for one in await person.history() if one.from_bot]
    report.reports = sum(one.document is not None for one in shown)
    report.progress_messages = sum("looked at" in one.text and one.document is None for one in shown)


def _look_at_rows(home: Path, report: Report) -> None:
    """Count what is stored of the zip; the bot has ended."""
    store = open_store(home)
    store.check()
    engine = open_engine(_url(home))
    with engine.connect() as connection:
        mine = photo.c.owner_id.is_not(None)
        digests = Counter(connection.execute(select(photo.c.digest).where(mine)).scalars())
        votes = select(func.count()).select_from(vote).where(vote.c.person_id.is_not(None))
        report.votes = int(connection.execute(votes).scalar_one())
    engine.dispose()
    report.stored, report.stored_twice = len(digests), digests.total() - len(digests)
    files = {digest: store.blobs.path(digest) for digest in digests}
    report.without_blob = sum(
        not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest for digest, file in files.items()
    )
    report.files_left = len(list(store.parcels.digests()))
    store.close()


def _look_at_table(table: bytes, report: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))
    report.rows_of_report = len({row["item"] for row in rows})
    report.learned_by_report = sum(row["outcome"] == "learned" for row in rows)


def _url(home: Path) -> URL:
    return URL.create("sqlite", database=str(home / "pupil.db"))


async def _main(options: argparse.Namespace, folder: Path) -> int:
    report = await run(folder, photos=options.photos, kills=options.kills, seed=options.seed)
    told(report)
    print(f"{'killed at':26}{report.kills_at!s:>14}")
    found = report.violations
    if report.seconds > BAR_SECONDS:
        found.append(f"it took {report.seconds:.0f} s, more than {BAR_SECONDS:.0f}")
    return judged(found)


def main() -> int:
    command = parser(__doc__)
    command.add_argument("--photos", type=int, default=2000)
    command.add_argument("--kills", type=int, default=5)
    options = command.parse_args()
    print(f"seed {options.seed}", flush=True)
    with room(options.folder) as folder:
        return asyncio.run(_main(options, folder))


if __name__ == "__main__":
    sys.exit(main())
