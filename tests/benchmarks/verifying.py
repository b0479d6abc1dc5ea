"""`pupil verify` beside fastai's `verify_images`, on the same pictures: files a second, and good pictures called bad.

PUPIL_BENCHMARK_DATA=FOLDER python -m tests.benchmarks.verifying --peer PYTHON [--pictures 2000] [--rounds 3]

Copies pictures of the sets in FOLDER until there are so many, adds some of each kind that is often thrown away (grey,
transparent, few colours, 16 bits, print colours, GIF, HEIC, AVIF, WebP), and lets both look at them in turn. Each side
is timed within its process, from its first file to its last.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from bot.actions.verifying import Wanted, files_in, verify
from pictures.decoders import Decoders
from tests.benchmarks.data import data_folder, sets_there
from tests.support.pictures import encoded, scene

PEER = """
import sys, time, json
from pathlib import Path
from fastai.vision.all import get_files, verify_images
for line in sys.stdin:
    files = get_files(Path(line.strip()))
    started = time.perf_counter()
    failed = verify_images(files)
    print(json.dumps([time.perf_counter() - started, len(files), sorted(f.name for f in failed)]), flush=True)
"""


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--peer", type=Path, help="a Python with fastai")
    command.add_argument("--pictures", type=int, default=2000)
    command.add_argument("--rounds", type=int, default=3)
    options = command.parse_args()
    with tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as passing:
        folder = Path(passing)
        files = gather(folder, options.pictures)
        print(f"{files} good pictures")
        ours, theirs = [], []
        for _ in range(options.rounds):
            ours.append(_ours(folder))
            if options.peer is not None:
                theirs.append(_theirs(options.peer, folder))
    _tell("pupil verify", files, ours)
    if theirs:
        _tell("verify_images", files, theirs)
        print(f"ratio of medians {np.median([one[0] for one in theirs]) / np.median([one[0] for one in ours]):.2f}")


def gather(folder: Path, count: int) -> int:
    """Fill a folder with good pictures; returns how many."""
    photos = [path for _, found in sets_there(data_folder()) for path, _ in found if path.suffix == ".jpg"]
    for number, path in enumerate(itertools.islice(itertools.cycle(photos), count)):
        shutil.copyfile(path, folder / f"{number:05}.jpg")
    odd = odd_pictures()
    for name, data in odd.items():
        (folder / name).write_bytes(data)
    return count + len(odd)


def odd_pictures() -> dict[str, bytes]:
    """Good pictures of the kinds that are often thrown away, two sizes of each."""
    pillow_heif.register_heif_opener()
    made = {}
    for side in (320, 640):
        drawn = scene(side, side // 2)
        for mode, kind in (("L", "JPEG"), ("CMYK", "JPEG"), ("RGBA", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("1", "PNG"),
                           ("P", "GIF"), ("L", "GIF"), ("RGB", "WEBP"), ("RGBA", "WEBP"), ("RGB", "HEIF"),
                           ("RGB", "AVIF")):  # fmt: skip
            made[f"odd-{mode}-{side}.{kind.lower()}"] = encoded(drawn.convert(mode), kind)
        grey = np.asarray(drawn.convert("L")).astype(np.uint16) * 257
        made[f"odd-16-{side}.png"] = encoded(Image.fromarray(grey), "PNG")
    return made


def _ours(folder: Path) -> tuple[float, list[str]]:
    with Decoders() as decoders:
        # Both sides have started when the clock does.
        list(verify(folder, list(files_in(folder, None))[:4], Wanted(), decoders))
        started = time.perf_counter()
        found = list(verify(folder, files_in(folder, None), Wanted(), decoders))
        return time.perf_counter() - started, sorted(one.name for one in found if one.why is not None)


def _theirs(python: Path, folder: Path) -> tuple[float, list[str]]:
    command = [str(python.absolute()), "-W", "ignore", "-c", PEER]
    done = subprocess.run(command, input=f"{folder}\n", capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{python} has no fastai that works: {done.stderr[-500:]}")
    seconds, _, failed = json.loads(done.stdout.splitlines()[-1])
    return seconds, failed


def _tell(name: str, files: int, rounds: list[tuple[float, list[str]]]) -> None:
    seconds = float(np.median([one[0] for one in rounds]))
    lost = rounds[0][1]
    print(f"{name:14} {files / seconds:7.0f} files a second, {len(lost)} good pictures called bad {lost}")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
