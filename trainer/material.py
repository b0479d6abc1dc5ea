"""What a cycle learns from, read from the store: lessons with their vectors, and the networks to compare with."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from storage import LabelledPhoto, Network, StorageError, Store, Unit
from trainer.embedding import Embedder
from trainer.errors import PictureUnreadable
from trainer.eyes import Eyes
from trainer.gate import Ground
from trainer.guarding import LeftOut, learnable
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
    # Label ids, and pictures, by photo id: what the lessons were read from. And the newest vote then.
    members: Mapping[int, int] = field(default_factory=dict)
    digests: Mapping[int, str] = field(default_factory=dict)
    newest_vote_id: int = 0
    # The number of the version of the data set, where it is an older one.
    dataset: int | None = None
    left_out: LeftOut = field(default_factory=LeftOut)


def embed_missing(
    store: Store,
    classifier_id: int,
    eyes: Eyes,
    unreadable: set[str],
    *,
    limit: int = 0,
    dataset: int | None = None,
) -> Iterator[int]:
    """Embed taught photos, or those of a version, without a vector, `BATCH` by `BATCH`.

    Yield how many are done before and after each batch.

    A photo that cannot be read is logged once, added to `unreadable` (by digest) and left out: it must not keep the
    others from being learned.
    """
    done = 0
    for embedder in eyes.all:
        while limit == 0 or done < limit:
            with store.read() as unit:
                wanted = BATCH + len(unreadable)
                missing = unit.embeddings.missing(classifier_id, embedder.digest, limit=wanted, dataset=dataset)
            batch = [digest for digest in missing if digest not in unreadable][:BATCH]
            if not batch:
                break
            yield done
            vectors = {digest: embed_photo(store, embedder, digest) for digest in batch}
            unreadable |= {digest for digest, vector in vectors.items() if vector is None}
            _keep_vectors(store, classifier_id, embedder.digest, vectors, dataset)
            done += len(batch)
            yield done


def read_material(
    store: Store,
    classifier_id: int,
    eyes: Eyes,
    recipe: Recipe,
    *,
    dataset: int | None = None,
    everything: bool = False,
) -> Material:
    """Read taught photos that have all their vectors, and the networks to compare with, as of one moment.

    `dataset` is the number of a version of the data set to read instead of what is taught now. With `everything`, what
    may not be learned for now is read too: to be judged.
    """
    with store.read() as unit:
        photos, left_out = lessons_in(unit, classifier_id, dataset)
        if everything:
            photos = unit.photos.labelled(classifier_id)
        newest_vote_id = unit.votes.newest()
        labels = unit.labels.all(classifier_id)
        active, latest = unit.networks.active(classifier_id), unit.networks.latest(classifier_id)
        number, read_at = unit.networks.next_number(classifier_id), unit.now
        meant = _have_stood(unit.networks.held(classifier_id), read_at)
        digests = [photo.digest for photo in photos]
        vectors = {embedder.digest: unit.embeddings.load(embedder.digest, digests) for embedder in eyes.all}
    snapshot = take((photo for photo in photos if all(photo.digest in each for each in vectors.values())), labels)
    seen = {embedder.digest: _rows(snapshot, vectors[embedder.digest], embedder.dimension) for embedder in eyes.all}
    sights = eyes.sights(seen, tuple(label_id for label_id, _ in snapshot.labels))
    learned = {lesson.digest: lesson.label_id for lesson in snapshot.lessons}
    return Material(
        snapshot,
        sights,
        snapshot.digest(eyes.digest, recipe),
        read_at,
        number,
        active,
        latest,
        meant,
        # Photos of one picture that say otherwise than most taught nothing.
        members={one.photo_id: one.label_id for one in photos if learned.get(one.digest) == one.label_id},
        digests={one.photo_id: one.digest for one in photos if learned.get(one.digest) == one.label_id},
        newest_vote_id=newest_vote_id,
        dataset=dataset,
        left_out=left_out,
    )


def lessons_in(unit: Unit, classifier_id: int, dataset: int | None) -> tuple[list[LabelledPhoto], LeftOut]:
    """Return what may be learned of what is taught now, or what a version of the data set holds."""
    if dataset is None:
        return learnable(unit, classifier_id)
    return unit.datasets.photos(classifier_id, dataset), LeftOut()


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


def _keep_vectors(
    store: Store, classifier_id: int, embedder: str, vectors: dict[str, bytes | None], dataset: int | None
) -> None:
    """Store vectors of photos that are still there: one may have been forgotten while it was looked at."""
    with store.write() as unit:
        wanted = set(unit.embeddings.missing(classifier_id, embedder, limit=1_000_000, dataset=dataset))
        unit.embeddings.add(embedder, {key: made for key, made in vectors.items() if made and key in wanted})
