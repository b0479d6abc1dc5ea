"""How things stand: labels, the network that answers, the trainer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.actions.teaching import TRAINER_SILENCE, label_counts, readiness_of, trainer_alive
from bot.visit import Presence
from storage import Job, JobKind, JobState, LabelCount, Network, Role, State, Unit
from trainer.readiness import Readiness, Shortage

# With fewer photos, learning deeper than the last layer teaches nothing that holds for others.
WORTH_TUNING = 24


@dataclass(frozen=True, slots=True)
class Status:
    """`silent_for` is how long ago the trainer last said something; None if it never did."""

    labels: tuple[LabelCount, ...]
    network: Network | None
    readiness: Readiness
    disputed: int
    contradicted: int
    trainer_alive: bool
    trainer_doing: str
    silent_for: timedelta | None
    waiting: bool
    # Photos of newcomers that wait for somebody who agrees; and what the last training left out, of how many people.
    newcomers: int = 0
    over_cap: int = 0
    over_cap_of: int = 0


def status(unit: Unit, classifier_id: int) -> Status:
    counts = label_counts(unit, classifier_id)
    beat = unit.heartbeats.of("trainer")
    last = unit.jobs.latest(JobKind.FIT, classifier_id)
    left_out = (last.result or {}).get("left_out", {}) if last is not None else {}
    return Status(
        labels=tuple(one for one in counts if one.photos),
        network=unit.networks.active(classifier_id),
        readiness=readiness_of(unit, classifier_id),
        disputed=unit.photos.count(classifier_id, State.DISPUTED),
        contradicted=unit.photos.contradicted(classifier_id),
        trainer_alive=trainer_alive(unit),
        trainer_doing=beat.doing if beat else "",
        silent_for=unit.now - beat.at if beat else None,
        waiting=any(job.kind == JobKind.FIT for job in unit.jobs.unfinished(classifier_id)),
        newcomers=len(unit.guard.waiting(classifier_id)),
        over_cap=left_out.get("over_cap", 0),
        over_cap_of=left_out.get("people", 0),
    )


def request_training(unit: Unit, presence: Presence) -> tuple[Status, bool]:
    """Ask for a network now, and for a fine-tuning where that may help (the second value); the chat is told of each."""
    found, chat = status(unit, presence.classifier_id), presence.chat.id
    if not found.readiness.ready:
        return found, False
    unit.jobs.request(JobKind.FIT, presence.classifier_id, due_at=unit.now, asked_in_id=chat)
    if unit.photos.count(presence.classifier_id, State.TAUGHT) < WORTH_TUNING:
        return found, False
    under_way = [job for job in unit.jobs.unfinished(presence.classifier_id) if job.kind == JobKind.TUNE]
    if under_way:
        unit.jobs.join(under_way[0].id, chat)
    else:
        unit.jobs.request(JobKind.TUNE, presence.classifier_id, due_at=unit.now, asked_in_id=chat)
    return found, True


def request_report(unit: Unit, presence: Presence) -> Status:
    """Ask for a report on the network that answers; the chat gets it when it is drawn.

    Where nothing could be measured yet there is nothing to draw, and nothing is asked for.
    """
    found = status(unit, presence.classifier_id)
    if found.network is not None and found.network.n:
        unit.jobs.request(JobKind.REPORT, presence.classifier_id, due_at=unit.now, asked_in_id=presence.chat.id)
    return found


@dataclass(frozen=True, slots=True)
class Practice:
    """A fine-tuning under way: what the trainer does, and the chats (by Telegram's ids) that asked for it."""

    job_id: int
    doing: str
    chat_ids: tuple[int, ...]


def practice(unit: Unit, classifier_id: int) -> Practice | None:
    """The fine-tuning that is carried out now, if there is one."""
    running = [
        one for one in unit.jobs.unfinished(classifier_id) if one.kind == JobKind.TUNE and one.state is JobState.RUNNING
    ]
    beat = unit.heartbeats.of("tuning")
    if not running or beat is None or unit.now - beat.at > TRAINER_SILENCE:
        return None
    chats = tuple(unit.chats.get(chat_id).telegram_id for chat_id in unit.jobs.askers(running[0].id))
    return Practice(running[0].id, beat.doing, chats)


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

    @property
    def missing(self) -> Readiness | None:
        """What the trainer missed, by the names that labels have now; None where it did not say.

        It may miss more than people can see: a photo that cannot be read teaches nothing.
        """
        told = (self.job.result or {}).get("missing")
        if told is None:
            return None
        short = [one for one in told["shortages"] if one["label_id"] in self.names]
        shortages = (Shortage(one["label_id"], self.names[one["label_id"]], one["missing"]) for one in short)
        return Readiness(told["ready"], told["labels_missing"], tuple(shortages))


def ended_training(unit: Unit) -> list[TrainingEnded]:
    """Jobs whose chats are still to be told; each is handed out in the transaction that notes it as told."""
    ended = []
    for job in unit.jobs.untold():
        unit.jobs.told(job.id)
        chats = tuple(unit.chats.get(chat_id).telegram_id for chat_id in unit.jobs.askers(job.id))
        ready = readiness_of(unit, job.classifier_id)
        names = {key: one.name for key, one in unit.labels.named(job.classifier_id).items()}
        ended.append(TrainingEnded(job, chats, unit.networks.active(job.classifier_id), ready, names))
    return ended


def pictures_for(unit: Unit, telegram_id: int, facts: Mapping[str, Any]) -> list[str]:
    """The paths of a report's pictures for a chat: people's photos go to an owner, or where they came from.

    `facts` are what the trainer told of the report.
    """
    person, chat = unit.people.by_telegram_id(telegram_id), unit.chats.by_telegram_id(telegram_id)
    if person is not None and person.role is Role.OWNER:
        return list(facts.get("pictures", []))
    galleries = facts.get("galleries", {})
    own = galleries.get(str(chat.id)) if chat is not None else None
    return [*facts.get("pictures", [])[:1], *([own] if own is not None else [])]
