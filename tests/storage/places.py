"""Where a test keeps its store: a folder of its own, and where PUPIL_TEST_POSTGRES is set a schema of its own too."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from storage import Clock, Store, open_store, utc_now

POSTGRES = os.environ.get("PUPIL_TEST_POSTGRES")


@dataclass(frozen=True)
class Place:
    """What a process needs to open the store: its home, and a URL unless it is SQLite in the home."""

    home: Path
    url: str | None

    def open(self, clock: Clock = utc_now) -> Store:
        return open_store(self.home, self.url, clock)


@contextmanager
def place(home: Path) -> Iterator[Place]:
    """An empty place that is gone afterwards."""
    if POSTGRES is None:
        yield Place(home, None)
        return
    schema = f"pupil_{uuid.uuid4().hex}"
    administrator = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    try:
        with administrator.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        url = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={schema}"})
        yield Place(home, url.render_as_string(hide_password=False))
    finally:
        with administrator.connect() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        administrator.dispose()
