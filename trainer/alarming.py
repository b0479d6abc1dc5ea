"""Alarms about whom nobody else's lessons bear out, made of what is taught and of embeddings that are there; no torch.

Lessons that wait for somebody who agrees teach nothing here either, and are judged by all others: so newcomers are no
excuse for each other, however many names one of them has. A photo is seen through the eyes that did not learn from it,
and answered by a head that learned from nobody who is allied with its sender.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from storage import FOLDS, NewAlarm, Role, Store
from trainer.calibration import probabilities_of
from trainer.eyes import Eyes
from trainer.fitting import Sight, out_of_fold
from trainer.head import Floats, scaled
from trainer.learning import Sights
from trainer.material import Material, read_material
from trainer.metrics import Integers
from trainer.recipe import Recipe
from trainer.senders import NOBODY, allied, find_alarms, sender_folds


@dataclass(frozen=True, slots=True)
class Raised:
    """How many alarms are new."""

    count: int


@dataclass(frozen=True, slots=True)
class _Said:
    """Who says what: photo -> its one sender; photos that wait, and such as were called fine; who is never named."""

    senders: dict[int, int | None]
    waiting: frozenset[int]
    fine: frozenset[int]
    exempt: frozenset[int]


def run(store: Store, classifier_id: int, eyes: Eyes, recipe: Recipe) -> Iterator[str | Raised]:
    """Look for who brings what nobody bears out, and note it; yield what is done before each step."""
    material = read_material(store, classifier_id, eyes, recipe, everything=True)
    if material.latest is None or len(material.snapshot.labels) < 2:
        yield Raised(0)
        return
    yield "looking for who is borne out by nobody"
    with store.read() as unit:
        said = _Said(
            unit.guard.senders(classifier_id),
            unit.guard.waiting(classifier_id),
            unit.alarms.called_fine(classifier_id),
            frozenset(one.id for one in unit.people.with_role(Role.REVIEWER)),
        )
    found = _find(material, said, recipe)
    with store.write() as unit:
        new = unit.alarms.note(classifier_id, material.latest.id, found) if found else []
    yield Raised(len(new))


def _find(material: Material, said: _Said, recipe: Recipe) -> list[NewAlarm]:
    photos: dict[str, list[int]] = defaultdict(list)
    for photo_id, digest in material.digests.items():
        photos[digest].append(photo_id)
    lessons = material.snapshot.lessons
    senders = np.array([_sender(photos[one.digest], said) for one in lessons], dtype=np.int64)
    waits = np.array([all(each in said.waiting for each in photos[one.digest]) for one in lessons], dtype=np.bool_)
    fine = np.array([any(each in said.fine for each in photos[one.digest]) for one in lessons], dtype=np.bool_)
    ids = tuple(label_id for label_id, _ in material.snapshot.labels)
    given = np.array([ids.index(one.label_id) for one in lessons], dtype=np.int64)
    vectors = scaled(material.sights.whole.embeddings).astype(np.float32)
    together = allied(senders, given, vectors)
    stored = np.array([one.fold for one in lessons], dtype=np.int64)
    folds = np.where(senders == NOBODY, stored, _folds(senders, together))
    answers = _answers(material.sights, given, stored, folds, ~waits, len(ids), recipe)
    answers[fine] = 0
    return [
        NewAlarm(
            alarm.sender,
            alarm.contradicted.n,
            alarm.expected,
            tuple(photo for row in alarm.rows for photo in photos[lessons[row].digest]),
        )
        for alarm in find_alarms(answers, given, senders, together)
        if alarm.sender not in said.exempt
    ]


def _sender(photo_ids: list[int], said: _Said) -> int:
    """Return the one person who says what these photos of one picture are, or NOBODY."""
    people = {said.senders.get(one) for one in photo_ids}
    only = next(iter(people)) if len(people) == 1 else None
    return NOBODY if only is None else only


def _folds(senders: Integers, together: Integers) -> Integers:
    folds = np.zeros(len(senders), dtype=np.int64)
    named = senders != NOBODY
    folds[named] = sender_folds(together[named], FOLDS)
    return folds


def _answers(
    sights: Sights,
    given: Integers,
    stored: Integers,
    folds: Integers,
    teaching: np.ndarray,
    labels: int,
    recipe: Recipe,
) -> Floats:
    """Return probabilities (n, labels) out of senders' folds; rows of zeros where nothing could be judged.

    Heads are fitted from nothing: the one that a tuning left has learned from those who are to be judged.
    """
    answers = np.zeros((len(given), labels))
    seen: dict[int, Floats] = {}
    for fold in np.unique(stored):
        sight, asked = sights.folds[int(fold)], stored == fold
        if id(sight) not in seen:
            plain = dict.fromkeys(range(FOLDS), Sight(sight.embeddings))
            held_out = out_of_fold(plain, given, folds, labels, recipe, among=teaching)
            seen[id(sight)] = np.where(held_out.judged[:, None], probabilities_of(held_out, 1.0), 0)
        answers[asked] = seen[id(sight)][asked]
    return answers
