"""Whether duplicates are found, and nothing else is taken for one: copies of 500 photos among those of all sets.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.duplicates [--photos 500] [--seed 0] [--show FILE.png]

A pair of a copy and any photo but its own counts as false. The sets hold bursts themselves: such pairs, and those of a
copy with the rest of its own photo's burst, are counted apart, and once more as if all were false; `--show` draws the
sets' own, for the eye to judge. Embeddings of the sets are kept as
`tests.benchmarks.probe` keeps them; those of the copies are made anew.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.benchmarks.copies import MAKERS
from tests.benchmarks.data import data_folder, sets_there
from tests.benchmarks.probe import cache_folder, embedded, open_view
from trainer.duplicates import Twins, candidates, look
from trainer.head import scaled
from trainer.metrics import score
from trainer.preprocessing import decode
from trainer.similar import nearest_others
from trainer.twins import SIDE, shades

VIEW = "320-balanced"
NEIGHBOURS = 5
# Of the picture that is drawn.
TILE, COLUMNS = 120, 6


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--photos", type=int, default=500)
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--show", type=Path)
    asked = command.parse_args()
    rng = np.random.default_rng(asked.seed)
    embedder = open_view(cache_folder(), VIEW)
    sets = list(sets_there(data_folder()))
    files = [file for _, photos in sets for file, _ in photos]
    embeddings = np.concatenate([embedded(cache_folder(), embedder, photos)[0] for _, photos in sets])
    grey = np.stack([_grey(file.read_bytes()) for file in files])
    own = _twins(embeddings, grey)
    print(f"{len(files)} photos, {len(own)} pairs of their own")
    if asked.show:
        _draw(files, own, asked.show)
    rows = rng.permutation(len(files))[: asked.photos]
    for name, make in MAKERS.items():
        copies = [make(Image.open(files[row]).convert("RGB"), rng) for row in rows]
        vectors = np.stack([embedder.embed_bytes(copy) for copy in copies])
        seen = np.stack([_grey(copy) for copy in copies])
        found = _twins(np.concatenate([embeddings, vectors]), np.concatenate([grey, seen]))
        print(f"{name}: {_told(found, own, rows, len(files))}", flush=True)


def _twins(embeddings: NDArray[np.float32], grey: NDArray[np.uint8]) -> tuple[Twins, ...]:
    started = time.perf_counter()
    alike = nearest_others(scaled(embeddings).astype(np.float32), NEIGHBOURS)
    between = time.perf_counter()
    found = look(*candidates(alike), grey)
    print(f"  {between - started:.1f} s for who is alike, {time.perf_counter() - between:.1f} s for looking")
    return found


def _told(found: tuple[Twins, ...], own: tuple[Twins, ...], rows: NDArray[np.int64], photos: int) -> str:
    """Tell recall and precision; rows from `photos` on are copies of `rows`."""
    bursts = {pair for one in own for pair in ((one.first, one.second), (one.second, one.first))}
    shows = [*range(photos), *rows.tolist()]
    pairs = [(shows[pair.first], shows[pair.second]) for pair in found if pair.second >= photos]
    hits = sum(first == second for first, second in pairs)
    of_bursts = sum(pair in bursts for pair in pairs)
    missed = score(len(rows) - hits, len(rows))
    false = score(len(pairs) - hits - of_bursts, max(1, len(pairs) - of_bursts))
    return (
        f"recall {1 - missed.error:.3f} ({1 - missed.high:.3f} to {1 - missed.low:.3f}), "
        f"precision {1 - false.error:.3f} ({1 - false.high:.3f} to {1 - false.low:.3f}), "
        f"{hits / len(found):.3f} if all {len(found) - len(pairs) + of_bursts} of the sets' own bursts were false"
    )


def _grey(data: bytes) -> NDArray[np.uint8]:
    return shades(decode(data, SIDE))


def _draw(files: list[Path], found: tuple[Twins, ...], to: Path) -> None:
    ordered = sorted(found, key=lambda pair: -pair.details)
    sheet = Image.new("RGB", (COLUMNS * (2 * TILE + 8), (-(-len(ordered) // COLUMNS)) * (TILE + 8)), "white")
    for place, pair in enumerate(ordered):
        down, right = divmod(place, COLUMNS)
        for side, row in enumerate((pair.first, pair.second)):
            tile = Image.open(files[row]).convert("RGB").resize((TILE, TILE))
            sheet.paste(tile, (right * (2 * TILE + 8) + side * TILE, down * (TILE + 8)))
    sheet.save(to)


if __name__ == "__main__":
    main()
