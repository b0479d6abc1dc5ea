"""After a fit: what people said of each photo is weighed together with what a network says that never learned from it.

`run` is a generator as a cycle is. It reads in one transaction, weighs outside of any, and writes some hundreds of
opinions at a time. Each holds only as long as nobody votes on its photo: a kill in between, or a vote that comes
meanwhile, costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from storage import TEST_FOLD, Opinion, Reason, Settled, State, Store, Unit, Vote, VotedPhoto, VoteKind, live
from trainer import consensus
from trainer.consensus import CANNOT_TELL, NONE_OF_THESE, agree
from trainer.eyes import Eyes
from trainer.guarding import learnable
from trainer.head import Floats
from trainer.metrics import score
from trainer.recipe import Recipe
from trainer.second_opinion import LEAST_PROOF, Ask, Heard, is_proven, second_opinion
from trainer.witness import Said, bear_witness

# So many opinions are written in one transaction.
AT_ONCE = 500
# So many labels are offered to whom is asked.
OFFERED = 5
# Opinions that differ by less say the same.
LEAST_CHANGE = 0.01
# A photo is worth another person's time.
_WORTH = (Ask.CONTRADICTED, Ask.MEASURES, Ask.UNPROVEN)


@dataclass(frozen=True, slots=True)
class Considered:
    """How many opinions there are, how many of them are new, and of how many photos something else counts now.

    Only changes are counted that come from what people said since. `proven`: the network may stand for a second one.
    """

    opinions: int
    written: int
    changed: int
    proven: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A photo with the newest word of each person (None: an import), the newest vote of all, and how many there are."""

    photo: VotedPhoto
    voices: Mapping[int | None, Vote]
    vote_id: int
    votes: int

    @property
    def is_reviewed(self) -> bool:
        return any(one.reason is Reason.REVIEW for one in self.voices.values())


def run(store: Store, classifier_id: int, eyes: Eyes, recipe: Recipe) -> Iterator[str | Considered]:
    """Weigh all votes; yield what is done before each step, and last what was found."""
    yield "reading what people said"
    with store.read() as unit:
        cases = _cases(unit, classifier_id)
        labels = tuple(one.id for one in unit.labels.all(classifier_id, retired=True))
        digests = sorted({one.photo.digest for one in cases})
        vectors = {each.digest: unit.embeddings.load(each.digest, digests) for each in eyes.all}
        contradicted = unit.inquiries.asked_for(classifier_id, Ask.CONTRADICTED)
        before = unit.opinions.all(classifier_id)
        learned = {one.photo_id for one in learnable(unit, classifier_id)[0]}
    if not cases or not labels:
        # Where the last label went, there may still be answers of which people said that none fits.
        yield Considered(0, 0, 0, proven=False)
        return
    yield "asking the network about photos that it did not learn from"
    left_out = {one.photo.photo_id for one in cases} - learned
    testimony = bear_witness([one.photo for one in cases], vectors, eyes, recipe, left_out=left_out)
    yield "weighing what people said"
    found, proven = weigh(cases, labels, testimony, contradicted)
    fresh = [one for one in found if _differs(before.get(one.photo_id), one)]
    changed, knew = 0, {one.photo.photo_id: one.votes for one in cases}
    for start in range(0, len(fresh), AT_ONCE):
        yield f"writing what it adds up to ({start})"
        with store.write() as unit:
            changed += unit.considering.renew(fresh[start : start + AT_ONCE], knew)
    yield Considered(len(found), len(fresh), changed, proven)


def weigh(
    cases: Sequence[Case], labels: Sequence[int], testimony: Said, contradicted: set[int]
) -> tuple[list[Opinion], bool]:
    """Return an opinion on each photo, and whether the network may stand for a second person.

    `contradicted` are photos of which somebody was asked because the network contradicted: those that it finds hardest.
    """
    column = {label_id: place for place, label_id in enumerate(labels)}
    network = _network(cases, testimony, column)
    people: dict[int | None, int] = {}
    said = [
        (row, people.setdefault(person, len(people)), _said(one, column))
        for row, case in enumerate(cases)
        for person, one in case.voices.items()
        if one.kind is not VoteKind.ASIDE
    ]
    spoken = np.array(said, dtype=np.int64).reshape(-1, 3)
    votes = consensus.Votes(spoken[:, 0], spoken[:, 1], spoken[:, 2])
    # Of a few photos nothing can be learned about the network's worth.
    heard = int((network.sum(axis=1) > 0).sum()) >= LEAST_PROOF
    opinions = agree(votes, len(cases), len(people), network, heard=heard).opinions
    by_row: list[list[int]] = [[] for _ in cases]
    for row, _, what in said:
        by_row[row].append(what)
    proven = _is_proven(cases, by_row, network, contradicted)
    usual = [place for place, _ in Counter(what for _, _, what in said if what >= 0).most_common(OFFERED)]
    return [
        _opinion(case, by_row[row], opinions[row], network[row], labels, usual, proven=proven)
        for row, case in enumerate(cases)
    ], proven


def _cases(unit: Unit, classifier_id: int) -> list[Case]:
    photos = unit.considering.voted(classifier_id)
    votes = unit.votes.of_photos([one.photo_id for one in photos])
    found = []
    for one in photos:
        cast = votes[one.photo_id]
        voices = {each.person_id: each for each in sorted(live(cast), key=lambda vote: vote.id)}
        found.append(Case(one, voices, max(each.id for each in cast), len(cast)))
    return found


def _said(vote: Vote, column: Mapping[int, int]) -> int:
    if vote.kind is VoteKind.UNSURE:
        return CANNOT_TELL
    return NONE_OF_THESE if vote.label_id is None else column[vote.label_id]


def _network(cases: Sequence[Case], testimony: Said, column: Mapping[int, int]) -> Floats:
    """Return what the network says of each photo; zeros where it knows not all that people said.

    A label that it could not learn it can only contradict.
    """
    found = np.zeros((len(cases), len(column)))
    places = [column[label_id] for label_id in testimony.labels if label_id in column]
    known = [place for place, label_id in enumerate(testimony.labels) if label_id in column]
    for row, case in enumerate(cases):
        said = {one.label_id for one in case.voices.values() if one.label_id is not None}
        if (heard := testimony.of(case.photo.digest, said)) is not None:
            found[row, places] = heard[known]
    return found


def _is_proven(cases: Sequence[Case], said: Sequence[list[int]], network: Floats, contradicted: set[int]) -> bool:
    wrong = n = 0
    for row, case in enumerate(cases):
        ranked = Counter(one for one in said[row] if one >= 0).most_common(2)
        agreed = bool(ranked) and ranked[0][1] >= 2 and (len(ranked) == 1 or ranked[1][1] < ranked[0][1])
        if agreed and case.photo.photo_id not in contradicted and network[row].any():
            n += 1
            wrong += int(network[row].argmax()) != ranked[0][0]
    return is_proven(score(wrong, n))


def _opinion(
    case: Case,
    said: Sequence[int],
    found: consensus.Opinion,
    network: Floats,
    labels: Sequence[int],
    usual: Sequence[int],
    *,
    proven: bool,
) -> Opinion:
    photo_id = case.photo.photo_id
    if case.is_reviewed:
        # Who reviewed was shown all that speaks against it: nothing is left to weigh or to ask.
        settled = Settled.SET_ASIDE if case.photo.label_id is None else Settled.CONFIRMED
        return Opinion(photo_id, case.photo.label_id, 1.0, settled, case.vote_id)
    guess = int(network.argmax()) if network.any() else None
    heard = Heard(said, guess, found.probability, measures=case.photo.fold == TEST_FOLD)
    ask = second_opinion(heard, proven=proven)
    wanted = ask in _WORTH and case.photo.state is not State.RETIRED
    likely = _likely(said, found, network, usual) if wanted else ()
    return Opinion(
        photo_id,
        None if found.label is None else labels[found.label],
        round(found.probability, 4),
        found.settled,
        case.vote_id,
        ask.value if wanted else None,
        tuple(sorted(labels[place] for place in likely)),
    )


def _likely(said: Sequence[int], found: consensus.Opinion, network: Floats, usual: Sequence[int]) -> list[int]:
    """Return what to offer: what was said is among it, and nothing tells which that is."""
    ranked = [int(place) for place in np.argsort(-network, kind="stable") if network[place] > 0]
    first = [one for one in (*said, found.likeliest) if one is not None and one >= 0]
    return list(dict.fromkeys((*first, *ranked[:OFFERED], *usual)))[:OFFERED]


def _differs(before: Opinion | None, now: Opinion) -> bool:
    if before is None:
        return True
    if abs(before.probability - now.probability) >= LEAST_CHANGE:
        return True
    return replace(before, probability=now.probability, likely=now.likely) != now
