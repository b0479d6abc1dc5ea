"""What witnesses say of the labels that photos were given; a record of its own, so that reading it needs no scipy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.head import Floats


@dataclass(frozen=True, slots=True)
class Doubts:
    """What each witness says of n photos: probabilities (n, labels), and how alike others are, `likeness` (n,).

    `judged` is False where no witness knew the own label: all photos of it share a fold.
    """

    first: Floats
    second: Floats
    neighbours: Floats
    likeness: Floats
    judged: NDArray[np.bool_]
