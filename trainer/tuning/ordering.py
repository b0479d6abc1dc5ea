"""From what is taught now to the order of a tuning."""

from __future__ import annotations

import hashlib

from storage import Store
from trainer.embedding import Embedder
from trainer.eyes import Eyes
from trainer.material import embed_missing, read_material
from trainer.recipe import Recipe, TuningRecipe
from trainer.settings import TrainerSettings
from trainer.tuning.augmentation import Augmentation
from trainer.tuning.story import Order


def order_of(
    store: Store,
    classifier_id: int,
    untuned: Embedder,
    settings: TrainerSettings,
    recipe: TuningRecipe,
    augmentation: Augmentation,
) -> Order:
    """Read the lessons, embedding what is not embedded yet. The same lessons and recipes have the same work folder."""
    eyes = Eyes(untuned)
    for _ in embed_missing(store, classifier_id, eyes, set()):
        pass
    material = read_material(store, classifier_id, eyes, Recipe())
    name = hashlib.sha256(f"{material.digest} {recipe} {augmentation}".encode()).hexdigest()[:16]
    return Order(
        snapshot=material.snapshot,
        embeddings=material.sights.whole.embeddings.astype("float32"),
        read=store.blobs.read,
        spec=settings.embedder_spec(),
        home=store.home,
        work=store.home / "tunings" / f"work-{name}",
        head=Recipe(),
        recipe=recipe,
        augmentation=augmentation,
        threads=settings.threads,
    )
