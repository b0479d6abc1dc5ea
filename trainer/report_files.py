"""A report as files: pictures for a phone and what words are made of. They show people's photos, so they go with those.

reports/000007-light/report.png, mistakes.png, mistakes-3.png (of chat 3), report.json, lessons.json
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage import StorageError, Store
from trainer import gallery, plots
from trainer.durable import write_durably
from trainer.errors import PictureUnreadable
from trainer.preprocessing import Pixels, decode
from trainer.reporting import Mistake, Report, reports_folder
from trainer.tuning.workplace import LESSONS

REPORT, MISTAKES, FACTS = "report.png", "mistakes.png", "report.json"
MOST_MISTAKES = 12


@dataclass(frozen=True, slots=True)
class Files:
    """What was written: the report, the gravest mistakes of all (if there are any), and those that a chat may see."""

    report: Path
    mistakes: Path | None
    of_chats: dict[int, Path]

    def facts(self) -> dict[str, Any]:
        """Return paths as JSON values."""
        return {
            "pictures": [str(path) for path in (self.report, self.mistakes) if path is not None],
            "galleries": {str(chat): str(path) for chat, path in self.of_chats.items()},
        }


def write_report(report: Report, store: Store, folder: Path, *, dark: bool = False, chats: Sequence[int] = ()) -> Files:
    """Draw and write a report; for each of `chats` also the gravest mistakes among the photos that came from there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    shown = {None: report.mistakes[:MOST_MISTAKES]} | {chat: _sent_in(report, store, chat) for chat in chats}
    lessons = sorted({one.digest for each in shown.values() for one in each})
    write_durably(folder / LESSONS, json.dumps(lessons).encode())
    title = f"Network {report.number}"
    drawn = plots.report(
        title,
        report.said,
        report.table,
        report.names,
        bands=report.bands,
        history=report.history,
        change=report.change,
        dark=dark,
    )
    write_durably(folder / REPORT, drawn)
    galleries = {chat: _draw(each, store, folder, chat, dark=dark) for chat, each in shown.items()}
    write_durably(folder / FACTS, json.dumps(report.facts()).encode())
    of_chats = {chat: path for chat, path in galleries.items() if chat is not None and path is not None}
    return Files(folder / REPORT, galleries[None], of_chats)


def _sent_in(report: Report, store: Store, chat_id: int) -> tuple[Mistake, ...]:
    with store.read() as unit:
        there = unit.photos.sent_in(chat_id, [one.digest for one in report.mistakes])
    return tuple(one for one in report.mistakes if one.digest in there)[:MOST_MISTAKES]


def _draw(mistakes: Sequence[Mistake], store: Store, folder: Path, chat: int | None, *, dark: bool) -> Path | None:
    """Write a gallery; None if there is nothing to show."""
    path = folder / (MISTAKES if chat is None else f"mistakes-{chat}.png")
    photos = list(_photos(mistakes, store))
    if not photos:
        path.unlink(missing_ok=True)
        return None
    write_durably(path, gallery.mistakes(photos, dark=dark))
    return path


def drop_others(home: Path, kept: Path) -> None:
    """Remove all reports but one: they are made anew in seconds."""
    for folder in reports_folder(home).glob("*"):
        if folder != kept:
            shutil.rmtree(folder, ignore_errors=True)


def _photos(mistakes: Sequence[Mistake], store: Store) -> Iterator[tuple[Pixels, str, str, float]]:
    for one in mistakes:
        try:
            pixels = decode(store.blobs.read(one.digest), gallery.SIDE)
        except (StorageError, PictureUnreadable):
            continue
        yield gallery.thumbnail(pixels), one.truth, one.answer, one.confidence
