"""Answering: photo bytes in, a guess out, by a published network. Never imports torch, scipy or the store.

A predictor is immutable and may be asked by many threads at once; to change networks, open another and swap the
reference between two answers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from trainer.artefact import Artefact, verify
from trainer.embedders import embedder_path
from trainer.embedding import Embedder
from trainer.errors import GoldenDiffers
from trainer.head import Floats, softmax
from trainer.manifest import Manifest
from trainer.preprocessing import Pixels

# The head is plain arithmetic; pictures also pass a JPEG decoder, kernels that differ between processors, and on some
# of them bfloat16 (measured between the two: a cosine of 0.998, probabilities 0.016 apart).
HEAD_TOLERANCE = 1e-4
PICTURE_TOLERANCE = 0.1
LEAST_COSINE = 0.99


@dataclass(frozen=True, slots=True)
class Guess:
    """What a network says of a photo.

    `label` is a label's id, or None when the network is not sure enough; `probabilities` are (label id, the name it
    had when the network was made, probability 0..1), likeliest first, and sum to 1; `embedding` is float32 (d,);
    `milliseconds` do not count a decoding that was done before.
    """

    label: int | None
    probabilities: tuple[tuple[int, str, float], ...]
    embedding: NDArray[np.float32]
    network: int
    milliseconds: float

    @property
    def confidence(self) -> float:
        """Return the probability of the likeliest label, 0..1."""
        return self.probabilities[0][2]


class Predictor:
    """A network that answers; open one with `Predictor.open`."""

    def __init__(self, artefact: Artefact, embedder: Embedder) -> None:
        self._artefact = artefact
        self._embedder = embedder

    @classmethod
    def open(
        cls, network_folder: Path, embedders_folder: Path, *, threads: int = 0, embedder: Embedder | None = None
    ) -> Self:
        """Open a published network after checking its digests and its golden answers.

        `embedder` is used if it is the one that the network needs: opening it anew costs about 0.3 s.
        Raise ArtefactError (missing, damaged, golden answers differ) or EmbedderError.
        """
        artefact = verify(network_folder)
        digest = artefact.manifest.embedder
        if embedder is None or embedder.digest != digest:
            embedder = Embedder.open(embedder_path(embedders_folder, digest), threads=threads)
        opened = cls(artefact, embedder)
        opened._check_golden()
        return opened

    def successor(self, network_folder: Path, embedders_folder: Path, *, threads: int = 0) -> Self:
        """Open another network, sharing this one's embedder where it is the same. This one stays usable."""
        return type(self).open(network_folder, embedders_folder, threads=threads, embedder=self._embedder)

    @property
    def manifest(self) -> Manifest:
        """Return what the network says of itself."""
        return self._artefact.manifest

    @property
    def number(self) -> int:
        """Return the network's number."""
        return self.manifest.number

    @property
    def labels(self) -> tuple[tuple[int, str], ...]:
        """Return (id, name then) of the labels that it knows."""
        return self.manifest.labels

    @property
    def side(self) -> int:
        """Return the side in pixels of what the network sees."""
        return self._embedder.preprocessing.size

    @property
    def embedder(self) -> Embedder:
        """Return the embedder, to share it or to embed lessons with."""
        return self._embedder

    def guess(self, data: bytes, pixels: Pixels | None = None) -> Guess:
        """Answer a photo: verified, upright JPEG, PNG or WebP bytes. Raise PictureUnreadable.

        `pixels` spare decoding them, if somebody did already: what `preprocessing.decode` gives for `side`.
        """
        started = time.perf_counter()
        vector = self.embed(data) if pixels is None else self._embedder.embed_pixels(pixels)
        return self._answer(vector, started)

    def guess_embedding(self, vector: NDArray[np.float32]) -> Guess:
        """Answer an embedding (d,) made by the same embedder."""
        return self._answer(vector, time.perf_counter())

    def embed(self, data: bytes) -> NDArray[np.float32]:
        """Return the embedding (d,) of a photo, to be stored under `embedder.digest`. Raise PictureUnreadable."""
        return self._embedder.embed_bytes(data)

    def _answer(self, vector: NDArray[np.float32], started: float) -> Guess:
        probabilities = self._probabilities(vector[None])[0]
        return ranked(self.labels, probabilities, self.manifest.threshold, vector, self.number, started)

    def _probabilities(self, vectors: NDArray[np.float32]) -> Floats:
        return softmax(self._artefact.head.logits(vectors), self.manifest.temperature)

    def _check_golden(self) -> None:
        """Answer the golden inputs; raise GoldenDiffers if this machine answers them in another way."""
        golden, folder = self._artefact.golden, self._artefact.folder
        if self._embedder.dimension != self.manifest.dimension:
            raise GoldenDiffers(folder, "its embedder makes embeddings of another length")
        if self._embedder.preprocessing != self.manifest.preprocessing:
            raise GoldenDiffers(folder, "its embedder prepares pictures in another way")
        if _gap(self._probabilities(golden.vectors), golden.vector_probabilities) > HEAD_TOLERANCE:
            raise GoldenDiffers(folder, "its head answers golden embeddings differently")
        embedding = self.embed(golden.picture.tobytes())
        lengths = np.linalg.norm(embedding) * np.linalg.norm(golden.picture_embedding)
        if not float(embedding @ golden.picture_embedding) >= LEAST_COSINE * float(lengths):
            raise GoldenDiffers(folder, "its embedder sees the golden picture differently")
        if _gap(self._probabilities(embedding[None])[0], golden.picture_probabilities) > PICTURE_TOLERANCE:
            raise GoldenDiffers(folder, "it answers the golden picture differently")


def ranked(
    labels: Sequence[tuple[int, str]],
    probabilities: NDArray[np.floating],
    threshold: float,
    vector: NDArray[np.float32],
    network: int,
    started: float,
) -> Guess:
    """Return the guess that probabilities (labels,) amount to; `started` is a time of `time.perf_counter`."""
    order = np.argsort(-probabilities, kind="stable")
    shares = tuple((*labels[index], float(probabilities[index])) for index in order)
    return Guess(
        label=shares[0][0] if shares[0][2] >= threshold else None,
        probabilities=shares,
        embedding=vector,
        network=network,
        milliseconds=(time.perf_counter() - started) * 1000,
    )


def _gap(found: Floats, expected: NDArray[np.float32]) -> float:
    """Return the largest difference, infinite if anything is not a number."""
    difference = np.abs(found - expected).max(initial=0.0)
    return float(difference) if np.isfinite(difference) else float("inf")
