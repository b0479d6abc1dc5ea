"""A tuning from beginning to end: views -> rate test -> one fit per fold and one on all photos -> embedders and heads.

`tune` is a generator: it says how far it is, so that its caller can report or stop, and ends with the digest of the
tuning. Views, epochs (at least every ten seconds) and finished embedders are on the disk as soon as they are made:
killed anywhere, the next one goes on from there, to the same weights.
"""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from storage import FOLDS
from trainer.embedders import EmbedderSpec
from trainer.errors import CheckpointDamaged, Diverged, NotReady, TuningUnsound
from trainer.exporting import Exporter, eyes
from trainer.eyes import tunings_folder
from trainer.fitting import Sight
from trainer.fitting import fit as fit_head
from trainer.head import Head
from trainer.history import History, RateCurve
from trainer.network import EmbeddingNetwork, build
from trainer.recipe import TuningRecipe
from trainer.tuning.checkpoints import load_session, save_session
from trainer.tuning.keeping import Learned, keep, kept_before
from trainer.tuning.learner import Learner, device, groups
from trainer.tuning.learning_rate import range_test
from trainer.tuning.lessons import Lessons
from trainer.tuning.order import Order
from trainer.tuning.stages import in_a_row, stages
from trainer.tuning.steps import Done, Part, Progress
from trainer.tuning.training import Session, fit, smoothed_loss
from trainer.tuning.views import Kept, Shapes, ViewFiles, fill
from trainer.tunings import WHOLE, Tuned, Tuning, head_for, read_stages, write_tuning

logger = logging.getLogger(__name__)

# A checkpoint is tens of megabytes: so many seconds of learning may be lost by a kill.
CHECKPOINT_SECONDS = 10.0
# The fit on all lessons may end with a training loss so many times, and so much, above the worst of the others.
UNLIKE, UNLIKE_BY = 2.0, 0.1


def tune(order: Order) -> Generator[Progress | Done, None, None]:
    """Carry out an order. Its work folder stays: whoever publishes the network removes it then.

    Raise NetworkUnknown, ExportDiffers, NotReady (too few photos can be read), Diverged if no rate is low enough, or
    TuningUnsound.
    """
    began = time.monotonic()
    torch.set_num_threads(order.threads or torch.get_num_threads())
    order.begin()
    if (ended := order.ended()) is not None:
        yield Done(ended)
        return
    spec = EmbedderSpec(order.spec.backbone, order.spec.weights, eyes(order.spec))
    base = build(spec.backbone, spec.preprocessing, weights=spec.weights)
    kept = _kept_stages(base, order)
    files = yield from _views(order, spec, base, kept)
    task = _task(order, base, kept, files)
    fits = task.fits()
    done: dict[int, _Fitted] = {}
    exporter = Exporter()
    for place, fold in enumerate(fits):
        learned = yield from _fit(task, fold, fits)
        yield Progress(Part.KEEPING, place, len(fits))
        epochs = tuple(learned.session.epochs)
        history = History(epochs, len(epochs), task.curve, learned.restarts)
        earlier = kept_before(order, learned, fold)
        pair = earlier or keep(order, spec, learned, fold, exporter)
        done[fold] = _Fitted(pair, history, learned.session.first_loss or 0.0)
        yield Progress(Part.KEEPING, place + 1, len(fits), lasting=earlier is None)
    _check_sound(done)
    yield Done(order.note_end(write_tuning(tunings_folder(order.home), _tuning(task, done, time.monotonic() - began))))


@dataclass(frozen=True, slots=True)
class _Fitted:
    """What is left of a fit: its pair, how it went, and the training loss before its first epoch."""

    pair: Tuned
    history: History
    start_loss: float


@dataclass(frozen=True)
class _Task:
    """An order with all that its fits share. `seen` (n,) are the lessons whose pictures could be read."""

    order: Order
    base: EmbeddingNetwork
    kept: int
    lessons: Lessons
    seen: NDArray[np.bool_]
    curve: RateCurve

    def known(self, fold: int) -> NDArray[np.bool_]:
        """Return which lessons the fit without this fold learns from; FOLDS stands for no fold."""
        chosen: NDArray[np.bool_] = self.seen & (self.order.folds() != fold)
        return chosen

    def held_out(self, fold: int) -> NDArray[np.bool_]:
        """Return which lessons it is judged by."""
        chosen: NDArray[np.bool_] = self.seen & (self.order.folds() == fold)
        return chosen

    def fits(self) -> list[int]:
        """Return the folds that a fit can go without, and FOLDS for the one on all lessons."""
        truth, folds = self.order.truth(), [*range(FOLDS), FOLDS]
        return [
            fold
            for fold in folds
            if (fold == FOLDS or self.held_out(fold).any()) and len(np.unique(truth[self.known(fold)])) >= 2
        ]


def _task(order: Order, base: EmbeddingNetwork, kept: int, files: ViewFiles) -> _Task:
    seen = np.array(files.seen)
    if len(np.unique(order.truth()[seen])) < 2:
        raise NotReady("the pictures of fewer than two labels can be read")
    lessons = Lessons(files.views, files.whole, np.arange(len(seen)), order.truth())
    return _Task(order, base, kept, lessons, seen, _rates(order, base, kept, lessons.only(seen), seen))


def _name(fold: int) -> str:
    return WHOLE if fold == FOLDS else str(fold)


def _tuning(task: _Task, done: dict[int, _Fitted], seconds: float) -> Tuning:
    """Put the pairs together; a fold that was not held out by a fit of its own gets a pair that never saw it."""
    order, whole = task.order, done[FOLDS].pair
    folds = {}
    for fold in range(FOLDS):
        # Without photos in the fold, the fit on all lessons is the one without them.
        other = _untuned(order) if task.held_out(fold).any() else whole
        folds[fold] = done[fold].pair if fold in done else other
    rows, counts = np.unique(order.truth()[task.seen], return_counts=True)
    told = {
        "recipe": order.recipe.as_dict(),
        "augmentation": asdict(order.augmentation),
        "photos": int(task.seen.sum()),
        "photos_of": {str(order.labels[row]): int(count) for row, count in zip(rows, counts, strict=True)},
        "seconds": round(seconds, 1),
        "start_loss": float(np.mean([each.start_loss for each in done.values()])),
        "histories": {_name(fold): each.history.as_dict() for fold, each in done.items()},
    }
    # What the weights that it went on from had learned, these know as well.
    lessons = tuple(dict.fromkeys((*order.digests, *(order.start.lessons if order.start is not None else ()))))
    return Tuning(order.labels, lessons, order.base, whole, folds, told)


def _untuned(order: Order) -> Tuned:
    d = order.embeddings.shape[1]
    labels = len(order.labels)
    return Tuned(order.base, Head(np.zeros((labels, d), np.float32), np.zeros(labels, np.float32)))


def _check_sound(done: dict[int, _Fitted]) -> None:
    """Compare the fit that nothing can judge with those that something did. Raise TuningUnsound."""
    whole = done[FOLDS].history
    others = [each.history for fold, each in done.items() if fold != FOLDS]
    if not others:
        return
    if whole.restarts > max(each.restarts for each in others):
        raise TuningUnsound(f"begun again {whole.restarts} times")
    worst = max(each.epochs[-1].training_loss for each in others)
    if whole.epochs[-1].training_loss > UNLIKE * worst + UNLIKE_BY:
        raise TuningUnsound(f"training loss {whole.epochs[-1].training_loss:.3f}, of the others at most {worst:.3f}")


def _parts(network: EmbeddingNetwork, order: Order) -> list[nn.Module]:
    side = order.spec.preprocessing.size
    return stages(network.backbone, torch.zeros((1, 3, side, side)))


def _kept_stages(base: EmbeddingNetwork, order: Order) -> int:
    """Return how many stages stay as they are; at least one learns."""
    found = len(_parts(base, order))
    return min(round(order.recipe.kept * found), found - 1)


def _views(order: Order, spec: EmbedderSpec, base: EmbeddingNetwork, kept: int) -> Generator[Progress, None, ViewFiles]:
    """Fill the files of views; return them."""
    side, photos = spec.preprocessing.size, len(order.digests)
    # A network that is one stage may be made for one size only.
    small = min(order.recipe.size, side) if kept else side
    front = in_a_row(_parts(base, order)[:kept])
    seen = Kept(front, spec.preprocessing, small, threads=order.threads)
    whole = Kept(front, spec.preprocessing, side, threads=order.threads)
    views = max(order.recipe.views_for(int((order.folds() != fold).sum())) for fold in range(FOLDS + 1))
    files = ViewFiles(order.work / "views", Shapes((photos, views, *seen.shape), (photos, *whole.shape)))
    for done in fill(files, order.digests, order.read, spec.preprocessing, order.augmentation, seen, whole, size=small):
        yield Progress(Part.LOOKING, done, photos, lasting=True)
    return files


def _rates(order: Order, base: EmbeddingNetwork, kept: int, lessons: Lessons, chosen: NDArray[np.bool_]) -> RateCurve:
    """Test the rates on all lessons; the report shows them."""
    recipe = order.recipe
    learner = Learner(_parts(copy.deepcopy(base), order)[kept:], _head(order, chosen)).to(device())
    return range_test(
        learner,
        lambda module: groups(module, head=recipe.head_rate, low=recipe.low_rate, high=recipe.high_rate),
        lambda generator: lessons.batches(recipe.batch, generator),
        lambda module, features, truth: smoothed_loss(module, features, truth, smoothing=recipe.smoothing),
        start=1e-5,
        end=10.0,
        steps=40,
    )


def _fit(task: _Task, fold: int, fits: list[int]) -> Generator[Progress, None, Learned]:
    """Fit on all photos but the fold's; begin again, slower, if the loss explodes."""
    order, lessons = task.order, task.lessons
    before, steps = order.epochs(fits[: fits.index(fold)]), order.epochs(fits)
    for restarts in range(_restarts(order, fold), order.recipe.restarts + 1):
        recipe, path = _slower(order.recipe, restarts), _checkpoint(order, fold, restarts)
        network, session = _begun(task, fold, recipe, path)
        saved_at, epochs = time.monotonic(), recipe.epochs_for(int(task.known(fold).sum()))
        try:
            for told in fit(session, lessons.only(task.known(fold)), lessons.only(task.held_out(fold)), recipe):
                saved = told.epoch == epochs or time.monotonic() > saved_at + CHECKPOINT_SECONDS
                if saved:
                    save_session(session, path, recipe=recipe.as_dict())
                    saved_at = time.monotonic()
                yield Progress(Part.LEARNING, min(before + told.epoch, steps), steps, lasting=saved)
            return Learned(network.cpu(), session, restarts)
        except Diverged:
            if restarts == order.recipe.restarts:
                raise
    raise AssertionError("unreachable")


def _begin(task: _Task, fold: int, recipe: TuningRecipe) -> tuple[EmbeddingNetwork, Session]:
    """Return a network that has learned nothing of these lessons, or only what its fold's of an earlier tuning had."""
    order, network = task.order, copy.deepcopy(task.base)
    pair = order.start.pairs[_name(fold)] if order.start is not None else None
    head = _head(order, task.known(fold))
    if order.start is not None and pair is not None and pair.stages is not None:
        head = head_for(pair, order.start.labels, order.labels)
    learner = Learner(_parts(network, order)[task.kept :], head)
    if pair is not None and pair.stages is not None:
        weights = read_stages(tunings_folder(order.home), pair.stages)
        learner.stages.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()})
    network.to(device())
    return network, Session.begin(learner.to(device()), recipe, seed=fold)


def _begun(task: _Task, fold: int, recipe: TuningRecipe, path: Path) -> tuple[EmbeddingNetwork, Session]:
    """Return a network and a session as they were saved, else new ones, which are saved for the number of restarts."""
    network, session = _begin(task, fold, recipe)
    try:
        if load_session(session, path, recipe=recipe.as_dict()):
            return network, session
    except CheckpointDamaged as error:
        logger.warning("a fit is begun anew: %s", error)
        network, session = _begin(task, fold, recipe)
    save_session(session, path, recipe=recipe.as_dict())
    return network, session


def _restarts(order: Order, fold: int) -> int:
    """Return how often the fit had been begun again before this process was."""
    return max((n for n in range(order.recipe.restarts + 1) if _checkpoint(order, fold, n).is_file()), default=0)


def _checkpoint(order: Order, fold: int, restarts: int) -> Path:
    return order.work / f"fit-{fold}-{restarts}.safetensors"


def _slower(recipe: TuningRecipe, times: int) -> TuningRecipe:
    for _ in range(times):
        recipe = recipe.slower()
    return recipe


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
