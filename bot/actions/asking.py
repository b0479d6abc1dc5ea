"""Questions: a bare photo, and what the network makes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.actions.remembering import Memory, memory_of, recall
from bot.actions.teaching import Received, keep, readiness_of, trainer_alive
from bot.visit import Presence, Visit
from storage import Label, Network, NotFound, Photo, Prediction, Unit
from trainer.predicting import Guess
from trainer.readiness import Readiness

# A question that no network could answer is answered when one can, if that is soon enough to matter.
WAITS_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is shown: labels with probabilities, likeliest first; `label` is None when it does not know.

    `between` are the labels of which it cannot say one alone: one of them is right with probability `coverage`. With a
    `memory`, people had named the same picture, and `label` is what they said.
    """

    prediction: Prediction
    network: Network
    label: Label | None
    ranked: tuple[tuple[Label, float], ...]
    between: tuple[Label, ...] = ()
    coverage: float | None = None
    memory: Memory | None = None


@dataclass(frozen=True, slots=True)
class NotYet:
    """No network can answer: the photo is kept, and this is what is missing.

    `network_out`: there is a network, but it is damaged or not loaded yet.
    """

    photo_id: int
    readiness: Readiness
    trainer_alive: bool
    network_out: bool = False


def ask(
    unit: Unit,
    visit: Visit,
    presence: Presence,
    received: Received,
    guess: Guess | None,
    network: Network | None,
    owner_id: int | None = None,
) -> Answer | NotYet:
    """Keep the photo of a question with the guess that was made of it."""
    photo = keep(unit, visit, presence, received, owner_id)
    # A guess may come from a network that was retired while it looked.
    answering = unit.classifiers.get(presence.classifier_id).active_network_id is not None
    if guess is None or network is None or not answering:
        ready = readiness_of(unit, presence.classifier_id)
        return NotYet(photo.id, ready, trainer_alive(unit), network_out=answering)
    if received.vector is not None and received.embedder is not None:
        unit.embeddings.add(received.embedder, {received.digest: received.vector})
    return _answer_photo(unit, photo, presence, guess, network, received.twin)


def waiting_questions(unit: Unit, classifier_id: int) -> list[Photo]:
    """Questions of the last day that no network could answer when they came."""
    return unit.photos.unanswered(classifier_id, unit.now - WAITS_FOR)


def answer_late(unit: Unit, photo: Photo, guess: Guess, network: Network) -> Answer | None:
    """Answer a question that waited; None if it was answered or taught meanwhile."""
    if photo.owner_id is None or photo.chat_id is None:
        return None
    if unit.predictions.of_photo(photo.id) or unit.votes.of_photo(photo.id):
        return None
    presence = Presence(unit.people.get(photo.owner_id), unit.chats.get(photo.chat_id))
    return _answer_photo(unit, photo, presence, guess, network)


def answer_anew(unit: Unit, photo: Photo, presence: Presence, guess: Guess, network: Network) -> Answer:
    """Answer a question that was answered before, by another network."""
    return _answer_photo(unit, photo, presence, guess, network)


def _answer_photo(
    unit: Unit, photo: Photo, presence: Presence, guess: Guess, network: Network, twin: str | None = None
) -> Answer:
    labels, memory = unit.labels.answerable(network.classifier_id), recall(unit, presence, photo, twin)
    # Since the network learned, a label may have gone with the last of its teachers, was merged, or rests.
    label = memory.label if memory is not None else labels.get(guess.label) if guess.label is not None else None
    ranked = _ranked(labels, [(label_id, p) for label_id, _, p in guess.probabilities])
    prediction = unit.predictions.add(
        photo.id,
        network.id,
        None if label is None or label.id not in labels else label.id,
        [(one.id, p) for one, p in ranked],
        asked_by_id=presence.person.id,
        milliseconds=guess.milliseconds,
        candidates=[one.id for one in _those(labels, guess.candidates)],
        coverage=guess.coverage,
        remembered_id=None if memory is None else memory.photo_id,
    )
    return _named(labels, prediction, network, memory)


def answer(unit: Unit, presence: Presence, prediction: Prediction) -> Answer:
    """A stored prediction with the names that its labels have now."""
    network = unit.networks.get(prediction.network_id)
    labels = unit.labels.answerable(network.classifier_id)
    return _named(labels, prediction, network, _remembered(unit, presence, prediction, labels))


def _remembered(unit: Unit, presence: Presence, prediction: Prediction, labels: dict[int, Label]) -> Memory | None:
    """The memory that a stored answer came from; None where there was none, or its photo is gone."""
    label = labels.get(prediction.label_id) if prediction.label_id is not None else None
    if prediction.remembered_id is None or label is None:
        return None
    try:
        photo = unit.photos.get(prediction.remembered_id)
    except NotFound:
        return None
    exact = photo.digest == unit.photos.get(prediction.photo_id).digest
    return memory_of(unit, presence, photo, label, exact=exact)


def _ranked(labels: Mapping[int, Label], probabilities: Iterable[tuple[int, float]]) -> tuple[tuple[Label, float], ...]:
    """Labels as they are now with their probabilities, likeliest first; those of merged labels add up."""
    summed: dict[Label, float] = {}
    for key, p in probabilities:
        if key in labels:
            summed[labels[key]] = summed.get(labels[key], 0.0) + p
    return tuple(sorted(summed.items(), key=lambda one: -one[1]))


def _those(labels: Mapping[int, Label], label_ids: Iterable[int]) -> tuple[Label, ...]:
    return tuple(dict.fromkeys(labels[key] for key in label_ids if key in labels))


def _named(labels: dict[int, Label], prediction: Prediction, network: Network, memory: Memory | None) -> Answer:
    ranked = _ranked(labels, prediction.probabilities)
    label = labels.get(prediction.label_id) if prediction.label_id is not None else None
    if prediction.remembered_id is not None and memory is None:
        # Nobody calls the picture so any more: then it is the network's to say.
        label = ranked[0][0] if ranked else None
    candidates = _those(labels, prediction.candidates)
    is_between = label is not None and memory is None and len(candidates) > 1 and label == candidates[0]
    return Answer(prediction, network, label, ranked, candidates if is_between else (), prediction.coverage, memory)
