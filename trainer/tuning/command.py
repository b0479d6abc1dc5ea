"""A tuning carried out on a home's lessons: in this process, up to the vectors that the new eyes make of all photos."""

from __future__ import annotations

from collections.abc import Iterator

from storage import Store
from trainer.embedding import Embedder
from trainer.errors import LessonsGone, NotReady, TrainerError
from trainer.eyes import Eyes, lessons_gone, tuned_eyes, tunings_folder
from trainer.material import embed_missing
from trainer.settings import TrainerSettings
from trainer.tuning.augmentation import Augmentation
from trainer.tuning.order import Order, order_of
from trainer.tuning.steps import Done, Part, Progress
from trainer.tuning.story import tune
from trainer.tuning.workplace import clear
from trainer.tunings import Tuning, read_tuning


def carry_out(
    store: Store,
    classifier_id: int,
    untuned: Embedder,
    settings: TrainerSettings,
    *,
    start: str | None = None,
    dataset: int | None = None,
) -> Iterator[Progress | Done]:
    """Tune on what is taught now, or on a version of the data set; yield how far it is, last the tuning's digest.

    `start` is the digest of a tuning to go on from. Nothing is published here: the cycle does that, with the new eyes.
    Raise TrainerError: NotReady, LessonsGone (photos were deleted meanwhile), and what `tune` raises.
    """
    begun = _start(store, start, untuned)
    order = order_of(store, classifier_id, untuned, settings, Augmentation(), begun, dataset)
    if len(order.labels) < 2:
        raise NotReady("fewer than two labels")
    clear(tunings_folder(store.home), but=[order.work])
    for step in tune(order):
        if isinstance(step, Done):
            yield from _look_again(store, classifier_id, order, step, settings.threads, dataset)
        yield step


def _start(store: Store, digest: str | None, untuned: Embedder) -> tuple[str, Tuning] | None:
    if digest is None:
        return None
    tuning = read_tuning(tunings_folder(store.home), digest)
    if tuning.base != untuned.digest:
        raise TrainerError("it was tuned for another backbone or size than the settings ask for")
    if lessons_gone(store, tuning.lessons):
        raise LessonsGone("photos that it learned from are deleted")
    return digest, tuning


def _look_again(
    store: Store, classifier_id: int, order: Order, done: Done, threads: int, dataset: int | None
) -> Iterator[Progress]:
    """Embed all photos through the new eyes, so that publishing takes a moment. Raise LessonsGone."""
    if lessons_gone(store, order.digests):
        raise LessonsGone("photos were deleted while they were learned from")
    eyes: Eyes = tuned_eyes(store.home, done.digest, threads=threads)
    steps = len(order.digests) * len(eyes.all)
    for embedded in embed_missing(store, classifier_id, eyes, set(), dataset=dataset):
        yield Progress(Part.COMPARING, min(embedded, steps), steps, lasting=embedded > 0)
