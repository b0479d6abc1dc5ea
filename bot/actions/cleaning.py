"""The suspects as a list to be gone through at a desk, and its decisions read back."""

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO

from bot.actions.reviewing import request_fit
from bot.actions.safe_names import FORMULA, cell
from storage import Choice, Label, Photo, Reason, Suspect, SuspectKind, Unit, VoteKind, subject_of, tidy

COLUMNS = ("rank", "photo", "source", "label", "proposal", "score", "reason", "decision")
KEEP, ASIDE, PROPOSAL, OTHER = "keep", "aside", "proposal", "label:"
# What people are waiting for comes first.
KINDS = (
    SuspectKind.FLAGGED,
    SuspectKind.DISPUTED,
    SuspectKind.LABEL,
    SuspectKind.DUPLICATE,
    SuspectKind.OUTLIER,
    SuspectKind.SIMILAR,
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A row of the list: a photo in doubt; those of one group have one rank. Labels are names, empty where none is."""

    rank: int
    photo: Photo
    kind: SuspectKind
    label: str
    proposal: str
    score: float
    reason: str

    @property
    def source(self) -> str:
        """Where it came from: the path that it was imported from, or that it came from a chat."""
        return self.photo.name or self.photo.source


class Bad(StrEnum):
    """Why a row is not carried out."""

    NO_PHOTO = "no_photo"
    RENAMED = "renamed"
    NO_PROPOSAL = "no_proposal"
    NO_LABEL = "no_label"
    UNKNOWN_LABEL = "unknown_label"
    UNKNOWN_DECISION = "unknown_decision"


@dataclass(frozen=True, slots=True)
class Row:
    """A decided row, with the line that it ends on."""

    line: int
    photo: str
    label: str
    proposal: str
    decision: str


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a row: not `changed` where it was carried out before, `bad` where it is not carried out at all.

    `about` is what is wrong with it.
    """

    row: Row
    changed: bool = False
    bad: Bad | None = None
    about: str = ""


def doubts(unit: Unit, classifier_id: int) -> list[Doubt]:
    """What is in doubt, the worst of each kind first."""
    names = {one.id: one.name for one in unit.labels.all(classifier_id)}
    found = [one for kind in KINDS for one in unit.suspects.ranked(classifier_id, kind)]
    photos = unit.photos.those([photo for each in found for photo in each.photo_ids])
    rows = []
    for rank, suspect in enumerate(found, 1):
        for photo in (photos[one] for one in suspect.photo_ids if one in photos):
            label = names.get(unit.votes.standing(photo.id).label_id or 0, "")
            rows.append(_doubt(rank, suspect, photo, label, names))
    return rows


def _doubt(rank: int, suspect: Suspect, photo: Photo, label: str, names: Mapping[int, str]) -> Doubt:
    proposal = names.get(suspect.proposal_id or 0, "")
    reason = str(suspect.reason.get("cause", suspect.kind.value))
    return Doubt(rank, photo, suspect.kind, label, proposal, suspect.score, reason)


def as_row(one: Doubt) -> tuple[str, ...]:
    """A row of the table, which no spreadsheet takes for formulas; the decision is still to be made."""
    words = (one.source, one.label, one.proposal)
    return (str(one.rank), str(one.photo.id), *map(cell, words), f"{one.score:.4f}", cell(one.reason), "")


def write_table(file: TextIO, found: Iterable[Doubt]) -> None:
    """Write the list as CSV."""
    csv.writer(file).writerows([COLUMNS, *map(as_row, found)])


def read_table(file: TextIO) -> Iterator[Row]:
    """Yield the rows that were decided. Raise ValueError if it is no such table."""
    reader = csv.DictReader(file)
    missing = {"photo", "label", "proposal", "decision"} - set(reader.fieldnames or ())
    if missing:
        raise ValueError(f"it has no column {', '.join(sorted(missing))}")
    for values in reader:
        if (decision := _plain(values["decision"])) != "":
            photo, label, proposal = (_plain(values[name]) for name in ("photo", "label", "proposal"))
            yield Row(reader.line_num, photo, label, proposal, decision)


def _plain(value: str | None) -> str:
    """A cell as it was before it was made safe for spreadsheets."""
    text = (value or "").strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def apply(unit: Unit, classifier_id: int, rows: Iterable[Row], *, create_labels: bool) -> list[Read]:
    """Carry out decisions in nobody's name, as a review would; the same ones again change nothing.

    A row about a photo that is called otherwise by now is left alone: it was decided about something else.
    """
    read = [_carry_out(unit, classifier_id, row, create_labels=create_labels) for row in rows]
    if any(one.changed for one in read):
        request_fit(unit, classifier_id)
    return read


def _carry_out(unit: Unit, classifier_id: int, row: Row, *, create_labels: bool) -> Read:
    photo = next(
        iter(unit.photos.those([int(row.photo)] if row.photo.isascii() and row.photo.isdigit() else []).values()), None
    )
    if photo is None or photo.classifier_id != classifier_id:
        return Read(row, bad=Bad.NO_PHOTO, about=row.photo)
    wanted = _wanted(row)
    if isinstance(wanted, Bad):
        return Read(row, bad=wanted, about=row.decision)
    label = None if wanted is None else unit.labels.find(classifier_id, wanted)
    mine = unit.votes.live_of(photo.id, None)
    is_decided = mine is not None and mine.reason is Reason.REVIEW
    # A name that is still to be made is no decision that stands already.
    is_made = label is not None or wanted is None
    if is_decided and is_made and mine is not None and mine.label_id == (label.id if label else None):
        return Read(row)
    now = unit.votes.standing(photo.id).label_id
    given = unit.labels.get(now).name if now is not None else ""
    if given != row.label:
        return Read(row, bad=Bad.RENAMED, about=given)
    if wanted is not None and label is None:
        if not create_labels:
            return Read(row, bad=Bad.UNKNOWN_LABEL, about=wanted)
        label = unit.labels.find_or_create(classifier_id, wanted)
    _cast(unit, classifier_id, row, photo, label)
    return Read(row, changed=True)


def _wanted(row: Row) -> str | Bad | None:
    """The label that a decision asks for; None to set the photo aside."""
    decision = row.decision
    if decision.casefold() == ASIDE:
        return None
    if decision.casefold() == KEEP:
        return row.label or Bad.NO_LABEL
    if decision.casefold() == PROPOSAL:
        return row.proposal or Bad.NO_PROPOSAL
    if decision.casefold().startswith(OTHER):
        return tidy(decision[len(OTHER) :]) or Bad.NO_LABEL
    return Bad.UNKNOWN_DECISION


def _cast(unit: Unit, classifier_id: int, row: Row, photo: Photo, label: Label | None) -> None:
    """Cast the vote, and settle the photo's cards."""
    newest = max((one.id for one in unit.votes.of_photo(photo.id)), default=0)
    told = f"{photo.id}:{label.id if label else 0}:{newest}"
    deed = f"clean:{hashlib.sha256(told.encode()).hexdigest()[:48]}"
    kind, label_id = (VoteKind.ASIDE, None) if label is None else (VoteKind.LABEL, label.id)
    vote = unit.votes.cast(photo.id, None, kind, label_id, Reason.REVIEW, deed=deed)
    choice = Choice.ASIDE if label is None else Choice.KEEP if label.name == row.label else Choice.RELABEL
    found = (unit.suspects.find(classifier_id, each, subject_of((photo.id,))) for each in KINDS)
    for about in [one for one in found if one is not None and one.decision_id is None][:1]:
        unit.decisions.add(about, None, choice, label_id=label_id, votes={photo.id: vote.id}, deed=deed)
