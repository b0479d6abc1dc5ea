"""Questions: a bare photo, and what the network makes of it."""

from dataclasses import dataclass

from bot.actions.teaching import Received, as_counts, keep, trainer_alive
from bot.visit import Presence, Visit
from storage import Label, Network, Prediction, Unit
from trainer.predicting import Guess
from trainer.readiness import Readiness, readiness


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is shown: labels with probabilities, likeliest first; `label` is None when it does not know."""

    prediction: Prediction
    network: Network
    label: Label | None
    ranked: tuple[tuple[Label, float], ...]


@dataclass(frozen=True, slots=True)
class NotYet:
    """No network can answer: the photo is kept, and this is what is missing."""

    photo_id: int
    readiness: Readiness
    trainer_alive: bool


def ask(
    unit: Unit, visit: Visit, presence: Presence, received: Received, guess: Guess | None, network_id: int | None
) -> Answer | NotYet:
    """Keep the photo of a question with the guess that was made of it."""
    photo = keep(unit, visit, presence, received)
    if guess is None or network_id is None:
        counts = unit.labels.counts(presence.classifier_id)
        return NotYet(photo.id, readiness(as_counts(counts)), trainer_alive(unit))
    if received.vector is not None and received.embedder is not None:
        unit.embeddings.add(received.embedder, {received.digest: received.vector})
    prediction = unit.predictions.add(
        photo.id,
        network_id,
        guess.label,
        [(label_id, p) for label_id, _, p in guess.probabilities],
        asked_by_id=presence.person.id,
        milliseconds=guess.milliseconds,
    )
    return answer(unit, presence.classifier_id, prediction)


def answer(unit: Unit, classifier_id: int, prediction: Prediction) -> Answer:
    """A stored prediction with the names that its labels have now."""
    labels = {one.id: one for one in unit.labels.all(classifier_id)}
    ranked = tuple((labels[key], p) for key, p in prediction.probabilities if key in labels)
    label = labels.get(prediction.label_id) if prediction.label_id is not None else None
    return Answer(prediction, unit.networks.get(prediction.network_id), label, ranked)
