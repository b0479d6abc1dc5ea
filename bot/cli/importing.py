"""`pupil import FOLDER`."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.actions.importing import Eyes, Result, Taken, entries_in, import_photos, label_folders
from bot.cli.opening import opened
from bot.cli.plain import printable, quiet_decoders, trouble, why_refused
from storage import PictureRefused, StorageError, StorageSettings, Store
from trainer.errors import TrainerError
from trainer.making import open_embedder
from trainer.settings import TrainerSettings

SHOWN_REFUSALS = 20
EXPECTED = "One sub-folder per label is expected, like {0}/daisy and {0}/tulip, with the pictures inside."


@dataclass(slots=True)
class Summary:
    """What became of all files so far."""

    labels: dict[str, Counter[Taken]] = field(default_factory=dict)
    notes: list[Result] = field(default_factory=list)
    total: Counter[Taken] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        self.labels.setdefault(result.entry.label, Counter())[result.taken] += 1
        self.total[result.taken] += 1
        if result.why is not None:
            self.notes.append(result)


def import_folder(folder: Path, *, as_json: bool) -> int:
    console = Console(stderr=True, soft_wrap=True)
    if (wrong := _wrong_use(folder)) is not None:
        console.print(wrong, style="red", markup=False, highlight=False)
        return 2
    quiet_decoders()
    summary, started = Summary(), time.perf_counter()
    try:
        with opened(StorageSettings()) as store:
            _import(store, folder, summary, console)
    except KeyboardInterrupt:
        console.print("Stopped. What was taken is kept; the same command goes on from here.")
        return 130
    except StorageError as error:
        console.print(f"The import stopped. {trouble(error)} ({error})", style="red", markup=False, highlight=False)
        console.print("What was taken is kept; once that is mended, the same command goes on from here.")
        return 1
    seconds = time.perf_counter() - started
    if as_json:
        print(json.dumps(_as_dict(summary, folder, seconds), ensure_ascii=False))
    else:
        _print(summary, seconds)
    if summary.total.total() == summary.total[Taken.REFUSED]:
        console.print(f"Nothing could be taken from {printable(str(folder))}.", style="red", markup=False)
        return 1
    return 0


def _wrong_use(folder: Path) -> str | None:
    """Why there is nothing to begin with, and what is expected instead."""
    shown = printable(str(folder))
    if not folder.is_dir():
        return f"There is no folder {shown}." if not folder.exists() else f"{shown} is not a folder."
    try:
        return None if label_folders(folder) else f"{shown} has no sub-folders. {EXPECTED.format(shown.rstrip('/'))}"
    except OSError as error:
        return f"{shown} cannot be read ({(error.strerror or '').lower()})."


def _import(store: Store, folder: Path, summary: Summary, console: Console) -> None:
    with store.write() as unit:
        classifier_id = unit.classifiers.default().id
    entries = list(entries_in(folder))
    eyes = _opening_eyes(store.home, console)
    with _bar(console, len(entries)) as advance:
        for result in import_photos(store, classifier_id, entries, eyes):
            summary.add(result)
            advance()


def _opening_eyes(home: Path, console: Console) -> Callable[[], Eyes | None]:
    """Photos are looked at while they come in; where that cannot be, the trainer does it later."""

    def open_eyes() -> Eyes | None:
        try:
            return open_embedder(home, TrainerSettings(threads=1))
        except (TrainerError, OSError) as error:
            console.print(f"The trainer will have to look at the photos later: {error}", markup=False, highlight=False)
            return None

    return open_eyes


@contextmanager
def _bar(console: Console, total: int) -> Iterator[Callable[[], object]]:
    columns = (TextColumn("Looking at photos"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total)
        yield lambda: progress.advance(task)


def _why(result: Result) -> str:
    return why_refused(result.why) if isinstance(result.why, PictureRefused) else result.why or ""


def _as_dict(summary: Summary, folder: Path, seconds: float) -> dict[str, Any]:
    def counts(taken: Counter[Taken]) -> dict[str, int]:
        return {kind.value: taken[kind] for kind in Taken}

    return {
        "folder": printable(os.fspath(folder)),
        **counts(summary.total),
        "labels": {label: counts(taken) for label, taken in summary.labels.items() if label},
        "notes": [
            {"file": printable(one.entry.name), "result": one.taken.value, "reason": printable(_why(one))}
            for one in summary.notes
        ],
        "seconds": round(seconds, 3),
    }


def _print(summary: Summary, seconds: float) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for label, taken in summary.labels.items():
        console.print(f"{label or '(no label)'}: {_listed(taken)}")
    if len(summary.labels) > 1:
        console.print(f"Together: {_listed(summary.total)}, in {seconds:.1f} s")
    _print_notes(console, "Moved to another label", [n for n in summary.notes if n.taken is Taken.CHANGED])
    _print_notes(console, "Not taken", [n for n in summary.notes if n.taken is Taken.REFUSED])


def _listed(taken: Counter[Taken]) -> str:
    words = {Taken.NEW: "new", Taken.KNOWN: "known", Taken.CHANGED: "moved here", Taken.REFUSED: "not taken"}
    return ", ".join(f"{taken[kind]} {word}" for kind, word in words.items() if taken[kind])


def _print_notes(console: Console, title: str, notes: Iterable[Result]) -> None:
    lines = [f"  {printable(one.entry.name)}: {printable(_why(one))}" for one in notes]
    if lines:
        console.print("\n".join([f"{title}:", *lines[:SHOWN_REFUSALS]]))
    if len(lines) > SHOWN_REFUSALS:
        console.print(f"  and {len(lines) - SHOWN_REFUSALS} more; --json lists them all")
