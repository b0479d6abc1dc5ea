"""`pupil clean`: what is in doubt as a table and a page, and the decisions read back."""

import base64
import io
import json
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from PIL import Image
from rich.console import Console

from bot.actions.cleaning import COLUMNS, KINDS, Bad, Doubt, Read, apply, as_row, doubts, read_table, write_table
from bot.actions.list_recall import missed_by_list
from bot.cli.opening import opened
from bot.cli.plain import printable, trouble
from bot.speech.review_texts import list_finds
from storage import NotFound, StorageError, StorageSettings, Store, StoreDamaged, SuspectKind
from trainer.metrics import Score

THUMBNAIL = 320
KIND_WORDS = {
    SuspectKind.FLAGGED: "called wrong",
    SuspectKind.DISPUTED: "called different things",
    SuspectKind.LABEL: "doubtful label",
    SuspectKind.DUPLICATE: "there twice",
    SuspectKind.OUTLIER: "like nothing else",
    SuspectKind.SIMILAR: "much alike",
}
REASONS = {
    "contradicted": "the network and the most alike photos say otherwise",
    "network": "the network says otherwise",
    "neighbours": "the most alike photos say otherwise",
    "between": "two labels fit about as well",
    "off_topic": "like nothing that was taught",
}


def clean(table: Path | None, page: Path | None, decided: Path | None, *, create_labels: bool, dry_run: bool) -> int:
    try:
        with opened(StorageSettings()) as store:
            if decided is not None:
                return _apply(store, decided, create_labels=create_labels, dry_run=dry_run)
            return _write(store, table, page)
    except StorageError as error:
        _complain(f"{trouble(error)} ({error})")
    except (UnicodeDecodeError, ValueError) as error:
        _complain(f"That is no table of decisions: {printable(str(error))}.")
    except OSError as error:
        _complain(f"{printable(str(error.filename))}: {(error.strerror or type(error).__name__).lower()}.")
    return 1


def _write(store: Store, table: Path | None, page: Path | None) -> int:
    with store.read() as unit:
        classifier_id = unit.classifiers.default().id
        found, labels = doubts(unit, classifier_id), [one.name for one in unit.labels.all(classifier_id)]
        missed = missed_by_list(unit, classifier_id)
    if not found:
        print("Nothing is in doubt. The trainer makes the list after each network: train first if there is none.")
        return 0
    counts = Counter(one.kind for one in found)
    print(*(f"{KIND_WORDS[kind]}: {counts[kind]}" for kind in KINDS if counts[kind]), sep="\n")
    worth = _worth(missed) if counts[SuspectKind.LABEL] else ""
    if worth:
        print(worth)
    if table is not None:
        with table.open("w", newline="", encoding="utf-8") as file:
            write_table(file, found)
        print(f"{len(found)} rows written to {printable(str(table))}.")
    if page is not None:
        page.write_text(page_of(store, found, labels, worth), encoding="utf-8")
        print(f"The page is {printable(str(page))}: open it in a browser, decide, save, then pupil clean --apply FILE.")
    return 0


def _worth(missed: Score | None) -> str:
    """How much the list of doubtful labels finds."""
    if missed is not None and not missed.n:
        return "There are too few photos to tell how much of what is wrong the list of doubtful labels finds."
    return list_finds(missed)


def page_of(store: Store, found: Sequence[Doubt], labels: Sequence[str], worth: str) -> str:
    """The page, which needs nothing but itself; `worth` is what the list of doubtful labels says of itself."""
    rows = [
        {
            "rank": one.rank,
            "kind": one.kind.value,
            "label": one.label,
            "proposal": one.proposal,
            "score": f"{one.score:.2f}",
            "reason": REASONS.get(one.reason, KIND_WORDS[one.kind]),
            "source": one.source,
            "picture": _thumbnail(store, one.photo.digest),
            "row": dict(zip(COLUMNS, as_row(one), strict=True)),
        }
        for one in found
    ]
    kinds = {kind.value: KIND_WORDS[kind] for kind in KINDS if any(one.kind is kind for one in found)}
    facts = json.dumps({"columns": COLUMNS, "kinds": kinds, "labels": list(labels), "worth": worth, "doubts": rows})
    # Nothing that people wrote may end the script that it stands in.
    shell = files("bot.cli").joinpath("clean_page.html").read_text(encoding="utf-8")
    return shell.replace("%FACTS%", facts.replace("<", "\\u003c"))


def _thumbnail(store: Store, digest: str) -> str:
    """A small picture as an address that holds it; empty where the file cannot be read."""
    try:
        picture = Image.open(io.BytesIO(store.blobs.read(digest)), formats=("JPEG",))
        picture.draft("RGB", (THUMBNAIL, THUMBNAIL))
        picture.thumbnail((THUMBNAIL, THUMBNAIL))
        stream = io.BytesIO()
        picture.convert("RGB").save(stream, "JPEG", quality=75)
    except (NotFound, StoreDamaged, OSError):
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"


class _NotMeant(Exception):
    """Ends a transaction without keeping it."""


def _apply(store: Store, file: Path, *, create_labels: bool, dry_run: bool) -> int:
    with file.open(newline="", encoding="utf-8-sig") as opened_file:
        rows = list(read_table(opened_file))
    read: list[Read] = []
    try:
        with store.write() as unit:
            read = apply(unit, unit.classifiers.default().id, rows, create_labels=create_labels)
            if dry_run:
                raise _NotMeant
    except _NotMeant:
        pass
    for one in read:
        if one.bad is not None:
            _complain(f"Line {one.row.line}: {_why(one.bad, printable(one.about))}.")
    changed, known = sum(one.changed for one in read), sum(not one.changed and one.bad is None for one in read)
    would = "would be " if dry_run else ""
    print(f"{changed} decisions {would}carried out, {known} were before, {len(read) - changed - known} not.")
    return 1 if any(one.bad is not None for one in read) else 0


def _why(bad: Bad, about: str) -> str:
    return {
        Bad.NO_PHOTO: f"there is no photo {about}, or no longer",
        Bad.RENAMED: f"the photo is called {about or 'nothing'} by now, so the row decides about something else",
        Bad.NO_PROPOSAL: "there is no proposal to take",
        Bad.NO_LABEL: "no label is said",
        Bad.UNKNOWN_LABEL: f"there is no label {about}; --create-labels makes it",
        Bad.UNKNOWN_DECISION: f"“{about}” is no decision: keep, proposal, aside, or label:NAME",
    }[bad]


def _complain(said: str) -> None:
    Console(stderr=True, markup=False, highlight=False, soft_wrap=True).print(said, style="red")
