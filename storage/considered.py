"""The records of the consensus: what voices add up to when they are weighed, and whom else to ask."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Settled(StrEnum):
    """How far voices settle what a photo shows."""

    UNHEARD = "unheard"  # nobody said anything
    TAUGHT = "taught"  # there is a label, and little against it
    CONFIRMED = "confirmed"  # two people, or a person and the network, say the same, and nothing speaks against it
    DISPUTED = "disputed"  # voices contradict each other: another person should look
    SET_ASIDE = "set_aside"  # none of the labels, or nobody can tell


@dataclass(frozen=True, slots=True)
class Opinion:
    """What all voices on a photo add up to, the network's among them, up to the vote `vote_id`.

    `probability` is that of `label_id`. `ask` is why another person should look, None where nobody need; `likely` are
    labels to offer her, in no order that would tell what others said.
    """

    photo_id: int
    label_id: int | None
    probability: float
    settled: Settled
    vote_id: int
    ask: str | None = None
    likely: tuple[int, ...] = ()


class Reply(StrEnum):
    """What became of a question to another person."""

    LABEL = "label"
    NONE = "none"
    UNSURE = "unsure"  # she cannot tell
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A person is asked what a photo shows; `vote_id` is what she said. Nobody else is asked until `lease_until`."""

    id: int
    photo_id: int
    person_id: int
    chat_id: int
    ask: str
    asked_at: datetime
    lease_until: datetime
    reply: Reply | None
    replied_at: datetime | None
    vote_id: int | None
