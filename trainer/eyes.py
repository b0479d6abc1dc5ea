"""The embedders that photos are looked at through: the one that answers and, after a tuning, those of the folds."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storage import FOLDS, Network, Store
from trainer.artefact import verify
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


def eyes_of(store: Store, active: Network | None, untuned: Embedder, *, threads: int = 0) -> Eyes:
    """Open the eyes of the network that answers now; the untuned ones if it has none of its own, or damaged ones."""
    if active is None:
        return Eyes(untuned)
    try:
        digest = verify(store.home / "networks" / active.folder).manifest.tuning
        return Eyes(untuned) if digest is None else tuned_eyes(store.home, digest, threads=threads)
    except (ArtefactError, TuningDamaged, EmbedderError) as error:
        logger.warning("network %s cannot be learned from further: %s", active.number, error)
        return Eyes(untuned)


def tunings_folder(home: Path) -> Path:
    """Return where tunings are kept."""
    return home / "tunings"
