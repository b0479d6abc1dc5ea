"""What a lesson's photo is all but a copy of: who taught that as what, and when, as far as the chat may know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.actions.remembering import Memory, memory_of
from bot.actions.teaching import Taught, vote
from bot.visit import Presence, Visit
from storage import Label, NotFound, Photo, Reason, Unit


@dataclass(frozen=True, slots=True)
class Earlier:
    """A photo that came earlier and is taught; `memory` tells of it, `conflict` that it has another name."""

    memory: Memory
    taught_at: datetime
    conflict: bool

    @property
    def may_be_renamed(self) -> bool:
        """What this chat knows nothing of is not for it to rename."""
        return self.memory.yours or self.memory.by is not None


def earlier(unit: Unit, presence: Presence, photo: Photo, like: Sequence[str], label: Label) -> Earlier | None:
    """The earlier photo that says most of a lesson: one of another name first, then one that this chat knows of."""
    found = [
        _of(unit, presence, one, label_id, label, exact=digest == photo.digest)
        for digest in (photo.digest, *like)
        for one, label_id in unit.photos.taught_as(photo.classifier_id, digest, limit=5)
        if one.id != photo.id
    ]
    return max(found, key=lambda one: (one.conflict, one.memory.yours, one.memory.by is not None), default=None)


def rename(
    unit: Unit, visit: Visit, presence: Presence, photo_id: int, label_id: int, reason: Reason = Reason.BUTTON
) -> Taught:
    """Call one of two photos as the other is called; raises NotFound."""
    photo, label = unit.photos.get(photo_id), unit.labels.get(label_id)
    if {photo.classifier_id, label.classifier_id} != {presence.classifier_id}:
        raise NotFound("photo", photo_id)
    return vote(unit, visit, presence, photo_id, label, reason)


def _of(unit: Unit, presence: Presence, photo: Photo, label_id: int, label: Label, *, exact: bool) -> Earlier:
    memory = memory_of(unit, presence, photo, unit.labels.get(label_id), exact=exact)
    return Earlier(memory, photo.created_at, label_id != label.id)
