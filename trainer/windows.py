"""Where one picture may be a part of another: a coarse search over windows, of many pairs at once.

Each picture is looked at through windows of several sizes and places, 8 by 8 shades each; one picture's window that is
like the whole of the other says where to begin a closer look.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Shades = NDArray[np.floating]

COARSE = 8
# A window keeps so much of a side, and stands at its beginning, in its middle or at its end.
KEPT = (0.92, 0.83, 0.74)
# So many pairs are looked at a time.
AT_ONCE = 500
TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Placed:
    """How the second picture of each of p pairs lies in the first.

    `likeness` (p,) is the correlation there, and `warp` (p, 2, 3) takes places (x, y, 1) of the second to those of the
    first, both from -1 to 1.
    """

    likeness: Shades
    warp: Shades


def whole(pictures: Shades) -> Shades:
    """Return pictures (p, side, side) at 8 by 8, (p, 64), about their mean and of length one."""
    row = _averages(1.0, 0.0, pictures.shape[-1])
    return _unit((row @ pictures @ row.T).reshape(len(pictures), COARSE**2))


def in_place(ones: Shades, others: Shades) -> Placed:
    """Return how alike pictures are as they are, without a search."""
    warp = np.zeros((len(ones), 2, 3), dtype=np.float32)
    warp[:, 0, 0] = warp[:, 1, 1] = 1
    return Placed((whole(ones) * whole(others)).sum(axis=1), warp)


def search(ones: Shades, others: Shades) -> Placed:
    """Return the best place of each pair: of the second as a window of the first, or the other way about."""
    best = in_place(ones, others)
    likeness, warp = best.likeness.copy(), best.warp.copy()
    kept, offsets = _windows()
    for start in range(0, len(ones), AT_ONCE):
        chunk = slice(start, start + AT_ONCE)
        for inward in (True, False):
            outer, inner = (ones, others) if inward else (others, ones)
            alike = (_seen(outer[chunk]) @ whole(inner[chunk])[:, :, None])[:, :, 0]
            found = alike.argmax(axis=1)
            values = alike[np.arange(len(alike)), found]
            better = np.flatnonzero(values > likeness[chunk])
            down, right = np.divmod(found[better], len(kept))
            likeness[start + better] = values[better]
            warp[start + better] = _warp(kept[right], offsets[right], kept[down], offsets[down], inward=inward)
    return Placed(likeness, warp)


def _windows() -> tuple[Shades, Shades]:
    """Return what part of a side each window keeps, and where its middle is."""
    all_of = [(1.0, 0.0)] + [(kept, place * (1 - kept)) for kept in KEPT for place in (-1, 0, 1)]
    kept, offsets = np.array(all_of, dtype=np.float32).T
    return kept, offsets


def _seen(pictures: Shades) -> Shades:
    """Return pictures (p, side, side) through each window, (p, windows^2, 64)."""
    kept, offsets = _windows()
    rows = np.concatenate(
        [_averages(part, at, pictures.shape[-1]) for part, at in zip(kept.tolist(), offsets.tolist(), strict=True)]
    )
    apart = (rows @ pictures @ rows.T).reshape(len(pictures), len(kept), COARSE, len(kept), COARSE)
    return _unit(apart.transpose(0, 1, 3, 2, 4).reshape(len(pictures), len(kept) ** 2, COARSE**2))


def _averages(kept: float, offset: float, side: int) -> Shades:
    """Return the matrix (8, side) that takes a side's shades to the averages of a window's eighths."""
    edges = (np.linspace(offset - kept, offset + kept, COARSE + 1) + 1) / 2 * side
    places = np.arange(side)
    shares = np.minimum(edges[1:, None], places + 1) - np.maximum(edges[:-1, None], places)
    weights = np.maximum(shares, 0)
    shares_of: Shades = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares_of


def _warp(across: Shades, x: Shades, down: Shades, y: Shades, *, inward: bool) -> Shades:
    warp = np.zeros((len(across), 2, 3), dtype=np.float32)
    if not inward:
        across, x, down, y = 1 / across, -x / across, 1 / down, -y / down
    warp[:, 0, 0], warp[:, 0, 2], warp[:, 1, 1], warp[:, 1, 2] = across, x, down, y
    return warp


def _unit(values: Shades) -> Shades:
    about = values - values.mean(axis=-1, keepdims=True)
    found: Shades = about / np.maximum(np.linalg.norm(about, axis=-1, keepdims=True), TINY)
    return found
