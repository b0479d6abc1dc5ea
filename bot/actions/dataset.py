"""The data set as it leaves the store: which picture is called what, and everything that is told beside it.

A folder per label with the stored pictures, `cleaned.csv` (name, label), `metadata.jsonl` as Hugging Face's image
folders have it (one in each part, with `file_name` relative to it), the history of what people said, and a note on
whose all that is. Whether it goes to a disk or into a zip makes no difference here.
"""

import csv
import hashlib
import hmac
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import PurePosixPath

from bot.actions.entries import LABEL_FILE
from bot.actions.layouts import Part
from bot.actions.placing import told_origin
from bot.actions.safe_names import HISTORY, METADATA, TABLE, cell, folder_names, holds
from storage import Label, LabelledPhoto, Opinion, Photo, Source, Store, Vote

# Photos are told of in batches, so that a large data set is never in memory as a whole.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Item:
    """A picture under one label; `name` is its path in the data set. The same picture sent twice is one."""

    part: str
    name: str
    label: Label
    digest: str
    photo_ids: tuple[int, ...]
    fold: int
    group_key: str


@dataclass(frozen=True, slots=True)
class DataSet:
    """What is exported; `key` hides who said something, and which album a photo came in, from whoever reads it."""

    items: tuple[Item, ...]
    folders: dict[str, str]
    groups: frozenset[str]
    key: bytes

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(sorted({one.part for one in self.items}))

    def hashed(self, what: str, of: object) -> str:
        """Something that is the same for the same person or group, and tells nothing else."""
        return hmac.new(self.key, f"{what}:{of}".encode(), hashlib.sha256).hexdigest()[:16]

    def without(self, names: Set[str]) -> "DataSet":
        """The same without some pictures."""
        return self._of(tuple(one for one in self.items if one.name not in names))

    def share(self, number: int, of: int) -> "DataSet":
        """A part of the pictures, chosen by their digests: the same whatever comes or goes beside them."""
        return self._of(tuple(one for one in self.items if int(one.digest[:8], 16) % of == number))

    def _of(self, items: tuple[Item, ...]) -> "DataSet":
        used = {str(PurePosixPath(one.name).parent) for one in items}
        folders = {name: label for name, label in self.folders.items() if name in used}
        return DataSet(items, folders, self.groups, self.key)


def data_set(store: Store, classifier_id: int, key: bytes) -> DataSet:
    """All labelled photos, as of one moment; where some are kept for a test, they stand apart.

    Raises:
        StorageError: the store cannot be read.
    """
    with store.read() as unit:
        labels = unit.labels.named(classifier_id)
        photos, tests = unit.photos.labelled(classifier_id), unit.photos.for_test(classifier_id)
    train = Part.TRAIN.value if tests else ""
    wanted: dict[tuple[str, int, str], list[LabelledPhoto]] = defaultdict(list)
    for part, some in ((train, photos), (Part.TEST.value, tests)):
        for one in some:
            wanted[part, one.label_id, one.digest].append(one)
    used = {label_id: labels[label_id] for label_id in sorted({label_id for _, label_id, _ in wanted})}
    folders = folder_names(used)
    items = tuple(
        Item(
            part,
            str(PurePosixPath(part, folders[label_id], f"{digest[:32]}.jpg")),
            used[label_id],
            digest,
            tuple(one.photo_id for one in found),
            found[0].fold,
            found[0].group,
        )
        for (part, label_id, digest), found in wanted.items()
    )
    named = {str(PurePosixPath(one.part, folders[one.label.id])): one.label.name for one in items}
    return DataSet(items, named, _shared(items), key)


def exact_labels(what: DataSet) -> Iterator[tuple[str, str]]:
    """A hidden file for each label that its folder's name cannot hold, with the label in it."""
    for folder, label in sorted(what.folders.items()):
        if not holds(PurePosixPath(folder).name, label):
            yield str(PurePosixPath(folder, LABEL_FILE)), label


def tables(store: Store, what: DataSet) -> Iterator[tuple[str, Iterator[str]]]:
    """What is written beside the pictures: names, and text piece by piece."""
    for part in what.parts:
        yield str(PurePosixPath(part, METADATA)), _metadata(store, what, part)
    yield HISTORY, _history(store, what)
    yield TABLE, _table(what)


def _table(what: DataSet) -> Iterator[str]:
    for row in (("name", "label"), *((one.name, one.label.name) for one in what.items)):
        line = io.StringIO(newline="")
        csv.writer(line).writerow([cell(each) for each in row])
        yield line.getvalue()


def _metadata(store: Store, what: DataSet, part: str) -> Iterator[str]:
    """A line for each picture of a part: where it is, what it is called, and how it stood among the others."""
    for items in _batches([one for one in what.items if one.part == part]):
        with store.read() as unit:
            firsts = [one.photo_ids[0] for one in items]
            photos, opinions = unit.photos.those(firsts), unit.opinions.those(firsts)
        for one in items:
            if (photo := photos.get(one.photo_ids[0])) is not None:
                yield _line(_told(what, one, photo, opinions.get(photo.id)))


def _told(what: DataSet, one: Item, photo: Photo, opinion: Opinion | None) -> dict[str, object]:
    group = what.hashed("group", one.group_key) if one.group_key in what.groups else None
    return {
        "file_name": str(PurePosixPath(one.name).relative_to(one.part)),
        "label": one.label.name,
        "description": one.label.description,
        "fold": one.fold,
        "group": group,
        "sha256": one.digest,
        "photos": len(one.photo_ids),
        "settled": None if opinion is None else opinion.settled.value,
        "probability": None if opinion is None else opinion.probability,
        "source": photo.source,
        "original_name": photo.name,
        # An import keeps the path below its folder as the name.
        "origin": told_origin(photo.origin or (photo.name if photo.source == Source.IMPORT else None)),
        "arrived_at": photo.created_at.isoformat(),
    }


def _history(store: Store, what: DataSet) -> Iterator[str]:
    """Every vote on the pictures, oldest first within a picture: what was said, when and how, not by whom."""
    for items in _batches(what.items):
        with store.read() as unit:
            labels = unit.labels.named(items[0].label.classifier_id)
            votes = unit.votes.of_photos([photo_id for one in items for photo_id in one.photo_ids])
        for one in items:
            for vote in sorted((each for key in one.photo_ids for each in votes[key]), key=lambda each: each.id):
                yield _line(_said(what, one, vote, labels))


def _said(what: DataSet, one: Item, vote: Vote, labels: dict[int, Label]) -> dict[str, object]:
    label = labels.get(vote.label_id) if vote.label_id is not None else None
    return {
        "file_name": one.name,
        "vote": what.hashed("vote", vote.id),
        "replaces": None if vote.replaces_id is None else what.hashed("vote", vote.replaces_id),
        "by": "import" if vote.person_id is None else what.hashed("person", vote.person_id),
        "said": vote.kind.value,
        "label": None if label is None else label.name,
        "how": vote.reason.value,
        "at": vote.created_at.isoformat(),
    }


def _shared(items: Iterable[Item]) -> frozenset[str]:
    """The groups of more than one picture: what stands alone needs no group."""
    members: dict[str, set[str]] = defaultdict(set)
    for one in items:
        members[one.group_key].add(one.digest)
    return frozenset(key for key, digests in members.items() if len(digests) > 1)


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))


def _line(told: dict[str, object]) -> str:
    return json.dumps(told, ensure_ascii=False) + "\n"
