"""What the kept stages make of every photo, plain and in augmented views: computed once, kept in files, gone on with.

The kept stages never change, so their answers need not be computed in every epoch; OpenVINO computes them faster than
torch would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch
from torch import nn

from trainer.durable import write_durably
from trainer.preprocessing import Pixels, Preprocessing, decode, fit_in
from trainer.tuning.augmentation import Augmentation, augmented
from trainer.tuning.lessons import Half

Read = Callable[[str], bytes]
# What is on the disk of how many photos is noted after so many.
NOTED = 16


class Kept:
    """The kept stages, compiled for pictures of one size."""

    def __init__(self, stages: nn.Module, preprocessing: Preprocessing, size: int, *, threads: int = 0) -> None:
        example = torch.zeros((1, size, size, 3), dtype=torch.uint8)
        module = _Normalised(stages, preprocessing).eval()
        with torch.inference_mode():
            self.shape = tuple(module(example).shape[1:])
        network = openvino.convert_model(torch.export.export(module, (example,)))
        network.reshape([1, size, size, 3])
        options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if threads:
            options["INFERENCE_NUM_THREADS"] = threads
        self._request = openvino.Core().compile_model(network, "CPU", options).create_infer_request()

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
    """Two arrays on the disk, `views` (photos, views, ...) and `whole` (photos, ...), and how many photos are in."""

    def __init__(self, folder: Path, shapes: Shapes) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        paths, wanted = (folder / "views.npy", folder / "whole.npy"), (shapes.views, shapes.whole)
        self._done = folder / "done"
        if not all(_is_there(path, shape) for path, shape in zip(paths, wanted, strict=True)):
            self._done.unlink(missing_ok=True)
            for path, shape in zip(paths, wanted, strict=True):
                np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
        self.views, self.whole = (np.lib.format.open_memmap(path, mode="r+") for path in paths)

    @property
    def done(self) -> int:
        """Return for how many photos, from the first on, everything is on the disk."""
        return int(self._done.read_text()) if self._done.is_file() else 0

    def note(self, done: int) -> None:
        """Flush, and only then remember that the first `done` photos are in."""
        self.views.flush()
        self.whole.flush()
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

    `read` gives a photo's bytes by digest. Killed, it goes on with the photo after the last one that was noted.
    """
    transform = augmentation.transform(size)
    for place in range(files.done, len(digests)):
        pixels = decode(read(digests[place]), preprocessing.size)
        files.whole[place] = kept_whole(fit_in(pixels, preprocessing))
        for view in range(files.views.shape[1]):
            seen = augmented(pixels, transform, digest=digests[place], view=view)
            files.views[place, view] = kept_views(seen)
        if (place + 1) % NOTED == 0 or place + 1 == len(digests):
            files.note(place + 1)
            yield place + 1


def _is_there(path: Path, shape: tuple[int, ...]) -> bool:
    try:
        there = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return False
    return bool(there.shape == shape and there.dtype == np.float16)
