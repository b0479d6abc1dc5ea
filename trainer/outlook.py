"""The outlook of a classifier: how good it is, what more photos would bring, of what, and which questions to name.

`run` is a generator as a cycle is: it says what it is about to do, so that its caller can beat or stop, and ends with
an `Outlook`. It reads, and writes nothing but embeddings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from storage import JobKind, Prediction, Store
from trainer.asking import Scattered, Weakest, compared, most_useful, scattered, unknown_look, usual_likeness, weakest
from trainer.eyes import Eyes
from trainer.fitting import fit
from trainer.head import Floats, Head, scaled
from trainer.learning_curve import Foresight, Trial, foresee, trials
from trainer.material import BATCH, Material, embed_missing, embed_photo, read_material
from trainer.metrics import Integers
from trainer.readiness import Shortage, missing_for_outlook
from trainer.recipe import Recipe

Named = TypeVar("Named", Weakest, Scattered)
# So many questions of a chat are looked at, the newest, and so many of them are handed on.
LOOKED_AT = 300
TO_NAME = 3
# A question that a chat was asked to name is left in peace for so long.
IN_PEACE = timedelta(days=1)


class OutlookEnd(StrEnum):
    """How working one out can end."""

    OUTLOOK = "outlook"
    TOO_EARLY = "too_early"


@dataclass(frozen=True, slots=True)
class ToName:
    """For one chat: predictions (ids) of its own questions to name, the most useful first.

    `unknown` of its questions are alike and like nothing that was taught; then the first to name is one of them.
    """

    predictions: tuple[int, ...]
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that is told. Labels are ids; `chats` are by their ids in the store.

    Too early: only what is `missing` is known, or that the photos came on too `few_occasions` to ask about them.
    """

    end: OutlookEnd
    photos: int
    missing: tuple[Shortage, ...] = ()
    few_occasions: bool = False
    foreseen: Foresight | None = None
    weakest: Weakest | None = None
    scattered: Scattered | None = None
    chats: dict[int, ToName] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values: a job's result, which stays, and so without names of labels."""
        told = asdict(self)
        told["chats"] = {str(chat): asdict(one) for chat, one in self.chats.items()}
        return told | {"end": self.end.value, "missing": [one.as_dict() for one in self.missing]}


@dataclass(frozen=True, slots=True)
class _Measure:
    """By what questions are chosen: what the head can hardly tell, and what is `usual_likeness`."""

    head: Head
    usual: tuple[float, float]


@dataclass(slots=True)
class Memory:
    """What the lessons of `digest` alone told, the same whoever asks: without new ones it is not worked out again.

    `found` is the outlook of no chat; there is no `measure` where it is too early.
    """

    digest: str = ""
    found: Outlook | None = None
    measure: _Measure | None = None


def run(
    store: Store,
    classifier_id: int,
    eyes: Eyes,
    recipe: Recipe,
    unreadable: set[str],
    chats: Callable[[], Sequence[int]],
    memory: Memory,
) -> Iterator[str | Outlook]:
    """Work an outlook out; yield what is done before each step of at most a few seconds, and last the Outlook.

    `chats` tells who asked; it is called late, since more may ask meanwhile. The same lessons give the same curve, so
    that what is in `memory` is not worked out again; only the questions are chosen anew.
    """
    for embedded in embed_missing(store, classifier_id, eyes, unreadable):
        yield f"looking at new photos ({embedded})"
    yield "reading the lessons"
    material = read_material(store, classifier_id, eyes, recipe)
    lessons, counts = material.snapshot.lessons, material.snapshot.photos_by_label()
    missing = missing_for_outlook((label_id, name, counts[label_id]) for label_id, name in material.snapshot.labels)
    if missing or len(counts) < 2:
        yield Outlook(OutlookEnd.TOO_EARLY, len(lessons), missing)
        return
    taught = _Taught.of(material)
    if memory.found is None or memory.digest != material.digest:
        measured: list[Trial] = []
        rng = np.random.default_rng(int(material.digest[:16], 16))
        for trial in trials(material.sights.folds, taught.truth, taught.folds, taught.groups, recipe, rng):
            measured.append(trial)
            yield f"learning parts of the photos ({len(measured)})"
        found, measure = _worked_out(material, taught, measured, recipe, rng)
        memory.digest, memory.found, memory.measure = material.digest, found, measure
    yield "looking at what was asked"
    found, measure = memory.found, memory.measure
    if measure is None:
        yield found
        return
    put = _put_lately(store, classifier_id)
    named = {chat: _to_name(store, chat, eyes, measure, taught.vectors, put) for chat in chats()}
    yield replace(found, chats=named)


@dataclass(frozen=True, slots=True)
class _Taught:
    """The lessons as arrays: label numbers, folds and groups (n,); `ids` of labels by number.

    `vectors` (m, d), scaled, are of the m lessons that questions are `compared` with.
    """

    truth: Integers
    folds: Integers
    groups: tuple[str, ...]
    vectors: Floats
    ids: tuple[int, ...]

    @classmethod
    def of(cls, material: Material) -> _Taught:
        ids = tuple(label_id for label_id, _ in material.snapshot.labels)
        column = {label_id: number for number, label_id in enumerate(ids)}
        lessons = material.snapshot.lessons
        truth = np.array([column[lesson.label_id] for lesson in lessons], dtype=np.int64)
        return cls(
            truth,
            np.array([lesson.fold for lesson in lessons], dtype=np.int64),
            tuple(lesson.group for lesson in lessons),
            scaled(material.sights.whole.embeddings[compared(truth)]),
            ids,
        )

    def by_id(self, found: Named | None) -> Named | None:
        """Return what was found with its label's id in the place of its number."""
        return None if found is None else replace(found, label=self.ids[found.label])


def _worked_out(
    material: Material, taught: _Taught, measured: Sequence[Trial], recipe: Recipe, rng: np.random.Generator
) -> tuple[Outlook, _Measure | None]:
    """Return the outlook that the trials tell, and by what questions are chosen."""
    sights, whole, photos = material.sights, measured[-1], len(taught.truth)
    foreseen = foresee(measured, taught.groups, rng)
    if foreseen is None:
        return Outlook(OutlookEnd.TOO_EARLY, photos, few_occasions=True), None
    found = Outlook(
        OutlookEnd.OUTLOOK,
        photos,
        foreseen=foreseen,
        weakest=taught.by_id(weakest(taught.truth, whole.wrong, whole.judged)),
        scattered=taught.by_id(scattered(sights.folds, taught.truth, taught.folds)),
    )
    head = fit(sights.whole, taught.truth, len(taught.ids), recipe)
    return found, _Measure(head, usual_likeness(sights.folds, taught.truth, taught.folds))


def _put_lately(store: Store, classifier_id: int) -> set[int]:
    """Return the questions (ids of predictions) that chats were asked to name within the last day."""
    with store.read() as unit:
        results = unit.jobs.results_since(JobKind.OUTLOOK, classifier_id, unit.now - IN_PEACE)
    return {one for told in results for chat in told.get("chats", {}).values() for one in chat["predictions"]}


def _to_name(store: Store, chat_id: int, eyes: Eyes, measure: _Measure, taught: Floats, put: set[int]) -> ToName:
    """Choose among the questions of one chat alone: its photos are nobody else's to see. Those that were `put` wait."""
    asked = [one for one in _questions(store, chat_id, eyes) if one[0].id not in put]
    if not asked:
        return ToName(())
    embeddings = np.stack([vector for _, vector in asked])
    questions = scaled(embeddings)
    unknown = unknown_look(questions, taught, measure.usual[0])
    useful = most_useful(questions, measure.head.logits(embeddings), measure.usual[1], count=TO_NAME + 1)
    rows = list(dict.fromkeys([*unknown[:1], *useful]))[:TO_NAME]
    return ToName(tuple(asked[row][0].id for row in rows), len(unknown))


def _questions(store: Store, chat_id: int, eyes: Eyes) -> list[tuple[Prediction, NDArray[np.float32]]]:
    """Return a chat's questions without a name, each picture once, with what the answering embedder makes of them.

    A few that it has not seen yet are shown to it; more would keep lessons waiting.
    """
    embedder = eyes.answering
    with store.read() as unit:
        found = unit.predictions.unnamed(chat_id, limit=LOOKED_AT)
        by_digest = {unit.photos.get(one.photo_id).digest: one for one in reversed(found)}
        vectors = unit.embeddings.load(embedder.digest, list(by_digest))
    for digest in [one for one in by_digest if one not in vectors][-BATCH:]:
        vector = embed_photo(store, embedder, digest)
        if vector is not None:
            vectors[digest] = vector
    return [(one, np.frombuffer(vectors[key], dtype="<f4")) for key, one in by_digest.items() if key in vectors]
