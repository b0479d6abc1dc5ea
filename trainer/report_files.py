"""A report as files: pictures for a phone and what words are made of. They show people's photos, so they go with those.

reports/000007-light/report.png, mistakes.png, report.json, lessons.json
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from storage import StorageError, Store
from trainer import gallery, plots
from trainer.durable import write_durably
from trainer.errors import PictureUnreadable
from trainer.preprocessing import Pixels, decode
from trainer.reporting import Report, reports_folder
from trainer.tuning.workplace import LESSONS

REPORT, MISTAKES, FACTS = "report.png", "mistakes.png", "report.json"


def write_report(report: Report, store: Store, folder: Path, *, dark: bool = False) -> list[Path]:
    """Draw and write a report; return its pictures, the main one first."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_durably(folder / LESSONS, json.dumps([one.digest for one in report.mistakes]).encode())
    title = f"Network {report.number}"
    drawn = plots.report(
        title, report.said, report.table, report.names, history=report.history, change=report.change, dark=dark
    )
    write_durably(folder / REPORT, drawn)
    pictures = [folder / REPORT]
    photos = list(_photos(report, store))
    if photos:
        write_durably(folder / MISTAKES, gallery.mistakes(photos, dark=dark))
        pictures.append(folder / MISTAKES)
    else:
        (folder / MISTAKES).unlink(missing_ok=True)
    write_durably(folder / FACTS, json.dumps(report.facts()).encode())
    return pictures


def drop_others(home: Path, kept: Path) -> None:
    """Remove all reports but one: they are made anew in seconds."""
    for folder in reports_folder(home).glob("*"):
        if folder != kept:
            shutil.rmtree(folder, ignore_errors=True)


def _photos(report: Report, store: Store) -> Iterator[tuple[Pixels, str, str, float]]:
    for one in report.mistakes:
        try:
            pixels = decode(store.blobs.read(one.digest), gallery.SIDE)
        except (StorageError, PictureUnreadable):
            continue
        yield gallery.thumbnail(pixels), one.truth, one.answer, one.confidence
