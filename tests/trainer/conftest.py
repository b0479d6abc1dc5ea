"""What the trainer's tests share: drawn photos, a tiny random embedder exported once, a real store in a temp folder."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storage import Reason, Store, VoteKind, normalise, open_store
from tests.support.homes import with_tables
from tests.support.networks import exported
from trainer.embedders import embedder_path, find_embedder
from trainer.embedding import Embedder
from trainer.settings import TrainerSettings

COLOURS = {"red": (210, 40, 30), "green": (40, 180, 60), "blue": (30, 70, 200), "yellow": (220, 210, 40)}
Teach = Callable[..., list[int]]


def draw(colour: str, seed: int, *, side: int = 96, kind: str = "JPEG") -> bytes:
    """Draw a noisy picture of mostly one colour."""
    noise = np.random.default_rng(seed).integers(-30, 31, (side, side, 3))
    pixels = np.clip(np.array(COLOURS[colour]) + noise, 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


@pytest.fixture(scope="session")
def settings() -> TrainerSettings:
    return TrainerSettings(
        _env_file=None, backbone="test_efficientnet", weights="random", image_size=64, threads=1, poll_seconds=0.05
    )


@pytest.fixture(scope="session")
def embedders() -> Path:
    """A folder with the tiny embedder in it."""
    return exported()


@pytest.fixture(scope="session")
def embedder(embedders: Path, settings: TrainerSettings) -> Embedder:
    return Embedder.open(embedder_path(embedders, find_embedder(embedders, settings.embedder_spec())), threads=1)


@pytest.fixture(scope="session")
def exact_embedder(embedders: Path, embedder: Embedder) -> Embedder:
    """The same without bfloat16, for comparisons with other engines."""
    return Embedder.open(embedder_path(embedders, embedder.digest), threads=1, exact=True)


@pytest.fixture
def store(tmp_path: Path, embedders: Path) -> Iterator[Store]:
    """An empty store whose home has the tiny embedder."""
    opened = open_store(with_tables(tmp_path / "home"))
    shutil.copytree(embedders, opened.home / "embedders")
    yield opened
    opened.close()


@pytest.fixture
def teach(store: Store) -> Teach:
    """Teach photos of a colour under a label: `teach("red", 4)`; returns the photo ids."""
    return teacher(store)


def teacher(store: Store) -> Teach:
    def taught(colour: str, count: int, *, label: str = "", first: int = 0, album: str | None = None) -> list[int]:
        ids = []
        for seed in range(first, first + count):
            picture = normalise(draw(colour, seed))
            digest = store.blobs.put(picture.data)
            with store.write() as unit:
                classifier = unit.classifiers.default()
                photo = unit.photos.add(
                    classifier.id, digest, picture, source="import", name=f"{colour}{seed}", album=album
                )
                named = unit.labels.find_or_create(classifier.id, label or colour)
                unit.votes.cast(photo.id, None, VoteKind.LABEL, named.id, Reason.IMPORT)
                ids.append(photo.id)
        return ids

    return taught
