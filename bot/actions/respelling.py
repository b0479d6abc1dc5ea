"""“Did you mean …?”: a new name that looks like one there is, and what becomes of its photos."""

from dataclasses import dataclass

from bot.actions.spelling import alike, matching
from bot.actions.teaching import Taught, vote
from bot.visit import Presence, Visit
from storage import Label, NotFound, Reason, Reply, Unit

# What is typed to look for a name has at least so many letters.
SHORTEST_BEGINNING = 2


@dataclass(frozen=True, slots=True)
class Doubt:
    """The label `written` was new a moment ago; one of `meant` may be what the person wanted to say."""

    written: Label
    meant: tuple[Label, ...]


def doubt(unit: Unit, presence: Presence, label: Label, *, photos: int, searched: bool = False) -> Doubt | None:
    """Whether to ask about the name that a photo was given: it is the first of this name, and looks like another.

    `photos` have the name by now, this one among them.
    `searched`: she typed it where she could as well have picked a name, so it may be the beginning of one. Asked later,
    people would wonder: they have seen the name on `/labels` by then, and went on with it.
    """
    if photos > 1:
        return None
    known = [one.label for one in unit.labels.counts(presence.classifier_id) if one.photos]
    others = [one for one in known if one.id != label.id]
    look = matching if searched and len(label.key) >= SHORTEST_BEGINNING else alike
    meant = look(label.name, others, 3)
    return Doubt(label, tuple(meant)) if meant else None


@dataclass(frozen=True, slots=True)
class Moved:
    """Photos that were moved from a label to another."""

    photos: int
    before: Label
    taught: Taught


def move(unit: Unit, visit: Visit, presence: Presence, photo_id: int, label_id: int) -> Moved:
    """She did mean the other: all that she calls as this photo, sent or asked in this chat, is called so now.

    Raises:
        NotFound: the photo is gone, the label is, or she calls the photo nothing, or so already.
    """
    unit.photos.get(photo_id)
    label, mine = unit.labels.get(label_id), unit.votes.live_of(photo_id, presence.person.id)
    if label.classifier_id != presence.classifier_id or mine is None or mine.label_id in (None, label.id):
        raise NotFound("label", label_id)
    before = unit.labels.get(mine.label_id)
    # The one that was asked about comes last: what it adds up to is told.
    others = [one for one in unit.votes.named_by(presence.person.id, before.id, presence.chat.id) if one != photo_id]
    taught = [_say_otherwise(unit, visit, presence, one, label) for one in (*others, photo_id)]
    return Moved(len(taught), before, taught[-1])


def _say_otherwise(unit: Unit, visit: Visit, presence: Presence, photo_id: int, label: Label) -> Taught:
    """Her vote on a photo is for this label now; one that answered a question answers it still."""
    mine = unit.votes.live_of(photo_id, presence.person.id)
    answers = mine is not None and mine.reason is Reason.SECOND
    asked = [one for one in unit.inquiries.about([photo_id]) if answers and one.person_id == presence.person.id]
    taught = vote(unit, visit, presence, photo_id, label, Reason.SECOND if asked else Reason.BUTTON)
    now = unit.votes.live_of(photo_id, presence.person.id)
    for one in asked:
        unit.inquiries.reply(one.id, Reply.LABEL, None if now is None else now.id)
    return taught
