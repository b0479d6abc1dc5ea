"""Opens the file of a collection: what is in it, in the same order each time, without what is done already."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from bot.actions.collecting import Turned
from bot.actions.entries import Entry
from bot.actions.unzipping import entries_called, entries_of
from bot.zips.archives import CHAT, Archive
from storage import Collection, Store

# Things to be looked at together, each with its position; of some it is known already that they are no photos.
Piece = Sequence[tuple[int, Entry] | Turned]


class Opened:
    """What is left of a collection to be looked at, each with its position; it is read while this is open."""

    def __init__(self, file: BinaryIO, left: list[tuple[int, Entry]]) -> None:
        self.left = left
        self._file = file

    def __enter__(self) -> "Opened":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def open_parcel(store: Store, collection: Collection) -> Opened:
    """Open the file of a collection.

    Raises:
        ArchiveRefused, LayoutUnclear, OSError: it is not what it was, or gone.
    """
    with store.read() as unit:
        done = unit.collections.positions(collection.id)
    file = store.parcels.path(collection.parcel or "").open("rb")
    try:
        entries = entries_in(Archive(file, CHAT), collection.label)
    except BaseException:
        file.close()
        raise
    return Opened(file, [(at, entry) for at, entry in enumerate(entries) if at not in done])


def entries_in(archive: Archive, label: str | None) -> list[Entry]:
    """All files of a zip: under one label, or each under that of its folder; raises LayoutUnclear."""
    return list(entries_of(archive) if label is None else entries_called(archive, label))


def count(path: Path, label: str | None) -> int:
    """How many things there are in a zip.

    Raises:
        ArchiveRefused: it is not read.
        LayoutUnclear: nobody could say what is a label there.
    """
    with path.open("rb") as file:
        return len(entries_in(Archive(file, CHAT), label))
