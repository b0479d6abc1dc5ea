"""A real store for every test: SQLite in a temporary folder, or the PostgreSQL that PUPIL_TEST_POSTGRES names."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import Store
from tests.storage.classroom import Classroom
from tests.storage.places import POSTGRES, Place, place
from tests.support.homes import with_tables


class HandClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sqlite_only: is about SQLite, and skipped on PostgreSQL")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "sqlite_only" in item.keywords and POSTGRES is not None:
            item.add_marker(pytest.mark.skip(reason="is about SQLite"))
        if "postgres" in item.keywords and POSTGRES is None:
            item.add_marker(pytest.mark.skip(reason="needs PUPIL_TEST_POSTGRES"))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path / "home") as found:
        yield found


@pytest.fixture
def store(where: Place, clock: HandClock) -> Iterator[Store]:
    if where.url is None:
        with_tables(where.home)
    opened = where.open(clock)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def room(store: Store) -> Classroom:
    return Classroom(store)


@pytest.fixture(scope="module")
def module_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Classroom]:
    """One store for all examples of a property: each example brings photos of its own."""
    with place(tmp_path_factory.mktemp("module") / "home") as found:
        opened = found.open()
        try:
            yield Classroom(opened)
        finally:
            opened.close()
