"""A process that takes in photos until it is killed, and the checker that looks at what it left.

`python -m tests.chaos.ingesting HOME URL SEED PHOTOS` prints a line with a photo's number and digest each time it has
acknowledged one. `--row-first` commits each row before its file, as the store never may: the checker must catch it.
"""

import hashlib
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from storage import NotFound, Picture, Reason, Role, Store, StoreDamaged, VoteKind, open_store
from storage.blobs import Blobs

_ACKNOWLEDGED = re.compile(r"(\d+) ([0-9a-f]{64})\n")


@dataclass(frozen=True)
class Found:
    """What is wrong with a store, and how much it holds."""

    photos: int
    without_blob: int
    lost: int
    unvoted: int


def ingest(store: Store, seed: int, *, photos: int, row_first: bool = False) -> None:
    """Take in photos as the bot does: file, then one transaction, then the answer."""
    for number in range(photos):
        data = hashlib.sha256(f"{seed} {number}".encode()).digest() * 400
        picture = Picture(data, 640, 480, hashlib.sha256(data).hexdigest())
        digest = picture.received_digest if row_first else store.blobs.put(data)
        with store.write() as unit:
            classifier = unit.classifiers.default()
            person = unit.people.meet(number % 5, "Ann", Role.TEACHER)
            label = unit.labels.find_or_create(classifier.id, f"label {number % 3}")
            photo = unit.photos.add(classifier.id, digest, picture, source="chat", owner_id=person.id)
            unit.votes.cast(photo.id, person.id, VoteKind.LABEL, label.id, Reason.CAPTION)
        if row_first:
            store.blobs.put(data)
        sys.stdout.write(f"{photo.id} {digest}\n")
        sys.stdout.flush()


def examine(home: Path, url: str | None, acknowledged: dict[int, str]) -> Found:
    """Look at all photos and all that was acknowledged. Raises StoreDamaged where the database itself is."""
    store = open_store(home, url)
    try:
        store.check()
        with store.read() as unit:
            photos = {
                photo.id: photo
                for person in unit.people.with_role(Role.GUEST)
                for photo in unit.photos.of_person(person.id)
            }
            unvoted = sum(not unit.votes.standing(number).voters for number in photos)
        lost = sum(number not in photos or photos[number].digest != digest for number, digest in acknowledged.items())
        return Found(
            len(photos), sum(not _is_whole(store.blobs, photo.digest) for photo in photos.values()), lost, unvoted
        )
    finally:
        store.close()


def kill_often(home: Path, url: str | None, kills: int, rng: random.Random, *, row_first: bool = False) -> Found:
    """Start the process and kill it at a random moment, again and again; then look at what is there."""
    acknowledged: dict[int, str] = {}
    for seed in range(kills):
        process = start(home, url, seed, row_first=row_first)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(rng.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        acknowledged |= told(first + process.communicate()[0])
    return examine(home, url, acknowledged)


def told(output: str) -> dict[int, str]:
    """The photos that were acknowledged, with their digests. A last line that was cut short has told nobody."""
    return {int(number): digest for number, digest in _ACKNOWLEDGED.findall(output)}


def start(
    home: Path,
    url: str | None,
    seed: int,
    *,
    photos: int = 1_000_000,
    row_first: bool = False,
    before: Sequence[str] = (),
) -> "subprocess.Popen[str]":
    """Start the ingesting process; `before` is a command that runs it, such as strace."""
    command = [*before, sys.executable, "-m", "tests.chaos.ingesting", str(home), url or "", str(seed), str(photos)]
    if row_first:
        command.append("--row-first")
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _is_whole(blobs: Blobs, digest: str) -> bool:
    try:
        blobs.read(digest)
    except (NotFound, StoreDamaged):
        return False
    return True


def main(arguments: Sequence[str]) -> None:
    home, url, seed, photos = Path(arguments[0]), arguments[1] or None, int(arguments[2]), int(arguments[3])
    row_first = "--row-first" in arguments
    store = open_store(home, url)
    # The store refuses a row without its file; whoever committed in the wrong order would not have that either.
    with mock.patch.object(Blobs, "has", return_value=True) if row_first else nullcontext():
        ingest(store, seed, photos=photos, row_first=row_first)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1:])
