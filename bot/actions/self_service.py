"""What people can do about their own things: see what is kept of them, take it all away, choose how the bot behaves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.actions.shown import lend_no_more, remove_photos, take_back_about
from bot.actions.teaching import readiness_of, request_fit
from bot.visit import Presence
from storage import Chat, Person, Role, Unit, VoteKind
from trainer.readiness import Readiness

# The setting of a private chat that lets others be asked what its person's photos show.
LENT = "lend"
# Setting of a chat -> what it is when nobody chose.
CHAT_SETTINGS = {
    "tell": True,
    "details": True,
    "every_photo": False,
    "late": True,
    "credit": False,
    # Buttons carry the place of a setting: new ones come last.
    "asked": True,
    LENT: False,
}
# So long Telegram's messages are kept as they came, to find out what went wrong with one.
KEEP_MAIL = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class MyData:
    """Counts, and the whole by chapters."""

    photos: int
    lessons: int
    corrections: int
    role: Role
    chapters: Mapping[str, Any]
    refused: int = 0

    def document(self) -> str:
        """The whole as JSON text, one thing a line. Written outside of transactions: of many photos it takes long."""
        chapters = (f" {json.dumps(name)}: {_lines(told)}" for name, told in self.chapters.items())
        return "{\n" + ",\n".join(chapters) + "\n}"


def my_data(unit: Unit, presence: Presence) -> MyData:
    """Everything that is kept of the person, in words that she can read without us."""
    person = presence.person
    photos = unit.photos.of_person(person.id)
    votes = unit.votes.of_person(person.id)
    flags = unit.predictions.flags_of_person(person.id)
    labels = {key: one.name for key, one in unit.labels.named(presence.classifier_id).items()}
    counts_as = _counts_as(unit, [one.id for one in photos], labels)
    refused = _set_aside(unit, person)
    chapters = {
        "settings_of_this_chat": {name: setting(presence.chat, name) for name in CHAT_SETTINGS},
        "person": {"telegram_id": person.telegram_id, "name": person.name, "role": person.role.name.lower()},
        "photos": [
            {
                "photo": p.id,
                "sent": p.created_at.isoformat(),
                "sha256": p.digest,
                "file_name": p.name,
                "came_from": p.origin,
                "counts_as": counts_as[p.id],
            }
            for p in photos
        ],
        "collections": _collections(unit, person),
        "set_aside": refused,
        "photos_counted_in_the_last_day": sum(one.photos for one in unit.arrivals.of_person(person.id)),
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
        "answers": _answers(unit, person.id, labels),
        "flags": [
            {"prediction": f.prediction_id, "said": f.verdict.value, "when": f.created_at.isoformat()} for f in flags
        ],
        "questions_about_photos_of_others": _inquiries(unit, person),
        "changes_of_labels": _changes_of_labels(unit, person, labels),
    }
    lessons = sum(v.kind is VoteKind.LABEL for v in votes)
    return MyData(len(photos), lessons, len(flags), person.role, chapters, len(refused))


def _lines(told: Any) -> str:
    """JSON of a chapter. Indenting all of it would take Python four times as long."""
    if not isinstance(told, list):
        return json.dumps(told, ensure_ascii=False)
    return "[\n  " + ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in told) + "\n ]" if told else "[]"


def _collections(unit: Unit, person: Person) -> list[dict[str, Any]]:
    return [
        {"file_name": one.name, "sent": one.created_at.isoformat(), "label_of_all": one.label, "state": one.state}
        for one in unit.collections.of_person(person.id)
    ]


def _set_aside(unit: Unit, person: Person) -> list[dict[str, Any]]:
    """What the person sent that was refused, as long as it is kept."""
    return [
        {
            "file_name": one.name,
            "sent": one.created_at.isoformat(),
            "label": one.label,
            "why": one.refusal,
            "state": one.state,
            "bytes": one.size,
            "sha256": one.parcel,
        }
        for one in unit.quarantine.of_person(person.id)
    ]


def _inquiries(unit: Unit, person: Person) -> list[dict[str, Any]]:
    """What the person was asked about photos of others."""
    return [
        {"photo": one.photo_id, "asked": one.asked_at.isoformat(), "reply": one.reply.value if one.reply else None}
        for one in unit.inquiries.of_person(person.id)
    ]


def _counts_as(unit: Unit, photo_ids: Sequence[int], labels: Mapping[int, str]) -> dict[int, dict[str, Any]]:
    """What each photo counts as, and how sure that is where it was weighed since the last vote."""
    opinions, told = unit.opinions.those(photo_ids), dict[int, dict[str, Any]]()
    for photo_id, standing in unit.votes.standings(photo_ids).items():
        told[photo_id] = {"label": labels.get(standing.label_id or 0), "state": standing.state.value}
        if (opinion := opinions.get(photo_id)) is not None:
            told[photo_id] |= {"weighed": opinion.settled.value, "probability": opinion.probability}
    return told


def _changes_of_labels(unit: Unit, person: Person, labels: Mapping[int, str]) -> list[dict[str, Any]]:
    """What the person did with labels, or proposed."""
    return [
        {
            "what": one.kind.value,
            "label": labels.get(one.label_id),
            "from": one.before,
            "to": one.after,
            "other": labels.get(one.other_id) if one.other_id else None,
            "when": one.created_at.isoformat(),
            "done": one.done_at is not None,
        }
        for one in unit.naming.of_person(person.id)
    ]


def _answers(unit: Unit, person_id: int, labels: Mapping[int, str]) -> list[dict[str, Any]]:
    return [
        {
            "prediction": one.id,
            "photo": one.photo_id,
            "said": labels.get(one.label_id) if one.label_id else None,
            "probabilities": {labels[key]: p for key, p in one.probabilities if key in labels},
            "one_of": [labels[key] for key in one.candidates if key in labels],
            "with_probability": one.coverage,
            "named_by_people_in_photo": one.remembered_id,
            "told_otherwise_by_network": one.told_network_id,
            "when": one.created_at.isoformat(),
        }
        for one in unit.predictions.of_asker(person_id)
    ]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What went, and what is left to answer from.

    `orphans` are the digests of blobs to remove once this is committed, and `parcels` those of collections. `role` is
    what the person is still known for.
    """

    photos: int
    orphans: list[str]
    role: Role | None
    readiness: Readiness
    parcels: list[str] = field(default_factory=list)


def forget(unit: Unit, presence: Presence, newcomer: Role) -> Forgotten:
    """Remove the person with her photos, every vote on them, and her votes and flags elsewhere.

    A label goes with the last vote that names it. The next network learns without all that; where too little is left
    for one, none answers from now on.
    """
    person, classifier_id = presence.person, presence.classifier_id
    photos = unit.photos.of_person(person.id)
    unit.networks.note_deletion(classifier_id, person.id)
    unit.photos.note_deleted(photos)
    orphans = remove_photos(unit, [photo.id for photo in photos])
    take_back_about(unit, person.id)
    unit.decisions.forget_person(person.id)
    parcels = unit.collections.forget_person(person.id) + unit.quarantine.forget_person(person.id)
    unit.inquiries.forget_person(person.id)
    unit.votes.forget_person(person.id)
    unit.albums.forget_person(person.id)
    unit.guard.forget_person(person.id)
    unit.alarms.forget_person(person.id)
    unit.arrivals.forget_person(person.id)
    unit.teachings.forget_person(person.id)
    unit.predictions.forget_person(person.id)
    unit.naming.forget_person(person.id)
    unit.labels.remove_unnamed(classifier_id)
    unit.jobs.forget_names(classifier_id)
    left = readiness_of(unit, classifier_id)
    if not left.ready:
        unit.networks.retire(classifier_id)
    # Also where too little is left: a training that is running would still let its network answer.
    request_fit(unit, classifier_id)
    return Forgotten(len(photos), orphans, _forget_who(unit, person, newcomer), left, parcels)


def _forget_who(unit: Unit, person: Person, newcomer: Role) -> Role | None:
    """Remove the person's name and private words; returns the role that she keeps, if it is not every newcomer's.

    A role is not hers to delete: it would make a guest who may not teach a newcomer who may, and end an ownership.
    """
    unit.inbox.empty(person.telegram_id)
    unit.outbox.empty(person.telegram_id)
    unit.card_messages.forget(person.telegram_id)
    unit.chats.forget_private(person.telegram_id)
    if person.role is newcomer:
        unit.people.remove(person.id)
        return None
    unit.people.anonymise(person.id)
    return person.role


def setting(chat: Chat, name: str) -> bool:
    return bool(chat.settings.get(name, CHAT_SETTINGS[name]))


def toggle(unit: Unit, presence: Presence, name: str) -> Chat:
    """Turn a setting of the chat on or off."""
    changed = presence.chat.settings | {name: not setting(presence.chat, name)}
    unit.chats.set_settings(presence.chat.id, changed)
    if name == LENT and not changed[name]:
        lend_no_more(unit, presence.person.id)
    return unit.chats.get(presence.chat.id)
