"""A progress bar on the terminal, for work that goes through parts one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

SAID = ""


class Bar:
    """One line per part, shown from the part's first step on."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._lines: dict[str, TaskID] = {}

    def update(self, part: str, done: int, steps: int) -> None:
        """Show that `done` of `steps` of the part are behind us."""
        if part not in self._lines:
            self._lines[part] = self._shown.add_task(part, total=steps)
        self._shown.update(self._lines[part], completed=done, total=steps)

    def say(self, doing: str) -> None:
        """Show what another process says that it does, in one line."""
        if SAID not in self._lines:
            self._lines[SAID] = self._shown.add_task(doing, total=None)
        self._shown.update(self._lines[SAID], description=doing)


@contextmanager
def progress_bar() -> Iterator[Bar]:
    """Show a bar on the standard error, so that what is printed can be piped."""
    columns = (TextColumn("{task.description:9}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        yield Bar(shown)
