"""Homes whose database has all tables and no rows: copying one is ten times faster than upgrading in each test."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from storage import open_store


def with_tables(home: Path) -> Path:
    """Give a home, made if need be, the tables of today; one that has a database keeps it."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (home / "pupil.db").exists():
        shutil.copy(Path(_upgraded().name) / "home" / "pupil.db", home)
    return home


@cache
def _upgraded() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="pupil-tables-")
    open_store(Path(folder.name) / "home").close()
    return folder
