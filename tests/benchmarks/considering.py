"""How long weighing what people said takes, beside a fit of the same photos: `python -m tests.benchmarks.considering`.

Photos are generated: vectors around one centre for each label, some named wrongly, three people of differing worth.
"""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace

import numpy as np

from storage import Reason, State, Vote, VotedPhoto, VoteKind, utc_now
from trainer.considering import Case, weigh
from trainer.fitting import Sight, out_of_fold
from trainer.learning import Sights
from trainer.recipe import Recipe
from trainer.witness import bear_witness

DIMENSION, LABELS, PEOPLE = 1280, 20, 12
SIZES = (1_000, 10_000)
UNTUNED = SimpleNamespace(tuning=None, sights=lambda seen, labels: Sights.untuned(seen["eyes"]))


def generated(count: int, seed: int = 0) -> tuple[list[Case], dict[str, bytes]]:
    """Return photos with their voices, and vectors by digest."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 1, (LABELS, DIMENSION))
    cases, vectors, number, now = [], {}, 0, utc_now()
    for row in range(count):
        label = int(rng.integers(LABELS))
        voices: dict[int | None, Vote] = {}
        owner = int(rng.integers(PEOPLE))
        for person in {owner, *rng.integers(PEOPLE, size=int(rng.integers(0, 3))).tolist()}:
            number += 1
            said = label if rng.random() > 0.1 else int(rng.integers(LABELS))
            voices[person] = Vote(number, row, person, VoteKind.LABEL, said, Reason.CAPTION, None, now)
        taught = voices[owner].label_id
        photo = VotedPhoto(row, f"{row:08}", f"{row:08}", row % 5, owner, taught, State.TAUGHT)
        cases.append(Case(photo, voices, number, len(voices)))
        vectors[photo.digest] = (centres[label] + rng.normal(0, 3, DIMENSION)).astype("<f4").tobytes()
    return cases, vectors


def measured(count: int) -> None:
    """Print the seconds of a fit's five heads, of the network's testimony and of the weighing."""
    cases, vectors = generated(count)
    photos, recipe = [one.photo for one in cases], Recipe()
    seen = np.stack([np.frombuffer(vectors[one.digest], dtype="<f4") for one in photos])
    truth = np.array([one.label_id for one in photos], dtype=np.int64)
    folds = np.array([one.fold for one in photos], dtype=np.int64)
    started = time.perf_counter()
    out_of_fold(dict.fromkeys(range(5), Sight(seen)), truth, folds, LABELS, recipe)
    fitted = time.perf_counter()
    said = bear_witness(photos, {"eyes": vectors}, UNTUNED, recipe)  # type: ignore[arg-type]
    asked = time.perf_counter()
    opinions, proven = weigh(cases, range(LABELS), said, set())
    ended = time.perf_counter()
    doubted = sum(one.ask is not None for one in opinions)
    print(
        f"{count} photos: five heads of a fit {fitted - started:.1f} s, the network's word {asked - fitted:.1f} s, "
        f"weighing {ended - asked:.1f} s; proven {proven}, another person wanted for {doubted}"
    )


if __name__ == "__main__":
    for size in [int(one) for one in sys.argv[1:]] or SIZES:
        measured(size)
