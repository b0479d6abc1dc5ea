"""The store: one transaction at a time, entered by `read()` or `write()`, left with records."""

import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.engine import URL

from storage.alarms import Alarms
from storage.albums import Albums
from storage.arrivals import Arrivals
from storage.blobs import Blobs
from storage.card_messages import CardMessages
from storage.collections import Collections
from storage.considering import Considering
from storage.credits import Credits
from storage.datasets import Datasets
from storage.decisions import Decisions
from storage.drifts import Drifts
from storage.engine import BUSY_TIMEOUT_MS, READS, WRITES, open_engine
from storage.errors import StoreBusy, StoreDamaged
from storage.faults import files_translated, translated
from storage.guard import Guard
from storage.inquiries import Inquiries
from storage.jobs import Heartbeats, Jobs
from storage.labels import Labels
from storage.mail import Inbox, Outbox
from storage.migrating import upgrade
from storage.moment import Clock, Moment, utc_now
from storage.naming import Naming
from storage.networks import Embeddings, Networks
from storage.opinions import Opinions
from storage.people import Chats, Classifiers, People
from storage.photos import Photos
from storage.predictions import Predictions
from storage.quarantine import Quarantine
from storage.reversals import Reversals
from storage.suspects import Suspects
from storage.tables import blob
from storage.talks import Talks
from storage.teachings import Teachings
from storage.votes import Votes

# How many files are removed under one hold of the write lock.
_AT_ONCE = 200
# Another process asks for the lock every few milliseconds; without a gap that long it may ask in vain again and again.
_GIVES_WAY = 0.01
# A file that no row names may be about to get one: it is stored before its row.
UNNAMED_FOR = timedelta(hours=1)


class Unit:
    """One transaction: every repository in it sees the same moment and commits together."""

    def __init__(self, connection: Connection, moment: Moment, blobs: Blobs, confirmed_lessons: int = 0) -> None:
        self.now = moment.now
        self.classifiers = Classifiers(connection, moment)
        self.people = People(connection, moment)
        self.chats = Chats(connection, moment)
        self.labels = Labels(connection, moment)
        self.photos = Photos(connection, moment, blobs)
        self.albums = Albums(connection, moment)
        self.arrivals = Arrivals(connection, moment)
        self.votes = Votes(connection, moment)
        self.opinions = Opinions(connection)
        self.considering = Considering(connection, self.votes)
        self.inquiries = Inquiries(connection, moment)
        self.naming = Naming(connection, moment, self.votes)
        self.guard = Guard(connection, moment, self.votes, confirmed_lessons)
        self.alarms = Alarms(connection, moment)
        self.reversals = Reversals(connection, moment)
        self.datasets = Datasets(connection, moment)
        self.collections = Collections(connection, moment)
        self.quarantine = Quarantine(connection, moment)
        self.predictions = Predictions(connection, moment)
        self.drifts = Drifts(connection, moment)
        self.suspects = Suspects(connection, moment)
        self.decisions = Decisions(connection, moment)
        self.card_messages = CardMessages(connection, moment)
        self.credits = Credits(connection, moment)
        self.embeddings = Embeddings(connection)
        self.networks = Networks(connection, moment)
        self.jobs = Jobs(connection, moment)
        self.heartbeats = Heartbeats(connection, moment)
        self.inbox = Inbox(connection, moment)
        self.outbox = Outbox(connection, moment)
        self.talks = Talks(connection, moment)
        self.teachings = Teachings(connection, moment)


class WriterLock:
    """One thread at a time, as `with lock:`; raises StoreBusy where the one before does not end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise StoreBusy("another thread of this process is writing")

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@dataclass(frozen=True, slots=True)
class Swept:
    """What sweeping removed: files that were never finished, and blobs that no row names."""

    unfinished: int
    unnamed: int


class Store:
    """The database and the photo folder below one home. Safe to use from many threads."""

    def __init__(
        self, home: Path, engine: Engine, blobs: Blobs, clock: Clock = utc_now, confirmed_lessons: int = 0
    ) -> None:
        self.home = home
        # After so many lessons that others bear out, nobody is a newcomer any more; 0: nobody ever is.
        self.confirmed_lessons = confirmed_lessons
        self.blobs = blobs
        # Zips and lists that are being learned from, and what was refused, as they came: too big for a row, and gone
        # when they are done with.
        self.parcels = Blobs(home / "parcels")
        self._engine = engine
        self._clock = clock
        # SQLite has one writer at a time. Threads of one process queue up here, where waking one costs nothing; only
        # another process is waited for by asking again and again.
        self._writer: AbstractContextManager[None] = WriterLock() if engine.dialect.name == "sqlite" else nullcontext()

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """A consistent view; nothing written in it is kept.

        Raises:
            StoreUnavailable: the database cannot be read now.
        """
        with translated(), self._engine.connect() as connection:
            connection = connection.execution_options(**READS[connection.dialect.name])
            with connection.begin() as transaction:
                yield Unit(connection, Moment(self._clock()), self.blobs, self.confirmed_lessons)
                transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """A transaction that commits at the end of the block, all or nothing.

        Raises:
            StoreUnavailable: nothing was stored; trying again may help.
        """
        with self._writing() as connection:
            yield Unit(connection, Moment(self._clock()), self.blobs, self.confirmed_lessons)

    def discard(self, digests: Iterable[str]) -> int:
        """Remove the files of blobs that no row names any more; returns how many. Call it after the commit.

        Asking the rows under the write lock is what makes it safe: somebody may just have sent the same picture again.
        """
        waiting, removed = sorted(set(digests)), 0
        for start in range(0, len(waiting), _AT_ONCE):
            some = waiting[start : start + _AT_ONCE]
            if len(waiting) > _AT_ONCE:
                time.sleep(_GIVES_WAY)
            with self._writing() as connection:
                if connection.dialect.name == "postgresql":
                    # Waits for those who are adding blobs, and they for this.
                    connection.execute(text("LOCK TABLE blob IN SHARE ROW EXCLUSIVE MODE"))
                named = set(connection.execute(select(blob.c.digest).where(blob.c.digest.in_(some))).scalars())
                for digest in some:
                    if digest not in named and self.blobs.has(digest):
                        self.blobs.remove(digest)
                        removed += 1
        return removed

    def sweep(self, older_than: timedelta = UNNAMED_FOR) -> Swept:
        """Remove what killed processes left: unfinished files, and blobs that no row names, last touched before that.

        Raises:
            StoreUnavailable: some of it is still there.
        """
        before = (self._clock() - older_than).timestamp()
        unfinished = self.blobs.sweep(before) + self.parcels.sweep(before)
        self.let_go(self.parcels.digests(before))
        old = set(self.blobs.digests(before))
        with translated(), self._engine.connect() as connection:
            old.difference_update(connection.execute(select(blob.c.digest)).scalars())
        return Swept(unfinished, self.discard(old))

    def let_go(self, parcels: Iterable[str]) -> None:
        """Remove the files of collections and of quarantine that nobody needs any more. Call it after the commit."""
        unneeded = set(parcels)
        if not unneeded:
            return
        with self._writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE collection, quarantined IN SHARE ROW EXCLUSIVE MODE"))
            moment = Moment(self._clock())
            unneeded -= Collections(connection, moment).parcels() | Quarantine(connection, moment).parcels()
            for digest in sorted(unneeded):
                self.parcels.remove(digest)

    def check(self) -> None:
        """Raises StoreDamaged if SQLite's own checks of the file find anything."""
        if self._engine.dialect.name != "sqlite":
            return
        with translated(), self._engine.connect() as connection:
            found = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
            astray = connection.execute(text("PRAGMA foreign_key_check")).all()
        if found != ["ok"]:
            raise StoreDamaged("; ".join(found[:5]))
        if astray:
            raise StoreDamaged("; ".join(f"row {row[1]} of {row[0]} names no {row[2]}" for row in astray[:5]))

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with translated(), self._writer, self._engine.connect() as connection:
            connection = connection.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection


def open_store(home: Path, url: str | None = None, clock: Clock = utc_now, *, confirmed_lessons: int = 0) -> Store:
    """Open the store below `home`, making or upgrading it as needed. Files are for their owner's eyes only.

    With `confirmed_lessons` newcomers' lessons wait (see guard.py).

    Raises:
        StoreReadOnly, StoreFull: the folder cannot be prepared.
        StoreOutdated: the database is of a newer Pupil.
    """
    with files_translated():
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        blobs = Blobs(home / "photos")
        blobs.prepare()
        Blobs(home / "parcels").prepare()
        if url is None:
            _make_private(home / "pupil.db")
    # Not as text: a folder may have a question mark in its name.
    engine = open_engine(url or URL.create("sqlite", database=str(home / "pupil.db")))
    try:
        with translated():
            upgrade(engine, home)
    except BaseException:
        engine.dispose()
        raise
    return Store(home, engine, blobs, clock, confirmed_lessons)


def _make_private(file: Path) -> None:
    """Make a file that only its owner may read. SQLite gives its log and journal the mode of the database."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
