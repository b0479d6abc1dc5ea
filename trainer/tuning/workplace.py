"""Work folders of tunings that are under way, or were killed: what is in them is gone on with, or must go."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

WORK = "work-"
LESSONS = "lessons.json"


def workplace(tunings: Path, name: str) -> Path:
    """Return the work folder of this name."""
    return tunings / f"{WORK}{name}"


def workplaces(tunings: Path) -> Iterator[Path]:
    """Yield the work folders that there are."""
    yield from sorted(tunings.glob(f"{WORK}*")) if tunings.is_dir() else ()


def clear(tunings: Path, *, but: Collection[Path] = ()) -> None:
    """Remove all work folders but these. Only for who knows that none of the others is being worked in."""
    for folder in workplaces(tunings):
        if folder not in but:
            shutil.rmtree(folder, ignore_errors=True)


def spoilt(folders: Iterable[Path], gone: Callable[[list[str]], Collection[str]]) -> list[Path]:
    """Return the folders that hold something of a picture that is `gone`, or do not say what they hold."""
    found = []
    for folder in folders:
        try:
            lessons = json.loads((folder / LESSONS).read_text())
        except (OSError, ValueError):
            found.append(folder)
            continue
        if gone(lessons):
            found.append(folder)
    return found
