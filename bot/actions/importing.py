"""Lessons from a folder or a zip: one sub-folder per label, or split already into train, valid and test.

What is taken is decided by the bytes, not by names: the same file is one photo, however often it is imported. Killed at
any moment and begun again, an import goes on where it was.
"""

import errno
import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.actions.entries import Entry
from bot.actions.layouts import Part
from bot.actions.meanwhile import Meanwhile, meanwhile
from bot.actions.teaching import request_fit
from bot.errors import ArchiveRefused
from bot.looking.copies import Copies, Likeness
from pictures import Picture, PictureRefused
from pictures.decoders import Decoders
from storage import (
    JobKind,
    Label,
    Photo,
    Reason,
    Source,
    Store,
    Unit,
    Vote,
    VoteKind,
    key_of,
)
from trainer.errors import PictureUnreadable
from trainer.preprocessing import Pixels
from trainer.twins import SIDE

BATCH = 32
# A batch waits in memory for its transaction.
BATCH_BYTES = 64 * 1024 * 1024
THREADS = 2
UNNAMED = "its folder's name has nothing in it that can be a label"
LOOSE = "it is in no folder that tells its label"
# If the import is killed, what it had taken is learned after this long; at its end it is learned at once.
LATEST = timedelta(minutes=10)


class Eyes(Protocol):
    """What turns a picture into the vector that networks learn from."""

    @property
    def digest(self) -> str: ...
    @property
    def side(self) -> int:
        """The side that a picture must be decoded to for `embed_pixels`."""
        ...

    def embed_pixels(self, pixels: Pixels, /) -> NDArray[np.float32]: ...
    def embed_bytes(self, data: bytes, /) -> NDArray[np.float32]: ...


class Taken(StrEnum):
    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"  # known under another label, and moved to this one
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a file; `why` only where there is something to say.

    `elsewhere` says that the photo stands in the folds of another part, because the same picture was there first.
    """

    entry: Entry
    taken: Taken
    why: PictureRefused | ArchiveRefused | str | None = None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class _Ready:
    """A file that was looked at outside of any transaction."""

    entry: Entry
    received_digest: str
    picture: Picture | None = None
    digest: str = ""
    vector: bytes | None = None
    likeness: Likeness | None = None


def import_photos(
    store: Store,
    classifier_id: int,
    entries: Iterable[Entry],
    eyes: Callable[[], Eyes | None],
    decoders: Decoders,
    copies: Copies,
) -> Iterator[Result]:
    """Take files in, batch by batch, and yield what became of each. `eyes` is called once a picture is to be decoded.

    Raises:
        StorageError: the store cannot be used. What was yielded before is kept.
    """
    run = _Run(store, classifier_id, eyes, decoders, copies)
    with ThreadPoolExecutor(THREADS) as pool:
        # While a batch is written, the next is looked at already.
        ahead: deque[Iterator[_Ready | Result]] = deque()
        for batch in _batches(entries):
            copies.read_on()
            ahead.append(pool.map(run.look, batch))
            if len(ahead) > 1:
                yield from run.take(list(ahead.popleft()))
        for looked in ahead:
            yield from run.take(list(looked))
    run.finish()


class _Run:
    """One import, from its first batch to its last."""

    def __init__(
        self,
        store: Store,
        classifier_id: int,
        eyes: Callable[[], Eyes | None],
        decoders: Decoders,
        copies: Copies,
    ) -> None:
        self._store = store
        self._decoders = decoders
        self._copies = copies
        self._classifier_id = classifier_id
        self._eyes = _Once(eyes)
        # By the digest of the bytes: the file and label that this import met them under first.
        self._met: dict[str, Entry] = {}
        self._promised = False

    def look(self, entry: Entry) -> _Ready | Result:
        """All that needs no transaction: read, verify, make the blob durable, embed, compare. Called by threads."""
        if not entry.label:
            return Result(entry, Taken.REFUSED, UNNAMED if entry.in_folder else LOOSE)
        try:
            data = entry.file.read()
            digest = hashlib.sha256(data).hexdigest()
            with self._store.read() as unit:
                known = unit.photos.imported(self._classifier_id, digest)
            if known is not None:
                return _Ready(entry, digest)
            # Decoded once, for the check, for the eyes, and to be compared.
            eyes = self._eyes()
            picture = self._decoders.normalise(data, side=eyes.side if eyes else SIDE)
        except (PictureRefused, ArchiveRefused) as error:
            return Result(entry, Taken.REFUSED, error)
        except OSError as error:
            return Result(entry, Taken.REFUSED, _why_unread(error))
        kept, vector = self._store.blobs.put(picture.data), _vector(eyes, picture)
        return _Ready(entry, digest, picture, kept, vector, self._copies.among_read(picture))

    def take(self, looked: list[_Ready | Result]) -> list[Result]:
        """Write a batch, all of it or nothing."""
        with self._store.write() as unit:
            if not self._promised:
                unit.jobs.request(JobKind.FIT, self._classifier_id, due_at=unit.now + LATEST)
            came = meanwhile(unit, (one.likeness for one in looked if isinstance(one, _Ready)))
            results = [one if isinstance(one, Result) else self._keep(unit, one, came) for one in looked]
            new = [one for one, result in zip(looked, results, strict=True) if result.taken is Taken.NEW]
            self._keep_vectors(unit, [one for one in new if isinstance(one, _Ready)])
        self._promised = True
        return results

    def finish(self) -> None:
        if self._promised:
            with self._store.write() as unit:
                request_fit(unit, self._classifier_id)

    def _keep(self, unit: Unit, ready: _Ready, came: Meanwhile) -> Result:
        entry = ready.entry
        first = self._met.setdefault(ready.received_digest, entry)
        if key_of(first.label) != key_of(entry.label):
            return Result(entry, Taken.REFUSED, f"the same picture is also {first.name}, and stays {first.label}")
        photo = unit.photos.imported(self._classifier_id, ready.received_digest)
        if (why := self._why_apart(unit, ready, photo)) is not None:
            return Result(entry, Taken.REFUSED, why)
        label = unit.labels.find_or_create(self._classifier_id, entry.label)
        if entry.description and not label.description:
            unit.naming.describe(label, entry.description)
        if photo is None:
            return self._add(unit, ready, label, came)
        before, elsewhere = unit.votes.live_of(photo.id, None), _is_elsewhere(photo, entry)
        # What was decided by reading a list back stays: the folder was there before it.
        if before is not None and (before.label_id == label.id or before.reason is Reason.REVIEW):
            return Result(entry, Taken.KNOWN, elsewhere=elsewhere)
        self._vote(unit, photo.id, ready, label, before)
        was = unit.labels.get(before.label_id).name if before and before.label_id is not None else "nothing"
        return Result(entry, Taken.CHANGED, f"it was {was} and is now {label.name}", elsewhere)

    def _why_apart(self, unit: Unit, ready: _Ready, photo: Photo | None) -> str | None:
        """Why a picture cannot be a lesson or a test: it is the other already, and can only be one."""
        is_test, same = ready.entry.part is Part.TEST, [photo] if photo else []
        if photo is None and ready.digest:
            same = unit.photos.of_picture(self._classifier_id, ready.digest)
        for one in same:
            if is_test and one.is_test and photo is None:
                return f"the same picture is in the test already, as {one.name}"
            if is_test and not one.is_test and unit.votes.of_photo(one.id):
                return f"the same picture is a lesson ({one.name or 'from a chat'}), so it tests nothing"
            if not is_test and one.is_test:
                return f"the same picture is in the test ({one.name}), and what tests is never learned from"
        return None

    def _add(self, unit: Unit, ready: _Ready, label: Label, came: Meanwhile) -> Result:
        if ready.picture is None:
            # It was there a moment ago, and its owner has just had it deleted.
            return Result(
                ready.entry, Taken.REFUSED, "it was deleted meanwhile: import it again if that was no intention"
            )
        entry = ready.entry
        photo = unit.photos.add(
            self._classifier_id,
            ready.digest,
            ready.picture,
            source=Source.IMPORT,
            name=entry.name,
            folds=entry.folds,
            group=entry.group,
            origin=entry.origin,
            sketch=ready.likeness.sketch if ready.likeness else None,
            like=() if entry.is_placed else came.all_like(ready.likeness),
        )
        came.note(photo, ready.likeness)
        self._vote(unit, photo.id, ready, label, None)
        return Result(entry, Taken.NEW, elsewhere=_is_elsewhere(photo, entry))

    def _keep_vectors(self, unit: Unit, new: list[_Ready]) -> None:
        vectors = {one.digest: one.vector for one in new if one.vector is not None}
        if vectors and (eyes := self._eyes()) is not None:
            unit.embeddings.add(eyes.digest, vectors)

    def _vote(self, unit: Unit, photo_id: int, ready: _Ready, label: Label, before: Vote | None) -> None:
        """The deed counts what it replaces too: moved to another folder and back again is two deeds."""
        told = f"{self._classifier_id}:{ready.received_digest}:{label.id}:{before.id if before else 0}"
        deed = f"import:{hashlib.sha256(told.encode()).hexdigest()}"
        unit.votes.cast(photo_id, None, VoteKind.LABEL, label.id, Reason.IMPORT, deed=deed)


def _vector(eyes: Eyes | None, picture: Picture) -> bytes | None:
    if eyes is None:
        return None
    try:
        seen = eyes.embed_bytes(picture.data) if picture.pixels is None else eyes.embed_pixels(picture.pixels)
    except PictureUnreadable:  # The trainer will say so once more; the photo is kept for people all the same.
        return None
    return seen.astype("<f4").tobytes()


class _Once:
    """Opens the eyes when they are first needed, for whichever thread needs them first: making them takes a while."""

    def __init__(self, open_eyes: Callable[[], Eyes | None]) -> None:
        self._open = open_eyes
        self._lock = threading.Lock()
        self._found: tuple[Eyes | None] | None = None

    def __call__(self) -> Eyes | None:
        with self._lock:
            if self._found is None:
                self._found = (self._open(),)
            return self._found[0]


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        batch.append(entry)
        size += entry.file.size()
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _why_unread(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a link, and only files themselves are taken"
    return f"it cannot be read ({(error.strerror or type(error).__name__).lower()})"


def _is_elsewhere(photo: Photo, entry: Entry) -> bool:
    return photo.fold not in entry.folds
