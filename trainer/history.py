"""What a fit tells of itself, epoch by epoch, and what a rate test found; plain records, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class EpochResult:
    """One epoch.

    Both losses are mean cross entropies in evaluation mode, without smoothing and without augmentation, so that they
    can be compared; `wrong` of `n` held-out photos were answered wrong. `rate` is the head's highest learning rate in
    the epoch, `training_mode_loss` what the optimiser saw on the way (augmented, smoothed). `spread` is the standard
    deviation, over the held-out photos, of how much the loss of each has changed since the epoch with the lowest
    held-out loss so far: what a rise must be measured against; None where nobody measured it.
    """

    epoch: int
    rate: float
    training_mode_loss: float
    training_loss: float
    held_out_loss: float
    wrong: int
    n: int
    seconds: float
    spread: float | None = None


@dataclass(frozen=True, slots=True)
class RateCurve:
    """Learning rates (ascending) with the smoothed training loss at each, and the rates that they suggest.

    `steep` is where the loss falls fastest, `valley` the middle of its longest fall, `tenth` a tenth of the rate with
    the lowest loss; `diverged` says that the test ended early because the loss exploded.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    steep: float
    valley: float
    tenth: float
    diverged: bool


@dataclass(frozen=True, slots=True)
class History:
    """A whole fit: its epochs in order, the one whose weights were kept, and the rate test before it.

    `restarts` counts how often it was thrown away and begun again at a lower rate.
    """

    epochs: tuple[EpochResult, ...]
    best: int
    curve: RateCurve | None = None
    restarts: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_dict` wrote; raise KeyError or TypeError for anything else."""
        curve = values["curve"]
        return cls(
            epochs=tuple(EpochResult(**each) for each in values["epochs"]),
            best=int(values["best"]),
            curve=_curve(curve) if curve is not None else None,
            restarts=int(values["restarts"]),
        )


def _curve(values: Mapping[str, Any]) -> RateCurve:
    return RateCurve(**{**values, "rates": tuple(values["rates"]), "losses": tuple(values["losses"])})
