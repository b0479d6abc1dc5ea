"""A tuning asked for at the command line: carried out, put through the gate, published if it is not worse."""

from __future__ import annotations

from collections.abc import Iterator

from storage import Store
from trainer import cycle
from trainer.cycle import Outcome
from trainer.errors import NetworkUnknown, TrainerError
from trainer.eyes import Eyes, tuned_eyes
from trainer.making import open_embedder
from trainer.recipe import Recipe, TuningRecipe
from trainer.settings import TrainerSettings
from trainer.tuning.augmentation import Augmentation
from trainer.tuning.ordering import order_of
from trainer.tuning.story import Done, Progress, tune


def tune_now(store: Store, settings: TrainerSettings) -> Iterator[Progress | Outcome]:
    """Learn from the head first, then deeper; yield how far it is, and last what came of it.

    The outcome of too few lessons is that of the head. Call it with the trainer's lock held. Raise TrainerError.
    """
    untuned = open_embedder(store.home, settings)
    if untuned is None:
        raise NetworkUnknown(settings.backbone, "stopped before it was made")
    with store.write() as unit:
        classifier_id = unit.classifiers.default().id
        active = unit.networks.active(classifier_id)
    if active is None:
        # Head first: there must be something to compare with, and an answer meanwhile.
        first = _outcome_of(store, classifier_id, Eyes(untuned))
        if first.network is None:
            yield first
            return
    for step in tune(order_of(store, classifier_id, untuned, settings, TuningRecipe(), Augmentation())):
        if isinstance(step, Done):
            yield _outcome_of(store, classifier_id, tuned_eyes(store.home, step.digest, threads=settings.threads))
        else:
            yield step


def _outcome_of(store: Store, classifier_id: int, eyes: Eyes) -> Outcome:
    for step in cycle.run(store, classifier_id, eyes, Recipe()):
        if isinstance(step, Outcome):
            return step
    raise TrainerError("the cycle ended without an outcome")
