"""Opening the store for a command, and saying plainly why it cannot be opened."""

from collections.abc import Iterator
from contextlib import contextmanager

from storage import StorageSettings, Store, open_store


@contextmanager
def opened(settings: StorageSettings) -> Iterator[Store]:
    """The store of the settings, closed at the end; raises StorageError."""
    store = open_store(settings.home, settings.database_url(), confirmed_lessons=settings.confirmed_lessons)
    try:
        yield store
    finally:
        store.close()
