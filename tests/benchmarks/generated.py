"""Embeddings such as photos have, as many as are wanted: labels of scenes of photos that are alike, and copies.

The nearest other photo is about as alike as in the public sets (at a cosine of 0.66 to 0.87), and photos differ much in
few directions and a little in many. Uniform noise would have no neighbours worth finding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.metrics import Integers

DIMENSION, LABELS, SCENE, LATENT, COPIES = 1280, 24, 25, 96, 0.02
# How far scenes lie from their label's middle, photos from their scene's, and what is each photo's own.
OF_SCENE, OF_PHOTO, OWN = 0.7, 0.5, 0.3
AT_ONCE = 10_000


@dataclass(frozen=True)
class Generated:
    """Raw embeddings (n, d), true label indices (n,), and rows (2, c): the second copies the first."""

    embeddings: NDArray[np.float32]
    truth: Integers
    copies: Integers


def generated(photos: int, rng: np.random.Generator) -> Generated:
    """Draw photos; their memory is the embeddings' and little more."""
    spread = (np.arange(1, LATENT + 1) ** -0.5).astype(np.float32)
    turned = rng.standard_normal((LATENT, DIMENSION), dtype=np.float32) / np.sqrt(np.float32(LATENT))
    of_label = np.float32(0.6) * rng.standard_normal((LABELS, LATENT), dtype=np.float32)
    scenes = max(LABELS, photos // SCENE)
    label_of = rng.integers(0, LABELS, scenes)
    middles = of_label[label_of] + OF_SCENE * rng.standard_normal((scenes, LATENT), dtype=np.float32)
    scene = rng.integers(0, scenes, photos)
    embeddings = np.empty((photos, DIMENSION), dtype=np.float32)
    for start in range(0, photos, AT_ONCE):
        part = scene[start : start + AT_ONCE]
        latent = (middles[part] + OF_PHOTO * rng.standard_normal((len(part), LATENT), dtype=np.float32)) * spread
        own = rng.standard_normal((len(part), DIMENSION), dtype=np.float32) * np.float32(OWN * latent.std())
        embeddings[start : start + AT_ONCE] = latent @ turned + own
    copies = rng.permutation(photos)[: 2 * round(COPIES * photos)].reshape(2, -1)
    embeddings[copies[1]] = embeddings[copies[0]] * np.float32(1.05)
    truth = label_of[scene]
    truth[copies[1]] = truth[copies[0]]
    return Generated(embeddings, truth, copies)
