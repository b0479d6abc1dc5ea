"""What votes add up to: pure functions, and the one place that says so."""

from collections import Counter
from collections.abc import Collection, Iterable

from storage.considered import Opinion, Settled
from storage.records import Reason, Standing, State, Vote, VoteKind


def in_force(votes: Iterable[Vote]) -> list[Vote]:
    """The votes and withdrawals that were not withdrawn themselves, oldest first."""
    left, withdrawn = [], set()
    # A withdrawal is newer than what it withdraws, and may itself have been withdrawn since.
    for one in sorted(votes, key=lambda v: v.id, reverse=True):
        if one.id not in withdrawn:
            left.append(one)
            withdrawn |= {one.replaces_id} if one.kind is VoteKind.WITHDRAW else set()
    return left[::-1]


def live(votes: Iterable[Vote]) -> list[Vote]:
    """The votes that still speak: neither withdrawn nor replaced. What a withdrawn vote had replaced speaks again."""
    standing_votes = [v for v in in_force(votes) if v.kind is not VoteKind.WITHDRAW]
    replaced = {v.replaces_id for v in standing_votes if v.replaces_id is not None}
    return [v for v in standing_votes if v.id not in replaced]


def tally(
    photo_id: int,
    votes: Iterable[Vote],
    *,
    is_test: bool = False,
    retired: Collection[int] = (),
    opinion: Opinion | None = None,
) -> Standing:
    """What the votes on one photo add up to; the label of one that is kept for a test is not taught.

    Nor is one of the labels `retired`: it stays what people say, and is not learned.

    Each person has one voice, her newest; an import has one too. What a reviewer decided settles it, the newest such
    decision where there are several. Where all say the same, that counts. Where they do not, the `opinion` decides that
    knew of all these votes; until there is one, most voices do. A disputed photo has no label.
    """
    cast = list(votes)
    voices: dict[int | None, Vote] = {}
    for one in sorted(live(cast), key=lambda v: v.id):
        voices[one.person_id] = one
    if not voices:
        return Standing(photo_id, None, State.UNLABELLED, 0)
    reviews = [v for v in voices.values() if v.reason is Reason.REVIEW]
    if reviews:
        return _settled(photo_id, max(reviews, key=lambda v: v.id), len(voices), is_test=is_test, retired=retired)
    said = Counter(v.label_id if v.kind is VoteKind.LABEL else None for v in voices.values() if _knows(v))
    differ = len(said) > 1 or said.total() < len(voices)
    considered = opinion if differ and opinion is not None and holds(opinion, cast) else None
    unsure = len(voices) - said.total()
    winner, state = _by_number(said, unsure) if considered is None else _considered(considered, said, unsure)
    if state is State.TAUGHT:
        state = _labelled(winner, is_test=is_test, retired=retired)
    return Standing(photo_id, winner, state, len(voices))


def holds(opinion: Opinion, votes: Iterable[Vote]) -> bool:
    """Whether an opinion knew of all these votes on its photo; a vote that came later counts by itself."""
    return opinion.vote_id == max((one.id for one in votes), default=0)


def _knows(vote: Vote) -> bool:
    return vote.kind is not VoteKind.UNSURE


def _by_number(said: Counter[int | None], unsure: int) -> tuple[int | None, State]:
    """What most voices say. A tie is a dispute; more who cannot tell than say anything leave it aside."""
    ranked = said.most_common(2)
    if not ranked or unsure > ranked[0][1]:
        return None, State.ASIDE
    if len(ranked) == 2 and ranked[0][1] == ranked[1][1]:
        return None, State.DISPUTED
    return ranked[0][0], State.NONE if ranked[0][0] is None else State.TAUGHT


def _considered(opinion: Opinion, said: Counter[int | None], unsure: int) -> tuple[int | None, State]:
    """What voices say when they are weighed, and not only counted."""
    if opinion.settled in (Settled.TAUGHT, Settled.CONFIRMED) and opinion.label_id is not None:
        return opinion.label_id, State.TAUGHT
    if opinion.settled is not Settled.SET_ASIDE:
        return None, State.DISPUTED
    return None, State.NONE if said[None] >= unsure else State.ASIDE


def _labelled(label_id: int | None, *, is_test: bool, retired: Collection[int]) -> State:
    return State.RETIRED if label_id in retired else State.TEST if is_test else State.TAUGHT


def _settled(photo_id: int, decided: Vote, voters: int, *, is_test: bool, retired: Collection[int]) -> Standing:
    """What a photo counts as by a reviewer's vote alone."""
    states = {
        VoteKind.LABEL: _labelled(decided.label_id, is_test=is_test, retired=retired),
        VoteKind.NONE: State.NONE,
        VoteKind.ASIDE: State.ASIDE,
    }
    return Standing(photo_id, decided.label_id, states[decided.kind], voters)


def most_said(labels: Iterable[int]) -> int | None:
    """The label id that comes most often; None where two tie, or there is none."""
    ranked = Counter(labels).most_common(2)
    tied = len(ranked) == 2 and ranked[0][1] == ranked[1][1]
    return None if not ranked or tied else ranked[0][0]


def said_since(votes: Iterable[Vote], vote_id: int) -> list[int]:
    """Which of a photo's votes to withdraw, so that it stands as it did when `vote_id` was the newest of all votes.

    What was withdrawn since speaks again; what was said since does not.
    """
    return [
        one.id
        for one in in_force(votes)
        if one.id > vote_id and (one.kind is not VoteKind.WITHDRAW or (one.replaces_id or 0) <= vote_id)
    ]
