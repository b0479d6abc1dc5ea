"""How honest answers are: calibration, sets that keep their promise, and what is not known. On photos not learned from.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.honesty [--splits 3]

Of each set, four fifths are learned exactly as the trainer learns, and the last fifth is asked, five times, in each of
several splits; photos of the other sets are asked as unknowns. Beside the calibration error stands that of a perfectly
calibrated forecaster who says the same: with few photos it is not 0. Embeddings are kept as `tests.benchmarks.probe`
keeps them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage import FOLDS
from tests.benchmarks.data import data_folder, sets_there
from tests.benchmarks.probe import cache_folder, embedded, open_view
from trainer.familiarity import familiarity, nearest_likenesses
from trainer.head import Floats, scaled, softmax
from trainer.learning import Learned, Sights, learn
from trainer.metrics import Integers, calibration_error, score
from trainer.prediction_sets import members
from trainer.recipe import Recipe
from trainer.snapshot import Lesson, Snapshot

VIEW = "320-balanced"
BINS = 15
PERFECT = 50
ACCEPTED = 0.95
SHRINKAGE = 0.2


@dataclass(frozen=True)
class Asked:
    """A network that learned, and photos that it did not: of its own labels, and of none of them."""

    learned: Learned
    taught: NDArray[np.float32]
    taught_as: Integers
    own: NDArray[np.float32]
    truth: Integers
    strange: NDArray[np.float32]


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--splits", type=int, default=3)
    seeds = range(command.parse_args().splits)
    cache = cache_folder()
    embedder = open_view(cache, VIEW)
    sets = {name: embedded(cache, embedder, files) for name, files in sets_there(data_folder())}
    gaps, errors = [], []
    for name, (embeddings, truth) in sets.items():
        strange = np.concatenate([others for other, (others, _) in sets.items() if other != name])
        splits = [list(_asked(embeddings, truth, strange, seed)) for seed in seeds]
        asked = [one for split in splits for one in split]
        errors.append(np.mean([_calibration(split) for split in splits], axis=0))
        print(f"{name}\n  {_in_words(errors[-1])}\n  {_kept(asked)}\n  {_alarms(asked)}")
        rates = {way: np.mean([_accepted(one, way) for one in asked]) for way in WAYS}
        print("  strangers accepted at 95 %: " + ", ".join(f"{way} {100 * rate:.1f} %" for way, rate in rates.items()))
        gaps.append(rates["confidence"] - rates["familiarity"])
    print(f"all: {_in_words(np.mean(errors, axis=0))}")
    fewer = f"{100 * np.mean(gaps):.1f} points fewer strangers in than confidence, at least {100 * min(gaps):.1f}"
    print(f"familiarity lets {fewer}")


def _asked(
    embeddings: NDArray[np.float32], truth: Integers, strange: NDArray[np.float32], seed: int
) -> Iterator[Asked]:
    """Learn without each fifth in turn; the folds inside are other ones."""
    rng = np.random.default_rng(seed)
    fifths = np.empty(len(truth), dtype=np.int64)
    for label in np.unique(truth):
        rows = rng.permutation(np.flatnonzero(truth == label))
        fifths[rows] = np.arange(len(rows)) % 5
    for fifth in range(5):
        seen = fifths != fifth
        folds = rng.permutation(int(seen.sum())) % FOLDS
        lessons = [
            Lesson(f"{row:064x}", f"{row}", int(fold), int(label))
            for row, (fold, label) in enumerate(zip(folds, truth[seen], strict=True))
        ]
        labels = tuple((int(label), str(label)) for label in np.unique(truth))
        learned = learn(Snapshot(tuple(lessons), labels), Sights.untuned(embeddings[seen]), Recipe())
        yield Asked(learned, embeddings[seen], truth[seen], embeddings[~seen], truth[~seen], strange)


def _probabilities(asked: Asked, temperature: float) -> Floats:
    return softmax(asked.learned.head.logits(asked.own), temperature)


def _calibration(asked: list[Asked]) -> list[float]:
    """The expected calibration error as the head leaves its answers, with the temperature, and with perfect answers."""
    errors, rng = [], np.random.default_rng(0)
    for temperatures in ([1.0] * len(asked), [one.learned.temperature for one in asked]):
        answers = [_probabilities(one, warmth) for one, warmth in zip(asked, temperatures, strict=True)]
        right = np.concatenate([given.argmax(axis=1) == one.truth for given, one in zip(answers, asked, strict=True)])
        sure = np.concatenate([given.max(axis=1) for given in answers])
        errors.append(calibration_error(sure, right, bins=BINS))
    perfect = [calibration_error(sure, rng.random(len(sure)) < sure, bins=BINS) for _ in range(PERFECT)]
    return [*errors, float(np.mean(perfect))]


def _in_words(errors: NDArray[np.float64]) -> str:
    plain, warmed, perfect = errors
    return f"calibration error {warmed:.3f}, without temperature {plain:.3f}, of a perfect forecaster {perfect:.3f}"


def _kept(asked: list[Asked]) -> str:
    """How often the right label is in the set, and how many labels it holds."""
    kept, sizes, promised = [], [], []
    for one in asked:
        if (sets := one.learned.sets) is None:
            return "no sets promised"
        for row, own in zip(_probabilities(one, one.learned.temperature), one.truth, strict=True):
            found = members(row, sets)
            kept.append(own in found)
            sizes.append(len(found))
            promised.append(sets.coverage)
    alone = 1 - np.mean([size > 1 for size in sizes])
    return (
        f"sets keep {100 * np.mean(kept):.1f} % of {100 * np.mean(promised):.1f} % promised, "
        f"{np.mean(sizes):.2f} labels, one label for {100 * alone:.0f} % of photos"
    )


def _alarms(asked: list[Asked]) -> str:
    """How often an own photo is taken for a stranger, and a stranger for known, at the bound that is set."""
    alarms = let_in = own = strangers = 0
    foreseen = []
    for one in asked:
        if (known := one.learned.known) is None:
            return "no bound set"
        alarms += int((_familiar(one, one.own) < known.least).sum())
        let_in += int((_familiar(one, one.strange) >= known.least).sum())
        own, strangers = own + len(one.own), strangers + len(one.strange)
        foreseen.append(known.false_alarms.error)
    told = score(alarms, own)
    return (
        f"false alarms {told.wrong} of {told.n} ({100 * told.error:.1f} %, foreseen {100 * np.mean(foreseen):.1f} %), "
        f"strangers named {100 * let_in / strangers:.1f} %"
    )


def _accepted(asked: Asked, way: str) -> float:
    """The share of strangers that get a name where 95 of 100 own photos do."""
    own, strange = (WAYS[way](asked, photos) for photos in (asked.own, asked.strange))
    return float((strange >= np.quantile(own, 1 - ACCEPTED)).mean())


def _familiar(asked: Asked, photos: NDArray[np.float32]) -> Floats:
    alike = nearest_likenesses(scaled(photos), scaled(asked.taught))
    return familiarity(alike, _confident(asked, photos))


def _confident(asked: Asked, photos: NDArray[np.float32]) -> Floats:
    sure: Floats = softmax(asked.learned.head.logits(photos), asked.learned.temperature).max(axis=1)
    return sure


def _energetic(asked: Asked, photos: NDArray[np.float32]) -> Floats:
    """Liu 2020: the logarithm of the sum of all raised logits."""
    logits = asked.learned.head.logits(photos)
    peak = logits.max(axis=1)
    energy: Floats = peak + np.log(np.exp(logits - peak[:, None]).sum(axis=1))
    return energy


def _mahalanobis(asked: Asked, photos: NDArray[np.float32]) -> Floats:
    """Lee 2018: the distance to the nearest label's mean, by a shrunken covariance that all labels share."""
    taught = scaled(asked.taught)
    means = np.stack([taught[asked.taught_as == label].mean(axis=0) for label in np.unique(asked.taught_as)])
    within = taught - means[np.searchsorted(np.unique(asked.taught_as), asked.taught_as)]
    spread = within.T @ within / len(within)
    shrunken = (1 - SHRINKAGE) * spread + SHRINKAGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    whitening = np.linalg.cholesky(np.linalg.inv(shrunken))
    points, middles = scaled(photos) @ whitening, means @ whitening
    distances = (points**2).sum(1)[:, None] - 2 * points @ middles.T + (middles**2).sum(1)
    nearest: Floats = -distances.min(axis=1)
    return nearest


WAYS = {"familiarity": _familiar, "confidence": _confident, "energy": _energetic, "Mahalanobis": _mahalanobis}


if __name__ == "__main__":
    main()
