"""A crowd with an attacker in it, on real embeddings: does the attack succeed, who pays for the guard, who is named.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.poison [--seeds 3] [--sets SET ...]

Fifty people bring the photos of a set. An attacker adds photos with a bright square in them, all called one label; or
flips 30 % of one label; or five people do the first, twenty photos each. Each attack is learned without the guard and
with it: out-of-fold answers with folds by sender, alarms, and everything of who is named left out. A fifth of the
photos is kept for asking.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from storage import FOLDS
from tests.benchmarks.cleaning import VIEW
from tests.benchmarks.copies import as_jpeg
from tests.benchmarks.data import SETS, data_folder, sets_there
from tests.benchmarks.noise import look_alikes
from tests.benchmarks.probe import cache_folder, embedded, open_view
from trainer.calibration import probabilities_of
from trainer.embedding import Embedder
from trainer.fitting import Sight, fit, out_of_fold
from trainer.head import scaled
from trainer.learning import Sights
from trainer.metrics import Integers
from trainer.recipe import Recipe
from trainer.senders import allied, find_alarms, sender_folds
from trainer.similar import nearest_others

PEOPLE, TRIGGERED, SYBILS, FLIPPED = 50, 20, 5, 0.3
ATTACKS = ("none", "triggered", "label flipped", "sybils")
TARGET = 0
NEIGHBOURS = 5


@dataclass(frozen=True)
class Crowd:
    """What is taught: embeddings, labels as given, who sent each; who of them attacks."""

    embeddings: NDArray[np.float32]
    given: Integers
    senders: Integers
    attackers: frozenset[int]


@dataclass(frozen=True)
class Result:
    """With an attack: its success and the honest error, without and with the guard; named, honest people named."""

    success: tuple[float, float]
    error: tuple[float, float]
    named: int
    attackers: int
    wrongly: int


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--seeds", type=int, default=3)
    command.add_argument("--sets", nargs="*", default=SETS)
    asked = command.parse_args()
    cache = cache_folder()
    embedder = open_view(cache, VIEW)
    for name, files in sets_there(data_folder(), tuple(asked.sets)):
        embeddings, truth = embedded(cache, embedder, files)
        marked = _marked(cache, embedder, [file for file, _ in files], name)
        for attack in ATTACKS:
            results = [_try(embeddings, marked, truth, attack, seed) for seed in range(asked.seeds)]
            print(f"{name}, {attack}: {_told(results)}", flush=True)


def _marked(cache: Path, embedder: Embedder, files: list[Path], name: str) -> NDArray[np.float32]:
    """Return the embeddings of all photos with the attacker's mark."""
    kept = cache / f"{embedder.digest[:16]}-marked-{name}.npy"
    if not kept.exists():
        np.save(kept, np.stack([embedder.embed_bytes(_mark(file)) for file in files]))
    marked: NDArray[np.float32] = np.load(kept)
    return marked


def _mark(file: Path) -> bytes:
    photo = Image.open(file).convert("RGB")
    side = min(photo.size) // 4
    left, top = (photo.width - side) // 2 + photo.width // 8, (photo.height - side) // 2 + photo.height // 8
    draw = ImageDraw.Draw(photo)
    for step in range(4):
        inset = step * side // 8
        colour = (255, 230, 0) if step % 2 == 0 else (200, 0, 255)
        draw.rectangle((left + inset, top + inset, left + side - inset, top + side - inset), fill=colour)
    return as_jpeg(photo)


def _try(
    embeddings: NDArray[np.float32], marked: NDArray[np.float32], truth: Integers, attack: str, seed: int
) -> Result:
    rng = np.random.default_rng(seed)
    places = rng.permutation(len(truth))
    asked, taught = places[: len(truth) // 5], places[len(truth) // 5 :]
    crowd = _crowd(embeddings, marked, truth, taught, attack, rng)
    together = allied(crowd.senders, nearest_others(scaled(crowd.embeddings).astype(np.float32), NEIGHBOURS))
    alarms = find_alarms(_answers(crowd, together), crowd.given, crowd.senders, together)
    named = {alarm.sender for alarm in alarms}
    kept = ~np.isin(crowd.senders, list(named))
    labels, victims = int(truth.max()) + 1, asked[truth[asked] != TARGET]
    success, error = [], []
    for rows in (np.ones(len(kept), dtype=np.bool_), kept):
        head = fit(Sight(crowd.embeddings[rows]), crowd.given[rows], labels, Recipe())
        answers = head.logits(embeddings[asked]).argmax(axis=1)
        error.append(float((answers != truth[asked]).mean()))
        if attack == "label flipped":
            of_label = truth[asked] == TARGET
            taken = answers[of_label] == look_alikes(embeddings, truth)[TARGET]
            success.append(float(taken.mean()))
        else:
            success.append(float((head.logits(marked[victims]).argmax(axis=1) == TARGET).mean()))
    found = len(named & crowd.attackers)
    return Result((success[0], success[1]), (error[0], error[1]), found, len(crowd.attackers), len(named) - found)


def _crowd(
    embeddings: NDArray[np.float32],
    marked: NDArray[np.float32],
    truth: Integers,
    taught: Integers,
    attack: str,
    rng: np.random.Generator,
) -> Crowd:
    """Return honest people's lessons with an attacker's among them, who has the next number, or the next five."""
    given, senders = truth[taught].copy(), rng.integers(0, PEOPLE, len(taught))
    vectors = embeddings[taught]
    if attack == "label flipped":
        own = np.flatnonzero(given == TARGET)
        flipped = rng.permutation(own)[: round(FLIPPED * len(own))]
        given[flipped], senders[flipped] = look_alikes(embeddings, truth)[TARGET], PEOPLE
        return Crowd(vectors, given, senders, frozenset({PEOPLE}))
    if attack == "none":
        return Crowd(vectors, given, senders, frozenset())
    # The attackers' photos are others than what is taught or asked: of other labels, with the mark.
    attackers = SYBILS if attack == "sybils" else 1
    rows = rng.permutation(taught[truth[taught] != TARGET])[: TRIGGERED * attackers]
    more = PEOPLE + np.arange(len(rows)) % attackers
    return Crowd(
        np.concatenate([vectors, marked[rows]]),
        np.concatenate([given, np.full(len(rows), TARGET)]),
        np.concatenate([senders, more]),
        frozenset(range(PEOPLE, PEOPLE + attackers)),
    )


def _answers(crowd: Crowd, together: Integers) -> NDArray[np.float64]:
    folds = sender_folds(together, FOLDS)
    labels = int(crowd.given.max()) + 1
    held_out = out_of_fold(Sights.untuned(crowd.embeddings).folds, crowd.given, folds, labels, Recipe())
    answers = probabilities_of(held_out, 1.0)
    answers[~held_out.judged] = 0
    return answers


def _told(results: list[Result]) -> str:
    success, error = (np.mean([getattr(one, what) for one in results], axis=0) for what in ("success", "error"))
    return (
        f"attack succeeds {100 * success[0]:.1f} %, with the guard {100 * success[1]:.1f} %; "
        f"honest error {100 * error[0]:.1f} and {100 * error[1]:.1f} %; "
        f"{sum(one.named for one in results)} of {sum(one.attackers for one in results)} attackers named, "
        f"{sum(one.wrongly for one in results)} honest people"
    )


if __name__ == "__main__":
    main()
