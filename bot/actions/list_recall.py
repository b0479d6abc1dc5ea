"""What the list of doubtful labels says of itself, as the trainer worked it out when it made the list."""

from storage import JobKind, Unit
from trainer.metrics import Score, score


def missed_by_list(unit: Unit, classifier_id: int) -> Score | None:
    """How many labels, wrong on purpose, the list would not hold, of how many; of none where photos are too few.

    None while nothing is known: the list is empty, or was made a moment ago.
    """
    made = unit.jobs.latest(JobKind.SUSPECTS, classifier_id)
    told = (made.result or {}).get("recall") if made is not None else None
    return None if told is None else score(told["planted"] - told["found"], told["planted"])
