"""The photos that benchmarks measure on: folders with one sub-folder per label, below `PUPIL_BENCHMARK_DATA`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

SETS = ("flowers5", "trash6", "clothing10", "groceries24")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


def data_folder() -> Path:
    """Return the folder of sets, or end the program saying what is missing."""
    given = os.environ.get("PUPIL_BENCHMARK_DATA", "")
    folder = Path(given)
    if not given or not folder.is_dir():
        raise SystemExit(
            "No photos to measure on: set PUPIL_BENCHMARK_DATA to a folder that holds sets of photos,\n"
            f"each with one sub-folder per label. Sets looked for by default: {', '.join(SETS)}."
        )
    return folder


def photos(folder: Path) -> list[tuple[Path, str]]:
    """Return (file, label) of a set, sorted; end the program if there are none."""
    found = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise SystemExit(f"No photos in {folder}.")
    return [(path, path.parent.name) for path in found]


def sets_there(root: Path, names: tuple[str, ...] = SETS) -> Iterator[tuple[str, list[tuple[Path, str]]]]:
    """Yield the sets that are there by name; say which are not."""
    for name in names:
        if (root / name).is_dir():
            yield name, photos(root / name)
        else:
            print(f"{name}: not there, left out")
