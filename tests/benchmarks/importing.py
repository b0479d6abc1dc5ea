"""`pupil import` with embeddings beside bare decoding and embedding, and whether a full store slows it.

python -m tests.benchmarks.importing [--home HOME] [--sizes 1000 10000 50000] [--photos 128] [--rounds 3]

For each size a store is filled with the rows of so many photos, as an import leaves them (their files are not made: no
import opens those), their sketches as varied as those of photos. What is opened once for all of an import is open
before: the eyes, and the memory of all sketches. Then both sides take generated photos in turn, all of them new, with
two threads: the import does all that `pupil import` does; the bare side decodes and embeds, and keeps nothing. Told is
the clock, and the processor time of all processes, which others on the machine disturb less.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from bot.actions.entries import entries_in
from bot.actions.importing import THREADS, Taken, import_photos
from bot.actions.layouts import Disk, layout_of
from bot.looking.copies import Copies
from bot.looking.twins import Twins
from pictures.decoders import Decoders
from storage import Store, open_store
from storage.tables import blob, embedding, photo, standing, vote
from tests.benchmarks.near_copies import varied
from trainer.embedding import Embedder
from trainer.making import open_embedder
from trainer.settings import TrainerSettings

# What Telegram makes of a photo.
WIDTH, HEIGHT = 1280, 960
LABELS = 20
CHUNK = 5_000
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock and of processors, for a photo."""

    clock: float
    processor: float


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--home", type=Path, help="where an embedder is, or will be made")
    command.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 50_000])
    command.add_argument("--photos", type=int, default=128)
    command.add_argument("--rounds", type=int, default=3)
    options = command.parse_args()
    with tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as passing:
        folder = Path(passing)
        eyes = open_embedder(options.home or folder, TrainerSettings(threads=THREADS), at_once=THREADS)
        if eyes is None:
            raise SystemExit("There is no embedder.")
        with Decoders() as decoders:
            for size in options.sizes:
                measure(folder / str(size), size, eyes, decoders, photos=options.photos, rounds=options.rounds)


def measure(folder: Path, size: int, eyes: Embedder, decoders: Decoders, *, photos: int, rounds: int) -> None:
    """Tell how both sides do beside a store of one size."""
    store = open_store(folder / "home")
    fill(store, size, eyes)
    copies = Copies(store, Twins(store))
    bare, ours = [], []
    # One round more: in the first everything is warmed up.
    for number in range(rounds + 1):
        files = generate(folder / f"photos-{number}", photos, seed=size + number)
        bare.append(_spent(photos, decoders, partial(_bare, files, eyes)))
        ours.append(_spent(photos, decoders, partial(_import, store, files, eyes, decoders, copies)))
    store.close()
    (theirs, a), (mine, b) = ((_middle(one[1:], "clock"), _middle(one[1:], "processor")) for one in (bare, ours))
    # Of two that were measured one after the other: what else the machine does changes from round to round.
    ratios = [one.clock / other.clock for one, other in zip(bare[1:], ours[1:], strict=True)]
    print(
        f"{size:6} photos before: bare {1 / theirs:5.1f} photos a second, import {1 / mine:5.1f}: "
        f"{np.median(ratios):.0%} of its rate ({min(ratios):.0%} to {max(ratios):.0%}). "
        f"Processor {a * 1000:.1f} and {b * 1000:.1f} ms a photo: {a / b:.0%}",
        flush=True,
    )


def _bare(files: Path, eyes: Embedder) -> None:
    def see(path: Path) -> None:
        eyes.embed_bytes(path.read_bytes())

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(see, sorted(files.glob("*/*"))))


def _import(store: Store, files: Path, eyes: Embedder, decoders: Decoders, copies: Copies) -> None:
    with store.read() as unit:
        classifier = unit.classifiers.default().id
    found = import_photos(
        store, classifier, entries_in(files, layout_of(files, Disk())), lambda: eyes, decoders, copies
    )
    assert all(one.taken is Taken.NEW for one in found)


def _spent(photos: int, decoders: Decoders, work: Callable[[], None]) -> Spent:
    clock, processor = time.perf_counter(), _processor(decoders)
    work()
    return Spent((time.perf_counter() - clock) / photos, (_processor(decoders) - processor) / photos)


def _processor(decoders: Decoders) -> float:
    """Processor time of this process and of those that decode, those that have ended too."""
    own = os.times()
    return own.user + own.system + own.children_user + own.children_system + sum(_of(decoders.process_ids))


def _of(processes: set[int]) -> Iterator[float]:
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1].split()
        yield (int(fields[11]) + int(fields[12])) / TICK


def _middle(spent: list[Spent], what: str) -> float:
    return float(np.median([getattr(one, what) for one in spent]))


def generate(folder: Path, count: int, *, seed: int) -> Path:
    """Make photos of ordinary size (some 200 kB), no two alike, in a folder for each label."""
    rng = np.random.default_rng(seed)
    grain = rng.normal(0, 6, (HEIGHT, WIDTH, 1))
    for number in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), dtype=np.float32)
        pixels = np.clip(smooth + np.roll(grain, number * 37, 1), 0, 255).astype(np.uint8)
        labelled = folder / f"label-{number % LABELS:02}"
        labelled.mkdir(parents=True, exist_ok=True)
        path = labelled / f"{seed}-{number:04}.jpg"
        path.write_bytes(simplejpeg.encode_jpeg(pixels, quality=87, colorsubsampling="420"))
    return folder


def fill(store: Store, count: int, eyes: Embedder) -> None:
    """Put in the rows of so many photos that were imported and embedded."""
    with store.write() as unit:
        classifier, now = unit.classifiers.default().id, unit.now
        labels = [unit.labels.find_or_create(classifier, f"label-{number:02}").id for number in range(LABELS)]
    rng = np.random.default_rng(1)
    for start in range(0, count, CHUNK):
        some = range(start + 1, min(start + CHUNK, count) + 1)
        digests = {number: rng.bytes(32).hex() for number in some}
        made = {"size": 200_000, "kind": "jpeg", "width": WIDTH, "height": HEIGHT, "created_at": now}
        kept = {"classifier_id": classifier, "source": "import", "created_at": now}
        said = {"kind": "label", "reason": "import", "created_at": now}
        with store._engine.begin() as connection:
            connection.execute(
                blob.insert(), [{"digest": digest, "sketch": varied(rng)} | made for digest in digests.values()]
            )
            connection.execute(photo.insert(), [
                {"id": number, "digest": digest, "received_digest": digest[::-1], "group_key": digest,
                 "name": f"{number}.jpg", "fold": number % 5} | kept
                for number, digest in digests.items()
            ])  # fmt: skip
            connection.execute(vote.insert(), [
                {"photo_id": number, "label_id": labels[number % LABELS], "deed": f"import:{digest}"} | said
                for number, digest in digests.items()
            ])  # fmt: skip
            connection.execute(standing.insert(), [
                {"photo_id": number, "label_id": labels[number % LABELS], "state": "taught", "voters": 1}
                for number in some
            ])  # fmt: skip
            connection.execute(embedding.insert(), [
                {"digest": digest, "embedder": eyes.digest, "vector": rng.bytes(4 * eyes.dimension)}
                for digest in digests.values()
            ])  # fmt: skip


if __name__ == "__main__":
    main()
