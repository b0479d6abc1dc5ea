"""The store: one transaction at a time, entered by `read()` or `write()`, left with records."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.blobs import Blobs
from storage.engine import WRITES, open_engine
from storage.errors import (
    StorageError,
    StoreBusy,
    StoreDamaged,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
)
from storage.jobs import Heartbeats, Jobs
from storage.labels import Labels
from storage.mail import Inbox, Outbox
from storage.migrating import upgrade
from storage.moment import Clock, Moment, utc_now
from storage.networks import Embeddings, Networks
from storage.people import Chats, Classifiers, People
from storage.photos import Photos
from storage.predictions import Predictions
from storage.talks import Talks
from storage.votes import Votes


class Unit:
    """One transaction: every repository in it sees the same moment and commits together."""

    def __init__(self, connection: Connection, moment: Moment) -> None:
        self.now = moment.now
        self.classifiers = Classifiers(connection, moment)
        self.people = People(connection, moment)
        self.chats = Chats(connection, moment)
        self.labels = Labels(connection, moment)
        self.photos = Photos(connection, moment)
        self.votes = Votes(connection, moment)
        self.predictions = Predictions(connection, moment)
        self.embeddings = Embeddings(connection)
        self.networks = Networks(connection, moment)
        self.jobs = Jobs(connection, moment)
        self.heartbeats = Heartbeats(connection, moment)
        self.inbox = Inbox(connection, moment)
        self.outbox = Outbox(connection, moment)
        self.talks = Talks(connection, moment)


class Store:
    """The database and the photo folder below one home. Safe to use from many threads."""

    def __init__(self, home: Path, engine: Engine, blobs: Blobs, clock: Clock = utc_now) -> None:
        self.home = home
        self.blobs = blobs
        self._engine = engine
        self._clock = clock

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A consistent view; nothing written in it is kept.

        Raises:
            StoreUnavailable: the database cannot be read now.
        """
        with translated(), self._engine.connect() as connection, connection.begin() as transaction:
            yield Unit(connection, Moment(self._clock()))
            transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """A transaction that commits at the end of the block, all or nothing.

        Raises:
            StoreUnavailable: nothing was stored; trying again may help.
        """
        with translated(), self._engine.connect() as connection:
            connection = connection.execution_options(**{WRITES: True})
            with connection.begin():
                yield Unit(connection, Moment(self._clock()))

    def check(self) -> None:
        """Raises StoreDamaged if SQLite's own check of the file finds anything."""
        if self._engine.dialect.name != "sqlite":
            return
        with translated(), self._engine.connect() as connection:
            found = connection.execute(text("PRAGMA integrity_check")).scalars().all()
        if found != ["ok"]:
            raise StoreDamaged("; ".join(map(str, found[:5])))

    def close(self) -> None:
        self._engine.dispose()


def open_store(home: Path, url: str | None = None, clock: Clock = utc_now) -> Store:
    """Open the store below `home`, making or upgrading it as needed. Files are for their owner's eyes only.

    Raises:
        StoreReadOnly, StoreFull: the folder cannot be prepared.
        StoreOutdated: the database is of a newer Pupil.
    """
    with translated():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        blobs = Blobs(home / "photos")
        blobs.prepare()
        engine = open_engine(url or f"sqlite:///{home / 'pupil.db'}")
        upgrade(engine, home)
    return Store(home, engine, blobs, clock)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what drivers and the system raise into this package's errors."""
    try:
        yield
    except StorageError:
        raise
    except PoolTimeout as error:
        raise StoreBusy(str(error)) from error
    except SQLAlchemyError as error:
        raise _translate(error) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(str(error)) from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise StoreReadOnly(str(error)) from error
        raise


_TRANSLATIONS: tuple[tuple[str, type[StorageError]], ...] = (
    (r"database is locked|database table is locked|deadlock detected|lock timeout", StoreBusy),
    (r"database or disk is full|No space left|disk I/O error.*full", StoreFull),
    (r"readonly database|read-only|unable to open database|attempt to write a readonly", StoreReadOnly),
    (r"malformed|not a database", StoreDamaged),
)


def _translate(error: SQLAlchemyError) -> Exception:
    said = str(getattr(error, "orig", error))
    for pattern, kind in _TRANSLATIONS:
        if re.search(pattern, said, re.IGNORECASE):
            return kind(said)
    if isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return StoreUnavailable(said)
    # A broken constraint or a wrong statement is a fault of ours: let it be seen as what it is.
    return error
