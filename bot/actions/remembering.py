"""The same photo, the same answer: what people called a picture before comes first."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.actions.self_service import setting
from bot.actions.teaching import picture_label
from bot.visit import Presence
from storage import Label, Person, Photo, Unit, VoteKind


@dataclass(frozen=True, slots=True)
class Memory:
    """People called the same picture `label`, in the photo `photo_id`; with `exact` False, one that differs by a hair.

    `yours`: the person who asks did. Else `by` is the name of who did. Both only as far as this chat may know.
    """

    photo_id: int
    label: Label
    yours: bool
    by: str | None
    exact: bool


def recall(unit: Unit, presence: Presence, photo: Photo, twin: str | None = None) -> Memory | None:
    """What people called the picture of a photo, or else its near twin (a digest); None where they do not agree."""
    found = None if photo.is_new_picture else _recalled(unit, presence, photo, exact=True)
    if found is not None or twin is None:
        return found
    others = unit.photos.of_picture(photo.classifier_id, twin)
    return _recalled(unit, presence, others[0], exact=False) if others else None


def _recalled(unit: Unit, presence: Presence, photo: Photo, *, exact: bool) -> Memory | None:
    label_id = picture_label(unit, photo)
    if label_id is None:
        return None
    label = unit.labels.get(label_id)
    photos = [one for one, named in unit.photos.taught_as(photo.classifier_id, photo.digest) if named == label_id]
    return best_known(memory_of(unit, presence, one, label, exact=exact) for one in photos)


def best_known(memories: Iterable[Memory]) -> Memory | None:
    """The memory that says most to this chat: its own, then one with a name, then the newest."""
    return max(memories, key=lambda one: (one.yours, one.by is not None), default=None)


def memory_of(unit: Unit, presence: Presence, photo: Photo, label: Label, *, exact: bool) -> Memory:
    """The memory that a photo is, for one person in one chat.

    Who called it so is heard where the photo was sent, by herself in private, and elsewhere if she agreed.
    """
    voters = [
        vote.person_id
        for vote in unit.votes.live(photo.id)
        if vote.kind is VoteKind.LABEL and vote.label_id == label.id and vote.person_id is not None
    ]
    here = photo.chat_id == presence.chat.id
    yours = presence.person.id in voters and (here or presence.chat.kind == "private")
    others = [unit.people.get(voter) for voter in voters if voter != presence.person.id or not yours]
    heard = [one.name for one in others if here or agrees(unit, one)]
    return Memory(photo.id, label, yours, heard[0] if heard and not yours else None, exact)


def agrees(unit: Unit, person: Person) -> bool:
    """Whether a person lets others see her photos and her name behind an answer: a setting of her private chat."""
    chat = unit.chats.by_telegram_id(person.telegram_id)
    return chat is not None and setting(chat, "credit")
