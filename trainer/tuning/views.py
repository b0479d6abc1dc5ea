"""What the kept stages make of every photo, plain and in augmented views: computed once, kept in files, gone on with.

The kept stages never change, so their answers need not be computed in every epoch; OpenVINO computes them faster than
torch would.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from storage import StorageError
from trainer.durable import write_durably
from trainer.engine import openvino
from trainer.errors import PictureUnreadable
from trainer.preprocessing import Pixels, Preprocessing, decode, fit_in
from trainer.tuning.augmentation import Augmentation, augmented
from trainer.tuning.lessons import Half

logger = logging.getLogger(__name__)

Read = Callable[[str], bytes]
# What is on the disk of how many photos is noted after so many.
NOTED = 16


class Kept:
    """The kept stages, compiled for pictures of one size once the first is looked at: who goes on may have seen all."""

    def __init__(self, stages: nn.Module, preprocessing: Preprocessing, size: int, *, threads: int = 0) -> None:
        self._example = torch.zeros((1, size, size, 3), dtype=torch.uint8)
        self._module = _Normalised(stages, preprocessing).eval()
        self._threads = threads
        with torch.inference_mode():
            self.shape = tuple(self._module(self._example).shape[1:])

    @cached_property
    def _request(self) -> Any:
        network = openvino().convert_model(torch.export.export(self._module, (self._example,)))
        network.reshape(list(self._example.shape))
        options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if self._threads:
            options["INFERENCE_NUM_THREADS"] = self._threads
        return openvino().Core().compile_model(network, "CPU", options).create_infer_request()

    def __call__(self, picture: Pixels) -> Half:
        """Return features of shape `shape` of one picture (size, size, 3)."""
        self._request.infer([picture[None]])
        features: Half = self._request.get_output_tensor(0).data[0].astype(np.float16)
        return features


class _Normalised(nn.Module):
    """Pictures as uint8 (n, size, size, 3) in, features of the stages out."""

    def __init__(self, stages: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.stages = stages
        self.mean: torch.Tensor
        self.std: torch.Tensor
        self.register_buffer("mean", torch.tensor(preprocessing.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(preprocessing.std).view(1, 3, 1, 1))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.stages((pictures.permute(0, 3, 1, 2).float() - self.mean) / self.std)
        return found


class ViewFiles:
    """Arrays on the disk: `views` (photos, views, ...), `whole` (photos, ...), `seen` (photos,) and how many are done.

    A photo that could not be read is done, but not seen: its features are zeros and must not be learned from.
    """

    def __init__(self, folder: Path, shapes: Shapes) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._done = folder / "done"
        wanted: list[tuple[Path, tuple[int, ...], Any]] = [
            (folder / "views.npy", shapes.views, np.float16),
            (folder / "whole.npy", shapes.whole, np.float16),
            (folder / "seen.npy", shapes.whole[:1], np.bool_),
        ]
        if not all(_is_there(*each) for each in wanted):
            self._done.unlink(missing_ok=True)
            for each in wanted:
                _allocate(*each)
        self.views, self.whole, self.seen = (np.lib.format.open_memmap(path, mode="r+") for path, _, _ in wanted)

    @property
    def done(self) -> int:
        """Return for how many photos, from the first on, everything is on the disk."""
        return int(self._done.read_text()) if self._done.is_file() else 0

    def note(self, done: int) -> None:
        """Flush, and only then remember that the first `done` photos are in."""
        for array in (self.views, self.whole, self.seen):
            array.flush()
        write_durably(self._done, str(done).encode())


@dataclass(frozen=True, slots=True)
class Shapes:
    """Shapes of the two arrays."""

    views: tuple[int, ...]
    whole: tuple[int, ...]


def fill(
    files: ViewFiles,
    digests: Sequence[str],
    read: Read,
    preprocessing: Preprocessing,
    augmentation: Augmentation,
    kept_views: Kept,
    kept_whole: Kept,
    *,
    size: int,
) -> Iterator[int]:
    """Compute what is not on the disk yet; yield how many photos are done, now and then.

    `read` gives a photo's bytes by digest; what it cannot give is left out. Killed, it goes on with the photo after the
    last one that was noted. Raise OSError if the disk fills up.
    """
    transform = augmentation.transform(size)
    for place in range(files.done, len(digests)):
        pixels = _pixels(read, digests[place], preprocessing.size)
        files.seen[place] = pixels is not None
        if pixels is not None:
            files.whole[place] = kept_whole(fit_in(pixels, preprocessing))
            for view in range(files.views.shape[1]):
                seen = augmented(pixels, transform, digest=digests[place], view=view)
                files.views[place, view] = kept_views(seen)
        if (place + 1) % NOTED == 0 or place + 1 == len(digests):
            files.note(place + 1)
            yield place + 1


def _pixels(read: Read, digest: str, side: int) -> Pixels | None:
    try:
        return decode(read(digest), side)
    except (PictureUnreadable, StorageError) as error:
        logger.warning("photo %s is not learned from: %s", digest[:12], type(error).__name__)
        return None


def _is_there(path: Path, shape: tuple[int, ...], kind: Any) -> bool:
    try:
        there: NDArray[Any] = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return False
    return bool(there.shape == shape and there.dtype == kind)


def _allocate(path: Path, shape: tuple[int, ...], kind: Any) -> None:
    """Make an array of zeros and take its room on the disk: a full one must raise here, not kill who writes later."""
    np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=shape)
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
