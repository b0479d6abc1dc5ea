"""When a tuning is started without anybody asking for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from storage import JobKind, State, Unit
from trainer.recipe import Recipe
from trainer.settings import TrainerSettings
from trainer.snapshot import Snapshot

# Where the result of such a job says what it was asked to learn from, and which vote was the newest then.
LESSONS, VOTE = "lessons", "vote"
# What failed for good is not begun again by itself before somebody may have looked into it.
AFTER_FAILURE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is noted with the end of such a job."""

    lessons: str
    vote: int

    @classmethod
    def of(cls, unit: Unit, snapshot: Snapshot, untuned: str, recipe: Recipe, settings: TrainerSettings) -> Asked:
        """Return what is to be learned from now; `untuned` is the digest of the embedder to begin with."""
        return cls(f"{snapshot.digest(untuned, recipe)} {settings.tuning_recipe()}", unit.votes.newest())

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {LESSONS: self.lessons, VOTE: self.vote}


def due(unit: Unit, classifier_id: int, settings: TrainerSettings) -> bool:
    """Say whether enough was taught, or taught long enough ago, since the last tuning, and none waits or runs."""
    if any(job.kind == JobKind.TUNE for job in unit.jobs.unfinished(classifier_id)):
        return False
    if is_quiet(settings.quiet_hours, unit.now.astimezone()):
        return False
    if unit.networks.active(classifier_id) is None:
        return False
    if unit.photos.count(classifier_id, State.TAUGHT) < settings.tune_photos:
        return False
    failed_at = unit.jobs.failed_at(JobKind.TUNE, classifier_id)
    if failed_at is not None and unit.now - failed_at < AFTER_FAILURE:
        return False
    last = unit.jobs.latest(JobKind.TUNE, classifier_id)
    told = (last.result or {}) if last is not None else {}
    new = unit.votes.since(classifier_id, int(told.get(VOTE, 0)), limit=max(settings.tune_lessons, 1))
    if settings.tune_lessons and new >= settings.tune_lessons:
        return True
    waited = last is None or last.finished_at is None or unit.now - last.finished_at >= settings.tune_wait
    return bool(new and settings.tune_hours and waited)


def is_quiet(hours: str, now: datetime) -> bool:
    """Say whether `now` lies in hours like `22-7` (from the first to before the second, over midnight if need be)."""
    if not hours:
        return False
    first, last = (int(hour) for hour in hours.split("-"))
    return first <= now.hour < last if first <= last else now.hour >= first or now.hour < last
