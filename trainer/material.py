"""What a cycle learns from, read from the store: lessons with their vectors, and the networks to compare with."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from storage import Network, StorageError, Store
from trainer.embedding import Embedder
from trainer.errors import PictureUnreadable
from trainer.eyes import Eyes
from trainer.gate import Ground
from trainer.learning import Sights
from trainer.readiness import Readiness, readiness
from trainer.recipe import Recipe
from trainer.snapshot import Snapshot, take

logger = logging.getLogger(__name__)

BATCH = 32
# What people changed is doubted for so long, where it looks like a mistake; then it is what they mean.
DOUBTED_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Material:
    """All that a cycle reads from the store, in one transaction."""

    snapshot: Snapshot
    sights: Sights
    digest: str
    read_at: datetime
    number: int
    active: Network | None
    latest: Network | None
    # Changed labels that a candidate was held for have stood for a while since: they are meant.
    changes_meant: bool = False


def embed_missing(
    store: Store, classifier_id: int, eyes: Eyes, unreadable: set[str], *, limit: int = 0
) -> Iterator[int]:
    """Embed taught photos without a vector, `BATCH` by `BATCH`; yield how many are done before and after each.

    A photo that cannot be read is logged once, added to `unreadable` (by digest) and left out: it must not keep the
    others from being learned.
    """
    done = 0
    for embedder in eyes.all:
        while limit == 0 or done < limit:
            with store.read() as unit:
                missing = unit.embeddings.missing(classifier_id, embedder.digest, limit=BATCH + len(unreadable))
            batch = [digest for digest in missing if digest not in unreadable][:BATCH]
            if not batch:
                break
            yield done
            vectors = {digest: embed_photo(store, embedder, digest) for digest in batch}
            unreadable |= {digest for digest, vector in vectors.items() if vector is None}
            _keep_vectors(store, classifier_id, embedder.digest, vectors)
            done += len(batch)
            yield done


def read_material(store: Store, classifier_id: int, eyes: Eyes, recipe: Recipe) -> Material:
    """Read taught photos that have all their vectors, and the networks to compare with, as of one moment."""
    with store.read() as unit:
        photos = unit.photos.labelled(classifier_id)
        labels = unit.labels.all(classifier_id)
        active, latest = unit.networks.active(classifier_id), unit.networks.latest(classifier_id)
        number, read_at = unit.networks.next_number(classifier_id), unit.now
        meant = _have_stood(unit.networks.held(classifier_id), read_at)
        digests = [photo.digest for photo in photos]
        vectors = {embedder.digest: unit.embeddings.load(embedder.digest, digests) for embedder in eyes.all}
    snapshot = take((photo for photo in photos if all(photo.digest in each for each in vectors.values())), labels)
    seen = {embedder.digest: _rows(snapshot, vectors[embedder.digest], embedder.dimension) for embedder in eyes.all}
    sights = eyes.sights(seen, tuple(label_id for label_id, _ in snapshot.labels))
    return Material(snapshot, sights, snapshot.digest(eyes.digest, recipe), read_at, number, active, latest, meant)


def _have_stood(held: list[Network], now: datetime) -> bool:
    """Say whether people have had time enough to take back what a candidate was first held for."""
    doubted = [one.created_at for one in held if one.verdict.get("ground") == Ground.CHANGES_DOUBTED]
    return bool(doubted) and now - min(doubted) >= DOUBTED_FOR


def _rows(snapshot: Snapshot, vectors: Mapping[str, bytes], dimension: int) -> NDArray[np.float32]:
    rows = [np.frombuffer(vectors[lesson.digest], dtype="<f4") for lesson in snapshot.lessons]
    return np.stack(rows) if rows else np.empty((0, dimension), dtype=np.float32)


def readiness_of(snapshot: Snapshot) -> Readiness:
    """Say whether the snapshot is enough to learn from."""
    counts = snapshot.photos_by_label()
    return readiness((label_id, name, counts[label_id]) for label_id, name in snapshot.labels)


def embed_photo(store: Store, embedder: Embedder, digest: str) -> bytes | None:
    """Return the vector of a stored picture as it is kept; None, and a line in the log, if it cannot be read."""
    try:
        return embedder.embed_bytes(store.blobs.read(digest)).astype("<f4").tobytes()
    except (PictureUnreadable, StorageError) as error:
        logger.warning("photo %s cannot be embedded: %s", digest[:12], type(error).__name__)
        return None


def _keep_vectors(store: Store, classifier_id: int, embedder: str, vectors: dict[str, bytes | None]) -> None:
    """Store vectors of photos that are still there: one may have been forgotten while it was looked at."""
    with store.write() as unit:
        wanted = set(unit.embeddings.missing(classifier_id, embedder, limit=1_000_000))
        unit.embeddings.add(embedder, {key: made for key, made in vectors.items() if made and key in wanted})
