"""One trainer at a time: a lock of the operating system on a file in the home, which no kill can leave behind."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trainer.errors import AlreadyRunning


@contextmanager
def only_trainer(home: Path) -> Iterator[None]:
    """Hold `trainer.lock` of this home; raise AlreadyRunning at once if another process does."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = home / "trainer.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(path) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)
