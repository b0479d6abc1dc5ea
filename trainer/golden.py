"""Golden inputs: drawn, not photographed, so that a network is checked anywhere without carrying anybody's photo."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from trainer.artefact import Golden
from trainer.embedding import Embedder
from trainer.head import Head, softmax

VECTORS = 8
SIDE = 320


def make_golden(head: Head, temperature: float, embedder: Embedder, embeddings: NDArray[np.float32]) -> Golden:
    """Draw inputs and record what `head` says of them. `embeddings` (n, d) only lend their mean and spread."""
    rng = np.random.default_rng(0)
    middle, spread = embeddings.mean(axis=0), embeddings.std(axis=0)
    drawn = middle + spread * rng.standard_normal((VECTORS, embeddings.shape[1]))
    vectors = np.maximum(drawn, 0).astype(np.float32) if embeddings.min() >= 0 else drawn.astype(np.float32)
    picture = draw_picture()
    embedding = embedder.embed_bytes(picture)
    return Golden(
        vectors=vectors,
        vector_probabilities=softmax(head.logits(vectors), temperature).astype(np.float32),
        picture=np.frombuffer(picture, dtype=np.uint8),
        picture_embedding=embedding,
        picture_probabilities=softmax(head.logits(embedding[None]), temperature)[0].astype(np.float32),
    )


def draw_picture() -> bytes:
    """Return a small JPEG with edges, colours and a gradient."""
    ramp = np.linspace(0, 255, SIDE, dtype=np.uint8)
    across = np.broadcast_to(ramp, (SIDE, SIDE))
    picture = Image.fromarray(np.ascontiguousarray(np.stack([across, across.T, across[:, ::-1]], axis=-1)))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((40, 40, 180, 180), fill=(220, 40, 30), outline=(0, 0, 0), width=6)
    pen.rectangle((170, 150, 290, 280), fill=(30, 90, 200))
    pen.line((10, 310, 310, 10), fill=(255, 255, 255), width=9)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=90)
    return stream.getvalue()
