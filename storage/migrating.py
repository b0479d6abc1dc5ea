"""Bringing the database to the tables of this version."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from storage.engine import WRITES
from storage.errors import StoreOutdated
from storage.faults import files_translated

# The newest revision below migrations/versions; a test holds the two together. Knowing it here spares the start of
# every process the import of alembic when there is nothing to do.
HEAD = "0017"
SCRIPTS = Path(__file__).parent / "migrations"
# Any number that nothing else locks.
_POSTGRES_LOCK = 7_811_273


def upgrade(engine: Engine, home: Path) -> None:
    """Bring the database to HEAD; two processes that start at once do it one after the other.

    Raises:
        StoreOutdated: the database has a revision that this version does not know.
    """
    if revision(engine) == HEAD:
        return
    with _alone(home / "migrate.lock"):
        if revision(engine) != HEAD:
            _run(engine)


def revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _run(engine: Engine) -> None:
    """Upgrade in one transaction: killed anywhere in it, the database is as it was."""
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    # The parser behind it takes % for its own.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    with engine.connect() as connection:
        writing = connection.execution_options(**{WRITES: True})
        with writing.begin():
            _lock(writing)
            config.attributes["connection"] = writing
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                raise StoreOutdated(f"the database is of another Pupil: {error}") from error


def _lock(connection: Connection) -> None:
    """The file lock reaches one machine; processes that share a PostgreSQL may be on several."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with files_translated():
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
