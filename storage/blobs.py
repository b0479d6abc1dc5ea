"""Pictures on disk, named by the SHA-256 of their bytes.

A blob is durable before its row is committed: write aside, fsync, rename, fsync the folder. Killed at any point, the
worst that stays is a file that no row names.
"""

import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from storage.errors import NotFound, StoreDamaged, WriteNotDurable
from storage.faults import NO_SPACE, files_translated


class Blobs:
    """The photo folder. Its 256 sub-folders exist from the start, so that only files need to be made durable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Make the folders, for their owner's eyes only, and make them durable."""
        with files_translated():
            wanted = [self._folder, self._folder / "tmp", *(self._folder / f"{first:02x}" for first in range(256))]
            missing = [folder for folder in wanted if not folder.is_dir()]
            for folder in missing:
                folder.mkdir(mode=0o700, exist_ok=True)
            if missing:
                _fsync_folder(self._folder)
                _fsync_folder(self._folder.parent)

    def put(self, data: bytes) -> str:
        """Store bytes durably and return their digest. Bytes that are there already are not written again.

        Raises:
            StoreFull, StoreReadOnly, StoreUnavailable: nothing was stored.
            WriteNotDurable: the disk did not confirm the write; the process must end.
        """
        digest = hashlib.sha256(data).hexdigest()
        target = self.path(digest)
        with files_translated():
            if not self._is_there(target, data):
                self._write(target, data)
            # Also for a file that was there: whoever renamed it may have been killed before it made that durable.
            _fsync_folder(target.parent)
        return digest

    def has(self, digest: str) -> bool:
        return self.path(digest).is_file()

    def read(self, digest: str) -> bytes:
        """The bytes of a blob.

        Raises:
            NotFound: no such blob.
            StoreDamaged: the file does not match its name.
        """
        with files_translated():
            try:
                data = self.path(digest).read_bytes()
            except FileNotFoundError as error:
                raise NotFound("blob", digest) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreDamaged(f"blob {digest} does not match its digest")
        return data

    def remove(self, digest: str) -> None:
        """Remove a file, whatever the rows say: Store.discard asks them first."""
        with files_translated():
            self.path(digest).unlink(missing_ok=True)

    def path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def digests(self, older_than: float | None = None) -> Iterator[str]:
        """All blobs on disk, in no order; or only those last stored before `older_than` (seconds since the epoch)."""
        for file in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            if older_than is None or _older(file, older_than):
                yield file.name

    def sweep(self, older_than: float) -> int:
        """Remove half-written files last touched before `older_than` (seconds since the epoch); returns how many."""
        removed = 0
        with files_translated():
            for file in (self._folder / "tmp").iterdir():
                if _older(file, older_than):
                    file.unlink(missing_ok=True)
                    removed += 1
        return removed

    def _is_there(self, target: Path, data: bytes) -> bool:
        """Whether the file holds these very bytes; a damaged one is written anew. Sweeping sees it as fresh again."""
        try:
            if target.read_bytes() != data:
                return False
            os.utime(target)
        except FileNotFoundError:
            return False
        return True

    def _write(self, target: Path, data: bytes) -> None:
        aside = self._folder / "tmp" / uuid.uuid4().hex
        try:
            with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                _fsync(file.fileno())
            aside.rename(target)
        except OSError:
            aside.unlink(missing_ok=True)
            raise


def _older(file: Path, moment: float) -> bool:
    try:
        return file.stat().st_mtime < moment
    except FileNotFoundError:  # Another process has just removed or renamed it.
        return False


def _fsync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in NO_SPACE:
            raise
        # After a failed fsync the kernel may have dropped the pages: trying again could succeed without the data.
        raise WriteNotDurable(f"fsync: {error.strerror}") from error


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _fsync(descriptor)
    finally:
        os.close(descriptor)
