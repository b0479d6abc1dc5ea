"""Taught photos as a network's embedder sees them: what a new one is compared with. Without torch, scipy and store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.familiarity import NEAREST
from trainer.head import scaled

# Every question is compared with all of them: 3,000 are 15 MB and a millisecond.
MOST = 3000


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A taught photo: its picture's digest, the label id that it was taught as, and its cosine to the one asked."""

    digest: str
    label: int
    likeness: float


@dataclass(frozen=True, slots=True)
class References:
    """Pictures `digests` taught as the label ids `labels`, with their `scaled` embeddings (n, d)."""

    digests: tuple[str, ...]
    labels: tuple[int, ...]
    vectors: NDArray[np.float32]

    def nearest(self, embedding: NDArray[np.floating], count: int = NEAREST) -> tuple[Neighbour, ...]:
        """Return the photos most alike to the one with this raw embedding (d,), the nearest first."""
        # Not `@`: OpenBLAS hands even this to threads of its own, which then spin while OpenVINO wants the processor
        # (measured: an embedding took 22 ms instead of 7).
        alike = np.einsum("nd,d->n", self.vectors, scaled(embedding[None])[0].astype(np.float32))
        order = np.argsort(-alike, kind="stable")[:count]
        return tuple(Neighbour(self.digests[row], self.labels[row], float(alike[row])) for row in order)


def chosen(labels: Sequence[int], most: int = MOST) -> NDArray[np.int64]:
    """Return the rows of lessons, taught as `labels`, that are compared with: all, or as many of each label."""
    of_label: dict[int, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        of_label[label].append(row)
    # Lessons come in the order of their digests, which means nothing: the first of each label are as good as drawn.
    by_place = sorted((place, row) for rows in of_label.values() for place, row in enumerate(rows))
    return np.array(sorted(row for _, row in by_place[:most]), dtype=np.int64)


def refer(digests: Sequence[str], labels: Sequence[int], embeddings: NDArray[np.floating]) -> References:
    """Return the references that lessons with raw `embeddings` (n, d) make."""
    rows = chosen(labels)
    vectors = scaled(np.asarray(embeddings)[rows]).astype(np.float32)
    return References(tuple(digests[row] for row in rows), tuple(labels[row] for row in rows), vectors)
