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

from trainer import heatmap
from trainer.artefact import Artefact, verify
from trainer.embedders import embedder_path
from trainer.embedding import Embedder
from trainer.errors import GoldenDiffers
from trainer.familiarity import PHOTOS_A_LABEL, familiarity
from trainer.head import Floats, softmax
from trainer.label_scores import LabelScore, label_scores
from trainer.manifest import Manifest
from trainer.prediction_sets import Sets, members
from trainer.preprocessing import Pixels, decode, fit_in
from trainer.references import Neighbour

# The head is plain arithmetic; pictures also pass a JPEG decoder, kernels that differ between processors, and on some
# of them bfloat16 (measured between the two: a cosine of 0.998, probabilities 0.016 apart).
HEAD_TOLERANCE = 1e-4
PICTURE_TOLERANCE = 0.1
LEAST_COSINE = 0.99


@dataclass(frozen=True, slots=True)
class Guess:
    """What a network says of a photo.

    `label` is a label's id, or None where the network does not know; `is_unlike` tells that this is not for doubt, but
    for the photo being unlike all that was taught. `probabilities` are (label id, the name it had when the network was
    made, probability 0..1), likeliest first, and sum to 1; `embedding` is float32 (d,);
    `milliseconds` do not count a decoding that was done before. The right label is one of the ids `candidates` with
    probability `coverage`, where that can be promised; the likeliest is the first of them. `nearest` are the taught
    photos most alike.
    """

    label: int | None
    probabilities: tuple[tuple[int, str, float], ...]
    embedding: NDArray[np.float32]
    network: int
    milliseconds: float
    candidates: tuple[int, ...] = ()
    coverage: float | None = None
    nearest: tuple[Neighbour, ...] = ()
    is_unlike: bool = False

    @property
    def confidence(self) -> float:
        """Return the probability of the likeliest label, 0..1."""
        return self.probabilities[0][2]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A guess with the picture (height, width, 3) in which what speaks for the label id `lit` is lit.

    `peak` is where most does; None, and the picture as it was, where the network cannot tell.
    """

    guess: Guess
    picture: Pixels
    lit: int
    peak: heatmap.Peak | None


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
    def label_scores(self) -> tuple[LabelScore, ...]:
        """Return how good it was at each label, of photos that it had not learned from; none if that is not known."""
        return label_scores(self._artefact.answers)

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

    def explain(self, data: bytes, label: int | None = None) -> Explanation:
        """Answer a photo, and tell what in it speaks for a label id: the likeliest one's, if it does not know that.

        Raise PictureUnreadable.
        """
        started, spec = time.perf_counter(), self._embedder.preprocessing
        pixels = decode(data, spec.size)
        look = self._embedder.look(fit_in(pixels, spec))
        guess = self._answer(look.embedding, started)
        ids = [label_id for label_id, _ in self.labels]
        lit = label if label is not None and label in ids else guess.probabilities[0][0]
        if look.features is None:
            return Explanation(guess, heatmap.shrunken(pixels), lit, None)
        heats = heatmap.heat(heatmap.activation(look.features, look.embedding, self._artefact.head, ids.index(lit)))
        peak = heatmap.peak(heats, pixels.shape[1::-1], spec)
        return Explanation(guess, heatmap.overlay(pixels, heats, spec), lit, peak)

    def _answer(self, vector: NDArray[np.float32], started: float) -> Guess:
        probabilities, references = self._probabilities(vector[None])[0], self._artefact.references
        nearest = references.nearest(vector) if references is not None else ()
        is_unlike = self._is_unlike(probabilities, nearest)
        return ranked(
            self.labels,
            probabilities,
            vector,
            self.number,
            started,
            knows=not is_unlike if is_unlike is not None else float(probabilities.max()) >= self.manifest.threshold,
            is_unlike=bool(is_unlike),
            sets=self.manifest.sets,
            nearest=nearest,
        )

    def _is_unlike(self, probabilities: Floats, nearest: Sequence[Neighbour]) -> bool | None:
        """Say whether a photo is unlike all that was taught; None where that cannot be told.

        A label of few photos has few to be like: of it familiarity tells nothing.
        """
        known, references = self.manifest.known, self._artefact.references
        likeliest = self.labels[int(probabilities.argmax())][0]
        if known is None or references is None or references.labels.count(likeliest) < PHOTOS_A_LABEL:
            return None
        alike = np.array([[one.likeness for one in nearest]])
        return bool(familiarity(alike, np.array([probabilities.max()]))[0] < known.least)

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
    vector: NDArray[np.float32],
    network: int,
    started: float,
    *,
    knows: bool,
    is_unlike: bool = False,
    sets: Sets | None = None,
    nearest: tuple[Neighbour, ...] = (),
) -> Guess:
    """Return the guess that probabilities (labels,) amount to; `started` is a time of `time.perf_counter`."""
    order = np.argsort(-probabilities, kind="stable")
    shares = tuple((*labels[index], float(probabilities[index])) for index in order)
    return Guess(
        label=shares[0][0] if knows else None,
        probabilities=shares,
        embedding=vector,
        network=network,
        milliseconds=(time.perf_counter() - started) * 1000,
        candidates=tuple(labels[column][0] for column in members(probabilities, sets)) if sets else (),
        coverage=sets.coverage if sets else None,
        nearest=nearest,
        is_unlike=is_unlike,
    )


def _gap(found: Floats, expected: NDArray[np.float32]) -> float:
    """Return the largest difference, infinite if anything is not a number."""
    difference = np.abs(found - expected).max(initial=0.0)
    return float(difference) if np.isfinite(difference) else float("inf")
