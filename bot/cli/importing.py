"""`pupil import FOLDER`, or a zip of one."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.actions.entries import Entry, entries_in
from bot.actions.importing import THREADS, Eyes, Result, Taken, import_photos
from bot.actions.layouts import Disk, Part, layout_of
from bot.actions.unzipping import entries_of
from bot.cli.opening import opened
from bot.cli.plain import DECODERS_DOWN, printable, progress_bar, quiet_decoders, sentence, trouble, why_refused
from bot.errors import ArchiveRefused, LayoutUnclear, ZipFlaw
from bot.looking.copies import Copies
from bot.looking.twins import Twins
from bot.zips.archives import COMMAND_LINE, Archive, why_not_read
from pictures import PictureRefused
from pictures.decoders import Decoders, DecodersDown
from storage import StorageError, StorageSettings, Store
from trainer.errors import TrainerError
from trainer.making import open_embedder
from trainer.settings import TrainerSettings

SHOWN_REFUSALS = 20
EXPECTED = (
    "One sub-folder per label is expected, like {0}/daisy and {0}/tulip, with the pictures inside, "
    "or the same in {0}/train, {0}/valid and {0}/test."
)
EXPECTED_IN_ZIP = (
    "One folder per label is expected in it, like daisy and tulip, with the pictures inside, "
    "or the same in train, valid and test."
)
MEANT = {
    Part.VALID: "valid is held out together: each of its photos is judged by what did not learn from any of them.",
    Part.TEST: "Nothing ever learns from test: `pupil report` says how the network does on it.",
}


@dataclass(slots=True)
class Summary:
    """What became of all files so far. `elsewhere` are the photos of a part that stand in the folds of another."""

    labels: dict[str, Counter[Taken]] = field(default_factory=dict)
    parts: dict[Part, Counter[Taken]] = field(default_factory=dict)
    elsewhere: Counter[Part] = field(default_factory=Counter)
    notes: list[Result] = field(default_factory=list)
    total: Counter[Taken] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        self.labels.setdefault(result.entry.label, Counter())[result.taken] += 1
        if (part := result.entry.part) is not None:
            self.parts.setdefault(part, Counter())[result.taken] += 1
            self.elsewhere[part] += result.elsewhere
        self.total[result.taken] += 1
        if result.why is not None:
            self.notes.append(result)


def import_from(source: Path, *, as_json: bool) -> int:
    """Take in a folder, or a zip that holds one."""
    console = Console(stderr=True, soft_wrap=True)
    with ExitStack() as until_done:
        entries = _entries(source, until_done)
        if isinstance(entries, str):
            console.print(entries, style="red", markup=False, highlight=False)
            return 2
        return _import_all(source, entries, console, as_json=as_json)


def _import_all(source: Path, entries: Iterable[Entry], console: Console, *, as_json: bool) -> int:
    quiet_decoders()
    summary, started = Summary(), time.perf_counter()
    try:
        with opened(StorageSettings()) as store:
            _import(store, list(entries), summary, console)
    except KeyboardInterrupt:
        console.print("Stopped. What was taken is kept; the same command goes on from here.")
        return 130
    except StorageError as error:
        return _stopped(console, f"{trouble(error)} ({error})")
    except DecodersDown:
        return _stopped(console, DECODERS_DOWN)
    seconds = time.perf_counter() - started
    if as_json:
        print(json.dumps(_as_dict(summary, source, seconds), ensure_ascii=False))
    else:
        _print(summary, seconds)
    if summary.total.total() == summary.total[Taken.REFUSED]:
        console.print(f"Nothing could be taken from {printable(str(source))}.", style="red", markup=False)
        return 1
    return 0


def _entries(source: Path, until_done: ExitStack) -> Iterable[Entry] | str:
    """What there is to take, or why there is nothing to begin with, and what is expected instead.

    A zip stays open until all is done.
    """
    shown, expected = printable(str(source)), EXPECTED.format(printable(str(source)).rstrip("/"))
    try:
        if source.is_dir():
            return entries_in(source, layout_of(source, Disk()))
        if not source.is_file():
            return f"There is no folder {shown}." if not source.exists() else f"{shown} is not a folder."
        expected = EXPECTED_IN_ZIP
        return entries_of(Archive(until_done.enter_context(source.open("rb")), COMMAND_LINE))
    except LayoutUnclear as unclear:
        return f"{shown} {printable(str(unclear))}. {expected} Nothing was imported."
    except ArchiveRefused as refused:
        if refused.flaw is ZipFlaw.NOT_A_ZIP:
            return f"{shown} is not a folder, and no zip that can be read: it may be cut short. Nothing was imported."
        return f"{shown} was not read. {sentence(printable(why_not_read(refused)))} Nothing was imported."
    except OSError as error:
        return f"{shown} cannot be read ({(error.strerror or '').lower()})."


def _stopped(console: Console, why: str) -> int:
    console.print(f"The import stopped. {why}", style="red", markup=False, highlight=False)
    console.print("What was taken is kept; once that is mended, the same command goes on from here.")
    return 1


def _import(store: Store, entries: Sequence[Entry], summary: Summary, console: Console) -> None:
    with store.write() as unit:
        classifier_id = unit.classifiers.default().id
    eyes, copies = opening_eyes(store.home, console), Copies(store, Twins(store))
    with progress_bar(console, "Looking at photos", len(entries)) as advance, Decoders() as decoders:
        for result in import_photos(store, classifier_id, entries, eyes, decoders, copies):
            summary.add(result)
            advance()


def opening_eyes(home: Path, console: Console) -> Callable[[], Eyes | None]:
    """Photos are looked at while they come in; where that cannot be, the trainer does it later."""

    def open_eyes() -> Eyes | None:
        try:
            return open_embedder(home, TrainerSettings(threads=THREADS), at_once=THREADS)
        except (TrainerError, OSError) as error:
            console.print(f"The trainer will have to look at the photos later: {error}", markup=False, highlight=False)
            return None

    return open_eyes


def _why(result: Result) -> str:
    if isinstance(result.why, PictureRefused):
        return why_refused(result.why)
    return why_not_read(result.why) if isinstance(result.why, ArchiveRefused) else result.why or ""


def _as_dict(summary: Summary, source: Path, seconds: float) -> dict[str, Any]:
    def counts(taken: Counter[Taken]) -> dict[str, int]:
        return {kind.value: taken[kind] for kind in Taken}

    return {
        "folder" if source.is_dir() else "zip": printable(os.fspath(source)),
        **counts(summary.total),
        "labels": {label: counts(taken) for label, taken in summary.labels.items() if label},
        "parts": {
            part.value: counts(summary.parts[part]) | {"elsewhere": summary.elsewhere[part]}
            for part in Part
            if part in summary.parts
        },
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
    for part in Part:
        if part in summary.parts:
            console.print(f"Of {part.value}: {_listed(summary.parts[part])}")
    if len(summary.labels) > 1:
        console.print(f"Together: {_listed(summary.total)}, in {seconds:.1f} s")
    for part, meaning in MEANT.items():
        if part in summary.parts:
            console.print(meaning)
    if summary.elsewhere.total():
        of = " and ".join(f"{n} of {part.value}" for part, n in sorted(summary.elsewhere.items()) if n)
        console.print(f"Measured with the photos of another part, where the same picture was first: {of}.")
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
