"""What can be taken in, and what is known of it before it is opened: where its bytes are, its label, its part.

A folder per label, or split already into train, valid and test.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Protocol

from bot.actions.layouts import Layout, Part
from bot.actions.placing import LARGEST, Placed, placed_in
from bot.actions.safe_names import METADATA
from storage import EVERY_FOLD, TEST_FOLD, tidy

# More than a picture may have is refused, so no more is read.
READ_AT_MOST = 20 * 1024 * 1024 + 1
# The exact label of a folder whose name could not carry it; `export dataset` writes it.
LABEL_FILE = ".label"
# Photos are judged by what learned from the other folds: what stands alone in one, by what learned from train.
HELD_OUT_FOLDS, TRAIN_FOLDS = EVERY_FOLD[:1], EVERY_FOLD[1:]


class File(Protocol):
    """Where the bytes of an entry are."""

    def size(self) -> int:
        """How many bytes reading it takes at most; 0 if that cannot be known."""
        ...

    def read(self) -> bytes:
        """All of it, or enough to show that it is too much.

        Raises:
            OSError: it cannot be read.
            ArchiveRefused: it is in a zip, and nothing that is taken from one.
        """
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A file to take in: `name` is its path below the folder, `label` is tidy and may be empty.

    `part` is None where the data set is not split; one of `folds` is the photo's, unless its twin was there first.
    What `is_placed` was exported, and stands as it stood there, whatever it is like: with its `group`, or by itself.
    `origin` is where it came from before that, and `description` what the label was said to mean.
    What lies beside the label folders is not `in_folder`, and has no label.
    """

    file: File
    name: str
    label: str
    part: Part | None = None
    folds: tuple[int, ...] = EVERY_FOLD
    in_folder: bool = True
    is_placed: bool = False
    group: str | None = None
    origin: str | None = None
    description: str = ""

    def stood(self, placed: Placed | None) -> "Entry":
        """The same where it stood before it was exported, as far as that is known and its part has it."""
        if placed is None:
            return self
        told = replace(self, origin=placed.origin, description=placed.description)
        if (placed.fold == TEST_FOLD) != (self.part is Part.TEST):
            return told
        return replace(told, is_placed=True, folds=(placed.fold,), group=placed.group)


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file of its own. Links may lead out of the folder and pipes never end, so neither is opened."""

    path: PurePath

    def size(self) -> int:
        try:
            return min(os.lstat(self.path).st_size, READ_AT_MOST)
        except OSError:  # Whoever reads it will say why.
            return 0

    def read(self, at_most: int = READ_AT_MOST) -> bytes:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a plain file")
            return file.read(at_most)


def entries_in(folder: Path, layout: Layout) -> Iterator[Entry]:
    """All files below the label folders, however deep, in order; hidden ones are left out."""
    known: dict[PurePath, dict[str, Placed]] = {}
    for part, labelled in layout.labels:
        label, folds, place = label_of(labelled), folds_of(part, layout), labelled.parent
        if (placed := known.get(place)) is None:
            placed = known[place] = _placed_below(place)
        for path in paths_below(labelled):
            found = Entry(OnDisk(path), path.relative_to(folder).as_posix(), label, part, folds)
            yield found.stood(placed.get(path.relative_to(place).as_posix()))


def _placed_below(place: PurePath) -> dict[str, Placed]:
    """What is known of the photos below a folder from when they were exported; nothing of others."""
    try:
        return placed_in(OnDisk(place / METADATA).read(LARGEST).decode())
    except (OSError, UnicodeDecodeError):
        return {}


def paths_below(labelled: PurePath) -> Iterator[Path]:
    """The files, and the folders that cannot be read: who reads one of these learns why, and says so."""
    unread: list[OSError] = []
    for place, folders, files in os.walk(labelled, onerror=unread.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        yield from (Path(place, name) for name in sorted([*files, *links]) if not name.startswith("."))
    yield from (Path(error.filename) for error in unread)


def folds_of(part: Part | None, layout: Layout) -> tuple[int, ...]:
    """The folds of which one will be that of a photo in this part."""
    if part is Part.TEST:
        return (TEST_FOLD,)
    # Without a valid part nothing is held out together, and train is measured as other lessons are.
    if part is None or Part.VALID not in layout.parts:
        return EVERY_FOLD
    return HELD_OUT_FOLDS if part is Part.VALID else TRAIN_FOLDS


def label_of(folder: PurePath) -> str:
    """The label that a folder stands for: its name, or what `export dataset` noted where a name could not hold it."""
    try:
        return tidy(OnDisk(folder / LABEL_FILE).read().decode())
    except (OSError, UnicodeDecodeError):
        return tidy(folder.name)
