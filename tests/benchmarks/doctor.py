"""The lesson's failures, made on purpose, and healthy fits: what the doctor says of each.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.doctor [SET ...] [--healthy 10]

The failures: a rate of 0.5; a rate of 1e-5 for five epochs; one epoch from weights drawn at random; forty epochs on a
tenth of the photos, without augmentation and decay. Each starts from a head that knows nothing, as in the lesson.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from tests.benchmarks.data import data_folder, photos
from tests.benchmarks.probe import embedded, open_view
from trainer.advice import say_of
from trainer.diagnosing import Ailment, Finding, Run, diagnose
from trainer.errors import Diverged
from trainer.exporting import eyes
from trainer.fitting import Sight
from trainer.fitting import fit as fit_head
from trainer.head import Head
from trainer.history import History
from trainer.metrics import Integers, confusion
from trainer.network import build
from trainer.recipe import Recipe, TuningRecipe
from trainer.settings import TrainerSettings
from trainer.tuning.augmentation import Augmentation
from trainer.tuning.learner import Learner
from trainer.tuning.lessons import Lessons
from trainer.tuning.stages import in_a_row, stages
from trainer.tuning.training import LOOKED_AT, Session, fit
from trainer.tuning.views import Kept, Shapes, ViewFiles, fill

VARIED, PLAIN = Augmentation(), Augmentation(least_area=1.0, stretch=1.0, turn=0.0, warp=0.0, light=0.0)


@dataclass(frozen=True)
class Case:
    """A fit to make: `learned` of the photos outside the fold, `kept` stages stay as they are."""

    name: str
    expected: Finding
    recipe: TuningRecipe
    weights: str = "packaged"
    kept: float | None = None
    learned: float = 1.0
    augmentation: Augmentation = VARIED
    knows: bool = False
    fold: int = 0


def cases() -> Iterator[Case]:
    """Yield the lesson's failures, in the lesson's order."""
    usual = TuningRecipe(updates=1, batch=64)
    high = replace(usual, least_epochs=1, head_rate=0.5, high_rate=0.5, low_rate=0.5)
    yield Case("rate 0.5", Finding.RATE_TOO_HIGH, high)
    low = replace(usual, least_epochs=5, head_rate=1e-5, high_rate=1e-6, low_rate=1e-6)
    yield Case("rate 1e-5, 5 epochs", Finding.RATE_TOO_LOW, low)
    scratch = replace(usual, least_epochs=1, high_rate=3e-3, low_rate=3e-3, views=1)
    yield Case("1 epoch from scratch", Finding.TOO_FEW_EPOCHS, scratch, weights="random", kept=0.0)
    long = replace(usual, batch=8, least_epochs=40, high_rate=1e-3, low_rate=1e-4, decay=0.0, smoothing=0.0, views=1)
    yield Case("40 epochs, 10 % data", Finding.TOO_MANY_EPOCHS, long, learned=0.1, augmentation=PLAIN)


def healthy(count: int) -> Iterator[Case]:
    """Yield fits as Pupil makes them, of other folds and lengths."""
    for number in range(count):
        recipe = TuningRecipe(updates=(240, 120)[number // 5 % 2])
        yield Case(f"healthy {number}", Finding.FINE, recipe, knows=True, fold=number % 5)


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("sets", nargs="*", default=["flowers5"])
    command.add_argument("--healthy", type=int, default=10)
    options = command.parse_args()
    torch.set_num_threads(2)
    named, alarms, failures = 0, 0, 0
    for name in options.sets:
        files = photos(data_folder() / name)
        with tempfile.TemporaryDirectory(prefix="pupil-doctor-") as passing:
            bench = Bench(files, Path(passing))
            for case in (*cases(), *healthy(options.healthy)):
                found = bench.carry_out(case)
                right = found.finding is case.expected
                failures += not case.knows
                named += right and not case.knows
                alarms += case.knows and found.finding not in HARMLESS
                mark = "" if right else "  <--"
                print(f"{name}: {case.name}: {found.finding}: {say_of(found).sentence}{mark}", flush=True)
    print(f"named {named} of {failures} failures; {alarms} false alarms in {options.healthy * len(options.sets)} fits")


# What is true of data says nothing against a fit.
HARMLESS = {Finding.FINE, Finding.TOO_LITTLE_DATA, Finding.ONE_LABEL_FAILING, Finding.LABELS_SUSPICIOUS}


class Bench:
    """One set, with the features of its photos kept between cases."""

    def __init__(self, files: list[tuple[Path, str]], folder: Path) -> None:
        self._files = files
        self._folder = folder
        self._spec = TrainerSettings(_env_file=None).embedder_spec()
        cache = Path("bench-results/probe")
        cache.mkdir(parents=True, exist_ok=True)
        self._embeddings, self._truth = embedded(cache, open_view(cache, "320-balanced"), files)
        self._folds = np.random.default_rng(0).permutation(len(files)) % 5
        self._names = tuple(sorted({label for _, label in files}))

    def carry_out(self, case: Case) -> Ailment:
        """Fit as the case says; return what the doctor finds first."""
        torch.manual_seed(case.fold)
        network = build(self._spec.backbone, eyes(self._spec), weights=case.weights)
        parts = stages(network.backbone, torch.zeros((1, 3, 224, 224)))
        kept = round((case.recipe.kept if case.kept is None else case.kept) * len(parts))
        held_out, known = self._folds == case.fold, self._folds != case.fold
        known &= np.random.default_rng(1).random(len(known)) < case.learned
        lessons = self._lessons(case, in_a_row(parts[:kept]), kept)
        session = Session.begin(Learner(parts[kept:], self._head(known, knows=case.knows)), case.recipe, seed=case.fold)
        asked = lessons.only(held_out)
        try:
            for _ in fit(session, lessons.only(known), asked, case.recipe):
                pass
        except Diverged as error:
            print(f"  {error}")
        photos = tuple(int((self._truth[known] == label).sum()) for label in range(len(self._names)))
        run = Run(
            History(tuple(session.epochs), len(session.epochs)),
            confusion(asked.truth, answers(session.learner, asked), len(self._names)),
            self._names,
            photos,
            start_loss=session.first_loss if case.knows else None,
        )
        return diagnose(run).main

    def _lessons(self, case: Case, front: torch.nn.Module, kept: int) -> Lessons:
        preprocessing, size = eyes(self._spec), case.recipe.size
        small, whole = (Kept(front, preprocessing, side, threads=2) for side in (size, preprocessing.size))
        views = case.recipe.views
        folder = self._folder / f"{kept}-{views}-{case.augmentation.turn}-{case.weights}"
        files = ViewFiles(folder, Shapes((len(self._files), views, *small.shape), (len(self._files), *whole.shape)))
        paths = [str(path) for path, _ in self._files]
        for _ in fill(files, paths, _read, preprocessing, case.augmentation, small, whole, size=size):
            pass
        return Lessons(files.views, files.whole, np.arange(len(paths)), self._truth)

    def _head(self, known: NDArray[np.bool_], *, knows: bool) -> Head:
        labels, d = len(self._names), self._embeddings.shape[1]
        if not knows:
            return Head(np.zeros((labels, d), np.float32), np.zeros(labels, np.float32))
        return fit_head(Sight(self._embeddings[known]), self._truth[known], labels, Recipe())


@torch.inference_mode()
def answers(learner: Learner, lessons: Lessons) -> Integers:
    """Return the label index that each photo is answered with."""
    learner.eval()
    said = [learner(learner.taken(features)).argmax(dim=1) for features, _ in lessons.plain(LOOKED_AT)]
    return torch.cat(said).numpy()


def _read(path: str) -> bytes:
    return Path(path).read_bytes()


if __name__ == "__main__":
    main()
