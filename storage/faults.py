"""What drivers and the system raise, turned into this package's errors.

The driver's own error is not kept as the cause: PostgreSQL's tells whole rows ("Failing row contains ..."), and those
are people's words, which must not end in a log.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.errors import (
    StorageError,
    StoreBusy,
    StoreConflict,
    StoreDamaged,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    WriteNotDurable,
)

NO_SPACE = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
MAY_NOT_WRITE = frozenset((errno.EROFS, errno.EACCES, errno.EPERM))

# SQLite's result codes (https://sqlite.org/rescode.html): extended ones first, then the primary code in their low byte.
_SQLITE_EXTENDED: dict[int, type[StorageError]] = {
    # SQLITE_IOERR without more: pysqlite3 does not ask for extended codes, so this may be a failed fsync (measured with
    # strace), and believing it to be harmless would be the one mistake that loses what was acknowledged.
    10: WriteNotDurable,
    1034: WriteNotDurable,  # SQLITE_IOERR_FSYNC
    1290: WriteNotDurable,  # SQLITE_IOERR_DIR_FSYNC
}
_SQLITE: dict[int, type[StorageError]] = {
    3: StoreReadOnly,  # PERM
    5: StoreBusy,  # BUSY
    6: StoreBusy,  # LOCKED
    8: StoreReadOnly,  # READONLY
    11: StoreDamaged,  # CORRUPT
    13: StoreFull,  # FULL
    14: StoreReadOnly,  # CANTOPEN
    15: StoreBusy,  # PROTOCOL: a race for the locks of the write-ahead log
    17: StoreBusy,  # SCHEMA: another process is upgrading
    18: StoreConflict,  # TOOBIG
    19: StoreConflict,  # CONSTRAINT
    20: StoreConflict,  # MISMATCH
    26: StoreDamaged,  # NOTADB
}
# PostgreSQL's SQLSTATE, whole or its class; the words beside it may be in any language.
_POSTGRES: dict[str, type[StorageError]] = {
    "40001": StoreBusy,
    "40P01": StoreBusy,
    "55P03": StoreBusy,
    "53300": StoreBusy,
    "53100": StoreFull,
    "25006": StoreReadOnly,
    "42501": StoreReadOnly,
    "42P01": StoreDamaged,
    "42703": StoreDamaged,
    "XX001": StoreDamaged,
    "XX002": StoreDamaged,
    "22": StoreConflict,
    "23": StoreConflict,
}


@contextmanager
def translated() -> Iterator[None]:
    """Turn faults of the database into this package's errors; a wrong statement of ours stays what it is."""
    try:
        yield
    except PoolTimeout:
        raise StoreBusy("every connection is in use") from None
    except DBAPIError as error:
        raise _of_driver(error) from None


@contextmanager
def files_translated() -> Iterator[None]:
    """Turn faults of files and folders into this package's errors."""
    try:
        yield
    except OSError as error:
        said = f"{type(error).__name__}: {error.strerror}"
        if error.errno in NO_SPACE:
            raise StoreFull(said) from error
        if error.errno in MAY_NOT_WRITE:
            raise StoreReadOnly(said) from error
        raise StoreUnavailable(said) from error


def _of_driver(error: DBAPIError) -> StorageError:
    kind: type[StorageError] = StoreUnavailable
    code = ""
    original = error.orig
    if (number := getattr(original, "sqlite_errorcode", None)) is not None:
        kind = _SQLITE_EXTENDED.get(number) or _SQLITE.get(number & 0xFF) or StoreUnavailable
        code = getattr(original, "sqlite_errorname", str(number))
        if number == 1 and "no such" in str(original):
            kind = StoreDamaged
    elif state := getattr(original, "sqlstate", None):
        kind, code = _POSTGRES.get(state) or _POSTGRES.get(state[:2]) or StoreUnavailable, state
    diagnosis = getattr(getattr(original, "diag", None), "message_primary", None)
    lines = str(diagnosis or original).splitlines()
    return kind(" ".join(filter(None, (code, lines[0] if lines else ""))))
