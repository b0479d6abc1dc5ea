"""How long it takes to look a collection over anew: suspects, what their list finds, consensus, copies; at first, and
after new photos came.

    python -m tests.benchmarks.refresh [--photos 10000] [--new 100] [--search exact]

Embeddings and pictures are generated. Decoding is counted as `--decoding` milliseconds for each picture looked at. Peak
memory holds the embeddings, which are read as a whole. The processor time of one thread tells more where others work.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from storage import FOLDS
from tests.benchmarks.generated import LABELS, Generated, generated
from trainer import list_recall, similar
from trainer.consensus import Votes, agree
from trainer.doubting import doubt
from trainer.duplicates import group_twins
from trainer.learning import Sights
from trainer.list_recall import Evidence
from trainer.planting import Judged
from trainer.recipe import Recipe
from trainer.review_lists import DOUBTFUL, MOST
from trainer.same_pictures import Same, Seen, find_same
from trainer.suspects import find_suspects, together
from trainer.twins import SIDE

PEOPLE, WRONG, ASKED = 50, 0.05, 1_000


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--photos", type=int, default=10_000)
    command.add_argument("--new", type=int, default=100)
    command.add_argument("--search", choices=("exact", "index"))
    command.add_argument("--decoding", type=float, default=3.0)
    asked = command.parse_args()
    if asked.search:
        similar.EXACT = sys.maxsize if asked.search == "exact" else 0
    rng = np.random.default_rng(0)
    all_of = generated(asked.photos, rng)
    given = np.where(rng.random(asked.photos) < WRONG, rng.integers(0, LABELS, asked.photos), all_of.truth)
    people, folds = rng.integers(0, PEOPLE, asked.photos), rng.integers(0, FOLDS, asked.photos)
    seen = Seen()
    for name, photos in (("first", asked.photos - asked.new), ("with new photos", asked.photos)):
        _refresh(name, all_of, given[:photos], people[:photos], folds[:photos], seen, asked.decoding)
    if seen.known is not None:
        _compare(similar.unit_vectors(all_of.embeddings), seen.known.alike, rng)


def _refresh(
    name: str,
    all_of: Generated,
    given: NDArray[np.int64],
    people: NDArray[np.int64],
    folds: NDArray[np.int64],
    seen: Seen,
    decoding: float,
) -> None:
    n = len(given)
    print(f"{name}: {n} photos", flush=True)
    started, worked = time.perf_counter(), time.process_time()
    clock = _clock()
    next(clock)
    vectors = similar.unit_vectors(all_of.embeddings[:n])
    same, looked = _same(seen, vectors, all_of)
    groups = group_twins(same.twins, [1] * n)
    last = len(groups)
    print(f"  {last} groups, {looked} pictures decoded: {next(clock)}", flush=True)
    sights = Sights.untuned(all_of.embeddings[:n]).folds
    doubts = doubt(sights, given, folds, LABELS, Recipe(), alike=same.alike)
    suspects = find_suspects(doubts, given, most=round(0.15 * n))
    print(f"  {len(suspects)} suspects: {next(clock)}", flush=True)
    judged = Judged(sights, given, folds, LABELS, Recipe(), doubts, same.alike)
    *_, stated = list_recall.run(Evidence(judged, f"{n:064x}", MOST, DOUBTFUL))
    print(f"  {stated}: {next(clock)}", flush=True)
    opinions = agree(Votes(np.arange(n), people, given), n, PEOPLE, together(doubts)).opinions
    print(f"  {len(opinions)} opinions: {next(clock)}", flush=True)
    seconds, busy = time.perf_counter() - started, time.process_time() - worked
    decoded = looked * decoding / 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  {seconds:.1f} s, {busy:.1f} s of processor time, and {decoded:.1f} s for decoding; peak {peak:.0f} MB on "
        f"{os.cpu_count()} processors",
        flush=True,
    )


def _clock() -> Iterator[str]:
    wall, busy = time.perf_counter(), time.process_time()
    while True:
        now, worked = time.perf_counter(), time.process_time()
        yield f"{now - wall:.1f} s ({worked - busy:.1f} of processor time)"
        wall, busy = now, worked


def _same(seen: Seen, vectors: NDArray[np.float32], all_of: Generated) -> tuple[Same, int]:
    digests = [f"{row:064x}" for row in range(len(vectors))]
    pictures = {digests[row]: row for row in range(len(vectors))}
    original = {int(copy): int(first) for first, copy in all_of.copies.T}
    looked = 0

    def grey_of(digest: str) -> NDArray[np.uint8]:
        nonlocal looked
        looked += 1
        row = pictures[digest]
        drawn = np.random.default_rng(original.get(row, row))
        return drawn.integers(0, 256, (SIDE, SIDE), dtype=np.uint8)

    seen.through("generated", digests)
    *_, same = find_same(seen, digests, vectors, grey_of)
    if not isinstance(same, Same):
        raise TypeError
    return same, looked


def _compare(vectors: NDArray[np.float32], alike: similar.Alike, rng: np.random.Generator) -> None:
    """Print how many of the nearest are named, of some photos that are compared with all."""
    rows = rng.permutation(len(vectors))[:ASKED]
    exact = similar.nearest_among(vectors[rows], vectors, similar.WIDE + 1)
    for count in (3, 10, similar.WIDE):
        found = [
            len(np.intersect1d(exact.rows[at][exact.rows[at] != row][:count], alike.rows[row, :count])) / count
            for at, row in enumerate(rows)
        ]
        print(f"  of the nearest {count}, {100 * np.mean(found):.2f} % are named", flush=True)


if __name__ == "__main__":
    main()
