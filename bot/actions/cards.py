"""Cards: what a reviewer is shown of a suspect, whose turn it is, and how far she has come."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from statistics import median

from bot.actions.list_recall import missed_by_list
from bot.actions.newcomers import waiting_like
from bot.actions.remembering import agrees
from bot.actions.reviewing import Mode, Review
from bot.visit import Presence, Visit
from storage import Choice, Decision, Label, NotFound, State, Suspect, SuspectKind, Unit, Vote, VoteKind
from trainer.metrics import Score

# Decisions further apart belong to two reviews.
SAME_REVIEW = timedelta(minutes=30)
# So many of a group are drawn, and so many decisions tell a pace.
SHOWN, TELLING = 6, 3
GROUPS = (SuspectKind.DUPLICATE, SuspectKind.SIMILAR)


@dataclass(frozen=True, slots=True)
class Beside:
    """A taught photo shown for comparison, and what it counts as."""

    photo_id: int
    digest: str
    label: Label


@dataclass(frozen=True, slots=True)
class Shown:
    """A photo of a card: what it counts as, where it has a name."""

    photo_id: int
    digest: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class Voice:
    """What some people say of a photo: a name, or that none fits, or with `is_unsure` that they cannot tell.

    `by` are the names of those who agreed to be named; `voters` is how many people say it, `imported` whether an
    import does.
    """

    label: Label | None
    is_unsure: bool
    by: tuple[str, ...]
    voters: int
    imported: bool


@dataclass(frozen=True, slots=True)
class Card:
    """All that is said of a suspect. `by` are the names of those who gave the label and agreed to be named.

    `voters` is how many people gave it, `imported` whether an import did. `shown` are different pictures, the one in
    doubt or the best of a group first. `sure` is the probability of the given label by all voices, where they
    were weighed since the last vote.
    """

    suspect: Suspect
    mode: Mode
    given: Label | None
    proposal: Label | None
    said: Label | None
    by: tuple[str, ...]
    voters: int
    imported: bool
    shown: tuple[Shown, ...]
    beside: tuple[Beside, ...]
    sure: float | None = None
    # Of a newcomer's lesson: how many of the same person wait, by all votes up to this one.
    waiting: int = 0
    newest_vote: int = 0
    # Of a photo that people disagree on: what each of them says, in the order in which it was said first.
    voices: tuple[Voice, ...] = ()

    @property
    def is_group(self) -> bool:
        return self.suspect.kind in GROUPS

    @property
    def photo_ids(self) -> tuple[int, ...]:
        """The photos in its picture."""
        return (*(one.photo_id for one in self.shown), *(one.photo_id for one in self.beside))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a review has come: what was decided in it, what is left, and seconds a card where that is known.

    `undoable` is her last decision in it. `missed` is how many planted wrong labels the list of doubtful labels would
    not hold, where the review goes through that list and it is known.
    """

    choices: Counter[Choice]
    left: int
    pace: float | None
    undoable: int | None
    missed: Score | None = None

    @property
    def done(self) -> int:
        return self.choices.total()


def next_card(unit: Unit, visit: Visit, review: Review, *, but: int | None = None) -> Card | None:
    """The worst card of the review that is free for the reviewer; `but` is passed over. It is not hers yet."""
    person, chat = unit.people.by_telegram_id(visit.person_id), unit.chats.by_telegram_id(visit.chat_id)
    if person is None:
        return None
    # Who was given her role from elsewhere may never have written here before.
    classifier_id = unit.classifiers.default().id if chat is None else chat.classifier_id
    found = unit.suspects.next_for(classifier_id, person.id, review.mode.kinds, but=but, behind=review.alarm_id)
    return None if found is None else card_of(unit, found, review.mode)


def card_of(unit: Unit, found: Suspect, mode: Mode) -> Card:
    """What there is to say of a suspect. Raises NotFound if its photo was deleted meanwhile."""
    live = unit.votes.live(found.photo_id)
    giving = _voice(unit, [one for one in live if one.kind is VoteKind.LABEL and one.label_id == found.given_id])
    said, opinion = found.reason.get("said"), unit.opinions.of(found.photo_id)
    weighed = opinion is not None and opinion.label_id is not None and opinion.label_id == found.given_id
    return Card(
        suspect=found,
        mode=mode,
        given=unit.labels.known(found.given_id),
        proposal=unit.labels.known(found.proposal_id),
        said=unit.labels.known(said),
        by=giving.by,
        voters=giving.voters,
        imported=giving.imported,
        shown=_shown(unit, found),
        beside=_beside(unit, found.reason.get("beside", ())),
        sure=opinion.probability if opinion is not None and weighed else None,
        waiting=len(waiting_like(unit, found)),
        newest_vote=unit.votes.newest(),
        voices=_voices(unit, live) if found.kind is SuspectKind.DISPUTED else (),
    )


def _voices(unit: Unit, live: Sequence[Vote]) -> tuple[Voice, ...]:
    alike: dict[tuple[int | None, bool], list[Vote]] = defaultdict(list)
    for one in live:
        alike[one.label_id, one.kind is VoteKind.UNSURE].append(one)
    return tuple(_voice(unit, votes) for votes in alike.values())


def _voice(unit: Unit, votes: Sequence[Vote]) -> Voice:
    """What votes say that say the same."""
    people = [unit.people.get(one.person_id) for one in votes if one.person_id is not None]
    return Voice(
        label=unit.labels.known(votes[0].label_id) if votes else None,
        is_unsure=bool(votes) and votes[0].kind is VoteKind.UNSURE,
        by=tuple(one.name for one in people if one.name and agrees(unit, one)),
        voters=len(people),
        imported=len(people) < len(votes),
    )


def is_whole(unit: Unit, card: Card) -> bool:
    """Whether nobody deleted a photo of its picture since it was drawn."""
    return len(unit.photos.those(card.photo_ids)) == len(set(card.photo_ids))


def progress(unit: Unit, presence: Presence, review: Review) -> Progress:
    """How far her review has come, by what she decided without a long pause."""
    lately, mode = _without_pause(unit, presence), review.mode
    counts = unit.suspects.counts_for(presence.classifier_id, presence.person.id, behind=review.alarm_id)
    gaps = [(one.created_at - before.created_at).total_seconds() for one, before in pairwise(lately)]
    return Progress(
        choices=sum((Counter({one.choice: _cards(one)}) for one in lately), Counter()),
        left=sum(counts.get(kind, 0) for kind in mode.kinds),
        pace=median(gaps) if len(gaps) >= TELLING else None,
        undoable=lately[0].id if lately else None,
        missed=missed_by_list(unit, presence.classifier_id) if SuspectKind.LABEL in mode.kinds else None,
    )


def _cards(one: Decision) -> int:
    """How many cards a decision settled: all of a newcomer's lessons at once, where each has a card of its own."""
    return max(1, len(one.votes)) if one.kind is SuspectKind.NEWCOMER else 1


def labels_to_choose(unit: Unit, card: Card) -> list[Label]:
    """What else a photo may be called, likeliest first: the proposal, then the labels most taught."""
    taught = [one.label for one in unit.labels.counts(card.suspect.classifier_id) if one.photos]
    likely = [one for one in (card.proposal, *(said.label for said in card.voices)) if one is not None]
    return [one for one in dict.fromkeys([*likely, *taught]) if one != card.given]


def _without_pause(unit: Unit, presence: Presence) -> list[Decision]:
    later, lately = unit.now, list[Decision]()
    for one in unit.decisions.of_person(presence.classifier_id, presence.person.id):
        if later - one.created_at > SAME_REVIEW:
            break
        lately.append(one)
        later = one.created_at
    return lately


def _shown(unit: Unit, found: Suspect) -> tuple[Shown, ...]:
    by_digest: dict[str, Shown] = {}
    photos = found.photo_ids if found.kind in GROUPS else found.photo_ids[:1]
    for photo_id in photos:
        digest = unit.photos.get(photo_id).digest
        label = unit.labels.known(unit.votes.standing(photo_id).label_id)
        by_digest.setdefault(digest, Shown(photo_id, digest, label))
    return tuple(by_digest.values())[:SHOWN]


def _beside(unit: Unit, photo_ids: Sequence[int]) -> tuple[Beside, ...]:
    found = []
    for photo_id in photo_ids:
        try:
            photo, standing = unit.photos.get(photo_id), unit.votes.standing(photo_id)
        except NotFound:
            continue
        label = unit.labels.known(standing.label_id)
        if standing.state is State.TAUGHT and label is not None:
            found.append(Beside(photo_id, photo.digest, label))
    return tuple(found)
