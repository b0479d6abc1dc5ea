"""How well twice the photos are foreseen: half of a set tells what the whole will measure, and the whole is asked.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.foresight [--draws 10]

Of each set half the photos of every label are drawn, several times. From them alone `trainer.learning_curve` says what
error twice as many will have, and between which bounds; then all photos are learned and measured, out of fold as
everywhere. Told are how often the measured error lies within, how wide the interval is (beside what chance alone makes
of the measured number, the true error known), and how far off the foreseen error is, beside what one would say who
expects no change. Embeddings are kept as `tests.benchmarks.probe` keeps them.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage import FOLDS
from tests.benchmarks.data import data_folder, sets_there
from tests.benchmarks.probe import cache_folder, embedded, open_view
from trainer.fitting import out_of_fold
from trainer.learning import Sights
from trainer.learning_curve import COVERAGE, Foresight, foresee, trials
from trainer.metrics import Integers
from trainer.recipe import Recipe

VIEW = "320-balanced"
Z90 = 1.6448536269514722


@dataclass(frozen=True)
class Told:
    """What half the photos said of all, and the error that all have."""

    foreseen: Foresight
    measured: float
    photos: int

    @property
    def within(self) -> bool:
        return self.foreseen.low <= self.measured <= self.foreseen.high

    @property
    def chance(self) -> float:
        """The width of the interval that holds 90 % of what would be measured if the true error were known."""
        return 2 * Z90 * float(np.sqrt(self.measured * (1 - self.measured) / self.photos))


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--draws", type=int, default=10)
    command.add_argument("--first", type=int, default=0, help="seed of the first draw")
    given = command.parse_args()
    cache = cache_folder()
    embedder = open_view(cache, VIEW)
    told: list[Told] = []
    for name, files in sets_there(data_folder()):
        embeddings, truth = embedded(cache, embedder, files)
        own = [_trial(embeddings, truth, seed) for seed in range(given.first, given.first + given.draws)]
        print(f"{name:12} {_in_words(own)}", flush=True)
        told += own
    print(f"all          {_in_words(told)}; stated: {100 * COVERAGE:.0f} of 100")


def _trial(embeddings: NDArray[np.float32], truth: Integers, seed: int) -> Told:
    rng = np.random.default_rng(seed)
    folds = rng.permutation(len(truth)) % FOLDS
    half = np.zeros(len(truth), dtype=np.bool_)
    for label in np.unique(truth):
        rows = rng.permutation(np.flatnonzero(truth == label))
        half[rows[: len(rows) // 2]] = True
    groups = [str(row) for row in np.flatnonzero(half)]
    sights = Sights.untuned(embeddings[half]).folds
    seen = list(trials(sights, truth[half], folds[half], groups, Recipe(), rng))
    foreseen = foresee(seen, groups, rng)
    assert foreseen is not None, "each photo came on its own, so that all could be asked"
    every = Sights.untuned(embeddings).folds
    answered = out_of_fold(every, truth, folds, int(truth.max()) + 1, Recipe())
    return Told(foreseen, float((answered.answers() != truth)[answered.judged].mean()), len(truth))


def _in_words(told: list[Told]) -> str:
    within = sum(one.within for one in told)
    width = np.mean([one.foreseen.high - one.foreseen.low for one in told])
    chance = np.mean([one.chance for one in told])
    off = np.mean([abs(one.foreseen.error - one.measured) for one in told])
    plain = np.mean([abs(one.foreseen.now.error - one.measured) for one in told])
    halved = sum(one.foreseen.to_halve is not None for one in told)
    return (
        f"within {within} of {len(told)}, interval {100 * width:.1f} points wide (chance alone {100 * chance:.1f}), "
        f"off by {100 * off:.1f} (no change expected: {100 * plain:.1f}), halving foreseen {halved} times"
    )


if __name__ == "__main__":
    main()
