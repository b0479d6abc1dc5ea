"""What benchmarks of the bot need: a passing copy of a home that answers, many photos, and a spread in one line."""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from storage import Network, Store, open_store

HINT = "make one by: PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.cycle HOME"


def parser(about: str | None) -> argparse.ArgumentParser:
    """A command line that begins with HOME."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("home", type=Path, help="a home in which a network has been published; it is copied")
    return made


@contextmanager
def copied(home: Path) -> Iterator[Path]:
    """A copy that may be written to; ends the program if there is no network in the home."""
    if not (home / "pupil.db").is_file():
        raise SystemExit(f"No home in {home}; {HINT}")
    with tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as passing:
        copy = Path(shutil.copytree(home, Path(passing) / "home"))
        store = open_store(copy)
        try:
            active_in(store)
        finally:
            store.close()
        yield copy


def active_in(store: Store) -> Network:
    """The network that answers, or the end of the program."""
    with store.read() as unit:
        active = unit.networks.active(unit.classifiers.default().id)
    if active is None:
        raise SystemExit(f"No network has been published in {store.home}; {HINT}")
    return active


def photos(count: int, size: tuple[int, int] = (1280, 960)) -> Iterator[bytes]:
    """Photo-like JPEGs of a width and height, each different: blurred noise, a little further round each time."""
    noise = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(noise).filter(ImageFilter.GaussianBlur(1.5)))
    for number in range(count):
        stream = io.BytesIO()
        Image.fromarray(np.roll(pixels, 5 * number, axis=1)).save(stream, "JPEG", quality=85)
        yield stream.getvalue()


def spread(seconds: Sequence[float]) -> str:
    """Median and 95th percentile, in milliseconds."""
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return f"p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   n {len(seconds)}"
