"""How a folder of pictures is laid out: a sub-folder per label, or split already into train, valid and test.

    FOLDER/<label>/*                                   FOLDER/train/<label>/*, FOLDER/valid/<label>/*, FOLDER/test/...

The folder may be on a disk or in a zip. A label may be called “train”: what counts is whether such folders hold
pictures or folders of them.
"""

import mimetypes
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Protocol

from bot.errors import LayoutUnclear


class Part(StrEnum):
    """The parts of a data set that comes split."""

    TRAIN = "train"
    VALID = "valid"
    TEST = "test"


NAMES = {
    "train": Part.TRAIN,
    "valid": Part.VALID,
    "val": Part.VALID,
    "validation": Part.VALID,
    "test": Part.TEST,
}


class Tree(Protocol):
    """Folders and files, wherever they are. Neither hidden ones nor links belong to it."""

    def folders(self, place: PurePath, /) -> list[PurePath]:
        """The sub-folders, in order."""
        ...

    def files(self, place: PurePath, /) -> Iterator[str]:
        """The names of the files right in a folder."""
        ...


class Disk:
    """The folders of this computer."""

    def folders(self, place: PurePath) -> list[PurePath]:
        found = (entry for entry in os.scandir(place) if entry.is_dir(follow_symlinks=False))
        return sorted(Path(entry.path) for entry in found if not entry.name.startswith("."))

    def files(self, place: PurePath) -> Iterator[str]:
        with os.scandir(place) as found:
            names = (entry.name for entry in found if not entry.is_dir(follow_symlinks=False))
            yield from (name for name in names if not name.startswith("."))


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of labels, in order, each with the part that it belongs to; None where the data set is not split."""

    labels: tuple[tuple[Part | None, PurePath], ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that there are, in the order in which they are named."""
        found = {part for part, _ in self.labels}
        return tuple(part for part in Part if part in found)


def layout_of(folder: PurePath, tree: Tree) -> Layout:
    """How the folder is laid out.

    Raises:
        LayoutUnclear: nobody could say what is a label there, or there is none.
        OSError: it cannot be read.
    """
    folders = tree.folders(folder)
    if not folders:
        raise LayoutUnclear("has no sub-folders")
    named = [one for one in folders if _part(one) is not None]
    others = [one.name for one in folders if one not in named]
    # A folder that holds nothing but pictures is a label, whatever it is called.
    nested = {_part(one) for one in named if not _is_label(one, tree)}
    among_labels = bool(others) and (Part.TRAIN not in nested or len(named) == 1)
    if not nested or among_labels:
        return Layout(tuple((None, one) for one in folders))
    return _split(named, others, tree)


def has_pictures(folder: PurePath, tree: Tree) -> bool:
    """Whether there are pictures right in it, by their names: what they really are, the import finds out."""
    return any((mimetypes.guess_type(name)[0] or "").startswith("image/") for name in tree.files(folder))


def _split(named: list[PurePath], others: list[str], tree: Tree) -> Layout:
    """The layout of folders that are each called as a part."""
    parts: dict[Part, PurePath] = {}
    for one in named:
        part = NAMES[one.name.casefold()]
        if part in parts:
            raise LayoutUnclear(f"has both {parts[part].name} and {one.name}: put their pictures together")
        parts[part] = one
    _check(parts, others, tree)
    # What is held out comes before what it is held out from: a picture in both then stands with what is held out.
    in_order = [part for part in (Part.VALID, Part.TRAIN, Part.TEST) if part in parts]
    return Layout(tuple((part, label) for part in in_order for label in tree.folders(parts[part])))


def _check(parts: Mapping[Part, PurePath], others: list[str], tree: Tree) -> None:
    names = [one.name for one in parts.values()]
    if others:
        raise LayoutUnclear(
            f"has {_listed(names)} and beside them {_listed(others[:3])}: "
            "put every label into these parts, and take away what is none"
        )
    if Part.TRAIN not in parts:
        raise LayoutUnclear(f"has {_listed(names)}, but no train to learn from")
    if len(parts) == 1:
        raise LayoutUnclear(f"has train alone: import {names[0]} itself, or put valid or test beside it")
    for one in parts.values():
        if has_pictures(one, tree):
            raise LayoutUnclear(
                f"has pictures without a label in {one.name}: put them into a folder per label, or somewhere else"
            )
        if not tree.folders(one):
            raise LayoutUnclear(f"has no label in {one.name}: put a folder per label there, or take {one.name} away")


def _part(folder: PurePath) -> Part | None:
    return NAMES.get(folder.name.casefold())


def _is_label(folder: PurePath, tree: Tree) -> bool:
    return has_pictures(folder, tree) and not tree.folders(folder)


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
