"""A classroom for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import open_store
from tests.bot.actions.classroom import Classroom
from tests.support.homes import with_tables


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Classroom]:
    store = open_store(with_tables(tmp_path / "home"))
    yield Classroom(store)
    store.close()
