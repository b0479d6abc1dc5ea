"""fastai's `download_images` and `verify_images`, as its lesson uses them, run by a Python that has fastai.

Started by downloading.py with a list and a folder; prints the seconds of both, and then the files that are left.
"""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path
from typing import Any


def main(source: Path, folder: Path) -> None:
    vision: Any = importlib.import_module("fastai.vision.all")
    started = time.perf_counter()
    vision.download_images(folder, url_file=source, max_pics=100_000)
    fetched = time.perf_counter()
    failed = vision.verify_images(vision.get_image_files(folder))
    failed.map(Path.unlink)
    print(fetched - started, time.perf_counter() - fetched)
    print(len(vision.get_image_files(folder)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
