"""Why: the taught photos that speak for an answer, and which of them this chat may see."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.actions.remembering import Memory, agrees, best_known, memory_of
from bot.visit import Presence, Visit
from storage import NotFound, Photo, Role, Unit
from trainer.references import Neighbour


@dataclass(frozen=True, slots=True)
class Example:
    """A taught photo as one chat may know it; `digest` is None where the picture is not shown there."""

    memory: Memory
    digest: str | None


def present(unit: Unit, visit: Visit) -> Presence:
    """Who is where, in a transaction that writes nothing.

    Raises:
        NotFound: she has never been here.
    """
    person, chat = unit.people.by_telegram_id(visit.person_id), unit.chats.by_telegram_id(visit.chat_id)
    if person is None:
        raise NotFound("person", visit.person_id)
    if chat is None:
        raise NotFound("chat", visit.chat_id)
    return Presence(person, chat)


def examples(unit: Unit, presence: Presence, nearest: Iterable[Neighbour]) -> list[Example]:
    """The photos behind neighbours, by what people call them now; those that nobody calls anything are left out."""
    return [found for one in nearest if (found := _example(unit, presence, one.digest)) is not None]


def _example(unit: Unit, presence: Presence, digest: str) -> Example | None:
    named = unit.photos.taught_as(presence.classifier_id, digest)
    shown = [one for one in named if _may_be_shown(unit, presence, one[0])]
    memory = best_known(
        memory_of(unit, presence, photo, unit.labels.get(label_id), exact=True) for photo, label_id in shown or named
    )
    return None if memory is None else Example(memory, digest if shown else None)


def _may_be_shown(unit: Unit, presence: Presence, photo: Photo) -> bool:
    """A photo is shown where it was sent, in private to who sent it and to the owner, and where its sender agreed."""
    me, chat = presence.person, presence.chat
    if photo.chat_id == chat.id:
        return True
    if chat.kind == "private" and (photo.owner_id == me.id or me.role is Role.OWNER):
        return True
    return photo.owner_id is not None and agrees(unit, unit.people.get(photo.owner_id))
