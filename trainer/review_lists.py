"""The lists of suspects: what a reviewer is shown, made of lessons, answers out of fold and flags; seconds, no torch.

`run` is a generator as a cycle is: it says what it is about to do, and ends with what it listed. It judges only what
it did not learn from, changes no vote, and each list replaces the one before in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage import LabelledPhoto, NewSuspect, StorageError, Store, SuspectKind, Unit, most_said
from trainer import artefact
from trainer.errors import ArtefactError, PictureUnreadable
from trainer.eyes import Eyes
from trainer.gate import Answers
from trainer.head import Floats, scaled
from trainer.material import Material, embed_missing, read_material
from trainer.metrics import Integers
from trainer.preprocessing import decode
from trainer.recipe import Recipe
from trainer.review_ranking import Alike, doubtful, joined, nearest, pairs_of, strangers
from trainer.twins import LEAST_LIKENESS, SIDE, Glance, are_twins, glance

# A list is for people: so many of each kind at most.
MOST = 300
# So many pairs, the most alike first, are looked at for being one picture, which takes decoding them.
LOOKED_AT = 600
# A card shows so many taught photos beside the one in doubt.
BESIDE = 3
NEIGHBOURS = 4


@dataclass(frozen=True, slots=True)
class Listed:
    """How many suspects of each kind there are, decided ones among them, and the network they were found by."""

    network: int | None
    counts: Mapping[SuspectKind, int]

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"network": self.network, "counts": {kind.value: count for kind, count in self.counts.items()}}


def run(store: Store, classifier_id: int, eyes: Eyes, recipe: Recipe, unreadable: set[str]) -> Iterator[str | Listed]:
    """List what is in doubt; yield what is done before each step of a few seconds, and last what was listed."""
    for embedded in embed_missing(store, classifier_id, eyes, unreadable):
        yield f"looking at new photos ({embedded})"
    yield "reading the lessons"
    material = read_material(store, classifier_id, eyes, recipe)
    network = material.latest
    if network is None:
        yield Listed(None, {})
        return
    with store.read() as unit:
        lessons = _Lessons.of(material, unit.photos.labelled(classifier_id))
    yield "looking for doubtful labels"
    found = {SuspectKind.LABEL: [*lessons.two_names(), *_doubted(lessons, _answers(store, material))][:MOST]}
    if len(lessons.digests) > NEIGHBOURS:
        yield "looking for strangers"
        found[SuspectKind.OUTLIER] = _strange(lessons)
        yield "looking for photos that are one picture"
        found[SuspectKind.DUPLICATE], found[SuspectKind.SIMILAR] = _same(store, lessons)
    yield "writing the lists"
    with store.write() as unit:
        found[SuspectKind.FLAGGED] = flagged(unit, classifier_id)
        for kind in SuspectKind:
            unit.suspects.renew(classifier_id, network.id, kind, found.get(kind, []))
    yield Listed(network.number, {kind: len(some) for kind, some in found.items()})


def flagged(unit: Unit, classifier_id: int) -> list[NewSuspect]:
    """Return photos whose answer people called wrong and that have no agreed name, most flagged first."""
    found = []
    for photo_id, prediction_id, people in unit.suspects.flagged(classifier_id, limit=MOST):
        answer = unit.predictions.get(prediction_id)
        others = [label_id for label_id, _ in answer.probabilities if label_id != answer.label_id]
        reason = {"cause": "flagged", "people": people, "said": answer.label_id}
        found.append(NewSuspect((photo_id,), None, others[0] if others else None, float(people), reason))
    return found


@dataclass(frozen=True, slots=True)
class _Lessons:
    """The lessons as arrays, and the photos behind them.

    `vectors` (n, d) have length one; `photos` are the taught photos of each picture, oldest first.
    """

    digests: tuple[str, ...]
    labels: tuple[int, ...]
    folds: Integers
    groups: Integers
    vectors: NDArray[np.float32]
    photos: Mapping[str, list[LabelledPhoto]]

    @classmethod
    def of(cls, material: Material, photos: Sequence[LabelledPhoto]) -> _Lessons:
        by_digest: dict[str, list[LabelledPhoto]] = defaultdict(list)
        for photo in photos:
            by_digest[photo.digest].append(photo)
        lessons = material.snapshot.lessons
        kept = [row for row, one in enumerate(lessons) if by_digest[one.digest]]
        numbers: dict[str, int] = {}
        return cls(
            tuple(lessons[row].digest for row in kept),
            tuple(lessons[row].label_id for row in kept),
            np.array([lessons[row].fold for row in kept], dtype=np.int64),
            np.array([numbers.setdefault(lessons[row].group, len(numbers)) for row in kept], dtype=np.int64),
            scaled(material.sights.whole.embeddings[kept]).astype(np.float32),
            by_digest,
        )

    def photos_of(self, row: int) -> tuple[int, ...]:
        """Return the photos of a picture that are taught as its label: what is decided is decided of all of them."""
        own = self.labels[row]
        return tuple(one.photo_id for one in self.photos[self.digests[row]] if one.label_id == own)

    def two_names(self) -> Iterator[NewSuspect]:
        """Yield pictures that are taught under two names: one of them must be wrong."""
        for photos in self.photos.values():
            said = [one.label_id for one in photos]
            if len(set(said)) < 2:
                continue
            most = most_said(said)
            odd = next(one for one in reversed(photos) if one.label_id != most)
            other = most if most is not None else next(one for one in said if one != odd.label_id)
            mine = tuple(one.photo_id for one in photos if one.label_id == odd.label_id)
            yield NewSuspect(mine, odd.label_id, other, 1.0, {"cause": "two_names", "photos": len(photos)})

    def beside(self, row: int) -> list[int]:
        """Return taught photos of other groups most alike to one."""
        alike = self.vectors @ self.vectors[row]
        alike[self.groups == self.groups[row]] = -np.inf
        rows = [int(one) for one in np.argsort(-alike, kind="stable")[:BESIDE] if np.isfinite(alike[one])]
        return [self.photos_of(one)[0] for one in rows if self.photos_of(one)]


def _answers(store: Store, material: Material) -> Answers | None:
    """Return what the newest network said out of fold of its lessons; None where its files are damaged or gone."""
    for network in (material.latest, material.active):
        if network is None or network.removed_at is not None:
            continue
        try:
            return artefact.verify(store.home / "networks" / network.folder).answers
        except ArtefactError:
            continue
    return None


def _doubted(lessons: _Lessons, answers: Answers | None) -> Iterator[NewSuspect]:
    if answers is None:
        return
    place = {digest: row for row, digest in enumerate(answers.digests)}
    column = {label_id: number for number, label_id in enumerate(answers.labels)}
    known = [
        row
        for row, (digest, label_id) in enumerate(zip(lessons.digests, lessons.labels, strict=True))
        if digest in place and label_id in column and lessons.photos_of(row)
    ]
    if not known:
        return
    probabilities: Floats = np.asarray(answers.probabilities, dtype=np.float64)[
        [place[lessons.digests[row]] for row in known]
    ]
    given = np.array([column[lessons.labels[row]] for row in known], dtype=np.int64)
    for at in doubtful(probabilities, given, most=MOST):
        row, says = known[at], int(probabilities[at].argmax())
        own, other = float(probabilities[at, given[at]]), float(probabilities[at, says])
        reason = {
            "cause": "network",
            "given": round(own, 4),
            "proposed": round(other, 4),
            "beside": lessons.beside(row),
        }
        yield NewSuspect(lessons.photos_of(row), lessons.labels[row], answers.labels[says], 1 - own, reason)


def _strange(lessons: _Lessons) -> list[NewSuspect]:
    alike = nearest(lessons.vectors, lessons.folds, NEIGHBOURS - 1, apart=True)
    likeness = np.where(np.isfinite(alike.likenesses), alike.likenesses, 0).mean(axis=1)
    found = []
    for row in strangers(likeness, most=MOST):
        photos = lessons.photos_of(int(row))
        if photos:
            reason = {
                "cause": "stranger",
                "likeness": round(float(likeness[row]), 4),
                "beside": lessons.beside(int(row)),
            }
            found.append(NewSuspect(photos, lessons.labels[row], None, 1 - float(likeness[row]), reason))
    return found


def _same(store: Store, lessons: _Lessons) -> tuple[list[NewSuspect], list[NewSuspect]]:
    """Return groups that are one picture but for a hair, and pairs that are only most alike."""
    alike = nearest(lessons.vectors, lessons.groups, NEIGHBOURS, apart=False)
    pairs = [one for one in pairs_of(_likely(alike), most=LOOKED_AT) if _one_each(lessons, one[:2])]
    glances: dict[int, Glance | None] = {}
    twins, similar = [], []
    for one, other, likeness in pairs:
        first, second = (_glance(store, lessons.digests[row], glances, row) for row in (one, other))
        if first is not None and second is not None and are_twins(first, second):
            twins.append((one, other))
        else:
            similar.append((one, other, likeness))
    together = joined(twins)[:MOST]
    with store.read() as unit:
        pixels = unit.photos.pixels([lessons.digests[row] for rows in together for row in rows])
    groups = [_group(lessons, rows, pixels) for rows in together]
    return groups, [_pair(lessons, *one) for one in similar[:MOST]]


def _likely(alike: Alike) -> Alike:
    return Alike(alike.rows, np.where(alike.likenesses >= LEAST_LIKENESS, alike.likenesses, -np.inf))


def _one_each(lessons: _Lessons, rows: Sequence[int]) -> bool:
    return all(lessons.photos_of(row) for row in rows)


def _glance(store: Store, digest: str, glances: dict[int, Glance | None], row: int) -> Glance | None:
    if row not in glances:
        try:
            glances[row] = glance(decode(store.blobs.read(digest), SIDE))
        except (StorageError, PictureUnreadable):
            glances[row] = None
    return glances[row]


def _group(lessons: _Lessons, rows: tuple[int, ...], pixels: Mapping[str, int]) -> NewSuspect:
    """Return a group with its best photo first: the one of most pixels, and the oldest where they tie.

    Every photo of the other pictures follows: what is set aside must not come back by a copy sent twice.
    """
    best, *others = sorted(rows, key=lambda row: (-pixels.get(lessons.digests[row], 0), lessons.photos_of(row)[0]))
    names = len({lessons.labels[row] for row in rows})
    photos = (lessons.photos_of(best)[0], *(one for row in others for one in lessons.photos_of(row)))
    return NewSuspect(photos, lessons.labels[best], None, float(names), {"cause": "copies", "names": names})


def _pair(lessons: _Lessons, one: int, other: int, likeness: float) -> NewSuspect:
    photos = (lessons.photos_of(one)[0], lessons.photos_of(other)[0])
    return NewSuspect(photos, lessons.labels[one], None, likeness, {"cause": "alike", "likeness": round(likeness, 4)})
