"""A crowd with an attacker in it, on real embeddings: does the attack succeed, who pays for the guard, who is named.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.poison [--seeds 3] [--sets SET ...]

Fifty people bring the photos of a set. An attacker adds photos with a bright square in them, all called one label; or
flips 30 % of one label; or five people do the first, twenty photos each. Each attack is learned in three ways:

- unguarded: all that is taught;
- known: the attackers are no newcomers any more, so what stands against them are caps and alarms (out-of-fold answers
  with folds by sender); everything of who is named is left out, as once her lessons are taken back;
- new: as the bot does it, where attackers are newcomers with whom nobody agrees. Their lessons wait, and so do those of
  one honest person of ten, which is what it costs; nothing is learned from them, and they are judged all the same.

A fifth of the photos is kept for asking.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
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
from trainer.caps import within_caps
from trainer.embedding import Embedder
from trainer.fitting import Sight, fit, out_of_fold
from trainer.head import scaled
from trainer.learning import Sights
from trainer.metrics import Integers
from trainer.recipe import Recipe
from trainer.senders import allied, find_alarms, sender_folds

WAYS = ("unguarded", "known", "new")
NEWCOMERS = 5
PEOPLE, TRIGGERED, SYBILS, FLIPPED = 50, 20, 5, 0.3
ATTACKS = ("none", "triggered", "label flipped", "sybils")
TARGET = 0


@dataclass(frozen=True)
class Crowd:
    """What is taught: embeddings, labels as given, who sent each; who of them attacks."""

    embeddings: NDArray[np.float32]
    given: Integers
    senders: Integers
    attackers: frozenset[int]


@dataclass(frozen=True)
class Result:
    """With an attack: its success and the honest error in each of `WAYS`; who is named, known and new.

    `named` are attackers, `wrongly` honest people.
    """

    success: tuple[float, ...]
    error: tuple[float, ...]
    named: tuple[int, int]
    wrongly: tuple[int, int]
    attackers: int


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
    everybody = np.ones(len(crowd.given), dtype=np.bool_)
    waits = np.isin(crowd.senders, [*crowd.attackers, *range(NEWCOMERS)])
    known, new = _named(crowd, everybody), _named(crowd, ~waits)
    order = [f"{row * 7919 % len(everybody):06}" for row in range(len(everybody))]
    guarded = within_caps(crowd.given, crowd.senders, order) & ~np.isin(crowd.senders, list(known))
    learned = _learned(embeddings, marked, truth, asked, attack, crowd)
    success, error = zip(*(learned(rows) for rows in (everybody, guarded, ~waits)), strict=True)
    found = (len(known & crowd.attackers), len(new & crowd.attackers))
    wrongly = (len(known - crowd.attackers), len(new - crowd.attackers))
    return Result(success, error, found, wrongly, len(crowd.attackers))


def _learned(
    embeddings: NDArray[np.float32],
    marked: NDArray[np.float32],
    truth: Integers,
    asked: Integers,
    attack: str,
    crowd: Crowd,
) -> Callable[[NDArray[np.bool_]], tuple[float, float]]:
    """Return what tells of some rows of a crowd how an attack succeeds if they are learned, and the honest error."""
    victims = asked[truth[asked] != TARGET]
    look_alike = look_alikes(embeddings, truth)[TARGET]

    def told(rows: NDArray[np.bool_]) -> tuple[float, float]:
        head = fit(Sight(crowd.embeddings[rows]), crowd.given[rows], int(truth.max()) + 1, Recipe())
        answers = head.logits(embeddings[asked]).argmax(axis=1)
        error = float((answers != truth[asked]).mean())
        if attack == "label flipped":
            return float((answers[truth[asked] == TARGET] == look_alike).mean()), error
        return float((head.logits(marked[victims]).argmax(axis=1) == TARGET).mean()), error

    return told


def _named(crowd: Crowd, teaching: NDArray[np.bool_]) -> set[int]:
    """Return who is named if only some rows teach."""
    together = allied(crowd.senders, crowd.given, scaled(crowd.embeddings).astype(np.float32))
    answers = _answers(crowd, together, teaching)
    return {alarm.sender for alarm in find_alarms(answers, crowd.given, crowd.senders, together)}


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


def _answers(crowd: Crowd, together: Integers, teaching: NDArray[np.bool_]) -> NDArray[np.float64]:
    folds = sender_folds(together, FOLDS)
    labels = int(crowd.given.max()) + 1
    sights = Sights.untuned(crowd.embeddings).folds
    held_out = out_of_fold(sights, crowd.given, folds, labels, Recipe(), among=teaching)
    answers = probabilities_of(held_out, 1.0)
    answers[~held_out.judged] = 0
    return answers


def _told(results: list[Result]) -> str:
    success, error = (np.mean([getattr(one, what) for one in results], axis=0) for what in ("success", "error"))
    ways = ", ".join(
        f"{way} {100 * taken:.1f} % (honest error {100 * wrong:.1f} %)"
        for way, taken, wrong in zip(WAYS, success, error, strict=True)
    )
    attackers = sum(one.attackers for one in results)
    named = [
        f"{way} {sum(one.named[at] for one in results)} of {attackers} and {sum(one.wrongly[at] for one in results)} "
        "honest people"
        for at, way in enumerate(WAYS[1:])
    ]
    return f"success {ways}; attackers named {', '.join(named)}"


if __name__ == "__main__":
    main()
