"""The linear head of a network: embeddings in, one logit per label out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Head:
    """Weights of shape (labels, d) and biases of shape (labels,), both float32, for `scaled` embeddings."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, embeddings: NDArray[np.floating]) -> Floats:
        """Return logits of shape (n, labels) for raw embeddings of shape (n, d)."""
        found: Floats = scaled(embeddings) @ self.weight.T.astype(np.float64) + self.bias
        return found


def scaled(embeddings: NDArray[np.floating]) -> Floats:
    """Return embeddings of shape (n, d) as the head sees them: signed square roots, then length one.

    The root keeps a few loud channels from drowning the others (Hellinger kernel; RootSIFT, Arandjelovic 2012); the
    length takes away what exposure and contrast do to all channels alike.
    """
    values = np.asarray(embeddings, dtype=np.float64)
    rooted = np.sign(values) * np.sqrt(np.abs(values))
    length = np.linalg.norm(rooted, axis=1, keepdims=True)
    result: Floats = rooted / np.maximum(length, TINY)
    return result


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Return probabilities of shape (n, labels); a logit of minus infinity has probability 0."""
    warmed = logits / temperature
    raised = np.exp(warmed - warmed.max(axis=1, keepdims=True))
    result: Floats = raised / raised.sum(axis=1, keepdims=True)
    return result
