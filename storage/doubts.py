"""The records of reviewing: what is in doubt, and what a reviewer decided about it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class SuspectKind(StrEnum):
    """Why a photo, or a group of them, is shown to a reviewer."""

    FLAGGED = "flagged"  # people said Wrong to an answer, and the photo has no agreed name
    LABEL = "label"  # its label is doubted
    DUPLICATE = "duplicate"  # a group that is one picture
    OUTLIER = "outlier"  # like nothing that was taught
    SIMILAR = "similar"  # a pair most alike, though hardly one picture
    NEWCOMER = "newcomer"  # a newcomer's lesson, which waits for somebody who agrees
    DISPUTED = "disputed"  # people call it different things, and nobody said Wrong to an answer
    ALARM = "alarm"  # evidence of an alarm about somebody


class Choice(StrEnum):
    """What a reviewer can say of a suspect."""

    KEEP = "keep"  # the given label is right
    RELABEL = "relabel"
    ASIDE = "aside"  # not to be learned from
    BEST = "best"  # of a group the first stays, the others are set aside
    DIFFERENT = "different"  # a group is not one picture
    CANNOT_TELL = "cannot_tell"
    SKIP = "skip"
    UNDO = "undo"  # takes an earlier decision back


# These decide for everybody; the others only keep a card from who said so.
SETTLING = (Choice.KEEP, Choice.RELABEL, Choice.ASIDE, Choice.BEST, Choice.DIFFERENT)


@dataclass(frozen=True, slots=True)
class NewSuspect:
    """What a run found: the photo in doubt, or a group with the best photo first.

    `given_id` is the label that the first photo counted as then. `reason` is plain JSON values: facts, no sentences.
    """

    photo_ids: tuple[int, ...]
    given_id: int | None
    proposal_id: int | None
    score: float
    reason: Mapping[str, Any] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return subject_of(self.photo_ids)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A card to be reviewed. `place` counts from 0, the worst, in the list of its kind."""

    id: int
    classifier_id: int
    network_id: int | None
    kind: SuspectKind
    subject: str
    photo_ids: tuple[int, ...]
    given_id: int | None
    proposal_id: int | None
    place: int
    score: float
    reason: Mapping[str, Any]
    leased_by_id: int | None
    leased_until: datetime | None
    decision_id: int | None

    @property
    def photo_id(self) -> int:
        """The photo in doubt, or the best of a group."""
        return self.photo_ids[0]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided: for each photo the vote that it gave, if any. `undone_by_id` is who took it back.

    `undone_at` is None while it stands.
    """

    id: int
    classifier_id: int
    subject: str
    kind: SuspectKind
    choice: Choice
    votes: Mapping[int, int | None]
    label_id: int | None
    person_id: int | None
    created_at: datetime
    undone_by_id: int | None = None
    undone_at: datetime | None = None


def subject_of(photo_ids: Sequence[int]) -> str:
    """What a suspect is about, the same in every list: a photo, or a group whatever its order."""
    if len(photo_ids) == 1:
        return f"photo:{photo_ids[0]}"
    together = ",".join(str(one) for one in sorted(photo_ids))
    return f"group:{hashlib.sha256(together.encode()).hexdigest()[:32]}"
