"""When a tuning is started without anybody asking for it."""

from __future__ import annotations

from datetime import datetime

from storage import JobKind, State, Unit
from trainer.settings import TrainerSettings

# The kind of such a job, and where its result says which vote was the newest that it knew.
VOTE = "vote"


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
