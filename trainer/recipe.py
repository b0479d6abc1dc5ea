"""How a head is learned: every number that changes the result, in one frozen record stored with each network."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hyper-parameters of the head; the defaults were measured, see EXPERIMENTS.md.

    Attributes:
        version: Raised whenever code changes what the same numbers lead to, so that a cycle is not skipped.
        strength: Inverse of the penalty on the weights (`C` in liblinear's terms), for features of length one.
        tuned_strength: The same where the embedder was tuned and left a head: of the penalty on departing from it.
        obeyed: Up to so many photos, the penalty is lowered (tenfold, at most three times) until the head answers every
            photo it learned as people said: a correction must be seen at once.
        iterations: At most so many steps of L-BFGS; about 60 are needed.
        tolerance: Largest component of the gradient (per photo) at which fitting ends.
        refused: Share of rightly answered out-of-fold photos that "I don't know" may cost, where it goes by confidence.
        strange: Share of photos of known labels that "I don't know" may cost, where it goes by familiarity.
        temperature_prior: Standard deviation of log-temperature before any photo was seen.
        significance: A candidate is refused if so much worse has at most this probability by chance.
    """

    version: int = 2
    strength: float = 100.0
    tuned_strength: float = 1.0
    obeyed: int = 200
    iterations: int = 300
    tolerance: float = 1e-4
    refused: float = 0.02
    strange: float = 0.03
    temperature_prior: float = 0.5
    significance: float = 0.05

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TuningRecipe:
    """Hyper-parameters of learning deeper than the head; measured, see EXPERIMENTS.md.

    Attributes:
        version: Raised whenever code changes what the same numbers lead to.
        kept: Share of the backbone's stages, from the front, that stay as they are and are asked once per view.
        views: At most so many augmented views of each photo; no more than it is learned from.
        size: Side in pixels of an augmented view. Smaller than what is asked, since cropping makes things look larger
            (FixRes, Touvron 2019).
        updates: Steps of the optimiser that a fit aims at, whatever the number of photos.
        least_epochs: At least so many times is every photo seen.
        batch: Photos in a step.
        head_rate: Highest learning rate of the head.
        high_rate: That of the last stage.
        low_rate: That of the first stage that learns; those between lie evenly on the logarithm.
        decay: Weight decay of the stages.
        smoothing: Share of each label that is spread over the others.
        restarts: How often an exploded fit begins again, each time at a tenth of the rates.
    """

    version: int = 1
    kept: float = 0.67
    views: int = 8
    size: int = 224
    updates: int = 240
    least_epochs: int = 2
    batch: int = 32
    head_rate: float = 3e-3
    high_rate: float = 1e-3
    low_rate: float = 2.5e-4
    decay: float = 1e-2
    smoothing: float = 0.1
    restarts: int = 2

    def epochs_for(self, photos: int) -> int:
        """Return the epochs that make about `updates` steps of so many photos."""
        return max(self.least_epochs, round(self.updates * self.batch / max(photos, self.batch)))

    def views_for(self, photos: int) -> int:
        """Return how many views of each are worth making where a fit learns from so many photos."""
        return min(self.views, self.epochs_for(photos))

    def slower(self) -> TuningRecipe:
        """Return the recipe at a tenth of its rates."""
        rates = {name: getattr(self, name) / 10 for name in ("head_rate", "high_rate", "low_rate")}
        return replace(self, **rates)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)
