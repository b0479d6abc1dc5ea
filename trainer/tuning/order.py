"""What a tuning is asked to do: the lessons of one moment, and how to learn from them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storage import Store
from trainer.durable import write_durably
from trainer.embedders import EmbedderSpec, embedder_path
from trainer.embedding import Embedder
from trainer.errors import EmbedderError, TuningDamaged
from trainer.eyes import Eyes, tunings_folder
from trainer.making import embedders_folder
from trainer.material import embed_missing, read_material
from trainer.metrics import Integers
from trainer.recipe import Recipe, TuningRecipe
from trainer.settings import TrainerSettings
from trainer.snapshot import Snapshot
from trainer.tuning.augmentation import Augmentation
from trainer.tuning.workplace import LESSONS, workplace
from trainer.tunings import Tuning, read_tuning

END = "tuning"


@dataclass(frozen=True)
class Order:
    """What to tune: lessons in their order with untuned embeddings (n, d), and how.

    `base` is the digest of the embedder that made those embeddings. `read` gives a picture's bytes by digest; `work` is
    a folder for this order alone, kept until its network has been through the gate. `start` is an earlier tuning to go
    on from: each fold's fit then begins where that fold's ended, which never saw its photos, since a photo's fold never
    changes.
    """

    snapshot: Snapshot
    embeddings: NDArray[np.float32]
    read: Callable[[str], bytes]
    spec: EmbedderSpec
    base: str
    home: Path
    work: Path
    head: Recipe
    recipe: TuningRecipe
    augmentation: Augmentation
    start: Tuning | None = None
    threads: int = 0

    @property
    def labels(self) -> tuple[int, ...]:
        """Return the label ids, in the order of a head's rows."""
        return tuple(label_id for label_id, _ in self.snapshot.labels)

    @property
    def digests(self) -> tuple[str, ...]:
        """Return each lesson's picture."""
        return tuple(lesson.digest for lesson in self.snapshot.lessons)

    def truth(self) -> Integers:
        """Return the row of each lesson's label."""
        row_of = {label: row for row, label in enumerate(self.labels)}
        return np.array([row_of[lesson.label_id] for lesson in self.snapshot.lessons], dtype=np.int64)

    def folds(self) -> Integers:
        """Return each lesson's fold."""
        return np.array([lesson.fold for lesson in self.snapshot.lessons], dtype=np.int64)

    def epochs(self, fits: Iterable[int]) -> int:
        """Return how many epochs the fits without these folds have together."""
        return sum(self.recipe.epochs_for(int((self.folds() != fold).sum())) for fold in fits)

    def begin(self) -> None:
        """Make the work folder, with a list of the pictures that it will hold something of."""
        self.work.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(self.work / LESSONS, json.dumps(self.digests).encode())

    def note_end(self, tuning: str) -> str:
        """Note the digest of the tuning that this order led to, and return it."""
        write_durably(self.work / END, tuning.encode())
        return tuning

    def ended(self) -> str | None:
        """Return the digest that an earlier process noted, if all that the tuning needs is still there."""
        try:
            digest = (self.work / END).read_text()
            tuning = read_tuning(tunings_folder(self.home), digest)
            for embedder in tuning.embedders:
                embedder_path(embedders_folder(self.home), embedder)
        except (OSError, ValueError, TuningDamaged, EmbedderError):
            return None
        return digest


def order_of(
    store: Store,
    classifier_id: int,
    untuned: Embedder,
    settings: TrainerSettings,
    augmentation: Augmentation,
    start: tuple[str, Tuning] | None = None,
    dataset: int | None = None,
) -> Order:
    """Read the lessons, embedding what is not embedded yet. The same lessons and recipes have the same work folder.

    `start` is a stored tuning with its digest, `dataset` the number of a version of the data set.
    """
    eyes, recipe = Eyes(untuned), settings.tuning_recipe()
    for _ in embed_missing(store, classifier_id, eyes, set(), dataset=dataset):
        pass
    material = read_material(store, classifier_id, eyes, Recipe(), dataset=dataset)
    begun = "" if start is None else start[0]
    name = hashlib.sha256(f"{material.digest} {recipe} {augmentation} {begun}".encode()).hexdigest()[:16]
    return Order(
        snapshot=material.snapshot,
        embeddings=material.sights.whole.embeddings.astype("float32"),
        read=store.blobs.read,
        spec=settings.embedder_spec(),
        base=untuned.digest,
        home=store.home,
        work=workplace(tunings_folder(store.home), name),
        head=Recipe(),
        recipe=recipe,
        augmentation=augmentation,
        start=None if start is None else start[1],
        threads=settings.threads,
    )
