"""What can go wrong in the store, as one family.

StorageError
├── NotFound                an id that is not, or no longer, there
├── StoreUnavailable        the database or disk cannot be used now; nothing was stored
│   ├── StoreBusy           somebody else held the write lock for too long; try again
│   ├── StoreFull           no space left
│   └── StoreReadOnly       the files may be read only
├── StoreConflict           a rule between rows would be broken; nothing was stored
├── StoreDamaged            a check of content failed (digest, integrity)
├── StoreOutdated           the database is of a newer Pupil, or its SQLite is unsafe
└── WriteNotDurable         fsync failed: the process must end, since no later write can be believed
"""


class StorageError(Exception):
    """Base of all errors that leave this package."""


class NotFound(StorageError):
    """An id that is not, or no longer, in the store."""

    def __init__(self, what: str, key: object) -> None:
        super().__init__(f"no {what} {key}")
        self.what = what
        self.key = key


class StoreUnavailable(StorageError):
    """The database or the disk cannot be used now; nothing was stored, and trying again may help."""


class StoreBusy(StoreUnavailable):
    """Another process held the write lock for longer than the busy timeout."""


class StoreFull(StoreUnavailable):
    """No space is left for the database or the photos."""


class StoreReadOnly(StoreUnavailable):
    """The database or the photo folder cannot be written."""


class StoreConflict(StorageError):
    """A rule of the tables would be broken (a key that is taken, a row that is not there); nothing was stored.

    It is a fault of Pupil's, or of two doing the same at once; trying again helps in the second case only.
    """


class StoreDamaged(StorageError):
    """Stored content does not match its digest, or the database fails its own check."""


class StoreOutdated(StorageError):
    """The database was written by a newer Pupil, or by a SQLite that is not safe for two processes."""


class WriteNotDurable(StorageError):
    """The disk did not confirm a write. No later write can be believed: end the process (ATC'20, fsync failures)."""
