"""A real network for tests, only tiny: random weights, exported once a run, and the real trainer beside the bot."""

from __future__ import annotations

import asyncio
import fcntl
import functools
import io
import os
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from storage import Store
from trainer.embedders import find_embedder
from trainer.recipe import Recipe
from trainer.service import Service
from trainer.settings import TrainerSettings

COLOURS = {"apple": (210, 40, 30), "leaf": (40, 180, 60), "sky": (30, 70, 200), "lemon": (220, 210, 40)}


def picture(thing: str, seed: int = 0, *, side: int = 96, kind: str = "JPEG") -> bytes:
    """A noisy picture of mostly one thing's colour; every seed makes another."""
    noise = np.random.default_rng(seed).integers(-30, 31, (side, side, 3))
    pixels = np.clip(np.array(COLOURS[thing]) + noise, 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def tiny_settings() -> TrainerSettings:
    return TrainerSettings(
        _env_file=None,
        backbone="test_efficientnet",
        weights="random",
        image_size=64,
        threads=1,
        poll_seconds=0.02,
        niceness=0,  # beside other tests, who makes way gets next to nothing
    )


def give_embedder(home: Path) -> None:
    """Put the tiny embedder into a home, so that the trainer need not make one."""
    if not (home / "embedders").exists():
        shutil.copytree(exported(), home / "embedders")


@asynccontextmanager
async def trainer_running(store: Store) -> AsyncIterator[None]:
    """The trainer at work in a thread, until the end of the block."""
    stop = threading.Event()
    service = Service(store, tiny_settings(), Recipe(), stop)
    thread = threading.Thread(target=service.run, name="trainer", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        await asyncio.to_thread(thread.join, 30)
        assert not thread.is_alive(), "the trainer does not stop"


@functools.cache
def exported() -> Path:
    """A folder with the tiny embedder in it; one of processes that test side by side makes it for all."""
    folder = Path(tempfile.gettempdir()) / f"pupil-embedder-{os.environ.get('PYTEST_XDIST_TESTRUNUID') or os.getpid()}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if find_embedder(folder / "embedders", tiny_settings().embedder_spec()) is None:
            # Exporting imports torch, which most tests here can do without.
            from trainer.exporting import make_embedder

            make_embedder(tiny_settings().embedder_spec(), folder / "embedders", threads=1)
    return folder / "embedders"
