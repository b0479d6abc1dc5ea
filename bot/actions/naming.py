"""What reviewers do with labels: rename, merge, describe, let rest, wake; and take all of it back.

A wish is noted first and carried out by its number, so that a button carries nothing but that number. What touches many
photos is asked about between the two.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.actions.teaching import readiness_of, request_fit
from bot.visit import Presence, Visit
from storage import MAX_LABEL, ChangeKind, Label, LabelChange, NotFound, StoreConflict, Unit, key_of, tidy
from trainer.readiness import Readiness

# From so many photos on, a change is asked about before it is done.
MANY = 10
MAX_DESCRIPTION = 200
# What each change is undone by.
_BACK = {
    ChangeKind.RENAME: ChangeKind.RENAME,
    ChangeKind.DESCRIBE: ChangeKind.DESCRIBE,
    ChangeKind.MERGE: ChangeKind.PART,
    ChangeKind.RETIRE: ChangeKind.RESTORE,
    ChangeKind.RESTORE: ChangeKind.RETIRE,
}


class Obstacle(StrEnum):
    """Why a change is not made."""

    UNKNOWN = "unknown"  # no such label
    SAME = "same"  # it is so already
    TAKEN = "taken"  # another label is called so: merge them?
    AT_REST = "at_rest"
    NO_NAME = "no_name"
    TOO_LONG = "too_long"
    CHANGED = "changed"  # something else was done with the label since
    DONE = "done"  # by the same button, a moment ago
    NOTHING = "nothing"  # to undo


@dataclass(frozen=True, slots=True)
class Wish:
    """A change of a label: to a name, to a description, or into another label."""

    kind: ChangeKind
    label: Label
    words: str = ""
    other: Label | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A change with what it is about: `photos` are learned by the label now (or wait below it, at rest).

    `label` is how it was called before, `other` what it is merged into or parted from. `done`: it is carried out, and
    `readiness` tells whether enough is left to learn from; else it is asked about.
    """

    note: LabelChange
    label: Label
    other: Label | None
    photos: int
    done: bool
    readiness: Readiness | None = None

    @property
    def is_undo(self) -> bool:
        return self.note.undoes_id is not None


def wish_for(unit: Unit, visit: Visit, presence: Presence, wish: Wish) -> Change | Obstacle:
    """Note a wish, and carry it out unless it touches many photos: then it is asked about."""
    known = unit.naming.of_deed(visit.deed)
    if known is not None:
        return Obstacle.DONE
    obstacle = _obstacle(unit, wish)
    if obstacle is not None:
        return obstacle
    before, after = {
        ChangeKind.RENAME: (wish.label.name, tidy(wish.words)),
        ChangeKind.DESCRIBE: (wish.label.description, one_line(wish.words)),
    }.get(wish.kind, (wish.label.name, ""))
    other_id = None if wish.other is None else wish.other.id
    note = unit.naming.note(
        wish.kind, wish.label.id, presence.person.id, before=before, after=after, other_id=other_id, deed=visit.deed
    )
    photos = photos_of(unit, wish.label)
    if photos >= MANY and wish.kind is not ChangeKind.DESCRIBE:
        return Change(note, wish.label, wish.other, photos, done=False)
    return _carry_out(unit, presence, note)


def carry_out(unit: Unit, presence: Presence, change_id: int) -> Change | Obstacle:
    """Do what was asked about.

    Raises:
        NotFound: there is no such wish in this classifier.
    """
    note = _of_this(unit, presence, change_id)
    return Obstacle.DONE if note.done_at is not None else _carry_out(unit, presence, note)


def undo(unit: Unit, visit: Visit, presence: Presence, change_id: int) -> Change | Obstacle:
    """Take a change back, where nothing else was done with the label since.

    Raises:
        NotFound: there is no such change in this classifier.
    """
    note = _of_this(unit, presence, change_id)
    if note.done_at is None or note.kind not in _BACK or unit.naming.undone_by(note.id) is not None:
        return Obstacle.DONE
    back = unit.naming.note(
        _BACK[note.kind],
        note.label_id,
        presence.person.id,
        before=note.after,
        after=note.before,
        other_id=note.other_id,
        undoes_id=note.id,
        deed=visit.deed,
    )
    return Obstacle.DONE if back.done_at is not None else _carry_out(unit, presence, back)


def undo_last(unit: Unit, visit: Visit, presence: Presence) -> Change | Obstacle:
    """Take back the newest thing that the person did with a label."""
    if unit.naming.of_deed(visit.deed) is not None:
        return Obstacle.DONE
    last = unit.naming.last_of(presence.person.id)
    return Obstacle.NOTHING if last is None else undo(unit, visit, presence, last.id)


def photos_of(unit: Unit, label: Label) -> int:
    """How many photos are learned by the label, or wait below it."""
    found = [*unit.labels.counts(label.classifier_id), *unit.labels.at_rest(label.classifier_id)]
    return next((one.photos for one in found if one.label.id == label.id), 0)


def _obstacle(unit: Unit, wish: Wish) -> Obstacle | None:
    if wish.label.is_retired != (wish.kind is ChangeKind.RESTORE):
        return Obstacle.SAME if wish.kind in (ChangeKind.RETIRE, ChangeKind.RESTORE) else Obstacle.AT_REST
    if wish.kind is ChangeKind.RENAME:
        return _obstacle_to_name(unit, wish.label, wish.words)
    if wish.kind is ChangeKind.DESCRIBE:
        if len(one_line(wish.words)) > MAX_DESCRIPTION:
            return Obstacle.TOO_LONG
        return Obstacle.SAME if one_line(wish.words) == wish.label.description else None
    if wish.kind is ChangeKind.MERGE and wish.other is not None:
        if wish.other.id == wish.label.id:
            return Obstacle.SAME
        return Obstacle.AT_REST if wish.other.is_retired else None
    return None


def _obstacle_to_name(unit: Unit, label: Label, words: str) -> Obstacle | None:
    if len(" ".join(words.split())) > MAX_LABEL:
        return Obstacle.TOO_LONG
    if not tidy(words) or not key_of(words):
        return Obstacle.NO_NAME
    if tidy(words) == label.name:
        return Obstacle.SAME
    taken = unit.labels.find(label.classifier_id, words)
    is_other = taken is not None and taken.id != label.id and unit.naming.is_named(taken.id)
    return Obstacle.TAKEN if is_other else None


def _of_this(unit: Unit, presence: Presence, change_id: int) -> LabelChange:
    note = unit.naming.get(change_id)
    if unit.labels.get(note.label_id).classifier_id != presence.classifier_id:
        raise NotFound("change", change_id)
    return note


def _carry_out(unit: Unit, presence: Presence, note: LabelChange) -> Change | Obstacle:
    """Do what was noted, if the label still is as it was then."""
    if not _is_as_noted(unit, note):
        return Obstacle.CHANGED
    label = unit.labels.get(note.label_id)
    other = None if note.other_id is None else unit.labels.get(note.other_id)
    try:
        _do(unit, note, label, other)
    except StoreConflict:
        return Obstacle.TAKEN
    unit.naming.done(note.id)
    if note.kind is not ChangeKind.DESCRIBE:
        request_fit(unit, presence.classifier_id)
    left = readiness_of(unit, presence.classifier_id)
    if not left.ready:
        unit.networks.retire(presence.classifier_id)
    now = unit.labels.get(note.label_id)
    return Change(note, now if note.kind is ChangeKind.PART else label, other, photos_of(unit, now), True, left)


def _is_as_noted(unit: Unit, note: LabelChange) -> bool:
    label, merged = unit.labels.get(note.label_id), unit.naming.merged_into(note.label_id)
    if note.kind is ChangeKind.PART:
        return merged is not None and merged == note.other_id
    if merged is not None:
        return False
    return {
        ChangeKind.RENAME: label.name == note.before,
        ChangeKind.DESCRIBE: label.description == note.before,
        ChangeKind.RETIRE: not label.is_retired,
        ChangeKind.RESTORE: label.is_retired,
        # What it is merged into may have been merged itself meanwhile: into this one, even.
        ChangeKind.MERGE: not label.is_retired
        and note.other_id is not None
        and unit.labels.get(note.other_id).id != label.id
        and not unit.labels.get(note.other_id).is_retired,
    }[note.kind]


def _do(unit: Unit, note: LabelChange, label: Label, other: Label | None) -> None:
    if note.kind is ChangeKind.RENAME:
        unit.naming.rename(label, note.after)
        if note.undoes_id is not None and key_of(note.before) != key_of(note.after):
            unit.naming.free(unit.labels.get(label.id), note.before)
    elif note.kind is ChangeKind.DESCRIBE:
        unit.naming.describe(label, note.after)
    elif note.kind is ChangeKind.MERGE and other is not None:
        unit.naming.merge(label, other)
    elif note.kind is ChangeKind.PART:
        unit.naming.part(note.label_id)
    else:
        unit.naming.rest(label, retired=note.kind is ChangeKind.RETIRE)


def one_line(words: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())
