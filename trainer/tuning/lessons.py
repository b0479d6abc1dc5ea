"""Lessons as the loop wants them: what the kept stages made of each photo, in several augmented views and plain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Half = NDArray[np.float16]


@dataclass(frozen=True)
class Lessons:
    """Some rows of the cached features.

    `views` (photos, views, ...) are of augmented pictures, `whole` (photos, ...) of pictures as they are asked; both
    may be on the disk, and of other sizes. `rows` (n,) are the photos of these lessons, `truth` (n,) their labels.
    """

    views: Half
    whole: Half
    rows: NDArray[np.int64]
    truth: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    def only(self, chosen: NDArray[np.bool_]) -> Lessons:
        """Return those lessons for which `chosen` (n,) is true."""
        return Lessons(self.views, self.whole, self.rows[chosen], self.truth[chosen])

    def sample(self, count: int) -> Lessons:
        """Return at most `count` of these lessons, evenly from first to last; always the same ones."""
        chosen = np.zeros(len(self), dtype=np.bool_)
        chosen[np.linspace(0, len(self) - 1, min(count, len(self))).round().astype(np.int64)] = True
        return self.only(chosen)

    def steps(self, batch: int) -> int:
        """Return how many batches an epoch has; a batch larger than all lessons is one."""
        return max(1, round(len(self) / batch))

    def batches(self, batch: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield every photo once, in one of its views each, in an order and choice that `generator` draws.

        Batches are of nearly equal size: a last one of a single photo would weigh as much as a full one.
        """
        order = torch.randperm(len(self), generator=generator).numpy()
        view_of = torch.randint(self.views.shape[1], (len(self),), generator=generator).numpy()
        for some in np.array_split(order, self.steps(batch)):
            features = np.stack([self.views[self.rows[place], view_of[place]] for place in some])
            yield torch.from_numpy(features), torch.from_numpy(self.truth[some])

    def plain(self, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the photos as they are asked, in order."""
        for start in range(0, len(self), batch):
            some = slice(start, start + batch)
            yield torch.from_numpy(self.whole[self.rows[some]]), torch.from_numpy(self.truth[some])
