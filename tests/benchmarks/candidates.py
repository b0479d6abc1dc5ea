"""Bad candidates that must be refused, and equally good ones that must not be: which line of defence said what.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.candidates [SET ...] [--every-label]

An active network is made of good lessons; each candidate then goes the way of every other: judged, published, opened.
`--every-label` adds, for each set, for how many of its labels it is noticed that a fifth of the lessons were flipped.
Embedders and embeddings are kept as `tests.benchmarks.probe` keeps them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from storage import FOLDS, Network, Store, open_store
from tests.benchmarks.data import SETS, data_folder, sets_there
from tests.benchmarks.probe import cache_folder, embedded, open_view
from trainer import artefact, cycle
from trainer.embedders import embedder_path, store_embedder
from trainer.embedding import Embedder
from trainer.errors import TrainerError
from trainer.eyes import Eyes
from trainer.head import Head
from trainer.learning import Learned, Sights, learn
from trainer.making import embedders_folder
from trainer.material import Material
from trainer.metrics import Integers
from trainer.predicting import Predictor
from trainer.recipe import Recipe
from trainer.snapshot import Lesson, Snapshot

VIEW = "320-balanced"
# So many of a set's photos come only after the active network was made.
LATER = 0.03
FLIPPED = 0.2
IMAGENET_MEAN, IMAGENET_STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


@dataclass(frozen=True)
class Candidate:
    """What is learned by which recipe, and what becomes of it on its way: `altered` learned, `spoilt` on the disk."""

    name: str
    is_bad: bool
    snapshot: Snapshot
    recipe: Recipe = field(default_factory=Recipe)
    altered: Callable[[Learned], Learned] = lambda learned: learned
    spoilt: Callable[[Path], Path] = lambda folder: folder


@dataclass(frozen=True)
class Trial:
    """What became of a candidate; `refused_by` is None if it would answer now."""

    candidate: Candidate
    refused_by: str | None

    @property
    def is_as_it_should_be(self) -> bool:
        return self.candidate.is_bad == (self.refused_by is not None)


class Court:
    """A home with an active network made of good lessons: `vectors` (n, d) taught as `truth` (n,), numbers from 0."""

    def __init__(
        self, home: Path, embedder: Embedder, vectors: NDArray[np.float32], truth: Integers, seed: int
    ) -> None:
        self.store: Store = open_store(home)
        self.rng = np.random.default_rng(seed)
        self.truth, self.labels = truth, int(truth.max()) + 1
        self._vectors, self._eyes = vectors, Eyes(embedder)
        self._folds = self.rng.permutation(len(truth)) % FOLDS
        self.early = np.sort(self.rng.permutation(len(truth))[: round((1 - LATER) * len(truth))])
        embedders = embedders_folder(home)
        self.embedder = (embedders / f"{embedder.digest}.onnx").read_bytes()
        self._active: Network | None = None
        lessons = Candidate("the active network", False, self.lessons())
        learned, material = self._learn(lessons)
        verdict = cycle.judge(self.store, material, learned, lessons.recipe, self._eyes)
        self._active = cycle.publish(self.store, 1, self._eyes, lessons.recipe, material, learned, verdict)

    def lessons(
        self, *, truth: Integers | None = None, folds: Integers | None = None, rows: Integers | None = None
    ) -> Snapshot:
        """Return what people would have taught: by default all that the active network has learned, and rightly."""
        told, of = self.truth if truth is None else truth, self._folds if folds is None else folds
        chosen = self.early if rows is None else rows
        lessons = (Lesson(f"{row:064x}", f"{row}", int(of[row]), 1 + int(told[row])) for row in chosen)
        return Snapshot(tuple(lessons), tuple((1 + label, f"label {label}") for label in range(self.labels)))

    def try_one(self, candidate: Candidate) -> Trial:
        """Judge it, publish it beside the active network, and open it as the bot would."""
        learned, material = self._learn(candidate)
        verdict = cycle.judge(self.store, material, learned, candidate.recipe, self._eyes)
        if not verdict.ships:
            return Trial(candidate, f"the gate: {verdict.ground}")
        aside = replace(verdict, ships=False)
        made = cycle.publish(self.store, 1, self._eyes, candidate.recipe, material, learned, aside)
        folder = candidate.spoilt(cycle.networks_folder(self.store.home) / made.folder)
        try:
            Predictor.open(folder, embedders_folder(self.store.home), threads=1)
        except TrainerError as error:
            return Trial(candidate, f"opening: {type(error).__name__}")
        return Trial(candidate, None)

    def _learn(self, candidate: Candidate) -> tuple[Learned, Material]:
        snapshot = candidate.snapshot
        sights = Sights.untuned(self._vectors[[int(lesson.digest, 16) for lesson in snapshot.lessons]])
        learned = candidate.altered(learn(snapshot, sights, candidate.recipe))
        with self.store.read() as unit:
            number, now = unit.networks.next_number(1), unit.now
        digest = snapshot.digest(self._eyes.digest, candidate.recipe)
        return learned, Material(snapshot, sights, digest, now, number, self._active, self._active)


def bad_ones(court: Court) -> Iterator[Candidate]:
    """Candidates that must never answer."""
    for label in court.rng.permutation(court.labels)[:2]:
        yield Candidate(f"a fifth of label {label} flipped", True, court.lessons(truth=flipped(court, int(label))))
    yield Candidate("labels shuffled", True, court.lessons(truth=court.rng.permutation(court.truth)))
    lessons = court.lessons()
    yield Candidate("NaN in the head", True, lessons, altered=_with_nan)
    yield Candidate("the same answer always", True, lessons, altered=_constant)
    yield Candidate("rows of the head in another order", True, lessons, altered=_permuted)
    for name, embedder in (
        ("other mean and deviation", with_normalisation(court.embedder, IMAGENET_MEAN, IMAGENET_STD)),
        ("red and blue swapped", with_swapped_channels(court.embedder)),
    ):
        yield Candidate(name, True, lessons, spoilt=_seen_through(court.store.home, embedder))


def good_ones(court: Court) -> Iterator[Candidate]:
    """Candidates that are as good as the active network."""
    lessons, recipe = court.lessons(), Recipe()
    yield Candidate("other folds", False, court.lessons(folds=court.rng.permutation(len(court.truth)) % FOLDS))
    yield Candidate("a looser tolerance", False, lessons, replace(recipe, tolerance=1e-3))
    yield Candidate("a tighter tolerance", False, lessons, replace(recipe, tolerance=1e-6))
    yield Candidate("a bit less penalty", False, lessons, replace(recipe, strength=1.5 * recipe.strength))
    yield Candidate("a bit more penalty", False, lessons, replace(recipe, strength=recipe.strength / 1.5))
    yield Candidate("some photos more", False, court.lessons(rows=np.arange(len(court.truth))))


def flipped(court: Court, label: int) -> Integers:
    """Return the truth with a fifth of a label's lessons changed to one other label."""
    own = court.early[court.truth[court.early] == label]
    others = [other for other in range(court.labels) if other != label]
    told = court.truth.copy()
    told[court.rng.permutation(own)[: round(FLIPPED * len(own))]] = court.rng.choice(others)
    return told


def with_swapped_channels(embedder: bytes) -> bytes:
    """Return an embedder that takes red for blue."""
    graph = onnx.load_from_string(embedder)
    for node in graph.graph.node:
        node.input[:] = ["swapped" if name == "pictures" else name for name in node.input]
    graph.graph.initializer.append(numpy_helper.from_array(np.array([2, 1, 0]), "order"))
    graph.graph.node.insert(0, helper.make_node("Gather", ["pictures", "order"], ["swapped"], axis=3))
    return bytes(graph.SerializeToString())


def with_normalisation(embedder: bytes, mean: tuple[float, ...], std: tuple[float, ...]) -> bytes:
    """Return an embedder that normalises pixels otherwise than it says."""
    graph = onnx.load_from_string(embedder)
    taking = [next(node for node in graph.graph.node if node.op_type == kind) for kind in ("Sub", "Div")]
    constants = {constant.name: constant for constant in graph.graph.initializer}
    for node, values in zip(taking, (mean, std), strict=True):
        # One of its own: what happens to be equal elsewhere may share the other.
        name = f"other {node.op_type}"
        before = numpy_helper.to_array(constants[node.input[1]])
        after = np.array(values, before.dtype).reshape(1, 3, 1, 1)
        graph.graph.initializer.append(numpy_helper.from_array(after, name))
        node.input[1] = name
    if taking[1].input[0] != taking[0].output[0]:
        raise ValueError("this embedder normalises in some other way")
    return bytes(graph.SerializeToString())


def _seen_through(home: Path, embedder: bytes) -> Callable[[Path], Path]:
    def spoil(folder: Path) -> Path:
        """Let the network name another embedder, and make every digest fit."""
        manifest = folder / artefact.MANIFEST
        values = json.loads(manifest.read_text()) | {"embedder": store_embedder(embedders_folder(home), embedder)}
        text = json.dumps(values).encode()
        manifest.write_bytes(text)
        return folder.rename(folder.with_name(artefact.folder_name(values["number"], text)))

    return spoil


def _with_nan(learned: Learned) -> Learned:
    weight = learned.head.weight.copy()
    weight[0, 0] = np.nan
    return replace(learned, head=Head(weight, learned.head.bias))


def _constant(learned: Learned) -> Learned:
    return replace(learned, head=Head(np.zeros_like(learned.head.weight), learned.head.bias))


def _permuted(learned: Learned) -> Learned:
    return replace(learned, head=Head(np.roll(learned.head.weight, 1, axis=0), np.roll(learned.head.bias, 1)))


def main(arguments: list[str]) -> int:
    names = tuple(one for one in arguments if not one.startswith("--")) or SETS
    cache, trials = cache_folder(), list[Trial]()
    embedder = open_view(cache, VIEW)
    for name, files in sets_there(data_folder(), names):
        vectors, truth = embedded(cache, embedder, files)
        with tempfile.TemporaryDirectory(prefix="pupil-candidates-") as passing:
            store_embedder(embedders_folder(Path(passing)), embedder_path(cache, embedder.digest).read_bytes())
            court = Court(Path(passing), embedder, vectors, truth, seed=len(truth))
            for candidate in (*bad_ones(court), *good_ones(court)):
                trials.append(court.try_one(candidate))
                print(f"{name:12} {_told(trials[-1])}", flush=True)
            if "--every-label" in arguments:
                _every_label(name, court)
            court.store.close()
    bad, good = ([one for one in trials if one.candidate.is_bad is kind] for kind in (True, False))
    print(f"refused {sum(one.is_as_it_should_be for one in bad)} of {len(bad)} bad candidates")
    print(f"accepted {sum(one.is_as_it_should_be for one in good)} of {len(good)} good ones")
    return 0 if all(one.is_as_it_should_be for one in bad) else 1


def _every_label(name: str, court: Court) -> None:
    lessons = (court.lessons(truth=flipped(court, label)) for label in range(court.labels))
    refused = [court.try_one(Candidate("flipped", True, one)).refused_by is not None for one in lessons]
    print(f"{name:12} a fifth of each label flipped: {sum(refused)} of {len(refused)} refused", flush=True)


def _told(trial: Trial) -> str:
    kind = "bad " if trial.candidate.is_bad else "good"
    end = f"refused by {trial.refused_by}" if trial.refused_by else "accepted"
    return f"{kind} {trial.candidate.name:36} {end}{'' if trial.is_as_it_should_be else '   <-- not as it should be'}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
