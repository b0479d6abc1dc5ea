"""The test: how a network does on labelled photos that nothing ever learned from, and that chose nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from storage import State, Store
from trainer.artefact import Artefact
from trainer.embedders import embedder_path
from trainer.embedding import Embedder
from trainer.errors import EmbedderError
from trainer.making import embedders_folder
from trainer.material import BATCH, embed_photo
from trainer.metrics import Score, score


@dataclass(frozen=True, slots=True)
class Examined:
    """A network's score on the test photos. `left_out` of them tell nothing of it.

    Left out is what somebody taught as well, what the network does not know the label of, and what cannot be read.
    """

    score: Score
    left_out: int


def examine(store: Store, classifier_id: int, artefact: Artefact, learned: Collection[str]) -> Examined | None:
    """Ask the network about the test photos; None if there are none. It `learned` from the pictures of these digests.

    Photos that its embedder has not seen yet are embedded, and the vectors kept: the next report is quick.
    """
    with store.read() as unit:
        kept = unit.photos.count(classifier_id, State.TEST)
        photos = unit.photos.for_test(classifier_id)
    if not kept:
        return None
    manifest = artefact.manifest
    column = {label_id: index for index, (label_id, _) in enumerate(manifest.labels)}
    known = {one.digest: column[one.label_id] for one in photos if one.label_id in column}
    truth = {digest: label for digest, label in known.items() if digest not in learned}
    vectors = _vectors(store, manifest.embedder, list(truth))
    asked = [digest for digest in truth if digest in vectors]
    wrong = 0
    if asked:
        rows = np.stack([np.frombuffer(vectors[digest], dtype="<f4") for digest in asked])
        answers = artefact.head.logits(rows).argmax(axis=1)
        wrong = int((answers != np.array([truth[digest] for digest in asked])).sum())
    return Examined(score(wrong, len(asked)), kept - len(asked))


def _vectors(store: Store, embedder: str, digests: Sequence[str]) -> dict[str, bytes]:
    """Return the vectors of those pictures that can be read, by digest."""
    with store.read() as unit:
        vectors = unit.embeddings.load(embedder, digests)
    missing = [digest for digest in digests if digest not in vectors]
    if not missing:
        return vectors
    try:
        opened = Embedder.open(embedder_path(embedders_folder(store.home), embedder), threads=1)
    except EmbedderError:  # It was let go with the networks that needed it: what was embedded then tells enough.
        return vectors
    for start in range(0, len(missing), BATCH):
        made = {digest: embed_photo(store, opened, digest) for digest in missing[start : start + BATCH]}
        new = {digest: vector for digest, vector in made.items() if vector is not None}
        with store.write() as unit:
            gone = unit.photos.gone(list(new))
            unit.embeddings.add(embedder, {digest: vector for digest, vector in new.items() if digest not in gone})
        vectors |= new
    return vectors
