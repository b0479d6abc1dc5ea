"""How things stand: labels, the network that answers, the trainer."""

from dataclasses import dataclass
from datetime import timedelta

from bot.actions.teaching import FIT, as_counts, trainer_alive
from bot.visit import Presence
from storage import Job, JobState, LabelCount, Network, State, Unit
from trainer.readiness import Readiness, readiness


@dataclass(frozen=True, slots=True)
class Status:
    """`silent_for` is how long ago the trainer last said something; None if it never did."""

    labels: tuple[LabelCount, ...]
    network: Network | None
    readiness: Readiness
    disputed: int
    trainer_alive: bool
    trainer_doing: str
    silent_for: timedelta | None
    waiting: bool


def status(unit: Unit, classifier_id: int) -> Status:
    counts = unit.labels.counts(classifier_id)
    beat = unit.heartbeats.of("trainer")
    return Status(
        labels=tuple(one for one in counts if one.photos),
        network=unit.networks.active(classifier_id),
        readiness=readiness(as_counts(counts)),
        disputed=unit.photos.count(classifier_id, State.DISPUTED),
        trainer_alive=trainer_alive(unit),
        trainer_doing=beat.doing if beat else "",
        silent_for=unit.now - beat.at if beat else None,
        waiting=any(job.kind == FIT for job in unit.jobs.unfinished(classifier_id)),
    )


def request_training(unit: Unit, presence: Presence) -> Status:
    """Ask for a network now; the chat is told how it ended."""
    found = status(unit, presence.classifier_id)
    if found.readiness.ready:
        unit.jobs.request(FIT, presence.classifier_id, due_at=unit.now, asked_in_id=presence.chat.id)
    return found


@dataclass(frozen=True, slots=True)
class TrainingEnded:
    """A job that chats asked for (`chat_ids` are Telegram's), and what came of it; `names` are those of labels."""

    job: Job
    chat_ids: tuple[int, ...]
    network: Network | None
    readiness: Readiness
    names: dict[int, str]

    @property
    def failed(self) -> bool:
        return self.job.state is JobState.FAILED


def ended_training(unit: Unit) -> list[TrainingEnded]:
    """Jobs whose chats are still to be told; each is handed out in the transaction that notes it as told."""
    ended = []
    for job in unit.jobs.untold():
        unit.jobs.told(job.id)
        chats = tuple(unit.chats.get(chat_id).telegram_id for chat_id in unit.jobs.askers(job.id))
        counts = unit.labels.counts(job.classifier_id)
        ready, names = readiness(as_counts(counts)), {one.label.id: one.label.name for one in counts}
        ended.append(TrainingEnded(job, chats, unit.networks.active(job.classifier_id), ready, names))
    return ended
