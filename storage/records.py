"""What the store hands out: frozen facts, safe to keep and to pass between threads and processes."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

# The fold of photos that nothing ever learns from: they are kept for a test.
TEST_FOLD = -1
# The ground on which a network waits for its owner's word: it was made of an older version of the data set.
ON_REQUEST = "on_request"


class Role(IntEnum):
    """What a person may do; each role includes those before it."""

    GUEST = 0
    TEACHER = 10
    REVIEWER = 20
    ADMIN = 30
    OWNER = 40


class VoteKind(StrEnum):
    LABEL = "label"
    NONE = "none"  # none of the labels fits
    UNSURE = "unsure"  # she was asked, and cannot tell
    ASIDE = "aside"  # not to be learned from, whatever it shows: only a reviewer says so
    WITHDRAW = "withdraw"


class Reason(StrEnum):
    """How a vote came about."""

    CAPTION = "caption"
    EDIT = "edit"
    BUTTON = "button"
    TYPED = "typed"
    UNDO = "undo"
    IMPORT = "import"
    REVERSAL = "reversal"  # one of many that were taken back at once
    REVIEW = "review"  # a reviewer decided about a suspect: this settles what the photo counts as
    COLLECTION = "collection"
    SECOND = "second"  # asked what a photo of somebody else's shows


class Source(StrEnum):
    """Where photos come from."""

    CHAT = "chat"
    MISNAMED = "misnamed"  # from a chat too, as a lesson whose name could not be taken: it asks nothing
    IMPORT = "import"
    COLLECTION = "collection"  # from a zip or a list that somebody sent into a chat


class State(StrEnum):
    """What the votes on a photo add up to."""

    UNLABELLED = "unlabelled"
    TAUGHT = "taught"
    DISPUTED = "disputed"  # people disagree: left out of training until somebody settles it
    NONE = "none"  # people say that no label fits
    TEST = "test"  # labelled as well as a taught one, but never learned from
    RETIRED = "retired"  # labelled too, with a label that is at rest: neither learned from nor tested with
    ASIDE = "aside"  # a reviewer set it aside, or most who were asked cannot tell: nothing learns from it


class JobKind(StrEnum):
    FIT = "fit"
    TUNE = "tune"
    REPORT = "report"
    OUTLOOK = "outlook"  # what more photos would bring, and of what
    SUSPECTS = "suspects"  # the lists of what is in doubt


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Verdict(StrEnum):
    """What a person said of a prediction."""

    RIGHT = "right"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Classifier:
    id: int
    name: str
    active_network_id: int | None


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    telegram_id: int
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Chat:
    id: int
    telegram_id: int
    classifier_id: int
    kind: str
    title: str
    settings: dict[str, Any]
    reachable: bool


@dataclass(frozen=True, slots=True)
class Label:
    """A label as it is called now. One at rest is neither learned nor answered; its photos stay."""

    id: int
    classifier_id: int
    key: str
    name: str
    description: str = ""
    is_retired: bool = False


@dataclass(frozen=True, slots=True)
class Photo:
    id: int
    classifier_id: int
    digest: str
    owner_id: int | None
    chat_id: int | None
    message_id: int | None
    source: str
    name: str
    group_key: str
    fold: int
    created_at: datetime
    file: str | None = None
    origin: str | None = None
    # Nobody had sent the same picture before; told only when it is added.
    is_new_picture: bool = field(default=False, compare=False)

    @property
    def is_test(self) -> bool:
        """Whether it is kept for a test, and never learned from."""
        return self.fold == TEST_FOLD


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A taught photo as the trainer needs it, or one that is kept for a test."""

    photo_id: int
    digest: str
    group: str
    fold: int
    label_id: int


@dataclass(frozen=True, slots=True)
class Vote:
    id: int
    photo_id: int
    person_id: int | None
    kind: VoteKind
    label_id: int | None
    reason: Reason
    replaces_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What the votes on a photo add up to; `label_id` only when it is taught."""

    photo_id: int
    label_id: int | None
    state: State
    voters: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """A stored answer: `probabilities` are the network's, (label id, probability), likeliest first.

    `label_id` is what was said, None for “I don't know”: the network's guess or, with `remembered_id`, what people had
    called the same picture in that photo. One of `candidates` (label ids) is right with probability `coverage`.
    """

    id: int
    photo_id: int
    network_id: int
    label_id: int | None
    probabilities: tuple[tuple[int, float], ...]
    asked_by_id: int | None
    milliseconds: float
    created_at: datetime
    candidates: tuple[int, ...] = ()
    coverage: float | None = None
    remembered_id: int | None = None
    told_network_id: int | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    id: int
    prediction_id: int
    person_id: int
    verdict: Verdict
    vote_id: int | None
    told_network_id: int | None
    created_at: datetime


class AnswerKind(StrEnum):
    """What kind of answer a prediction was when it was given."""

    NAMED = "named"
    FEW = "few"  # two or three names, one of which is right
    UNKNOWN = "unknown"  # “I don't know”
    REMEMBERED = "remembered"  # people had called the same picture so: no answer of the network


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer as it was given, and what people have said of it since.

    `candidates` are the names given (label ids), the likeliest first. `first_right` tells whether the likeliest was
    right, None where nobody judged it or as many said one as the other. The photo counts as `shows_id` by now, or is
    said to show none of the labels (`none_fits`).
    """

    id: int
    network_id: int
    kind: AnswerKind
    candidates: tuple[int, ...]
    first_right: bool | None
    shows_id: int | None
    none_fits: bool
    created_at: datetime

    @property
    def right(self) -> bool | None:
        """Whether the right name was among those given; None where that is not known."""
        if self.kind is AnswerKind.FEW and self.shows_id is not None and self.first_right is not None:
            return self.shows_id in self.candidates
        return self.first_right


class DriftKind(StrEnum):
    """In which way answers got worse than a network had stated."""

    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Drift:
    """Of `n` answers one after the other `seen` were so, where `expected` would have been; `network_id` noticed it.

    `prediction_id` is the newest answer that was looked at.
    """

    id: int
    network_id: int
    kind: DriftKind
    n: int
    seen: int
    expected: float
    prediction_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewNetwork:
    """A published folder, about to become a row; `lessons_at` is when its lessons were read."""

    classifier_id: int
    number: int
    folder: str
    embedder: str
    snapshot_digest: str
    labels: tuple[int, ...]
    photos: int
    n: int
    wrong: int
    low: float
    high: float
    verdict: dict[str, Any]
    lessons_at: datetime
    alarms: int | None = None
    alarms_of: int | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """A trained network. `wrong` of `n` out-of-fold photos; `low` to `high` is the 95 % interval of that error.

    `lessons_at` is when its lessons were read, `created_at` when it was published; what came between is not learned.
    `shipped`: it has answered, at least for a while. `removed_at` is when its folder was let go. `lessons_deleted`: it
    may have learned from somebody who had her lessons deleted since. Of `alarms_of` photos of what it knows, it would
    have called `alarms` unknown; None where that cannot be measured.
    """

    id: int
    classifier_id: int
    number: int
    folder: str
    embedder: str
    snapshot_digest: str
    labels: tuple[int, ...]
    photos: int
    n: int
    wrong: int
    low: float
    high: float
    shipped: bool
    verdict: dict[str, Any]
    created_at: datetime
    lessons_at: datetime
    removed_at: datetime | None = None
    lessons_deleted: bool = False
    alarms: int | None = None
    alarms_of: int | None = None

    @property
    def may_answer_again(self) -> bool:
        """Whether nothing that is known of it forbids a rollback to it."""
        asked_for = self.verdict.get("ground") == ON_REQUEST
        return (self.shipped or asked_for) and not self.lessons_deleted and self.removed_at is None


@dataclass(frozen=True, slots=True)
class Job:
    id: int
    kind: str
    classifier_id: int
    state: JobState
    asked_at: datetime
    due_at: datetime
    worker: str | None
    lease_until: datetime | None
    tries: int
    error: str | None
    result: dict[str, Any] | None
    finished_at: datetime | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """An update as Telegram gave it, in the lane (chat) whose order it keeps."""

    bot_id: int
    update_id: int
    lane: int
    raw: str
    tries: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call of the Bot API that is owed to a chat."""

    id: int
    lane: int
    method: str
    payload: dict[str, Any]
    attachment: bytes | None
    attachment_name: str | None
    tries: int


@dataclass(frozen=True, slots=True)
class Teaching:
    """What a person's photos in a chat are called until she is done, and how many were."""

    id: int
    chat_id: int
    person_id: int
    name: str
    photos: int
    heard_at: datetime
