"""How long it takes to find what a photo is a copy of, among so many: looked for in memory, and read from the store.

python -m tests.benchmarks.near_copies [--photos 10000 50000]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from bot.looking.copies import Copies
from bot.looking.twins import Twins
from storage import Store, open_store
from storage.tables import blob, photo
from trainer.twins import SIDE, SQUARE

ASKED = 200


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--photos", type=int, nargs="+", default=[10_000, 50_000])
    for count in command.parse_args().photos:
        with tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as passing:
            store = open_store(Path(passing) / "home")
            measure(store, count)
            store.close()


def measure(store: Store, count: int) -> None:
    rng = np.random.default_rng(0)
    fill(store, count, rng)
    copies = Copies(store, Twins(store))
    pictures = [rng.integers(0, 256, (6, 8, 3), dtype=np.uint8).repeat(48, 0).repeat(40, 1) for _ in range(ASKED)]
    began = time.perf_counter()
    copies.of(pictures[0])
    loading, taken, worked = time.perf_counter() - began, [], []
    for pixels in pictures:
        began, begun = time.perf_counter(), time.thread_time()
        copies.of(pixels)
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.thread_time() - begun) * 1000)
    print(
        f"{count} photos: {statistics.median(taken):.2f} ms a photo (at most {max(taken):.2f}), looking included, of "
        f"which the processor works {statistics.median(worked):.2f} ms; the first one reads all in {loading:.2f} s"
    )


def fill(store: Store, count: int, rng: np.random.Generator) -> None:
    """Rows of photos, with their sketches."""
    with store.write() as unit:
        classifier, now = unit.classifiers.default().id, unit.now
    blobs, photos = [], []
    for number in range(count):
        digest = f"{number:064x}"
        drawn = varied(rng)
        blobs.append({
            "digest": digest, "size": 1, "kind": "jpeg", "width": 9, "height": 9, "created_at": now, "sketch": drawn,
        })  # fmt: skip
        photos.append({
            "classifier_id": classifier, "digest": digest, "received_digest": digest, "source": "chat", "name": "",
            "group_key": digest, "fold": number % 5, "created_at": now,
        })  # fmt: skip
    with store._engine.begin() as connection:
        connection.execute(blob.insert(), blobs)
        connection.execute(photo.insert(), photos)


def varied(rng: np.random.Generator) -> bytes:
    """A sketch, as varied as those of photos are."""
    side = SIDE // SQUARE
    shades = rng.normal(size=(4, 4)).repeat(side // 4, 0).repeat(side // 4, 1) + rng.normal(0, 0.3, (side, side))
    return np.clip(np.rint(shades * 20), -127, 127).astype(np.int8).tobytes()


if __name__ == "__main__":
    main()
