"""A tuning from beginning to end: views -> rate test -> one fit per fold and one on all photos -> embedders and heads.

`tune` is a generator: it says how far it is, so that its caller can report or stop, and ends with the digest of the
tuning. Whatever took long is on the disk as soon as it is done: killed anywhere, the next one goes on from there.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Generator, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from storage import FOLDS
from trainer.embedders import EmbedderSpec, store_embedder
from trainer.exporting import check, export, eyes
from trainer.eyes import tunings_folder
from trainer.fitting import Sight
from trainer.fitting import fit as fit_head
from trainer.head import Head
from trainer.history import History, RateCurve
from trainer.making import embedders_folder
from trainer.metrics import Integers
from trainer.network import EmbeddingNetwork, build
from trainer.recipe import Recipe, TuningRecipe
from trainer.snapshot import Snapshot
from trainer.tuning.augmentation import Augmentation
from trainer.tuning.checkpoints import load_session, save_session
from trainer.tuning.learner import Learner, groups
from trainer.tuning.learning_rate import range_test
from trainer.tuning.lessons import Lessons
from trainer.tuning.stages import in_a_row, stages
from trainer.tuning.training import Diverged, Session, fit, smoothed_loss
from trainer.tuning.views import Kept, Shapes, ViewFiles, fill
from trainer.tunings import WHOLE, Tuned, Tuning, write_tuning


class Part(StrEnum):
    """What a tuning is at."""

    LOOKING = "looking"
    LEARNING = "learning"
    KEEPING = "keeping"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a tuning is: `done` of `steps` of what it is at (photos looked at, epochs learned, networks kept)."""

    part: Part
    done: int
    steps: int


FITS = FOLDS + 1


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a tuning: the digest of what it left."""

    digest: str


@dataclass(frozen=True)
class Order:
    """What to tune: lessons in their order with untuned embeddings (n, d), and how.

    `read` gives a picture's bytes by digest; `work` is a folder for this order alone, removed at the end.
    """

    snapshot: Snapshot
    embeddings: NDArray[np.float32]
    read: Callable[[str], bytes]
    spec: EmbedderSpec
    home: Path
    work: Path
    head: Recipe
    recipe: TuningRecipe
    augmentation: Augmentation
    threads: int = 0

    @property
    def labels(self) -> tuple[int, ...]:
        """Return the label ids, in the order of a head's rows."""
        return tuple(label_id for label_id, _ in self.snapshot.labels)

    def truth(self) -> Integers:
        """Return the row of each lesson's label."""
        row_of = {label: row for row, label in enumerate(self.labels)}
        return np.array([row_of[lesson.label_id] for lesson in self.snapshot.lessons], dtype=np.int64)

    def folds(self) -> Integers:
        """Return each lesson's fold."""
        return np.array([lesson.fold for lesson in self.snapshot.lessons], dtype=np.int64)

    def epochs(self, fits: Iterable[int]) -> int:
        """Return how many epochs these fits have together."""
        return sum(self.recipe.epochs_for(int((self.folds() != fold).sum())) for fold in fits)


def tune(order: Order) -> Generator[Progress | Done, None, None]:
    """Carry out an order.

    Raise NetworkUnknown, PictureUnreadable, ExportDiffers, or Diverged if no rate is low enough.
    """
    torch.set_num_threads(order.threads or torch.get_num_threads())
    spec = EmbedderSpec(order.spec.backbone, order.spec.weights, eyes(order.spec))
    base = build(spec.backbone, spec.preprocessing, weights=spec.weights)
    kept = _kept_stages(base, order)
    files = yield from _views(order, spec, base, kept)
    lessons = Lessons(files.views, files.whole, np.arange(len(order.snapshot.lessons)), order.truth())
    curve = _rates(order, base, kept, lessons)
    pairs: dict[str, Tuned] = {}
    histories: dict[str, object] = {}
    for fold, name in enumerate((*map(str, range(FOLDS)), WHOLE)):
        learned = yield from _fit(order, base, kept, lessons, fold)
        yield Progress(Part.KEEPING, fold, FITS)
        pairs[name] = _keep(order, spec, learned)
        epochs = tuple(learned.session.epochs)
        histories[name] = History(epochs, len(epochs), curve, learned.restarts).as_dict()
    yield Done(write_tuning(tunings_folder(order.home), _tuning(order, pairs, histories)))
    shutil.rmtree(order.work, ignore_errors=True)


def _tuning(order: Order, pairs: dict[str, Tuned], histories: dict[str, object]) -> Tuning:
    told = {
        "recipe": order.recipe.as_dict(),
        "augmentation": asdict(order.augmentation),
        "photos": len(order.snapshot.lessons),
        "histories": histories,
    }
    folds = {fold: pairs[str(fold)] for fold in range(FOLDS)}
    return Tuning(order.labels, pairs[WHOLE], folds, told)


@dataclass(frozen=True, slots=True)
class _Learned:
    network: EmbeddingNetwork
    session: Session
    restarts: int


def _parts(network: EmbeddingNetwork, order: Order) -> list[nn.Module]:
    side = order.spec.preprocessing.size
    return stages(network.backbone, torch.zeros((1, 3, side, side)))


def _kept_stages(base: EmbeddingNetwork, order: Order) -> int:
    """Return how many stages stay as they are; at least one learns."""
    found = len(_parts(base, order))
    return min(round(order.recipe.kept * found), found - 1)


def _views(order: Order, spec: EmbedderSpec, base: EmbeddingNetwork, kept: int) -> Generator[Progress, None, ViewFiles]:
    """Fill the files of views; return them."""
    side, digests = spec.preprocessing.size, [lesson.digest for lesson in order.snapshot.lessons]
    # A network that is one stage may be made for one size only.
    small = min(order.recipe.size, side) if kept else side
    front = in_a_row(_parts(base, order)[:kept])
    seen = Kept(front, spec.preprocessing, small, threads=order.threads)
    whole = Kept(front, spec.preprocessing, side, threads=order.threads)
    shapes = Shapes((len(digests), order.recipe.views, *seen.shape), (len(digests), *whole.shape))
    files = ViewFiles(order.work / "views", shapes)
    for done in fill(files, digests, order.read, spec.preprocessing, order.augmentation, seen, whole, size=small):
        yield Progress(Part.LOOKING, done, len(digests))
    return files


def _rates(order: Order, base: EmbeddingNetwork, kept: int, lessons: Lessons) -> RateCurve:
    """Test the rates on all lessons; the report shows them."""
    recipe = order.recipe
    learner = Learner(_parts(base, order)[kept:], _head(order, np.ones(len(lessons), dtype=np.bool_)))
    return range_test(
        learner,
        lambda module: groups(module, head=recipe.head_rate, low=recipe.low_rate, high=recipe.high_rate),
        lambda generator: lessons.batches(recipe.batch, generator),
        lambda module, features, truth: smoothed_loss(module, features, truth, smoothing=recipe.smoothing),
        start=1e-5,
        end=10.0,
        steps=40,
    )


def _fit(
    order: Order, base: EmbeddingNetwork, kept: int, lessons: Lessons, fold: int
) -> Generator[Progress, None, _Learned]:
    """Fit on all photos but the fold's (fold FOLDS has none); begin again, slower, if the loss explodes."""
    held_out = order.folds() == fold
    recipe, path, before = order.recipe, order.work / f"fit-{fold}.safetensors", order.epochs(range(fold))
    for restarts in range(recipe.restarts + 1):
        network = copy.deepcopy(base)
        learner = Learner(_parts(network, order)[kept:], _head(order, ~held_out))
        session = Session.begin(learner, recipe, seed=fold)
        load_session(session, path, recipe=recipe.as_dict())
        try:
            for _ in fit(session, lessons.only(~held_out), lessons.only(held_out), recipe):
                save_session(session, path, recipe=recipe.as_dict())
                yield Progress(Part.LEARNING, before + len(session.epochs), order.epochs(range(FITS)))
            return _Learned(network, session, restarts)
        except Diverged:
            if restarts == order.recipe.restarts:
                raise
            recipe = recipe.slower()
    raise AssertionError("unreachable")


def _head(order: Order, chosen: NDArray[np.bool_]) -> Head:
    """Return the best head on untuned embeddings of the chosen lessons; a label without any has a row of zeros."""
    truth = order.truth()
    present, own = np.unique(truth[chosen], return_inverse=True)
    d = order.embeddings.shape[1]
    weight, bias = np.zeros((len(order.labels), d), np.float32), np.zeros(len(order.labels), np.float32)
    if len(present) >= 2:
        fitted = fit_head(Sight(order.embeddings[chosen]), own.astype(np.int64), len(present), order.head)
        weight[present], bias[present] = fitted.weight, fitted.bias
    return Head(weight, bias)


def _keep(order: Order, spec: EmbedderSpec, learned: _Learned) -> Tuned:
    """Store the network as an embedder that is checked against it."""
    folder = embedders_folder(order.home)
    network = learned.network.eval()
    digest = store_embedder(folder, export(network, spec))
    check(network, folder / f"{digest}.onnx", spec)
    return Tuned(digest, learned.session.learner.head())
