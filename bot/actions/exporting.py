"""The data set as a folder: all of it, or nothing that looks like it.

It is written beside its place, and moved there when it is whole. Stopped or killed, it goes on where it was: a picture
that is there is not written again, and what does not belong there any more is taken away.
"""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.actions.dataset import DataSet, data_set, exact_labels, tables
from bot.actions.safe_names import NOTES
from storage import NotFound, Store, StoreDamaged

UNFINISHED = ".unfinished"
# What is ours, and may be gone on with and cleared. It stays, hidden, when all is done.
MARK = ".pupil-dataset"


@dataclass(frozen=True, slots=True)
class Written:
    """A picture that is written, or cannot be: its blob is `missing`."""

    name: str
    label: str
    missing: bool


def export_photos(store: Store, classifier_id: int, folder: Path, notes: Callable[[DataSet], str]) -> Iterator[Written]:
    """Write every labelled photo once per label below `folder`, which is not there yet, or empty.

    `notes` words the file on licences and sources.

    Raises:
        StorageError: the store cannot be read.
        FileExistsError: something of somebody else is in the way.
        OSError: the folder cannot be written.
    """
    making = _begin(folder)
    what, written = data_set(store, classifier_id, secrets.token_bytes(32)), dict[str, bool]()
    for one in what.items:
        written[one.name] = _put_picture(store, one.digest, making / one.name)
        yield Written(one.name, one.label.name, missing=not written[one.name])
    whole = what.without({name for name, is_there in written.items() if not is_there})
    texts = [*((name, iter([text])) for name, text in exact_labels(whole)), *tables(store, whole)]
    for name, text in (*texts, (NOTES, iter([notes(whole)]))):
        _put_text(making / name, text)
    _clear(making, {*(one.name for one in whole.items), *(name for name, _ in texts), NOTES, MARK})
    _finish(making, folder)


def unfinished(folder: Path) -> Path:
    """Where a data set is written until it is whole: beside its place, on the same disk."""
    return folder.absolute().with_name(f"{folder.absolute().name}{UNFINISHED}")


def _begin(folder: Path) -> Path:
    making = unfinished(folder)
    if making.is_symlink() or (making.exists() and not (making / MARK).is_file() and any(making.iterdir())):
        raise FileExistsError(making)
    making.mkdir(parents=True, exist_ok=True)
    (making / MARK).touch(mode=0o600)
    return making


def _put_picture(store: Store, digest: str, file: Path) -> bool:
    """Write a picture unless it is there; False where the store has it no more."""
    try:
        if file.is_file() and file.stat().st_size == store.blobs.path(digest).stat().st_size:
            return True
        data = store.blobs.read(digest)
    except (NotFound, StoreDamaged, FileNotFoundError):
        return False
    _put(file, [data])
    return True


def _put_text(file: Path, text: Iterable[str]) -> None:
    _put(file, (piece.encode() for piece in text))


def _put(file: Path, pieces: Iterable[bytes]) -> None:
    """Write aside and rename: what has its name is whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.making")
    aside.unlink(missing_ok=True)
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as out:
        out.writelines(pieces)
    aside.replace(file)


def _clear(making: Path, wanted: set[str]) -> None:
    """Take away what an earlier try wrote and nobody calls so any more."""
    for place, _, files in os.walk(making, topdown=False):
        for file in (Path(place, name) for name in files):
            if file.relative_to(making).as_posix() not in wanted:
                file.unlink()
        if Path(place) != making:
            with contextlib.suppress(OSError):  # Not empty: that is what folders are for.
                Path(place).rmdir()


def _finish(making: Path, folder: Path) -> None:
    # One wait for the disk for all files: one for each of 65,000 would take an hour.
    os.sync()
    making.replace(folder.absolute())
    descriptor = os.open(folder.absolute().parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
