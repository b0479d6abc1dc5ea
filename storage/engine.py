"""How the database is opened: safely for two processes that write."""

import random
import sqlite3
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from storage.errors import StoreOutdated, StoreUnavailable

_Answer = TypeVar("_Answer")

BUSY_TIMEOUT_MS = 5_000
# Before this version two connections that write and checkpoint at once can corrupt a WAL database, and bot and trainer
# do just that (SQLite's own page on the write-ahead log tells of it as the WAL-reset bug).
WAL_FIXED = (3, 51, 3)
WAL_WITHDRAWN = (3, 52, 0)
_WAIT_SECONDS = (0.0005, 0.005)
# execution option that makes a transaction take the write lock at its start
WRITES = "pupil_writes"
# execution options of a transaction that only reads: PostgreSQL would else show each statement a later moment
READS: dict[str, dict[str, Any]] = {
    "sqlite": {},
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
}


def open_engine(url: str | URL) -> Engine:
    """An engine for a SQLAlchemy URL of SQLite or PostgreSQL.

    Raises:
        StoreOutdated: no usable driver for the URL.
        StoreUnavailable: it is no such URL.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Neither the URL nor the cause is told: it may hold a password, and a mistyped one is still half a password.
        raise StoreUnavailable("the setting of the database is not a SQLAlchemy URL") from None
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        return _open_postgres(parsed)
    raise StoreOutdated(f"{parsed.get_backend_name()} is not supported: use sqlite or postgresql")


def sqlite_module() -> ModuleType:
    """The newest SQLite at hand: the `pysqlite3` wheel where it is installed, else Python's own."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return sqlite3
    module: ModuleType = dbapi2
    return module


def wal_is_safe(version: tuple[int, ...]) -> bool:
    """Whether two processes may share a write-ahead log with this SQLite."""
    return version >= WAL_FIXED and version != WAL_WITHDRAWN


def _open_sqlite(url: URL) -> Engine:
    module = sqlite_module()
    safe = wal_is_safe(module.sqlite_version_info)
    engine = create_engine(url, module=module, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # Python's driver would begin transactions by itself, late and deferred; _begin does it instead.
        connection.isolation_level = None
        journal = _patiently(lambda: _journal(connection, "WAL" if safe else "DELETE"))
        if journal == "wal" and not safe:
            raise StoreOutdated(
                "the database has a write-ahead log, which this SQLite may not share: install pysqlite3"
            )
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_size_limit=67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(WRITES, False):
            _begin_writing(connection)
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _journal(connection: Any, mode: str) -> str:
    """Ask for a journal; returns the one that the file has. A new file's change is refused at once, busy timeout or
    not, while another process makes the same change."""
    return str(connection.execute(f"PRAGMA journal_mode={mode}").fetchone()[0])


def _begin_writing(connection: Connection) -> None:
    """Take the write lock, waiting for it up to the busy timeout.

    A deferred transaction that reads and then writes fails at once when another process wrote in between, in spite of
    the busy timeout (measured: 499 of 1,000). Taking the lock first waits instead.
    """
    # By the driver itself: three statements through SQLAlchemy cost half a millisecond before anything is written.
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        _patiently(lambda: driver.execute("BEGIN IMMEDIATE"))
    except sqlite_module().Error:
        # What fails is asked of SQLAlchemy once more: the errors that it makes are the ones that get translated.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _patiently(attempt: Callable[[], _Answer]) -> _Answer:
    """What the attempt returns, made again for up to the busy timeout while another process holds the lock.

    SQLite's own waiting asks ten times a second once it has waited a while; a process that writes without a pause
    holds the lock at nearly all of those moments (measured: waits of 2.5 s with a write-ahead log, and 5 s in vain with
    a rollback journal). Asking often, and at odd moments, finds the gaps.
    """
    last_try = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            return attempt()
        except sqlite_module().OperationalError as error:
            is_busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > last_try:
                raise
        time.sleep(random.uniform(*_WAIT_SECONDS))


def _open_postgres(url: URL) -> Engine:
    try:
        engine = create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True)
    except ImportError as error:
        raise StoreOutdated("PostgreSQL needs its driver: install pupil[postgres]") from error

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        # PostgreSQL's default is to wait for a lock for ever.
        connection.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        connection.commit()

    return engine
