"""Whatever leaves the data set or is learned from again: no photo is judged by what has ever learned from it.

In the lesson that Pupil learned from, dropping 20 of 559 photos with the same seed put most of the new validation
photos into what the reloaded weights had been trained on. Here a photo's fold is fixed when it arrives.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import pytest

from storage import FOLDS, Picture, Reason, Store, VoteKind
from trainer import fitting
from trainer.embedding import Embedder
from trainer.eyes import Eyes
from trainer.fitting import Basis
from trainer.material import Material, read_material
from trainer.metrics import Integers
from trainer.recipe import Recipe
from trainer.settings import TrainerSettings
from trainer.tuning.augmentation import Augmentation
from trainer.tuning.order import order_of
from trainer.tuning.story import _Task

PHOTOS, LEAVE, VERSIONS = 90, 20, 3
# By fold: digests of pictures.
ByFold = dict[int, set[str]]


def teach(store: Store, embedder: Embedder, rng: np.random.Generator) -> list[int]:
    """Photos of two labels, some of them in albums, whose vectors are drawn: nothing needs to be looked at."""
    ids = []
    for number in range(PHOTOS):
        picture = Picture(f"picture {rng.integers(2**40)}".encode(), 64, 64, f"{rng.integers(2**60):064x}")
        digest = store.blobs.put(picture.data)
        vector = np.abs(rng.normal(size=embedder.dimension)).astype("<f4").tobytes()
        with store.write() as unit:
            chat = unit.chats.enter(-5, kind="group", title="Club")
            album = f"album {number // 3}" if number % 2 else None
            photo = unit.photos.add(1, digest, picture, source="chat", chat_id=chat.id, album=album)
            label = unit.labels.find_or_create(1, "red" if number % 3 else "green")
            unit.votes.cast(photo.id, None, VoteKind.LABEL, label.id, Reason.IMPORT)
            unit.embeddings.add(embedder.digest, {digest: vector})
        ids.append(photo.id)
    return ids


@contextmanager
def heads_noted(material: Material) -> Iterator[list[set[str]]]:
    """The pictures that each head is fitted on, by the rows that its solver is given."""
    digests, rows = [one.digest for one in material.snapshot.lessons], dict[bytes, str]()
    noted: list[set[str]] = []
    of, solve = Basis.of, fitting.solve

    def basis(features: Any) -> Basis:
        made = of(features)
        rows.update({row.tobytes(): digest for row, digest in zip(made.coordinates, digests, strict=True)})
        return made

    def noting(features: Any, *arguments: Any) -> Any:
        noted.append({rows[row.tobytes()] for row in features})
        return solve(features, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Basis, "of", basis)
        patch.setattr(fitting, "solve", noting)
        yield noted


def note_heads(material: Material, learned: ByFold, held_out: ByFold) -> None:
    lessons = material.snapshot.lessons
    folds: Integers = np.array([one.fold for one in lessons], dtype=np.int64)
    column = {label: index for index, (label, _) in enumerate(material.snapshot.labels)}
    truth: Integers = np.array([column[one.label_id] for one in lessons], dtype=np.int64)
    with heads_noted(material) as noted:
        answered = fitting.out_of_fold(material.sights.folds, truth, folds, len(column), Recipe())
    assert answered.judged.all()
    for fold, pictures in zip(np.unique(folds), noted, strict=True):
        learned[int(fold)] |= pictures
    for one in lessons:
        held_out[one.fold].add(one.digest)


def note_tuning(
    store: Store, embedder: Embedder, settings: TrainerSettings, dataset: int, learned: ByFold, held_out: ByFold
) -> None:
    """What the fits of a tuning on a version would learn; each goes on from that of its fold before it."""
    order = order_of(store, 1, embedder, settings, Augmentation(), None, dataset)
    everything = np.ones(len(order.digests), dtype=np.bool_)
    task = _Task(order, cast(Any, None), 0, cast(Any, None), everything, cast(Any, None))
    for fold in range(FOLDS):
        learned[fold] |= {order.digests[row] for row in np.flatnonzero(task.known(fold))}
        held_out[fold] |= {order.digests[row] for row in np.flatnonzero(task.held_out(fold))}


@pytest.mark.parametrize("seed", range(3))
def test_after_twenty_photos_left_no_photo_of_a_fold_was_ever_learned_by_what_judges_it(
    store: Store, embedder: Embedder, settings: TrainerSettings, seed: int
) -> None:
    rng, draw = np.random.default_rng(seed), random.Random(seed)
    there = teach(store, embedder, rng)
    learned, held_out = ({fold: set[str]() for fold in range(FOLDS)} for _ in range(2))

    for version in range(1, VERSIONS + 1):
        material = read_material(store, 1, Eyes(embedder), Recipe())
        with store.write() as unit:
            changes = unit.datasets.compare(1, material.members)
            assert unit.datasets.record(1, changes, unit.votes.newest()) == version
        note_heads(material, learned, held_out)
        leaving = draw.sample(there, LEAVE)
        with store.write() as unit:
            # Half are deleted, half are said to be nothing of the kind.
            unit.photos.remove(leaving[::2])
            for photo in leaving[1::2]:
                unit.votes.cast(photo, None, VoteKind.NONE, None, Reason.IMPORT)
        there = [photo for photo in there if photo not in leaving]
    for version in draw.sample(range(1, VERSIONS + 1), VERSIONS):
        note_heads(read_material(store, 1, Eyes(embedder), Recipe(), dataset=version), learned, held_out)
        note_tuning(store, embedder, settings, version, learned, held_out)

    assert sum(map(len, held_out.values())) == PHOTOS
    assert all(len(pictures) > PHOTOS / 2 for pictures in learned.values())
    assert [len(learned[fold] & held_out[fold]) for fold in range(FOLDS)] == [0] * FOLDS


def test_a_split_drawn_anew_from_the_same_seed_would_have_failed_that() -> None:
    """What the lesson does: shows that the account above can find something."""

    def validation(photos: list[int]) -> set[int]:
        order = np.random.RandomState(42).permutation(len(photos))
        return {photos[place] for place in order[: len(photos) // 5]}

    everything = list(range(559))
    left = sorted(set(everything) - set(random.Random(1).sample(everything, LEAVE)))
    trained_on = set(everything) - validation(everything)

    assert len(validation(left) & trained_on) > len(validation(left)) / 2
