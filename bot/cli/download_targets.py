"""Where downloaded pictures go: into the data set, or into a folder per label. Nothing is kept that is no picture."""

import hashlib
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from bot.actions.entries import LABEL_FILE, Entry, label_of
from bot.actions.importing import Eyes, Result, Taken, import_photos
from bot.actions.safe_names import safe_name
from bot.cli.plain import why_refused
from bot.downloading.download import Arrived
from bot.downloading.journal import Became, Finished
from bot.looking.copies import Copies
from bot.looking.twins import Twins
from pictures import PictureRefused
from pictures.decoders import Decoders
from storage import Store, key_of, tidy

# Each waits for the disk most of the time.
THREADS = 4
# How many pictures wait for a thread, or for the one before them.
AHEAD = 16
_BECAME = {
    Taken.NEW: Became.NEW,
    Taken.KNOWN: Became.KNOWN,
    Taken.CHANGED: Became.CHANGED,
    Taken.REFUSED: Became.REFUSED,
}


class Target(Protocol):
    """Where pictures go."""

    def has(self, digest: str, label: str, /) -> bool:
        """Whether a picture of these bytes is there still."""
        ...

    def take(self, arrived: Iterator[Arrived], /) -> Iterator[Finished]:
        """Verify and keep what arrives; what is yielded is durable."""
        ...


@dataclass(frozen=True)
class _Bytes:
    """A file of an import whose bytes came from an address."""

    arrived: Arrived

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.arrived.content).hexdigest()

    def size(self) -> int:
        return len(self.arrived.content)

    def read(self) -> bytes:
        return self.arrived.content


class IntoDataSet:
    """Photos of the data set, as an import would take them; each is called by its address."""

    def __init__(self, store: Store, classifier_id: int, eyes: Callable[[], Eyes | None], decoders: Decoders) -> None:
        self._store = store
        self._classifier_id = classifier_id
        self._eyes = eyes
        self._decoders = decoders
        self._copies = Copies(store, Twins(store))

    def has(self, digest: str, label: str) -> bool:
        with self._store.read() as unit:
            return unit.photos.imported(self._classifier_id, digest) is not None

    def take(self, arrived: Iterator[Arrived]) -> Iterator[Finished]:
        entries = (Entry(_Bytes(one), one.item.address, one.item.label, origin=one.item.address) for one in arrived)
        for result in import_photos(
            self._store, self._classifier_id, entries, self._eyes, self._decoders, self._copies
        ):
            yield _finished(result)


def _finished(result: Result) -> Finished:
    file = result.entry.file
    if not isinstance(file, _Bytes):
        raise TypeError("an import gave back another file than it was given")
    reason = why_refused(result.why) if isinstance(result.why, PictureRefused) else str(result.why or "")
    return Finished(file.arrived.item, _BECAME[result.taken], reason, file.digest)


class IntoFolder:
    """A folder per label; a picture is one file, called by the digest of its bytes. An import reads them again."""

    def __init__(self, folder: Path, decoders: Decoders) -> None:
        self._folder = folder
        self._decoders = decoders
        self._folders: dict[str, Path] = {}

    def has(self, digest: str, label: str) -> bool:
        return self._file(digest, label).exists()

    def take(self, arrived: Iterator[Arrived]) -> Iterator[Finished]:
        yield from _side_by_side(self._keep, self._with_folders(arrived))

    def _with_folders(self, arrived: Iterator[Arrived]) -> Iterator[Arrived]:
        """Folders are made here and not by the threads, of which two could make the same one."""
        for one in arrived:
            self._folder_of(one.item.label)
            yield one

    def _keep(self, arrived: Arrived) -> Finished:
        item, digest = arrived.item, hashlib.sha256(arrived.content).hexdigest()
        try:
            picture = self._decoders.normalise(arrived.content)
        except PictureRefused as refused:
            return Finished(item, Became.REFUSED, why_refused(refused), digest)
        file = self._file(digest, item.label)
        if file.exists():
            return Finished(item, Became.KNOWN, digest=digest)
        _write(file, picture.data)
        return Finished(item, Became.NEW, digest=digest)

    def _file(self, digest: str, label: str) -> Path:
        return self._folder_of(label) / f"{digest[:32]}.jpg"

    def _folder_of(self, label: str) -> Path:
        """The label's folder, made if need be."""
        key = key_of(label)
        if key not in self._folders:
            self._folders[key] = _made_folder(self._folder, label)
        return self._folders[key]


def _made_folder(below: Path, label: str) -> Path:
    """A new folder for a label or the one that it has; no two labels share one, whatever their names become."""
    number, name = 1, safe_name(label)
    while (folder := below / name).exists() and key_of(label_of(folder)) != key_of(label):
        number += 1
        name = f"{safe_name(label)} ({number})"
    if not folder.exists():
        folder.mkdir(parents=True)
        if tidy(folder.name) != label:
            (folder / LABEL_FILE).write_text(label, encoding="utf-8")
        _make_durable(below)
    return folder


def _write(file: Path, data: bytes) -> None:
    """Durable before it has its name, and hidden until then: a kill leaves no half of a picture."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".", delete=False) as passing:
        passing.write(data)
        passing.flush()
        os.fsync(passing.fileno())
    os.replace(passing.name, file)
    _make_durable(file.parent)


def _make_durable(folder: Path) -> None:
    """The names in a folder: the journal tells next that they are there."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _side_by_side(work: Callable[[Arrived], Finished], things: Iterable[Arrived]) -> Iterator[Finished]:
    """In order. A pool's own `map` would take in all things at once, and hold them."""
    waiting: deque[Future[Finished]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        for thing in things:
            waiting.append(pool.submit(work, thing))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
