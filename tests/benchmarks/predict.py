"""Latency and memory of one answer: a 1280x960 JPEG, from bytes to Guess, in a process with nothing else in it.

python -m tests.benchmarks.predict HOME [ANSWERS] [--threads N]   (HOME: where a network has been published)
"""

from __future__ import annotations

import io
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from storage import open_store
from trainer.predicting import Predictor
from trainer.preprocessing import prepare


def main(arguments: list[str]) -> None:
    if not arguments:
        raise SystemExit(__doc__)
    home, answers = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 300
    with (store := open_store(home)).read() as unit:
        active = unit.networks.active(unit.classifiers.default().id)
    if active is None:
        raise SystemExit(f"No network has been published in {home}.")
    started = time.perf_counter()
    predictor = Predictor.open(store.home / "networks" / active.folder, store.home / "embedders")
    print(f"open {time.perf_counter() - started:.3f} s")
    picture = photo()
    _time("whole answer", answers, lambda: predictor.guess(picture))
    pixels = prepare(picture, predictor.manifest.preprocessing)
    _time("decode and resize", answers, lambda: prepare(picture, predictor.manifest.preprocessing))
    _time("embed", answers, lambda: predictor.embedder.embed(pixels[None]))
    vector = predictor.embed(picture)
    _time("head", answers, lambda: predictor.guess_embedding(vector))
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def photo() -> bytes:
    """Return a photo-like JPEG of 1280x960: blurred noise, so that it has the bytes of a real one (about 200 KB)."""
    noise = np.random.default_rng(0).integers(0, 256, (960, 1280, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).filter(ImageFilter.GaussianBlur(1.5)).save(stream, "JPEG", quality=85)
    return stream.getvalue()


def _time(what: str, times: int, work: Callable[[], object]) -> None:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - started))
    p50, p95 = np.percentile(taken, [50, 95])
    print(f"{what:18} p50 {p50:5.1f} ms   p95 {p95:5.1f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
