"""How a head is learned: every number that changes the result, in one frozen record stored with each network."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Recipe:
    """Hyper-parameters of the head; the defaults were measured, see EXPERIMENTS.md.

    Attributes:
        version: Raised whenever code changes what the same numbers lead to, so that a cycle is not skipped.
        strength: Inverse of the penalty on the weights (`C` in liblinear's terms), for features of length one.
        obeyed: Up to so many photos, the penalty is lowered (tenfold, at most three times) until the head answers every
            photo it learned as people said: a correction must be seen at once.
        iterations: At most so many steps of L-BFGS; about 60 are needed.
        tolerance: Largest component of the gradient (per photo) at which fitting ends.
        refused: Share of rightly answered out-of-fold photos that "I don't know" may cost.
        temperature_prior: Standard deviation of log-temperature before any photo was seen.
        significance: A candidate is refused if so much worse has at most this probability by chance.
    """

    version: int = 1
    strength: float = 100.0
    obeyed: int = 200
    iterations: int = 300
    tolerance: float = 1e-4
    refused: float = 0.02
    temperature_prior: float = 0.5
    significance: float = 0.05

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)
