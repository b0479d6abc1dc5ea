"""The training loop, all of it: `fit` yields one result per epoch; its caller reports, saves and stops by iterating."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf, isfinite

import torch
from torch import Tensor

from trainer.errors import Diverged
from trainer.history import EpochResult
from trainer.recipe import TuningRecipe
from trainer.tuning.learner import Learner, groups
from trainer.tuning.learning_rate import EXPLODED, one_cycle, set_rate
from trainer.tuning.lessons import Lessons

# So many photos at a time are only looked at, not learned from.
LOOKED_AT = 64


@dataclass
class Session:
    """Everything that a fit changes: saved and loaded as one, it goes on as if it had never stopped.

    `first_loss` is the training loss before the first epoch; `lowest` holds the loss of each held-out photo (n,) after
    the epoch in which their mean was lowest.
    """

    learner: Learner
    optimiser: torch.optim.Optimizer
    generator: torch.Generator
    epochs: list[EpochResult] = field(default_factory=list)
    first_loss: float | None = None
    lowest: Tensor | None = None

    @classmethod
    def begin(cls, learner: Learner, recipe: TuningRecipe, *, seed: int) -> Session:
        """Return a session that has seen nothing yet."""
        made = groups(learner, head=recipe.head_rate, low=recipe.low_rate, high=recipe.high_rate)
        optimiser = torch.optim.AdamW(made, lr=recipe.head_rate, weight_decay=recipe.decay, betas=(0.9, 0.99))
        return cls(learner, optimiser, torch.Generator().manual_seed(seed))


@dataclass(frozen=True, slots=True)
class Judged:
    """Plain photos as the learner answers them: the cross entropy of each (n,), and how many came out wrong."""

    losses: Tensor
    wrong: int

    @property
    def loss(self) -> float:
        """Return the mean loss; 0 for no photos."""
        return float(self.losses.mean()) if len(self.losses) else 0.0


def fit(session: Session, lessons: Lessons, held_out: Lessons, recipe: TuningRecipe) -> Iterator[EpochResult]:
    """Learn until `recipe.epochs_for(len(lessons))` epochs are done; yield each. Raise Diverged if the loss explodes.

    The epoch in which it did stands in the session all the same, for the doctor. A session that was saved after an
    epoch goes on with the next one, to the same weights, bit for bit.
    """
    epochs = recipe.epochs_for(len(lessons))
    # Looking at every photo plain, after each epoch, would take as long as learning from it.
    watched = lessons.sample(max(len(held_out), LOOKED_AT))
    if session.first_loss is None:
        session.first_loss = judge(session.learner, watched).loss
    while len(session.epochs) < epochs:
        started, epoch = time.perf_counter(), len(session.epochs) + 1
        seen, rate = _epoch(session, lessons, recipe, epoch, epochs)
        training, judged = judge(session.learner, watched), judge(session.learner, held_out)
        told = EpochResult(
            epoch=epoch,
            rate=rate,
            training_mode_loss=seen,
            training_loss=training.loss,
            held_out_loss=judged.loss,
            wrong=judged.wrong,
            n=len(held_out),
            seconds=time.perf_counter() - started,
            spread=_spread(session, judged),
        )
        session.epochs.append(told)
        if not isfinite(seen + training.loss) or training.loss > EXPLODED * max(session.first_loss, 1.0):
            raise Diverged(rate, epoch)
        yield told


def _spread(session: Session, judged: Judged) -> float | None:
    """Return how differently the losses of photos have changed since their mean was lowest, which is noted here."""
    if len(judged.losses) < 2:
        return None
    if session.lowest is None or judged.loss <= float(session.lowest.mean()):
        session.lowest = judged.losses
        return 0.0
    return float((judged.losses - session.lowest).std())


def _epoch(session: Session, lessons: Lessons, recipe: TuningRecipe, epoch: int, epochs: int) -> tuple[float, float]:
    """Learn from each photo once; return the mean loss on the way and the highest rate.

    Once the loss is no number, so is the mean, and nothing more is learned from.
    """
    learner, steps = session.learner, lessons.steps(recipe.batch)
    total, highest = 0.0, 0.0
    learner.train()
    with torch.random.fork_rng(devices=[]):
        # What some networks draw from the process's own generator (dropout) must be drawn again after a kill.
        torch.manual_seed(int(torch.randint(2**62, (1,), generator=session.generator)))
        for step, (features, truth) in enumerate(lessons.batches(recipe.batch, session.generator)):
            rate = recipe.head_rate * one_cycle((step + steps * (epoch - 1)) / (steps * epochs))
            set_rate(session.optimiser, rate)
            with learner.precision():
                loss = smoothed_loss(learner, features, truth, smoothing=recipe.smoothing)
            highest = max(highest, rate)
            if not bool(torch.isfinite(loss)):
                return inf, highest
            session.optimiser.zero_grad()
            torch.autograd.backward(loss)
            session.optimiser.step()
            total += float(loss.detach())
    return total / steps, highest


def smoothed_loss(learner: Learner, features: Tensor, truth: Tensor, *, smoothing: float) -> Tensor:
    """Return the mean cross entropy against labels of which `smoothing` is spread over all others."""
    logits = learner(learner.taken(features))
    return torch.nn.functional.cross_entropy(logits, truth.to(logits.device), label_smoothing=smoothing)


@torch.inference_mode()
def judge(learner: Learner, lessons: Lessons) -> Judged:
    """Answer plain photos in evaluation mode."""
    learner.eval()
    losses, wrong = [torch.empty(0)], 0
    for features, truth in lessons.plain(LOOKED_AT):
        with learner.precision():
            logits = learner(learner.taken(features)).float().cpu()
        losses.append(torch.nn.functional.cross_entropy(logits, truth, reduction="none"))
        wrong += int((logits.argmax(dim=1) != truth).sum())
    return Judged(torch.cat(losses), wrong)
