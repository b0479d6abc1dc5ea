"""The training loop, all of it: `fit` yields one result per epoch; its caller reports, saves and stops by iterating."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

import torch
from torch import Tensor

from trainer.history import EpochResult
from trainer.recipe import TuningRecipe
from trainer.tuning.learner import Learner, groups
from trainer.tuning.learning_rate import EXPLODED, one_cycle, set_rate
from trainer.tuning.lessons import Lessons

# So many photos at a time are only looked at, not learned from.
LOOKED_AT = 64


class Diverged(Exception):
    """The loss exploded: the rate is too high. Nothing of this fit is worth keeping."""

    def __init__(self, rate: float, epoch: int) -> None:
        super().__init__(f"at a rate of {rate:.1e} in epoch {epoch}")
        self.rate = rate
        self.epoch = epoch


@dataclass
class Session:
    """Everything that a fit changes: saved and loaded as one, it goes on as if it had never stopped."""

    learner: Learner
    optimiser: torch.optim.Optimizer
    generator: torch.Generator
    epochs: list[EpochResult] = field(default_factory=list)

    @classmethod
    def begin(cls, learner: Learner, recipe: TuningRecipe, *, seed: int) -> Session:
        """Return a session that has seen nothing yet."""
        made = groups(learner, head=recipe.head_rate, low=recipe.low_rate, high=recipe.high_rate)
        optimiser = torch.optim.AdamW(made, lr=recipe.head_rate, weight_decay=recipe.decay, betas=(0.9, 0.99))
        return cls(learner, optimiser, torch.Generator().manual_seed(seed))


def fit(session: Session, lessons: Lessons, held_out: Lessons, recipe: TuningRecipe) -> Iterator[EpochResult]:
    """Learn until `recipe.epochs_for(len(lessons))` epochs are done; yield each. Raise Diverged if the loss explodes.

    A session that was saved after an epoch goes on with the next one, to the same weights, bit for bit.
    """
    epochs = recipe.epochs_for(len(lessons))
    # Looking at every photo plain, after each epoch, would take as long as learning from it.
    watched = lessons.sample(max(len(held_out), LOOKED_AT))
    first_loss, _ = judge(session.learner, watched)
    while len(session.epochs) < epochs:
        started, epoch = time.perf_counter(), len(session.epochs) + 1
        seen, rate = _epoch(session, lessons, recipe, epoch, epochs)
        training_loss, _ = judge(session.learner, watched)
        if not isfinite(training_loss) or training_loss > EXPLODED * max(first_loss, 1.0):
            raise Diverged(rate, epoch)
        held_out_loss, wrong = judge(session.learner, held_out)
        seconds = time.perf_counter() - started
        told = EpochResult(epoch, rate, seen, training_loss, held_out_loss, wrong, len(held_out), seconds)
        session.epochs.append(told)
        yield told


def _epoch(session: Session, lessons: Lessons, recipe: TuningRecipe, epoch: int, epochs: int) -> tuple[float, float]:
    """Learn from each photo once; return the mean loss on the way and the highest rate."""
    learner, steps = session.learner, lessons.steps(recipe.batch)
    total, highest = 0.0, 0.0
    learner.train()
    for step, (features, truth) in enumerate(lessons.batches(recipe.batch, session.generator)):
        rate = recipe.head_rate * one_cycle((step + steps * (epoch - 1)) / (steps * epochs))
        set_rate(session.optimiser, rate)
        loss = smoothed_loss(learner, features, truth, smoothing=recipe.smoothing)
        if not bool(torch.isfinite(loss)):
            raise Diverged(rate, epoch)
        session.optimiser.zero_grad()
        torch.autograd.backward(loss)
        session.optimiser.step()
        total, highest = total + float(loss.detach()), max(highest, rate)
    return total / steps, highest


def smoothed_loss(learner: torch.nn.Module, features: Tensor, truth: Tensor, *, smoothing: float) -> Tensor:
    """Return the mean cross entropy against labels of which `smoothing` is spread over all others."""
    return torch.nn.functional.cross_entropy(learner(features), truth, label_smoothing=smoothing)


@torch.inference_mode()
def judge(learner: Learner, lessons: Lessons) -> tuple[float, int]:
    """Return the mean cross entropy and the number of wrong answers on plain photos; (0, 0) for none."""
    learner.eval()
    loss, wrong = 0.0, 0
    for features, truth in lessons.plain(LOOKED_AT):
        logits = learner(features)
        loss += float(torch.nn.functional.cross_entropy(logits, truth, reduction="sum"))
        wrong += int((logits.argmax(dim=1) != truth).sum())
    return loss / max(len(lessons), 1), wrong


@torch.inference_mode()
def embed(learner: Learner, lessons: Lessons) -> Tensor:
    """Return the embeddings (n, d) of plain photos."""
    learner.eval()
    return torch.cat([learner.embed(features) for features, _ in lessons.plain(LOOKED_AT)])
