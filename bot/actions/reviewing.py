"""A reviewer decides about suspects, one card at a time; a decision is her vote, and taking it back withdraws that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from bot.actions.newcomers import relist
from bot.visit import Presence, Visit
from storage import (
    Choice,
    Decision,
    JobKind,
    Label,
    NotFound,
    Reason,
    Suspect,
    SuspectKind,
    Unit,
    VoteKind,
)

# Lists that are older are made anew when a review begins.
FRESH = timedelta(minutes=1)
# Decisions come one after the other: a training starts once there was a pause.
PAUSE = timedelta(seconds=10)


class Mode(IntEnum):
    """Which lists a review goes through. The numbers stand in buttons."""

    ALL = 0
    LABELS = 1
    DUPLICATES = 2
    OUTLIERS = 3
    FLAGGED = 4
    SIMILAR = 5
    NEWCOMERS = 6
    ALARMS = 7

    @property
    def kinds(self) -> tuple[SuspectKind, ...]:
        """Its lists, in the order in which they are gone through: what people are waiting for comes first."""
        return _KINDS[self]


@dataclass(frozen=True, slots=True)
class Review:
    """What a review goes through: the lists of a mode, or of these only what stands behind one alarm."""

    mode: Mode
    alarm_id: int | None = None


_KINDS = {
    Mode.ALL: (
        SuspectKind.FLAGGED,
        SuspectKind.NEWCOMER,
        SuspectKind.DISPUTED,
        SuspectKind.LABEL,
        SuspectKind.DUPLICATE,
        SuspectKind.OUTLIER,
    ),
    Mode.LABELS: (SuspectKind.LABEL,),
    Mode.DUPLICATES: (SuspectKind.DUPLICATE,),
    Mode.OUTLIERS: (SuspectKind.OUTLIER,),
    # What has no agreed name yet. A mode more would not fit into buttons that are sent already.
    Mode.FLAGGED: (SuspectKind.FLAGGED, SuspectKind.DISPUTED),
    Mode.SIMILAR: (SuspectKind.SIMILAR,),
    Mode.NEWCOMERS: (SuspectKind.NEWCOMER,),
    Mode.ALARMS: (SuspectKind.ALARM,),
}


def ask_for_lists(unit: Unit, presence: Presence, *, tell: bool) -> bool:
    """Have the lists made anew unless they are fresh; with `tell` the chat hears when they are there.

    False if nothing can be listed yet: no network was ever made.
    """
    classifier_id = presence.classifier_id
    if unit.networks.latest(classifier_id) is None:
        return False
    before = unit.jobs.latest(JobKind.SUSPECTS, classifier_id)
    is_fresh = before is not None and before.finished_at is not None and unit.now - before.finished_at < FRESH
    if tell or not is_fresh:
        chat = presence.chat.id if tell else None
        unit.jobs.request(JobKind.SUSPECTS, classifier_id, due_at=unit.now, asked_in_id=chat)
    return True


def decide(
    unit: Unit, visit: Visit, presence: Presence, suspect_id: int, choice: Choice, label_id: int | None = None
) -> Decision:
    """Decide about a suspect; the same press again decides nothing more.

    Raises:
        NotFound: the suspect is decided, gone, in another's hands, or not what it was; or the label is gone.
    """
    deed = f"{visit.deed}:review"
    known = unit.decisions.of_deed(deed)
    if known is not None:
        return known
    about = _held(unit, presence, suspect_id)
    label = _label_for(unit, about, choice, label_id)
    votes = {} if choice in _CASTS_NONE else _cast(unit, visit, presence, about, choice, label)
    if votes:
        request_fit(unit, presence.classifier_id)
    made = None if label is None else label.id
    return unit.decisions.add(about, presence.person.id, choice, label_id=made, votes=votes, deed=deed)


_CASTS_NONE = (Choice.DIFFERENT, Choice.CANNOT_TELL, Choice.SKIP)


def undo(unit: Unit, visit: Visit, presence: Presence, decision_id: int, *, deed: str | None = None) -> Suspect | None:
    """Take one's own decision back: what was said before counts again. Returns the card, if it is in doubt still.

    Raises:
        NotFound: there is no such decision of hers.
    """
    found, done_by = unit.decisions.get(decision_id), deed or visit.deed
    if found.person_id != presence.person.id or found.classifier_id != presence.classifier_id:
        raise NotFound("decision", decision_id)
    if found.undone_at is None:
        for photo_id, vote_id in found.votes.items():
            mine = unit.votes.live_of(photo_id, presence.person.id)
            # What she said of the photo since, elsewhere, is not what is taken back here.
            if vote_id is not None and mine is not None and mine.id == vote_id:
                cast = f"{done_by}:{photo_id}"
                unit.votes.cast(photo_id, presence.person.id, VoteKind.WITHDRAW, None, Reason.UNDO, deed=cast)
        unit.decisions.undo(decision_id, presence.person.id, deed=f"{done_by}:review")
        if found.kind is SuspectKind.NEWCOMER:
            relist(unit, presence.classifier_id)
        request_fit(unit, presence.classifier_id)
    return undone_card(unit, decision_id)


def undone_card(unit: Unit, decision_id: int) -> Suspect | None:
    """What a decision was about, as the lists have it now. Raises NotFound."""
    found = unit.decisions.get(decision_id)
    return unit.suspects.find(found.classifier_id, found.kind, found.subject)


def request_fit(unit: Unit, classifier_id: int) -> None:
    unit.jobs.request(JobKind.FIT, classifier_id, due_at=unit.now + PAUSE)


def _held(unit: Unit, presence: Presence, suspect_id: int) -> Suspect:
    about = unit.suspects.get(suspect_id)
    if about.classifier_id != presence.classifier_id or not unit.suspects.lease(suspect_id, presence.person.id):
        raise NotFound("suspect", suspect_id)
    if unit.votes.standing(about.photo_id).label_id != about.given_id:
        # Somebody renamed it while she looked: she would decide about a label that is not there any more.
        raise NotFound("suspect", suspect_id)
    return about


def _label_for(unit: Unit, about: Suspect, choice: Choice, label_id: int | None) -> Label | None:
    wanted = {Choice.KEEP: about.given_id, Choice.RELABEL: label_id}
    if choice not in wanted:
        return None
    chosen = wanted[choice]
    if chosen is None:
        raise NotFound("label", 0)
    label = unit.labels.get(chosen)
    if label.classifier_id != about.classifier_id:
        raise NotFound("label", chosen)
    return label


def _cast(
    unit: Unit, visit: Visit, presence: Presence, about: Suspect, choice: Choice, label: Label | None
) -> Mapping[int, int | None]:
    """Cast the reviewer's vote on each photo that is decided about; returns the votes by photo."""
    kind = VoteKind.LABEL if label is not None else VoteKind.ASIDE
    label_id = None if label is None else label.id
    # Of a group the best stays as it is; of several photos of one picture all are decided about.
    photos = about.photo_ids[1:] if choice is Choice.BEST else about.photo_ids
    votes = {}
    for photo_id in photos:
        deed = f"{visit.deed}:{photo_id}"
        votes[photo_id] = unit.votes.cast(photo_id, presence.person.id, kind, label_id, Reason.REVIEW, deed=deed).id
    return votes
