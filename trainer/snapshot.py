"""What a cycle learns from, frozen: which picture, in which fold, was taught as what.

Two cycles over the same snapshot by the same recipe would make the same network, so the second is not run.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from storage import Label, LabelledPhoto, most_said
from trainer.recipe import Recipe

NamedLabel = tuple[int, str]


@dataclass(frozen=True, slots=True, order=True)
class Lesson:
    """One picture taught as one label; photos of the same picture are one lesson."""

    digest: str
    group: str
    fold: int
    label_id: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Lessons in order of digest, and the labels (id, name) that they use, in order of id."""

    lessons: tuple[Lesson, ...]
    labels: tuple[NamedLabel, ...]

    def digest(self, embedder: str, recipe: Recipe) -> str:
        """Return the SHA-256 of all that determines the network: lessons, embedder and recipe (not label names)."""
        hashed = hashlib.sha256(f"{embedder}\n{sorted(recipe.as_dict().items())}\n".encode())
        for lesson in self.lessons:
            hashed.update(f"{lesson.digest} {lesson.group} {lesson.fold} {lesson.label_id}\n".encode())
        return hashed.hexdigest()

    def photos_by_label(self) -> dict[int, int]:
        """Return how many lessons each label has, by label id."""
        return Counter(lesson.label_id for lesson in self.lessons)


def take(photos: Iterable[LabelledPhoto], labels: Iterable[Label]) -> Snapshot:
    """Freeze what is taught now, in an order that does not depend on the order of arrival."""
    lessons = _settled(Lesson(photo.digest, photo.group, photo.fold, photo.label_id) for photo in photos)
    used = {lesson.label_id for lesson in lessons}
    named = sorted((label.id, label.name) for label in labels if label.id in used)
    return Snapshot(tuple(sorted(lessons)), tuple(named))


def _settled(lessons: Iterable[Lesson]) -> set[Lesson]:
    """Return lessons in which no picture has two labels: most of its photos decide, and a tie leaves it out."""
    named: dict[str, list[int]] = defaultdict(list)
    every = list(lessons)
    for lesson in every:
        named[lesson.digest].append(lesson.label_id)
    return {lesson for lesson in every if most_said(named[lesson.digest]) == lesson.label_id}
