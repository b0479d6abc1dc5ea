"""What a thousand versions of the data set cost: bytes on the disk, and the time to keep, read and compare them.

`python -m tests.benchmarks.versions [PHOTOS [VERSIONS [CHANGES]]]`: so many photos, versions, and labels that change
from one version to the next. Beside it: what a list of photo and label for each version would take.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert

from bot.actions.datasets import difference
from storage import Store, open_store, utc_now
from storage.tables import blob, label, photo, vote

LABELS = 40


def main() -> None:
    """Measure, and print a line for each figure."""
    photos, versions, changes = (int(one) for one in [*sys.argv[1:], *("50000", "1000", "50")[len(sys.argv) - 1 :]])
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        fill(store, photos)
        before = size(store)
        rng, members = random.Random(7), {number: 1 + number % LABELS for number in range(1, photos + 1)}
        seconds = []
        for _ in range(versions):
            for number in rng.sample(range(1, photos + 1), changes):
                members[number] = 1 + rng.randrange(LABELS)
            with store.read() as unit:
                found = unit.datasets.compare(1, members)
            started = time.perf_counter()
            with store.write() as unit:
                unit.datasets.record(1, found, 1)
            seconds.append(time.perf_counter() - started)
        after = size(store)
        print(f"{photos} photos, {versions} versions, {changes} changes each")
        print(f"kept: {(after - before) / 2**20:.1f} MB; as a list for each: {photos * versions * 13 / 2**20:.0f} MB")
        median = sorted(seconds[1:])[len(seconds) // 2]
        print(f"the transaction that keeps one: first {seconds[0]:.2f} s, then {median:.2f} s (median)")
        tell_reading(store, versions)
        store.close()


def tell_reading(store: Store, versions: int) -> None:
    """Print how long reading takes."""
    started = time.perf_counter()
    with store.read() as unit:
        read = [unit.datasets.members(1, number) for number in (1, versions)]
    print(f"reading the first and the last: {time.perf_counter() - started:.2f} s")
    print(f"they differ in {len(difference(*read).renamed)} photos")
    started = time.perf_counter()
    with store.read() as unit:
        found = unit.datasets.all(1)
    print(f"listing {len(found)}: {time.perf_counter() - started:.2f} s")


def fill(store: Store, photos: int) -> None:
    """Rows without files: photos, labels, and a vote for every label of every photo, as one that names it is asked."""
    now, digests = utc_now(), [f"{number:064x}" for number in range(1, photos + 1)]
    facts = {"size": 1, "kind": "jpeg", "width": 1, "height": 1, "created_at": now}
    blobs = [{"digest": digest} | facts for digest in digests]
    labels = [{"classifier_id": 1, "key": f"label {n}", "name": f"label {n}", "created_at": now} for n in range(LABELS)]
    own = {"classifier_id": 1, "source": "import", "name": "", "fold": 0, "created_at": now}
    rows = [{"digest": one, "received_digest": one, "group_key": one} | own for one in digests]
    said = {"kind": "label", "reason": "import", "created_at": now}
    with store._writing() as connection:
        for table, values in ((blob, blobs), (label, labels), (photo, rows)):
            connection.execute(insert(table), values)
        for number in range(1, LABELS + 1):
            votes = [{"photo_id": each, "label_id": number} | said for each in range(1, photos + 1)]
            connection.execute(insert(vote), votes)


def size(store: Store) -> int:
    """Return the bytes of the database, its log written back."""
    with store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return sum(file.stat().st_size for file in store.home.glob("pupil.db*"))


if __name__ == "__main__":
    main()
