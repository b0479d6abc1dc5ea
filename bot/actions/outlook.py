"""The outlook: what more photos would bring, and which ones; asked of the trainer, told to the chat that asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.actions.asking import Answer
from bot.actions.correcting import find
from bot.actions.teaching import label_counts, readiness_of, trainer_alive
from bot.visit import Presence
from storage import Chat, JobKind, NotFound, Person, Role, State, Unit
from trainer.readiness import Readiness, Shortage, missing_for_outlook


@dataclass(frozen=True, slots=True)
class OutlookAsked:
    """What became of asking: `missing` photos come first where there are too few; `answering`: a network answers."""

    readiness: Readiness
    missing: tuple[Shortage, ...]
    answering: bool
    trainer_alive: bool

    @property
    def is_asked(self) -> bool:
        """Whether the trainer works it out; else what is missing is all that can be said."""
        return self.readiness.ready and self.answering and not self.missing


@dataclass(frozen=True, slots=True)
class ToName:
    """A question whose name would teach much, and who had asked it: she knows best what it shows."""

    answer: Answer
    person: Person
    message_id: int | None


@dataclass(frozen=True, slots=True)
class Unknown:
    """So many questions of a chat are alike and like nothing taught; the prediction `first` answered one of them."""

    questions: int = 0
    first: int | None = None


def ask_outlook(unit: Unit, presence: Presence) -> OutlookAsked:
    """Ask for an outlook; the chat is told when it is there. One that is being worked out already will do."""
    classifier_id = presence.classifier_id
    counts = label_counts(unit, classifier_id)
    asked = OutlookAsked(
        readiness_of(unit, classifier_id),
        missing_for_outlook((one.label.id, one.label.name, one.photos) for one in counts),
        unit.networks.active(classifier_id) is not None,
        trainer_alive(unit),
    )
    if asked.is_asked:
        under_way = [one for one in unit.jobs.unfinished(classifier_id) if one.kind == JobKind.OUTLOOK]
        if under_way:
            unit.jobs.join(under_way[0].id, presence.chat.id)
        else:
            unit.jobs.request(JobKind.OUTLOOK, classifier_id, due_at=unit.now, asked_in_id=presence.chat.id)
    return asked


def missing_now(facts: Mapping[str, Any], names: Mapping[int, str]) -> tuple[Shortage, ...]:
    """What the trainer found missing, by the names that labels have now."""
    short = [one for one in facts.get("missing", ()) if one["label_id"] in names]
    return tuple(Shortage(one["label_id"], names[one["label_id"]], one["missing"]) for one in short)


def to_name(unit: Unit, telegram_id: int, facts: Mapping[str, Any]) -> list[ToName]:
    """The questions that this chat is asked to name: its own, that nobody has named meanwhile.

    `facts` are what the trainer told. Whoever asked may not teach: then she is not asked to.
    """
    chat = unit.chats.by_telegram_id(telegram_id)
    if chat is None:
        return []
    chosen: Sequence[int] = _told_of(chat, facts).get("predictions", ())
    asked = (_to_name(unit, chat.id, prediction_id) for prediction_id in chosen)
    return [one for one in asked if one is not None]


def unknown_of(unit: Unit, telegram_id: int, facts: Mapping[str, Any]) -> Unknown:
    """The questions of this chat that are alike and like nothing that was taught."""
    chat = unit.chats.by_telegram_id(telegram_id)
    told = {} if chat is None else _told_of(chat, facts)
    if not told.get("unknown"):
        return Unknown()
    # The trainer puts one of them first; whether that one is still asked about is another matter.
    return Unknown(int(told["unknown"]), next(iter(told.get("predictions", ())), None))


def _told_of(chat: Chat, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    told: Mapping[str, Any] = facts.get("chats", {}).get(str(chat.id), {})
    return told


def _to_name(unit: Unit, chat_id: int, prediction_id: int) -> ToName | None:
    try:
        prediction = unit.predictions.get(prediction_id)
        photo = unit.photos.get(prediction.photo_id)
        if prediction.asked_by_id is None or unit.votes.standing(photo.id).state is not State.UNLABELLED:
            return None
        person = unit.people.get(prediction.asked_by_id)
        found = find(unit, Presence(person, unit.chats.get(chat_id)), prediction_id)
    except NotFound:
        return None
    return ToName(found, person, photo.message_id) if person.role >= Role.TEACHER else None
