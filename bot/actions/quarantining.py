"""What was refused, and a reviewer who takes it all the same: the sender's photo and her word, as if it had been taken.

A decision can be taken back for a day. What other people have said of a restored photo since is not undone with it.
"""

from dataclasses import dataclass

from bot.actions.meanwhile import all_like
from bot.actions.remembering import agrees
from bot.actions.shown import remove_photos
from bot.actions.teaching import Received, request_fit
from bot.errors import PictureNotTaken
from bot.visit import Presence, Visit
from storage import (
    Chat,
    NotFound,
    Quarantined,
    QuarantineState,
    Reason,
    Role,
    Source,
    Unit,
    VoteKind,
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A card: the file, how many are open with it, and who sent it where she agreed to be named."""

    about: Quarantined
    left: int
    by: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """Whom to tell that a refused photo was taken, or is not any more: its chat, and what it counts as there."""

    about: Quarantined
    chat: Chat
    label: str | None


def set_aside(
    unit: Unit, visit: Visit, presence: Presence, message_id: int, refused: PictureNotTaken, label: str | None
) -> list[str]:
    """Keep what was refused of a message; returns the parcels that nobody needs any more."""
    if refused.parcel is None:
        return []
    return unit.quarantine.keep(
        classifier_id=presence.classifier_id,
        person_id=presence.person.id,
        chat_id=presence.chat.id,
        bot_id=visit.bot_id,
        message_id=message_id,
        deed=f"message:{visit.bot_id}:{visit.chat_id}:{message_id}:{refused.file}",
        parcel=refused.parcel,
        size=refused.size,
        name=refused.name,
        label=label,
        refusal=refused.why.refusal,
        given=refused.why.given,
        bound=refused.why.limit,
    )


def next_card(unit: Unit, presence: Presence, after: int = 0) -> Refused | None:
    """The next card for a reviewer, and hers from now on: behind the one that she has seen, else from the beginning."""
    found = unit.quarantine.next_for(presence.classifier_id, presence.person.id, after)
    return None if found is None else card_of(unit, found)


def card_of(unit: Unit, about: Quarantined) -> Refused:
    sender = unit.people.get(about.person_id)
    by = sender.name if sender.name and agrees(unit, sender) else None
    return Refused(about, unit.quarantine.count(about.classifier_id), by)


def restore(unit: Unit, presence: Presence, quarantined_id: int, received: Received) -> Told:
    """Make a refused file a photo of its sender, with the name that she gave it, if she still may teach.

    Raises:
        NotFound: it is decided, gone, or in another's hands.
    """
    about = unit.quarantine.get(quarantined_id, hold=True)
    sender = unit.people.get(about.person_id)
    is_shown = unit.photos.by_message(about.chat_id, about.message_id) is not None
    photo = unit.photos.add(
        about.classifier_id,
        received.digest,
        received.picture,
        source=Source.CHAT,
        name=about.name,
        owner_id=about.person_id,
        chat_id=about.chat_id,
        # Her message may show another picture by now; if it comes to later, that is told by the file.
        message_id=None if is_shown else about.message_id,
        file=about.file,
        sketch=received.likeness.sketch if received.likeness else None,
        like=all_like(unit, received.likeness),
    )
    unit.quarantine.decide(quarantined_id, presence.person.id, QuarantineState.RESTORED, photo.id)
    label = None
    if about.label is not None and sender.role >= Role.TEACHER:
        named = unit.labels.find_or_create(about.classifier_id, about.label)
        unit.votes.cast(photo.id, sender.id, VoteKind.LABEL, named.id, Reason.CAPTION)
        request_fit(unit, about.classifier_id)
        label = named.name
    return Told(about, unit.chats.get(about.chat_id), label)


def drop(unit: Unit, presence: Presence, quarantined_id: int) -> None:
    """Leave it refused; raises NotFound as `restore` does."""
    unit.quarantine.decide(quarantined_id, presence.person.id, QuarantineState.DROPPED)


def undo(unit: Unit, presence: Presence, quarantined_id: int) -> tuple[Refused, Told | None, list[str]]:
    """Take one's own decision back. Returns the card, whom to tell, and blobs that no photo needs any more.

    Raises:
        NotFound: there is no such decision of hers.
    """
    before = unit.quarantine.reopen(quarantined_id, presence.person.id)
    orphans: list[str] = []
    told = None
    if before.photo_id is not None:
        told = Told(before, unit.chats.get(before.chat_id), None)
        if all(vote.person_id == before.person_id for vote in unit.votes.of_photo(before.photo_id)):
            orphans = remove_photos(unit, [before.photo_id])
        elif (mine := unit.votes.live_of(before.photo_id, before.person_id)) is not None and mine.label_id is not None:
            unit.votes.cast(before.photo_id, before.person_id, VoteKind.WITHDRAW, None, Reason.UNDO)
        request_fit(unit, before.classifier_id)
    about = unit.quarantine.get(quarantined_id)
    if about.classifier_id != presence.classifier_id:
        raise NotFound("quarantined", quarantined_id)
    return card_of(unit, about), told, orphans
