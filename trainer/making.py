"""Having the embedder that the settings ask for: opened if it was made before, else made by a process of its own.

Making one imports torch (500 MB that Python never gives back); the trainer that stays for weeks must not carry it.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from pathlib import Path

from trainer.embedders import EmbedderSpec, embedder_path, find_embedder
from trainer.embedding import Embedder
from trainer.errors import NetworkUnknown
from trainer.settings import TrainerSettings

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.1


def embedders_folder(home: Path) -> Path:
    """Return where embedders are kept."""
    return home / "embedders"


def open_embedder(
    home: Path, settings: TrainerSettings, *, at_once: int = 1, stop: threading.Event | None = None
) -> Embedder | None:
    """Open the embedder of these settings, made first if need be (about 10 s); None if told to stop meanwhile.

    See `Embedder.open` for `at_once`.
    Raise NetworkUnknown if the backbone or its weights cannot be had, EmbedderError for a file that does not open.
    """
    folder, spec = embedders_folder(home), settings.embedder_spec()
    digest = find_embedder(folder, spec)
    if digest is None:
        logger.info("making the embedder %s, once", spec.name)
        if not _make(folder, spec, stop or threading.Event()):
            return None
        digest = find_embedder(folder, spec)
    return Embedder.open(embedder_path(folder, digest), threads=settings.threads, at_once=at_once)


def _make(folder: Path, spec: EmbedderSpec, stop: threading.Event) -> bool:
    order = json.dumps({"folder": str(folder), "spec": as_order(spec)})
    command = [sys.executable, "-m", "trainer.maker", order]
    # Its input is held open until the end: when this process dies, however it dies, the maker dies too.
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as maker:
        try:
            while maker.poll() is None:
                if stop.wait(LOOK_SECONDS):
                    return False
            said = maker.stderr.read() if maker.stderr else ""
        finally:
            maker.kill()
    if maker.returncode != 0:
        last = said.strip().splitlines()[-1:] or [f"exit code {maker.returncode}"]
        raise NetworkUnknown(spec.backbone, last[0][:300])
    return True


def as_order(spec: EmbedderSpec) -> dict[str, object]:
    """Return the specification as JSON values for the process that makes it."""
    return {"backbone": spec.backbone, "weights": spec.weights, "preprocessing": spec.preprocessing.as_dict()}
