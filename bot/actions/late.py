"""Late answers: a new network sees a question of the last days otherwise, and says so, once."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.actions.asking import Answer, answer, answer_anew
from bot.actions.self_service import setting
from bot.actions.telling import is_new
from bot.visit import Presence
from storage import Label, Network, NotFound, Photo, Prediction, Unit
from trainer.predicting import Guess

ASKED_WITHIN = timedelta(days=2)
# More are not looked at again for one network, the newest first.
MOST = 50
# One network brings a person at most so many of these, the newest: it is a hint, and not a flood.
MOST_FOR_ONE = 3
# A mind that is changed without being sure is better not spoken of.
SURE = 0.8


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that an earlier network answered, and nobody has judged or taught since."""

    prediction: Prediction
    photo: Photo
    vector: bytes | None


@dataclass(frozen=True, slots=True)
class ChangedMind:
    """What is told: the answer `before`, and the one `now`."""

    presence: Presence
    photo: Photo
    before: Answer
    now: Answer


def asked_lately(unit: Unit, network: Network) -> list[Asked]:
    """Questions to look at again, with their vectors where this network's embedder has seen them."""
    if not is_new(unit, network):
        return []
    since = unit.now - ASKED_WITHIN
    found = unit.predictions.open_questions(network.classifier_id, since, not_of=network.id, limit=MOST)
    photos = [unit.photos.get(one.photo_id) for one in found]
    vectors = unit.embeddings.load(network.embedder, [photo.digest for photo in photos])
    return [Asked(one, photo, vectors.get(photo.digest)) for one, photo in zip(found, photos, strict=True)]


def change_mind(unit: Unit, network: Network, asked: Asked, guess: Guess, told: Counter[int]) -> ChangedMind | None:
    """Note the new answer and say what is told of it; None where it is no news, or nobody wants to hear it.

    `told` counts what this network has brought to whom. Only who asked is told, so only in her private chat.
    """
    since = unit.now - ASKED_WITHIN
    still = unit.predictions.open_questions(
        network.classifier_id, since, not_of=network.id, limit=1, photo_id=asked.photo.id
    )
    if not still or guess.label is None or guess.confidence < SURE or len(guess.candidates) > 1:
        return None
    try:
        photo = unit.photos.get(asked.photo.id)
        presence = _asker(unit, photo, still[0])
    except NotFound:
        return None
    if presence is None or told[presence.person.id] >= MOST_FOR_ONE or not setting(presence.chat, "late"):
        return None
    before, labels = answer(unit, presence, still[0]), unit.labels.answerable(network.classifier_id)
    label = labels.get(guess.label)
    if label is None or _says(before, label) or _has_lost_its_label(still[0], before, labels):
        return None
    now = answer_anew(unit, photo, presence, guess, network)
    for one in (before, now):
        unit.predictions.told_of_change(one.prediction.id, network.id)
    told[presence.person.id] += 1
    return ChangedMind(presence, photo, before, now)


def _asker(unit: Unit, photo: Photo, prediction: Prediction) -> Presence | None:
    if photo.chat_id is None or prediction.asked_by_id is None:
        return None
    presence = Presence(unit.people.get(prediction.asked_by_id), unit.chats.get(photo.chat_id))
    return presence if presence.chat.reachable and presence.chat.kind == "private" else None


def _says(what: Answer, label: Label) -> bool:
    """Whether an answer gave that name, and no other."""
    return what.label == label and not what.between


def _has_lost_its_label(prediction: Prediction, what: Answer, labels: Mapping[int, Label]) -> bool:
    """Whether what the network thought likeliest then has no name any more: nobody knows what had been said."""
    first = prediction.probabilities[0][0] if prediction.probabilities else None
    return not what.ranked or first is None or what.ranked[0][0] != labels.get(first)
