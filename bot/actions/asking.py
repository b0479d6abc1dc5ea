"""Questions: a bare photo, and what the network makes of it."""

from dataclasses import dataclass
from datetime import timedelta

from bot.actions.teaching import Received, keep, readiness_of, trainer_alive
from bot.visit import Presence, Visit
from storage import Label, Network, Photo, Prediction, Unit
from trainer.predicting import Guess
from trainer.readiness import Readiness

# A question that no network could answer is answered when one can, if that is soon enough to matter.
WAITS_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is shown: labels with probabilities, likeliest first; `label` is None when it does not know."""

    prediction: Prediction
    network: Network
    label: Label | None
    ranked: tuple[tuple[Label, float], ...]


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
    return _answer_photo(unit, photo, presence.person.id, guess, network)


def waiting_questions(unit: Unit, classifier_id: int) -> list[Photo]:
    """Questions of the last day that no network could answer when they came."""
    return unit.photos.unanswered(classifier_id, unit.now - WAITS_FOR)


def answer_late(unit: Unit, photo: Photo, guess: Guess, network: Network) -> Answer | None:
    """Answer a question that waited; None if it was answered or taught meanwhile."""
    if photo.owner_id is None or unit.predictions.of_photo(photo.id) or unit.votes.of_photo(photo.id):
        return None
    return _answer_photo(unit, photo, photo.owner_id, guess, network)


def _answer_photo(unit: Unit, photo: Photo, asked_by_id: int, guess: Guess, network: Network) -> Answer:
    labels = _labels(unit, network)
    prediction = unit.predictions.add(
        photo.id,
        network.id,
        # Since the network learned, a label may have gone with the last of its teachers.
        guess.label if guess.label in labels else None,
        [(label_id, p) for label_id, _, p in guess.probabilities if label_id in labels],
        asked_by_id=asked_by_id,
        milliseconds=guess.milliseconds,
    )
    return _named(labels, prediction, network)


def answer(unit: Unit, prediction: Prediction) -> Answer:
    """A stored prediction with the names that its labels have now."""
    network = unit.networks.get(prediction.network_id)
    return _named(_labels(unit, network), prediction, network)


def _labels(unit: Unit, network: Network) -> dict[int, Label]:
    return {one.id: one for one in unit.labels.all(network.classifier_id)}


def _named(labels: dict[int, Label], prediction: Prediction, network: Network) -> Answer:
    ranked = tuple((labels[key], p) for key, p in prediction.probabilities if key in labels)
    label = labels.get(prediction.label_id) if prediction.label_id is not None else None
    return Answer(prediction, network, label, ranked)
