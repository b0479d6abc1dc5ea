"""The lists of suspects: what a reviewer is shown, made of lessons, answers out of fold and flags; seconds, no torch.

`run` is a generator as a cycle is: it says what it is about to do, and ends with what it listed. It judges only what
it did not learn from, changes no vote, and each list replaces the one before in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage import LabelledPhoto, NewSuspect, StorageError, Store, SuspectKind, Unit, most_said
from trainer import alarming
from trainer.doubting import doubt
from trainer.duplicates import DuplicateGroup, group_twins, one_fold_each
from trainer.errors import PictureUnreadable
from trainer.eyes import Eyes
from trainer.list_recall import Evidence
from trainer.material import Material, embed_missing, read_material
from trainer.metrics import Integers
from trainer.planting import Judged
from trainer.preprocessing import decode
from trainer.recipe import Recipe
from trainer.same_pictures import Same, Seen, find_same
from trainer.similar import Alike, unit_vectors
from trainer.suspects import Cause, Suspect, find_off_topic, find_suspects, together
from trainer.twins import SIDE, shades

# A list is for people: so many of each kind are open at most.
MOST = 300
# The other lists are the bot's own.
LISTED = tuple(kind for kind in SuspectKind if kind not in (SuspectKind.NEWCOMER, SuspectKind.ALARM))
# A card shows so many taught photos beside the one in doubt.
BESIDE = 3
# Above these log odds another label is likelier than the given one.
DOUBTFUL = 0.0


@dataclass(frozen=True, slots=True)
class Listed:
    """How many suspects of each kind there are, decided ones among them, and the network they were found by.

    `evidence` is what doubtful labels were found by; None where there are none.
    """

    network: int | None
    counts: Mapping[SuspectKind, int]
    evidence: Evidence | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"network": self.network, "counts": {kind.value: count for kind, count in self.counts.items()}}


def run(
    store: Store, classifier_id: int, eyes: Eyes, recipe: Recipe, unreadable: set[str], seen: Seen | None = None
) -> Iterator[str | Listed]:
    """List what is in doubt; yield what is done before each step of a few seconds, and last what was listed.

    `seen` is what former lists looked at, and is added to: only what is new is looked at.
    """
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
        decided = unit.suspects.decided(classifier_id)
    found, evidence = dict[SuspectKind, list[NewSuspect]](), None
    if lessons.labels:
        found, evidence = yield from _look(store, lessons, material, eyes, recipe, seen or Seen(), decided)
    yield "writing the lists"
    with store.write() as unit:
        found[SuspectKind.FLAGGED] = flagged(unit, classifier_id)
        found[SuspectKind.DISPUTED] = disputed(unit, classifier_id, found[SuspectKind.FLAGGED])
        for kind in LISTED:
            unit.suspects.renew(classifier_id, network.id, kind, found.get(kind, []))
    yield from (one for one in alarming.run(store, classifier_id, eyes, recipe) if isinstance(one, str))
    yield Listed(network.number, {kind: len(some) for kind, some in found.items()}, evidence)


def _look(
    store: Store,
    lessons: _Lessons,
    material: Material,
    eyes: Eyes,
    recipe: Recipe,
    seen: Seen,
    decided: Container[str],
) -> Generator[str, None, tuple[dict[SuspectKind, list[NewSuspect]], Evidence | None]]:
    """Return the suspects among lessons, and what their list of doubtful labels may be tried out by."""
    yield "looking for photos that are one picture"
    seen.through(eyes.digest, lessons.digests)
    for step in find_same(seen, lessons.digests, lessons.vectors, partial(_grey, store)):
        if isinstance(step, Same):
            same = step
        else:
            yield f"looking for photos that are one picture ({step})"
    yield "looking for doubtful labels"
    groups = group_twins(same.twins, _pixels(store, lessons))
    judged = _judged(lessons, material, eyes, recipe, groups, same.alike)
    wanted = _doubted(lessons, material, judged, same.alike) | {
        SuspectKind.DUPLICATE: _groups(lessons, groups),
        SuspectKind.SIMILAR: lessons.similar(same.similar),
    }
    found = {kind: list(_in_places(some, decided)) for kind, some in wanted.items()}
    is_tried = found[SuspectKind.LABEL] and judged.labels > 1  # Nothing can be called wrongly where there is one name.
    places = MOST + sum(one.subject in decided for one in found[SuspectKind.LABEL])
    return found, _evidence(lessons, material, judged, places) if is_tried else None


def _in_places(found: Iterable[NewSuspect], decided: Container[str]) -> Iterator[NewSuspect]:
    """Yield the first `MOST` that nobody decided, and whatever is decided among them: that takes nobody's place."""
    left = MOST
    for one in found:
        if one.subject not in decided:
            if not left:
                return
            left -= 1
        yield one


def flagged(unit: Unit, classifier_id: int) -> list[NewSuspect]:
    """Return photos whose answer people called wrong and that have no agreed name, most flagged first."""
    found = []
    for photo_id, prediction_id, people in unit.suspects.flagged(classifier_id, limit=MOST):
        answer = unit.predictions.get(prediction_id)
        others = [label_id for label_id, _ in answer.probabilities if label_id != answer.label_id]
        reason = {"cause": "flagged", "people": people, "said": answer.label_id}
        found.append(NewSuspect((photo_id,), None, others[0] if others else None, float(people), reason))
    return found


def disputed(unit: Unit, classifier_id: int, shown: Iterable[NewSuspect]) -> list[NewSuspect]:
    """Return photos that people disagree on and that are not `shown` already, the newest dispute first.

    No other list has them: they count as nothing, so they are no lessons.
    """
    but = {photo_id for one in shown for photo_id in one.photo_ids}
    found = unit.suspects.disputed(classifier_id, but=but, limit=MOST)
    return [NewSuspect((photo_id,), None, None, 1.0, {"cause": "disputed"}) for photo_id in found]


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
        lessons, numbers = material.snapshot.lessons, dict[str, int]()
        return cls(
            tuple(one.digest for one in lessons),
            tuple(one.label_id for one in lessons),
            np.array([one.fold for one in lessons], dtype=np.int64),
            np.array([numbers.setdefault(one.group, len(numbers)) for one in lessons], dtype=np.int64),
            unit_vectors(material.sights.whole.embeddings),
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

    def beside(self, row: int, alike: Alike) -> list[int]:
        """Return taught photos of other groups most alike to one, those that are known to be near or else of all."""
        near = [int(one) for one in alike.rows[row] if self.groups[one] != self.groups[row]]
        photos = [self.photos_of(one)[0] for one in near if self.photos_of(one)]
        if len(photos) >= BESIDE:
            return photos[:BESIDE]
        cosines = self.vectors @ self.vectors[row]
        cosines[self.groups == self.groups[row]] = -np.inf
        rows = [int(one) for one in np.argsort(-cosines, kind="stable")[:BESIDE] if np.isfinite(cosines[one])]
        return [self.photos_of(one)[0] for one in rows if self.photos_of(one)]

    def similar(self, pairs: Iterable[tuple[int, int, float]]) -> Iterator[NewSuspect]:
        """Yield pairs that are only alike; photos of one group are known to be: an album, or one picture sent twice."""
        for one, other, likeness in pairs:
            if self.groups[one] != self.groups[other] and self.photos_of(one) and self.photos_of(other):
                yield _pair(self, one, other, likeness)


def _judged(
    lessons: _Lessons,
    material: Material,
    eyes: Eyes,
    recipe: Recipe,
    groups: Sequence[DuplicateGroup],
    alike: Alike,
) -> Judged:
    """Hear the witnesses of all labels."""
    ids = tuple(label_id for label_id, _ in material.snapshot.labels)
    given = np.array([ids.index(label_id) for label_id in lessons.labels], dtype=np.int64)
    # Copies in two folds vouch for each other. After a tuning a fold's embedder has learned from the other folds, so
    # that no photo may change its fold.
    folds = one_fold_each(lessons.folds, groups) if eyes.tuning is None else lessons.folds
    sights = material.sights.folds
    doubts = doubt(sights, given, folds, len(ids), recipe, alike=alike)
    return Judged(sights, given, folds, len(ids), recipe, doubts, alike)


def _evidence(lessons: _Lessons, material: Material, judged: Judged, places: int) -> Evidence:
    """Return what the list of doubtful labels is tried out by: pictures under two names stand in it first."""
    return Evidence(judged, material.digest, max(0, places - len(list(lessons.two_names()))), DOUBTFUL)


def _doubted(
    lessons: _Lessons, material: Material, judged: Judged, alike: Alike
) -> dict[SuspectKind, Iterable[NewSuspect]]:
    """Return doubtful labels and strangers, each looked at more closely only when its turn comes."""
    ids = tuple(label_id for label_id, _ in material.snapshot.labels)
    doubts, given = judged.doubts, judged.given
    joint = together(doubts)
    labels = find_suspects(doubts, given, least=DOUBTFUL)
    strange = find_off_topic(doubts, given)

    def listed(one: Suspect) -> NewSuspect:
        reason: dict[str, Any] = {"cause": one.cause.value, "beside": lessons.beside(one.row, alike)}
        proposal = None if one.proposal is None else ids[one.proposal]
        if one.proposal is not None:
            own, other = float(joint[one.row, one.given]), float(joint[one.row, one.proposal])
            reason |= {"given": round(own, 4), "proposed": round(other, 4)}
        return NewSuspect(lessons.photos_of(one.row), lessons.labels[one.row], proposal, one.score, reason)

    return {
        SuspectKind.LABEL: chain(lessons.two_names(), (listed(one) for one in labels if lessons.photos_of(one.row))),
        SuspectKind.OUTLIER: (listed(one) for one in strange if lessons.photos_of(one.row)),
    }


def _grey(store: Store, digest: str) -> NDArray[np.uint8]:
    """Return a picture's shades; none of a picture that cannot be read, which is like no other then."""
    try:
        return shades(decode(store.blobs.read(digest), SIDE))
    except (StorageError, PictureUnreadable):
        return np.zeros((SIDE, SIDE), dtype=np.uint8)


def _pixels(store: Store, lessons: _Lessons) -> list[int]:
    with store.read() as unit:
        known = unit.photos.pixels(lessons.digests)
    return [known.get(digest, 0) for digest in lessons.digests]


def _groups(lessons: _Lessons, groups: Sequence[DuplicateGroup]) -> list[NewSuspect]:
    """Return groups of copies, those with several names first: there one name must be wrong."""
    found = [_group(lessons, one) for one in groups if all(lessons.photos_of(row) for row in one.rows)]
    return sorted(found, key=lambda one: -one.score)


def _group(lessons: _Lessons, group: DuplicateGroup) -> NewSuspect:
    """Return a group with its best photo first.

    Every photo of the other pictures follows: what is set aside must not come back by a copy sent twice.
    """
    names = len({lessons.labels[row] for row in group.rows})
    others = (one for row in group.rows if row != group.best for one in lessons.photos_of(row))
    photos = (lessons.photos_of(group.best)[0], *others)
    reason = {"cause": Cause.DUPLICATES.value, "names": names}
    return NewSuspect(photos, lessons.labels[group.best], None, float(names), reason)


def _pair(lessons: _Lessons, one: int, other: int, likeness: float) -> NewSuspect:
    photos = (lessons.photos_of(one)[0], lessons.photos_of(other)[0])
    return NewSuspect(photos, lessons.labels[one], None, likeness, {"cause": "alike", "likeness": round(likeness, 4)})
