"""What of all that is taught may be learned: newcomers' lessons wait, one person's weigh only so much. Torch-free."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from storage import LabelledPhoto, Role, Unit
from trainer.caps import within_caps
from trainer.senders import NOBODY


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Taught photos that are not learned for now: those that wait for somebody who agrees, and those over a cap.

    `people` is how many people's are over a cap.
    """

    waiting: int = 0
    over_cap: int = 0
    people: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return plain JSON values."""
        return asdict(self)


def learnable(unit: Unit, classifier_id: int) -> tuple[list[LabelledPhoto], LeftOut]:
    """Return the taught photos that may be learned, in order of id, and how many may not."""
    taught, waiting = unit.photos.labelled(classifier_id), unit.guard.waiting(classifier_id)
    photos = [one for one in taught if one.photo_id not in waiting]
    said = unit.guard.senders(classifier_id)
    senders = np.array([_number(said.get(one.photo_id)) for one in photos], dtype=np.int64)
    given = np.array([one.label_id for one in photos], dtype=np.int64)
    trusted = frozenset(one.id for one in unit.people.with_role(Role.REVIEWER))
    kept = within_caps(given, senders, [one.digest for one in photos], trusted=trusted)
    left_out = LeftOut(len(taught) - len(photos), int((~kept).sum()), len(set(senders[~kept].tolist())))
    return [one for one, is_kept in zip(photos, kept, strict=True) if is_kept], left_out


def _number(sender: int | None) -> int:
    return NOBODY if sender is None else sender
