"""Whether two pictures are the same photo: sent again at another size or quality, or a little brighter. Torch-free.

The embedding finds who might be (the nearest taught photo), but a photo of the next tin on the shelf may be as near. A
look at both, small and grey, decides, part by part: a screw that is missing is another photo (EXPERIMENTS.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trainer.preprocessing import Pixels
from trainer.references import Neighbour

# A glance is so wide and high, and is compared in squares.
SIDE, SQUARE = 64, 8
# Copies of half the size, or at a quality of 30, are at least so alike to their photo.
LEAST_LIKENESS = 0.75
# In standard deviations of the shades, the mean of a square. Copies differ by 0.02 to 0.2 in their worst square, photos
# with a spot on a twentieth of their side by 0.4 and more, and of 2,840 photos none from its nearest by less than 0.26.
MOST_DIFFERENCE = 0.24
TINY = 1e-6

# A sketch is the mean of each square, in steps: two photos whose glances are the same one differ in no square by more.
STEPS = 20.0
MOST_STEPS = int(MOST_DIFFERENCE * STEPS + 1)

Sketch = NDArray[np.int8]
Glance = NDArray[np.float32]


def shades(pixels: Pixels) -> NDArray[np.uint8]:
    """Return a picture's shades of grey, (SIDE, SIDE)."""
    return np.asarray(Image.fromarray(pixels).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.uint8)


def glance(pixels: Pixels) -> Glance:
    """Return a picture's shades of grey (SIDE, SIDE) about their mean, in their standard deviations."""
    grey = shades(pixels).astype(np.float32)
    seen: Glance = (grey - grey.mean()) / max(float(grey.std()), TINY)
    return seen


def sketch(one: Glance) -> Sketch:
    """Return a glance's squares in whole steps: small enough to keep of every photo, and to compare with all."""
    means = one.reshape(SIDE // SQUARE, SQUARE, SIDE // SQUARE, SQUARE).mean(axis=(1, 3)).ravel()
    drawn: Sketch = np.clip(np.rint(means * STEPS), -127, 127).astype(np.int8)
    return drawn


def may_be_alike(sketches: Sketch, one: Sketch) -> NDArray[np.intp]:
    """Return which of the sketches (64, n) may be of the same photo: all that are, and hardly any other.

    Square by square, and only those that are left: after three or four that is next to none.
    """
    left: NDArray[np.intp] | None = None
    for row, shade in zip(sketches, one.tolist(), strict=True):
        # Bounds that are bytes as the steps are: comparing all of a row takes a tenth of what differences would.
        least, most = max(shade - MOST_STEPS, -128), min(shade + MOST_STEPS, 127)
        some = row if left is None else row[left]
        fits = np.flatnonzero((some >= least) & (some <= most))
        left = fits if left is None else left[fits]
        if not len(left):
            break
    return np.arange(sketches.shape[1]) if left is None else left


def may_be_twin(neighbour: Neighbour) -> bool:
    """Say whether a second look at the nearest photo is worth it."""
    return neighbour.likeness >= LEAST_LIKENESS


def are_twins(one: Glance, other: Glance) -> bool:
    """Say whether two glances are at the same photo."""
    if not one.any() or not other.any():
        return False
    squares = ((one - other) ** 2).reshape(SIDE // SQUARE, SQUARE, SIDE // SQUARE, SQUARE).mean(axis=(1, 3))
    return float(np.sqrt(squares.max())) <= MOST_DIFFERENCE
