"""Seconds of `train` for a set with embeddings stored, process start to exit, and of one more lesson.

PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.cycle HOME [SET]   (HOME is filled with the set, or used as it is)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from storage import Reason, Store, VoteKind, normalise, open_store
from tests.benchmarks.data import data_folder, photos


def main(arguments: list[str]) -> None:
    if not arguments:
        raise SystemExit(__doc__)
    home, name = Path(arguments[0]), arguments[1] if len(arguments) > 1 else "flowers5"
    store = open_store(home)
    with store.write() as unit:
        there = unit.photos.count(unit.classifiers.default().id)
    if there == 0:
        print(f"{fill(store, photos(data_folder() / name))} photos taught")
    store.close()
    _run("embed", home)
    for _ in range(3):
        _run("train", home, "--force")


def fill(store: Store, files: list[tuple[Path, str]]) -> int:
    """Teach the photos of a set as an import would."""
    for path, label in files:
        picture = normalise(path.read_bytes())
        digest = store.blobs.put(picture.data)
        with store.write() as unit:
            classifier = unit.classifiers.default()
            photo = unit.photos.add(classifier.id, digest, picture, source="import", name=path.name)
            taught = unit.labels.find_or_create(classifier.id, label)
            unit.votes.cast(photo.id, None, VoteKind.LABEL, taught.id, Reason.IMPORT)
    return len(files)


def _run(command: str, home: Path, *options: str) -> None:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "trainer", command, "--json", *options],
        env=os.environ | {"PUPIL_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    kept = {
        key: told[key] for key in ("embedded", "network", "photos", "labels", "wrong", "n", "active") if key in told
    }
    print(f"{command:6} {time.perf_counter() - started:5.2f} s all in  {kept}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
