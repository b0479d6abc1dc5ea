"""How long the trainer takes to list what is in doubt among many photos, and what it finds of what was planted.

    python -m tests.benchmarks.listing [--photos 10000] [--labels 10]

Vectors are drawn: a centre for each label, and noise; a twentieth of the labels is wrong, a hundredth of the photos is
like nothing else, and another is nearly the photo before it. Drawn vectors tell nothing of how good the ranking is on
photos (`tests.benchmarks.cleaning` does); they show that nothing is lost on the way, and what it costs.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import resource
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from storage import Picture, Reason, Store, SuspectKind, VoteKind, open_store
from tests.support.reviews import silent_network
from trainer import review_lists
from trainer.embedding import Embedder
from trainer.eyes import Eyes
from trainer.recipe import Recipe
from trainer.review_lists import Listed

DIMENSION, SIDE, NOISE = 1280, 640, 1.6
WRONG, STRANGE, COPIED = 20, 100, 100
AT_ONCE = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--labels", type=int, default=10)
    options = parser.parse_args()
    rng = np.random.default_rng(7)
    truth = rng.integers(0, options.labels, options.photos)
    given = truth.copy()
    wrong = rng.permutation(options.photos)[: options.photos // WRONG]
    given[wrong] = (truth[wrong] + rng.integers(1, options.labels, len(wrong))) % options.labels
    vectors = _vectors(truth, options.labels, rng)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "home")
        ids = _fill(store, given, vectors)
        _time(store, {ids[row] for row in wrong})
        store.close()


def _vectors(truth: NDArray[np.int64], labels: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return features above 0, as pooled ones are."""
    centres = rng.exponential(1.0, (labels, DIMENSION))
    vectors = np.maximum(centres[truth] + rng.normal(0, NOISE, (len(truth), DIMENSION)), 0)
    strange = np.arange(0, len(truth), STRANGE)
    vectors[strange] = rng.exponential(1.0, (len(strange), DIMENSION)) * (rng.random((len(strange), DIMENSION)) < 0.1)
    copies = np.arange(51, len(truth), COPIED)
    vectors[copies] = vectors[copies - 1] + rng.normal(0, 0.05, (len(copies), DIMENSION)).clip(0)
    return vectors.astype(np.float32)


def _fill(store: Store, given: NDArray[np.int64], vectors: NDArray[np.float32]) -> list[int]:
    """Teach the photos; each has a picture of its own, so that looking at pairs costs what it costs."""
    drawn = [_jpeg(seed) for seed in range(20)]
    with store.write() as unit:
        classifier = unit.classifiers.default()
        named = [unit.labels.find_or_create(classifier.id, f"label {one}").id for one in range(int(given.max()) + 1)]
        unit.networks.publish(silent_network(classifier.id), activate=False)
    ids: list[int] = []
    for start in range(0, len(given), AT_ONCE):
        with store.write() as unit:
            kept: dict[str, bytes] = {}
            for row in range(start, min(start + AT_ONCE, len(given))):
                # A comment after the end of a JPEG is no part of the picture.
                data = drawn[row % len(drawn)] + str(row).encode()
                digest = hashlib.sha256(data).hexdigest()
                store.blobs.path(digest).parent.mkdir(parents=True, exist_ok=True)
                store.blobs.path(digest).write_bytes(data)
                photo = unit.photos.add(1, digest, Picture(data, SIDE, SIDE, digest), source="import")
                unit.votes.cast(photo.id, None, VoteKind.LABEL, named[given[row]], Reason.IMPORT)
                kept[digest] = vectors[row].astype("<f4").tobytes()
                ids.append(photo.id)
            unit.embeddings.add("drawn", kept)
    return ids


def _jpeg(seed: int) -> bytes:
    shades = np.random.default_rng(seed).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(shades).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _time(store: Store, wrong: set[int]) -> None:
    # All vectors are stored already: of an embedder only its name and width are asked.
    eyes = Eyes(cast(Embedder, SimpleNamespace(digest="drawn", dimension=DIMENSION)))
    started = last = time.perf_counter()
    doing = "beginning"
    for step in review_lists.run(store, 1, eyes, Recipe(), set()):
        now = time.perf_counter()
        print(f"{now - last:6.2f} s {doing}")
        last, doing = now, step if isinstance(step, str) else ""
        counts: dict[str, Any] = step.as_dict() if isinstance(step, Listed) else {}
    print(f"{time.perf_counter() - started:6.2f} s in all, {_megabytes()} MB at most: {counts['counts']}")
    with store.read() as unit:
        found = [one.photo_id for one in unit.suspects.ranked(1, SuspectKind.LABEL)]
    hits = sum(one in wrong for one in found)
    print(f"{hits} of the first {len(found)} labels listed were planted ({len(wrong)} of all were)")


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
