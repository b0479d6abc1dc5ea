"""The data set as folders: one per label, with the stored pictures, and `cleaned.csv` that lists them.

Photos that are kept for a test go below `test/`, and all others then below `train/`: an import takes them in as such.
"""

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bot.actions.importing import LABEL_FILE
from bot.actions.layouts import Part
from storage import Label, NotFound, Store, StoreDamaged, key_of, tidy

TABLE = "cleaned.csv"
# Windows will not have these as names, with or without an ending.
_RESERVED = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))))
_UNSAFE = frozenset('/\\:*?"<>|%')
# What spreadsheets take for the start of a formula, also in their full-width forms.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# File systems count bytes, and 255 is the most that they take.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Written:
    """A picture that was written, or could not be: its blob is `missing`."""

    name: str
    label: str
    missing: bool


def export_photos(store: Store, classifier_id: int, folder: Path) -> Iterator[Written]:
    """Write every labelled photo once per label below `folder`, which is empty; the table comes last, after all others.

    Raises:
        StorageError: the store cannot be read.
        OSError: the folder cannot be written.
    """
    with store.read() as unit:
        labels = unit.labels.named(classifier_id)
        photos, tests = unit.photos.labelled(classifier_id), unit.photos.for_test(classifier_id)
    train = Part.TRAIN.value if tests else ""
    # The same picture sent twice teaches nothing twice.
    wanted = dict.fromkeys((train, one.label_id, one.digest) for one in photos)
    wanted |= dict.fromkeys((Part.TEST.value, one.label_id, one.digest) for one in tests)
    used = {key: labels[key] for key in sorted({label_id for _, label_id, _ in wanted})}
    folders = folder_names(used)
    for part, label_id in sorted({(part, label_id) for part, label_id, _ in wanted}):
        _make(folder / part / folders[label_id], used[label_id].name)
    rows = []
    for part, label_id, digest in wanted:
        name = str(PurePosixPath(part, folders[label_id], f"{digest[:32]}.jpg"))
        written = Written(name, used[label_id].name, missing=not _write(store, digest, folder / name))
        rows.extend([] if written.missing else [(name, written.label)])
        yield written
    with (folder / TABLE).open("x", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("name", "label"), *((cell(name), cell(label)) for name, label in rows)])


def folder_names(labels: Mapping[int, Label]) -> dict[int, str]:
    """A folder for each label: a name that is safe on every system, and no two alike where case does not count."""
    names: dict[int, str] = {}
    taken = {TABLE}
    for label_id, label in labels.items():
        wanted = name = safe_name(label.name)
        n = 1
        while name.casefold() in taken:
            n += 1
            name = f"{wanted} ({n})"
        taken.add(name.casefold())
        names[label_id] = name
    return names


def safe_name(label: str) -> str:
    """A label as a folder's name: without separators, wildcards, leading dots and dashes, or a device's name."""
    shown = "".join(c if c.isprintable() and c not in _UNSAFE else "_" for c in label)
    cut = shown.encode()[:_LONGEST].decode(errors="ignore").rstrip(". ").lstrip(" ")
    if not cut or cut.startswith((".", "~", *FORMULA)) or cut.split(".")[0].strip().casefold() in _RESERVED:
        cut = f"_{cut}"
    return cut


def cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: a leading ' makes it text."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _make(folder: Path, label: str) -> None:
    """The label's folder; where its name cannot hold the label, a hidden file beside the pictures does."""
    folder.mkdir(parents=True)
    if tidy(folder.name) != label or key_of(folder.name) != key_of(label):
        (folder / LABEL_FILE).write_text(label, encoding="utf-8")


def _write(store: Store, digest: str, file: Path) -> bool:
    try:
        data = store.blobs.read(digest)
    except (NotFound, StoreDamaged):
        return False
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
    return True
