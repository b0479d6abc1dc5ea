"""Pictures on disk, named by the SHA-256 of their bytes.

A blob is durable before its row is committed: write aside, fsync, rename, fsync the folder. Killed at any point, the
worst that stays is a file that no row names.
"""

import errno
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.errors import NotFound, StoreDamaged, StoreFull, StoreReadOnly, WriteNotDurable


class Blobs:
    """The photo folder. Its 256 sub-folders exist from the start, so that only files need to be made durable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        with _translated():
            for first in range(256):
                (self._folder / f"{first:02x}").mkdir(parents=True, exist_ok=True)
            (self._folder / "tmp").mkdir(exist_ok=True)

    def put(self, data: bytes) -> str:
        """Store bytes durably and return their digest. Storing the same bytes again costs a look at the folder.

        Raises:
            StoreFull, StoreReadOnly: nothing was stored.
            WriteNotDurable: the disk did not confirm the write; the process must end.
        """
        digest = hashlib.sha256(data).hexdigest()
        target = self.path(digest)
        if target.exists() and target.stat().st_size == len(data):
            return digest
        aside = self._folder / "tmp" / uuid.uuid4().hex
        with _translated():
            try:
                with aside.open("xb") as file:
                    file.write(data)
                    file.flush()
                    _fsync(file.fileno())
                aside.rename(target)
            except OSError:
                aside.unlink(missing_ok=True)
                raise
            _fsync_folder(target.parent)
        return digest

    def read(self, digest: str) -> bytes:
        """The bytes of a blob.

        Raises:
            NotFound: no such blob.
            StoreDamaged: the file does not match its name.
        """
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("blob", digest) from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreDamaged(f"blob {digest} does not match its digest")
        return data

    def remove(self, digest: str) -> None:
        with _translated():
            self.path(digest).unlink(missing_ok=True)

    def path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def digests(self) -> Iterator[str]:
        """All blobs on disk, in no order."""
        for file in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            yield file.name

    def sweep(self, older_than: float) -> int:
        """Remove half-written files last touched before `older_than` (seconds since the epoch); returns how many."""
        removed = 0
        for file in (self._folder / "tmp").iterdir():
            if file.stat().st_mtime < older_than:
                file.unlink(missing_ok=True)
                removed += 1
        return removed


def _fsync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        # After a failed fsync the kernel may have dropped the pages: trying again could succeed without the data.
        raise WriteNotDurable(str(error)) from error


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(str(error)) from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise StoreReadOnly(str(error)) from error
        raise
