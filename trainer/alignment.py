"""Laying one picture over another, of many pairs at once, and saying how well their details agree.

Gauss-Newton steps on an affine warp (Lucas 1981), on shades about their mean in their standard deviations, so that
light does not matter (ECC, Evangelidis 2008). What is then compared is what is left without large shapes: two shirts
on the same floor share those, two shots of one shirt share the print.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.windows import Shades

# Steps at a quarter of the side, then at half of it; a step moves no part of the warp further than this.
COARSE_STEPS, FINE_STEPS, FURTHEST = 4, 3, 0.1
# Keeps flat pictures from throwing the warp about.
DAMPING = 1e-2
# A detail is what differs from its neighbourhood; three passes of the smallest blur make that.
PASSES = 3
LEAST_COVER = 0.2
TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Aligned:
    """Of p pairs: the correlation of `details` (p,) where both are seen, and that part's share `overlap` (p,)."""

    details: Shades
    overlap: Shades


def align(ones: Shades, others: Shades, warp: Shades) -> Aligned:
    """Lay `others` over `ones`, both (p, side, side), beginning at `warp` (p, 2, 3), and compare."""
    ones, others = _half(_blurred(ones)), _half(_blurred(others))
    warp = _refined(_half(ones), _half(others), warp, COARSE_STEPS)
    warp = _refined(ones, others, warp, FINE_STEPS)
    return _compared(ones, others, warp)


def _refined(ones: Shades, others: Shades, warp: Shades, steps: int) -> Shades:
    places = _places(ones.shape[-1])
    found: Shades = warp.astype(np.float32)
    for _ in range(steps):
        sampled = _sample(ones, _moved(places, found))
        seen, spread = _about_mean(sampled.values, sampled.inside)
        wanted, scale = _about_mean(others.reshape(len(others), len(places)), sampled.inside)
        missing = wanted / scale - seen / spread
        slopes = [(slope * sampled.inside / spread)[:, :, None] * places for slope in (sampled.right, sampled.down)]
        change = np.concatenate(slopes, axis=2)
        change -= change.mean(axis=1, keepdims=True)
        normal = change.transpose(0, 2, 1) @ change
        damping = DAMPING * np.trace(normal, axis1=1, axis2=2) / 6 + TINY
        normal += damping[:, None, None] * np.eye(6, dtype=np.float32)
        step = np.linalg.solve(normal, change.transpose(0, 2, 1) @ missing[:, :, None])[:, :, 0]
        found += np.clip(step.reshape(-1, 2, 3), -FURTHEST, FURTHEST)
    return found


def _compared(ones: Shades, others: Shades, warp: Shades) -> Aligned:
    side = ones.shape[-1]
    sampled = _sample(ones, _moved(_places(side), warp))
    cover = sampled.inside.reshape(-1, side, side)
    seen, wanted = (_details(each.reshape(cover.shape), cover) for each in (sampled.values, others))
    lengths = np.sqrt((seen**2).sum(axis=(1, 2)) * (wanted**2).sum(axis=(1, 2)))
    details: Shades = (seen * wanted).sum(axis=(1, 2)) / np.maximum(lengths, np.float32(TINY))
    return Aligned(details, sampled.inside.mean(axis=1, dtype=np.float32))


def _details(pictures: Shades, cover: Shades) -> Shades:
    large: Shades = pictures * cover
    covered = cover
    for _ in range(PASSES):
        large, covered = _blurred(large), _blurred(covered)
    found: Shades = (pictures - large / np.maximum(covered, np.float32(LEAST_COVER))) * cover
    return found


@dataclass(frozen=True, slots=True)
class _Sampled:
    """Shades at m places of p pictures, their slopes to the right and down, and 1 where the place is inside (p, m)."""

    values: Shades
    right: Shades
    down: Shades
    inside: Shades


def _sample(pictures: Shades, places: Shades) -> _Sampled:
    """Look pictures (p, side, side) up at places (p, m, 2) between -1 and 1, bilinearly."""
    count, side, _ = pictures.shape
    at = (places + 1) * (side / 2) - 0.5
    inside = ((at >= 0) & (at <= side - 1)).all(axis=-1)
    at = np.clip(at, 0, side - 1 - 1e-3)
    corner = at.astype(np.int32)
    across, down = np.moveaxis(at - corner, -1, 0)
    first = np.arange(count)[:, None] * side**2 + corner[:, :, 1] * side + corner[:, :, 0]
    flat = pictures.reshape(-1)
    top_left, top_right, low_left, low_right = (flat[first + step] for step in (0, 1, side, side + 1))
    top, low = top_left + (top_right - top_left) * across, low_left + (low_right - low_left) * across
    to_right = (top_right - top_left) * (1 - down) + (low_right - low_left) * down
    per_place = np.float32(side / 2)
    return _Sampled(top + (low - top) * down, to_right * per_place, (low - top) * per_place, inside.astype(np.float32))


def _moved(places: Shades, warp: Shades) -> Shades:
    moved: Shades = places @ warp.transpose(0, 2, 1)
    return moved


def _places(side: int) -> Shades:
    """Return the middles of a picture's places, (side^2, 3) as (x, y, 1)."""
    middles = (np.arange(side) + 0.5) * 2 / side - 1
    down, across = np.meshgrid(middles, middles, indexing="ij")
    return np.stack([across.ravel(), down.ravel(), np.ones(side**2)], axis=1).astype(np.float32)


def _about_mean(values: Shades, inside: Shades) -> tuple[Shades, Shades]:
    """Return values (p, m) about their mean where they are inside, 0 elsewhere, and their deviation (p, 1)."""
    count = np.maximum(inside.sum(axis=1, keepdims=True), 1)
    about = (values - (values * inside).sum(axis=1, keepdims=True) / count) * inside
    return about, np.maximum(np.sqrt((about**2).sum(axis=1, keepdims=True) / count), np.float32(1e-3))


def _blurred(pictures: Shades) -> Shades:
    """Blur by (1, 2, 1) / 4 both ways."""
    wide = np.pad(pictures, ((0, 0), (1, 1), (1, 1)), mode="edge")
    tall = (wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:]) / 4
    blurred: Shades = (tall[:, :, :-2] + 2 * tall[:, :, 1:-1] + tall[:, :, 2:]) / 4
    return blurred


def _half(pictures: Shades) -> Shades:
    count, side, _ = pictures.shape
    halved: Shades = pictures.reshape(count, side // 2, 2, side // 2, 2).mean(axis=(2, 4))
    return halved
