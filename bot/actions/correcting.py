"""What people say of an answer: right, wrong, and what it really is. A correction is a vote like any other."""

from dataclasses import dataclass

from bot.actions.asking import Answer, answer
from bot.actions.teaching import Taught, request_fit, teach, vote
from bot.visit import Presence, Visit
from storage import Label, NotFound, Reason, Unit, Verdict, VoteKind

ANOTHER_LABEL = "label"
MAX_CHOICES = 6


@dataclass(frozen=True, slots=True)
class Choices:
    """Labels to offer in place of a wrong answer, likeliest first."""

    answer: Answer
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction that was taken: `taught` is None for “none of these”."""

    answer: Answer
    taught: Taught | None

    @property
    def agrees(self) -> bool:
        """The name given is the one that the answer had: nothing was wrong, so nothing is to be told later."""
        label = self.answer.label
        return label is not None and self.taught is not None and self.taught.label.id == label.id


def find(unit: Unit, presence: Presence, prediction_id: int) -> Answer:
    """The answer that a button belongs to.

    Raises:
        NotFound: its photo was deleted, or it belongs to another chat.
    """
    prediction = unit.predictions.get(prediction_id)
    if unit.photos.get(prediction.photo_id).chat_id != presence.chat.id:
        raise NotFound("prediction", prediction_id)
    return answer(unit, presence, prediction)


def confirm(unit: Unit, visit: Visit, presence: Presence, prediction_id: int) -> Corrected:
    """“Right”: the answer becomes a vote of the person, so that a confirmed question teaches too."""
    found = find(unit, presence, prediction_id)
    if found.label is None or found.between:
        raise NotFound("label", prediction_id)
    taught = vote(unit, visit, presence, found.prediction.photo_id, found.label, Reason.BUTTON)
    unit.predictions.flag(prediction_id, presence.person.id, Verdict.RIGHT)
    _await_no_name(unit, presence, prediction_id)
    return Corrected(found, taught)


def go_back(unit: Unit, presence: Presence, prediction_id: int) -> Answer:
    """Show the answer as it was before “Wrong”."""
    found = find(unit, presence, prediction_id)
    _await_no_name(unit, presence, prediction_id)
    return found


def dispute(unit: Unit, presence: Presence, prediction_id: int) -> Choices:
    """“Wrong”: flagged at once; which label is right comes with the next press."""
    found = find(unit, presence, prediction_id)
    _flag_wrong(unit, presence, prediction_id)
    return choices(unit, presence, found)


def choices(unit: Unit, presence: Presence, found: Answer) -> Choices:
    """Likely labels first, then those that the network has not learned yet; the wrong one is left out."""
    ranked = [label for label, _ in found.ranked]
    new = [one.label for one in unit.labels.counts(presence.classifier_id) if one.photos and one.label not in ranked]
    offered = [label for label in (*ranked, *new) if label != found.label and label not in found.between]
    return Choices(found, tuple(offered[:MAX_CHOICES]))


def every_choice(unit: Unit, presence: Presence, found: Answer) -> Choices:
    """All labels but the wrong one: the likely first, then those she said last in this chat, then the largest."""
    counts = [one.label for one in unit.labels.counts(presence.classifier_id) if one.photos]
    by_id = {one.id: one for one in counts}
    said = unit.votes.said_last(presence.person.id, presence.chat.id, MAX_CHOICES)
    likely = choices(unit, presence, found).labels[:MAX_CHOICES]
    offered = dict.fromkeys((*likely, *(by_id[one] for one in said if one in by_id), *counts))
    return Choices(found, tuple(one for one in offered if one != found.label))


def correct(unit: Unit, visit: Visit, presence: Presence, prediction_id: int, label_id: int) -> Corrected:
    """The right label, chosen from those offered.

    Raises:
        NotFound: the photo or the label is gone.
    """
    found = find(unit, presence, prediction_id)
    label = unit.labels.get(label_id)
    if label.classifier_id != presence.classifier_id:
        raise NotFound("label", label_id)
    _recast(unit, visit, presence, found, label)
    taught = vote(unit, visit, presence, found.prediction.photo_id, label, Reason.BUTTON)
    return _flagged(unit, presence, found, taught)


def correct_by_name(
    unit: Unit, visit: Visit, presence: Presence, prediction_id: int, text: str, reason: Reason = Reason.TYPED
) -> Corrected:
    """The right label, typed: it may be a new one."""
    found = find(unit, presence, prediction_id)
    _recast(unit, visit, presence, found, unit.labels.find_or_create(presence.classifier_id, text))
    taught = teach(unit, visit, presence, found.prediction.photo_id, text, reason)
    return _flagged(unit, presence, found, taught)


def none_of_these(unit: Unit, visit: Visit, presence: Presence, prediction_id: int) -> Corrected:
    """No label fits: the photo teaches nothing, and the flag stays as a mark that the answer was wrong."""
    found = find(unit, presence, prediction_id)
    person = presence.person.id
    _recast(unit, visit, presence, found, None)
    unit.votes.cast(found.prediction.photo_id, person, VoteKind.NONE, None, Reason.BUTTON, deed=visit.deed)
    _flag_wrong(unit, presence, prediction_id)
    _await_no_name(unit, presence, prediction_id)
    request_fit(unit, presence.classifier_id)
    return Corrected(found, None)


def ask_for_name(unit: Unit, presence: Presence, prediction_id: int) -> Answer:
    """“Another label”: the person's next text in this chat is its name."""
    found = find(unit, presence, prediction_id)
    _flag_wrong(unit, presence, prediction_id)
    unit.talks.await_text(presence.chat.id, presence.person.id, ANOTHER_LABEL, prediction_id)
    return found


def _recast(unit: Unit, visit: Visit, presence: Presence, found: Answer, label: Label | None) -> None:
    """Whoever corrects an answer that was her own word for the same picture takes that word back, too."""
    memory = found.memory
    if memory is None or not memory.yours or not memory.exact or memory.photo_id == found.prediction.photo_id:
        return
    kind = VoteKind.NONE if label is None else VoteKind.LABEL
    deed = f"{visit.deed}:{memory.photo_id}"
    label_id = None if label is None else label.id
    unit.votes.cast(memory.photo_id, presence.person.id, kind, label_id, Reason.BUTTON, deed=deed)


def _flagged(unit: Unit, presence: Presence, found: Answer, taught: Taught) -> Corrected:
    _await_no_name(unit, presence, found.prediction.id)
    mine = unit.votes.live_of(found.prediction.photo_id, presence.person.id)
    corrected = Corrected(found, taught)
    vote_id = mine.id if mine else None
    if corrected.agrees:
        unit.predictions.flag(found.prediction.id, presence.person.id, Verdict.RIGHT, vote_id)
    else:
        _flag_wrong(unit, presence, found.prediction.id, vote_id)
    return corrected


def _flag_wrong(unit: Unit, presence: Presence, prediction_id: int, vote_id: int | None = None) -> None:
    unit.predictions.flag(prediction_id, presence.person.id, Verdict.WRONG, vote_id)


def _await_no_name(unit: Unit, presence: Presence, prediction_id: int) -> None:
    """The question for a name is answered by any button too: else the next “thanks!” would become the name."""
    awaited = unit.talks.awaited(presence.chat.id, presence.person.id)
    if awaited is not None and awaited.prediction_id == prediction_id:
        unit.talks.settle(presence.chat.id, presence.person.id)
