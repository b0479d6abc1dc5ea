"""Lessons from a zip: its folders mean what the same folders on a disk would."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath

from bot.actions.entries import LABEL_FILE, Entry, folds_of
from bot.actions.layouts import Layout, has_pictures, layout_of
from bot.actions.placing import Placed, placed_in
from bot.actions.safe_names import BESIDE, METADATA
from bot.errors import ArchiveRefused
from bot.zips.archives import Archive, Member
from storage import tidy

# What systems put beside people's files, besides hidden files.
_CLUTTER = {"__macosx", "thumbs.db", "desktop.ini"}


@dataclass(frozen=True, slots=True)
class Zipped:
    """A file that is still in its zip."""

    archive: Archive
    member: Member

    def size(self) -> int:
        return self.member.size

    def read(self) -> bytes:
        return self.archive.read(self.member)


class ZipTree:
    """The files of a zip by their folders, without hidden ones and what systems add.

    In order, so that all below a folder stand side by side. Files of the same name stay apart.
    """

    def __init__(self, members: Iterable[Member]) -> None:
        kept = [one for one in members if not any(_is_clutter(part) for part in one.path.parts)]
        self._members = sorted(kept, key=lambda one: one.path.parts)
        self._paths = [one.path.parts for one in self._members]

    def folders(self, place: PurePath) -> list[PurePath]:
        found: list[PurePath] = []
        depth = len(place.parts)
        at, end = self._range(place.parts)
        while at < end:
            parts = self._paths[at]
            if len(parts) > depth + 1:
                found.append(place / parts[depth])
                at = self._range(parts[: depth + 1])[1]
            else:
                at += 1
        return found

    def files(self, place: PurePath) -> Iterator[str]:
        depth = len(place.parts)
        start, end = self._range(place.parts)
        return (parts[depth] for parts in self._paths[start:end] if len(parts) == depth + 1)

    def below(self, place: PurePath) -> list[Member]:
        """All files below a folder, however deep."""
        start, end = self._range(place.parts)
        # A file may be called as the folder beside it.
        return [one for one in self._members[start:end] if len(one.path.parts) > len(place.parts)]

    def _range(self, prefix: tuple[str, ...]) -> tuple[int, int]:
        if not prefix:
            return 0, len(self._paths)
        # Nothing of a zip has a NUL in its name, so this comes behind all that is below, and before what is next.
        behind = (*prefix[:-1], f"{prefix[-1]}\0")
        return bisect_left(self._paths, prefix), bisect_left(self._paths, behind)


def entries_of(archive: Archive) -> Iterator[Entry]:
    """All files of a zip, in order; those beside the label folders too, so that what is not taken is told of.

    Raises:
        LayoutUnclear: nobody could say what is a label there, or there is none. Raised at once.
    """
    tree = ZipTree(archive.members)
    root = _root(tree)
    return _entries(archive, tree, root, layout_of(root, tree))


def entries_called(archive: Archive, label: str) -> Iterator[Entry]:
    """All files of a zip under one label, in order, whatever their folders are called."""
    for one in ZipTree(archive.members).below(PurePosixPath()):
        yield Entry(Zipped(archive, one), one.path.as_posix(), label)


def _entries(archive: Archive, tree: ZipTree, root: PurePath, layout: Layout) -> Iterator[Entry]:
    exact = {one.path.parent: one for one in archive.members if one.path.name == LABEL_FILE}
    labelled = {place.parts for _, place in layout.labels}
    tables = {one.path.parent: one for one in archive.members if one.path.name == METADATA}
    parents = {place.parent for _, place in layout.labels}
    placed = {one: _placed(archive, tables.get(PurePosixPath(one))) for one in parents}
    for part, place in layout.labels:
        label, folds = _label(archive, exact.get(PurePosixPath(place)), place), folds_of(part, layout)
        stood = placed[place.parent]
        for one in tree.below(place):
            found = Entry(Zipped(archive, one), _name_below(root, one), label, part, folds)
            yield found.stood(stood.get(_name_below(place.parent, one))) if stood else found
    depths = {len(parts) for parts in labelled}
    for one in tree.below(root):
        # What an export wrote beside the folders is no photo that anybody misses.
        if tables and one.path.name in BESIDE:
            continue
        if not any(one.path.parts[:depth] in labelled and len(one.path.parts) > depth for depth in depths):
            yield Entry(Zipped(archive, one), _name_below(root, one), "", in_folder=False)


def _name_below(place: PurePath, one: Member) -> str:
    """As `relative_to` has it, in a fraction of its time."""
    return "/".join(one.path.parts[len(place.parts) :])


def _root(tree: ZipTree) -> PurePath:
    """The folder that holds the label folders: people pack one folder with all in it, and often that once more.

    A second time only if it is called as the one around it, or else it could be a label with folders of its own.
    """
    place: PurePath = PurePosixPath()
    while len(inside := tree.folders(place)) == 1 and not has_pictures(place, tree):
        (only,) = inside
        is_label = has_pictures(only, tree) or not tree.folders(only)
        if is_label or (place.name and place.name != only.name):
            break
        place = only
    return place


def _label(archive: Archive, exact: Member | None, folder: PurePath) -> str:
    """The label that a folder stands for: its name, or what `export dataset` noted where a name could not hold it."""
    try:
        return tidy(archive.read(exact).decode() if exact else folder.name)
    except (ArchiveRefused, OSError, UnicodeDecodeError):
        return tidy(folder.name)


def _placed(archive: Archive, table: Member | None) -> dict[str, Placed]:
    """What is known of the photos below a folder from when they were exported; nothing of others."""
    try:
        return placed_in(archive.read(table).decode()) if table is not None else {}
    except (ArchiveRefused, OSError, UnicodeDecodeError):
        return {}


def _is_clutter(name: str) -> bool:
    return name.startswith(".") or name.casefold() in _CLUTTER
