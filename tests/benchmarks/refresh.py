"""How long it takes to look a collection over anew: suspects, consensus, copies. Generated embeddings and pictures.

    python -m tests.benchmarks.refresh [--photos 10000]

The shades of grey are there already, as they are made when a photo comes; a fiftieth of the photos are copies.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from storage import FOLDS
from trainer.consensus import Votes, agree
from trainer.doubting import doubt
from trainer.duplicates import find_twins, group_twins
from trainer.head import scaled
from trainer.learning import Sights
from trainer.recipe import Recipe
from trainer.similar import nearest_others
from trainer.suspects import find_suspects, together

DIMENSION, LABELS, PEOPLE, WRONG, COPIES = 1280, 24, 50, 0.05, 0.02


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--photos", type=int, default=10_000)
    n = command.parse_args().photos
    rng = np.random.default_rng(0)
    truth = rng.integers(0, LABELS, n)
    centres = rng.standard_normal((LABELS, DIMENSION)).astype(np.float32)
    embeddings = centres[truth] + 2 * rng.standard_normal((n, DIMENSION), dtype=np.float32)
    grey = rng.integers(0, 256, (n, 64, 64), dtype=np.uint8)
    copies = rng.permutation(n)[: round(2 * COPIES * n)].reshape(2, -1)
    embeddings[copies[1]] = embeddings[copies[0]] + 0.1
    grey[copies[1]] = grey[copies[0]]
    given = np.where(rng.random(n) < WRONG, rng.integers(0, LABELS, n), truth)
    started = last = time.perf_counter()
    worked = time.process_time()
    doubts = doubt(Sights.untuned(embeddings).folds, given, rng.integers(0, FOLDS, n), LABELS, Recipe())
    suspects = find_suspects(doubts, given, most=round(0.15 * n))
    last = _passed("suspects", len(suspects), last)
    votes = Votes(np.arange(n), rng.integers(0, PEOPLE, n), given)
    last = _passed("opinions", len(agree(votes, n, PEOPLE, together(doubts)).opinions), last)
    twins = find_twins(nearest_others(scaled(embeddings).astype(np.float32), 5), grey)
    last = _passed("groups", len(group_twins(twins, [1] * n)), last)
    print(f"{n} photos: {last - started:.1f} s in all, {time.process_time() - worked:.1f} s of processor time")


def _passed(what: str, count: int, since: float) -> float:
    now = time.perf_counter()
    print(f"  {count} {what}: {now - since:.1f} s", flush=True)
    return now


if __name__ == "__main__":
    main()
