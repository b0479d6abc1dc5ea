"""The embedders that photos are looked at through: the one that answers and, after a tuning, those of the folds."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storage import FOLDS, Network, Store
from trainer.artefact import Artefact, verify
from trainer.embedders import embedder_path
from trainer.embedding import Embedder
from trainer.errors import ArtefactError, EmbedderError, TuningDamaged
from trainer.fitting import Sight
from trainer.learning import Sights
from trainer.making import embedders_folder
from trainer.tunings import Tuned, Tuning, head_for, read_tuning

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Eyes:
    """`answering` is the embedder of whatever network is fitted next; `all` are the ones that every photo must pass."""

    answering: Embedder
    others: tuple[Embedder, ...] = ()
    tuning: Tuning | None = None
    tuning_digest: str | None = None

    @property
    def all(self) -> tuple[Embedder, ...]:
        """Return every embedder once, the answering one first."""
        return (self.answering, *self.others)

    @property
    def digest(self) -> str:
        """Return what tells these eyes from others."""
        return self.tuning_digest or self.answering.digest

    def sights(self, vectors: Mapping[str, NDArray[np.float32]], labels: tuple[int, ...]) -> Sights:
        """Return the lessons as each fold must see them; `vectors` (n, d) by embedder, `labels` are ids in order."""
        if self.tuning is None:
            return Sights.untuned(vectors[self.answering.digest])
        whole, own = self.tuning.whole, self.tuning.labels

        def seen(tuned: Tuned) -> Sight:
            return Sight(vectors[tuned.embedder], head_for(tuned, own, labels))

        return Sights(seen(whole), {fold: seen(self.tuning.folds[fold]) for fold in range(FOLDS)})


def tuned_eyes(home: Path, digest: str, *, threads: int = 0) -> Eyes:
    """Open the embedders of a stored tuning. Raise TuningDamaged or EmbedderError."""
    tuning = read_tuning(tunings_folder(home), digest)
    folder = embedders_folder(home)
    first, *others = (
        Embedder.open(embedder_path(folder, each), threads=threads) for each in dict.fromkeys(tuning.embedders)
    )
    return Eyes(first, tuple(others), tuning, digest)


def eyes_of(
    store: Store, active: Network | None, untuned: Embedder, *, open_now: Eyes | None = None, threads: int = 0
) -> Eyes:
    """Open the eyes of the network that answers now; the untuned ones where it has none that can be used.

    Damaged ones cannot, nor those of another backbone or size than is wanted now, nor those that learned from photos
    which are deleted. `open_now` are eyes that need not be opened again.
    """
    if active is None:
        return Eyes(untuned)
    try:
        digest = verify(store.home / "networks" / active.folder).manifest.tuning
        if digest is None:
            return Eyes(untuned)
        tuning = read_tuning(tunings_folder(store.home), digest)
        if tuning.base != untuned.digest:
            logger.info("network %s was tuned for other settings: going on from the untuned one", active.number)
            return Eyes(untuned)
        if lessons_gone(store, tuning.lessons):
            logger.info("network %s practised on photos that are deleted: going on untuned", active.number)
            return Eyes(untuned)
        if open_now is not None and open_now.tuning_digest == digest:
            return open_now
        return tuned_eyes(store.home, digest, threads=threads)
    except (ArtefactError, TuningDamaged, EmbedderError) as error:
        logger.warning("network %s cannot be learned from further: %s", active.number, error)
        return Eyes(untuned)


def knows_deleted(store: Store, artefact: Artefact) -> bool:
    """Say whether a network sees through eyes that learned from photos which are deleted by now."""
    digest = artefact.manifest.tuning
    if digest is None:
        return False
    try:
        return bool(lessons_gone(store, read_tuning(tunings_folder(store.home), digest).lessons))
    except TuningDamaged:
        return False


def lessons_gone(store: Store, digests: Sequence[str]) -> frozenset[str]:
    """Return those pictures that nobody's photo is any more: deleted, and to be forgotten by what learned from them."""
    with store.read() as unit:
        return unit.photos.gone(digests)


def tunings_folder(home: Path) -> Path:
    """Return where tunings are kept."""
    return home / "tunings"
