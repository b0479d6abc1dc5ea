"""What is called odd about photos: how often by mistake, and how often where they were made worse on purpose.

python -m tests.benchmarks.quality [--every 1]      (photos: PUPIL_BENCHMARK_DATA)
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from tests.benchmarks.data import data_folder
from trainer.preprocessing import Pixels, decode
from trainer.quality import SIDE, Flaw, flaws

BLURS = (1.0, 1.5, 2.0, 3.0, 5.0)
STOPS = (-5.0, -4.0, -3.0, 2.0, 3.0, 4.0)


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--every", type=int, default=1, help="take every so many photos")
    options = command.parse_args()
    photos = [
        path
        for name in ("flowers5", "trash6", "clothing10", "groceries24", "clothing_unsure")
        for path in sorted((data_folder() / name).rglob("*.jp*g"))
    ][:: options.every]
    print(f"{len(photos)} photos as they are: {_noted(photos, lambda pixels: pixels)}")
    for blur in BLURS:
        noted = _noted(photos, lambda pixels, blur=blur: _blurred(pixels, blur))  # type: ignore[misc]
        print(f"blurred by {blur:g} pixels at {SIDE}: {noted}")
    for stops in STOPS:
        noted = _noted(photos, lambda pixels, stops=stops: _exposed(pixels, stops))  # type: ignore[misc]
        print(f"exposed by {stops:+g} stops: {noted}")
    pixels = decode(photos[0].read_bytes(), SIDE)
    began = time.perf_counter()
    for _ in range(100):
        flaws(pixels, 1000, 1000)
    print(f"{(time.perf_counter() - began) * 10:.2f} ms a photo")


def _noted(photos: list[Path], change: Callable[[Pixels], Pixels]) -> str:
    found: Counter[str] = Counter()
    for path in photos:
        pixels = change(decode(path.read_bytes(), SIDE))
        with Image.open(path) as image:
            width, height = image.size
        odd = flaws(pixels, width, height)
        found.update(odd)
        found["anything"] += bool(odd)
    return ", ".join(f"{name} {found[name] / len(photos):.2%}" for name in ("anything", *Flaw))


def _blurred(pixels: Pixels, radius: float) -> Pixels:
    scale = max(1.0, min(pixels.shape[:2]) / SIDE)
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius * scale)))


def _exposed(pixels: Pixels, stops: float) -> Pixels:
    """As a camera that took in so many times the light, twice for each stop (by a gamma of 2.2)."""
    light = (pixels / 255) ** 2.2 * 2**stops
    made: Pixels = (np.clip(light, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)
    return made


if __name__ == "__main__":
    main()
