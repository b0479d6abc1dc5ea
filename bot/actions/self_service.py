"""What people can do about their own things: see what is kept of them, take it all away, choose how the bot behaves."""

import json
from dataclasses import dataclass

from bot.actions.teaching import request_fit
from bot.visit import Presence
from storage import Chat, Role, Unit, VoteKind

# Setting of a chat -> what it is when nobody chose.
CHAT_SETTINGS = {"tell": True, "details": True, "every_photo": False}


@dataclass(frozen=True, slots=True)
class MyData:
    """Counts, and the whole as JSON text."""

    photos: int
    lessons: int
    corrections: int
    role: Role
    document: str


def my_data(unit: Unit, presence: Presence) -> MyData:
    """Everything that is kept of the person, in words that she can read without us."""
    person = presence.person
    photos = unit.photos.of_person(person.id)
    votes = unit.votes.of_person(person.id)
    flags = unit.predictions.flags_of_person(person.id)
    labels = {one.id: one.name for one in unit.labels.all(presence.classifier_id)}
    document = {
        "person": {"telegram_id": person.telegram_id, "name": person.name, "role": person.role.name.lower()},
        "photos": [
            {"photo": p.id, "sent": p.created_at.isoformat(), "sha256": p.digest, "file_name": p.name} for p in photos
        ],
        "votes": [
            {
                "photo": v.photo_id,
                "said": v.kind.value,
                "label": labels.get(v.label_id) if v.label_id else None,
                "how": v.reason.value,
                "when": v.created_at.isoformat(),
            }
            for v in votes
        ],
        "flags": [
            {"prediction": f.prediction_id, "said": f.verdict.value, "when": f.created_at.isoformat()} for f in flags
        ],
    }
    lessons = sum(v.kind is VoteKind.LABEL for v in votes)
    return MyData(len(photos), lessons, len(flags), person.role, json.dumps(document, ensure_ascii=False, indent=1))


def forget(unit: Unit, presence: Presence) -> tuple[int, list[str]]:
    """Remove the person's photos with every vote on them, and her votes elsewhere; networks learn anew without them.

    Returns how many photos went, and the digests of blobs to remove once this is committed.
    """
    photos = unit.photos.of_person(presence.person.id)
    orphans = unit.photos.remove([photo.id for photo in photos])
    unit.votes.forget_person(presence.person.id)
    request_fit(unit, presence.classifier_id)
    return len(photos), orphans


def setting(chat: Chat, name: str) -> bool:
    return bool(chat.settings.get(name, CHAT_SETTINGS[name]))


def toggle(unit: Unit, presence: Presence, name: str) -> Chat:
    """Turn a setting of the chat on or off."""
    changed = presence.chat.settings | {name: not setting(presence.chat, name)}
    unit.chats.set_settings(presence.chat.id, changed)
    return unit.chats.get(presence.chat.id)
