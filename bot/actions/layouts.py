"""How a folder of pictures is laid out: a sub-folder per label, or split already into train, valid and test.

    FOLDER/<label>/*                                   FOLDER/train/<label>/*, FOLDER/valid/<label>/*, FOLDER/test/...

A label may be called “train”: what counts is whether such folders hold pictures or folders of them.
"""

import mimetypes
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of labels, in order, each with the part that it belongs to; None where the data set is not split."""

    labels: tuple[tuple[Part | None, Path], ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that there are, in the order in which they are named."""
        found = {part for part, _ in self.labels}
        return tuple(part for part in Part if part in found)


def layout_of(folder: Path) -> Layout:
    """How the folder is laid out.

    Raises:
        LayoutUnclear: nobody could say what is a label there, or there is none.
        OSError: it cannot be read.
    """
    folders = label_folders(folder)
    if not folders:
        raise LayoutUnclear("has no sub-folders")
    named = [one for one in folders if _part(one) is not None]
    others = [one.name for one in folders if one not in named]
    # A folder that holds nothing but pictures is a label, whatever it is called.
    nested = {_part(one) for one in named if not _is_label(one)}
    among_labels = bool(others) and (Part.TRAIN not in nested or len(named) == 1)
    if not nested or among_labels:
        return Layout(tuple((None, one) for one in folders))
    return _split(named, others)


def label_folders(folder: Path) -> list[Path]:
    """The sub-folders that stand for labels, in order; hidden ones and links do not."""
    found = (entry for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    return sorted(Path(entry.path) for entry in found if not entry.name.startswith("."))


def _split(named: list[Path], others: list[str]) -> Layout:
    """The layout of folders that are each called as a part."""
    parts: dict[Part, Path] = {}
    for one in named:
        part = NAMES[one.name.casefold()]
        if part in parts:
            raise LayoutUnclear(f"has both {parts[part].name} and {one.name}: put their pictures together")
        parts[part] = one
    _check(parts, others)
    # What is held out comes before what it is held out from: a picture in both then stands with what is held out.
    in_order = [part for part in (Part.VALID, Part.TRAIN, Part.TEST) if part in parts]
    return Layout(tuple((part, label) for part in in_order for label in label_folders(parts[part])))


def _check(parts: Mapping[Part, Path], others: list[str]) -> None:
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
        if _has_pictures(one):
            raise LayoutUnclear(
                f"has pictures without a label in {one.name}: put them into a folder per label, or somewhere else"
            )
        if not label_folders(one):
            raise LayoutUnclear(f"has no label in {one.name}: put a folder per label there, or take {one.name} away")


def _part(folder: Path) -> Part | None:
    return NAMES.get(folder.name.casefold())


def _is_label(folder: Path) -> bool:
    return _has_pictures(folder) and not label_folders(folder)


def _has_pictures(folder: Path) -> bool:
    with os.scandir(folder) as found:
        names = (entry.name for entry in found if not entry.is_dir(follow_symlinks=False))
        return any(not name.startswith(".") and _is_picture(name) for name in names)


def _is_picture(name: str) -> bool:
    """By its name: what it really is, the import finds out."""
    return (mimetypes.guess_type(name)[0] or "").startswith("image/")


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
