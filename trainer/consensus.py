"""What a photo shows, from what people said of it and what a network says that never learned from it. Torch-free.

Each voice either knows, or names what it is in the habit of naming (MACE, Hovy 2013), or what people commonly take the
true label for. So who always says the same, or anything, comes to count for nothing, and a label that is often mistaken
for another proves less than one that hardly is. How often a person knows is the mean of a Beta posterior; the network
is one more voice, raised to the power that makes what people said most likely (its measured worth).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage import Settled
from trainer.head import Floats
from trainer.metrics import Integers

# What a person may say beside a label's index.
NONE_OF_THESE, CANNOT_TELL = -1, -2

# Before anybody is known: people know in 8 of 10 cases, as if that had been seen so many times.
KNOWS, SEEN = 0.8, 5.0
PRIOR = (KNOWS * SEEN, (1 - KNOWS) * SEEN)
# A person's habit begins with so many votes, shared over all labels.
HABIT = 3.0
# Who does not know names by habit in half of all cases, and else what the true label is commonly taken for. What that
# is begins with so many votes for each label, shared over all others.
MISTAKES, MISTAKEN = 0.5, 3.0
# The network's probability that a photo shows none of the labels, and the least for anything.
NONE_SHARE, FLOOR = 0.02, 1e-4
# Powers that the network's voice may be raised to: steps from 0, one as large as the other.
STEP, STEPS = 0.2, 20
ROUNDS = 12
PHOTOS_AT_ONCE = 4096
# A label is confirmed from this probability on, if two voices said it; below the other it is disputed.
SURE, LIKELY = 0.95, 0.5


@dataclass(frozen=True, slots=True)
class Votes:
    """Who said what of which photo, (v,) each: rows from 0, people from 0, label indices, NONE_OF_THESE, CANNOT_TELL.

    One voice of a person for a photo: the newest.
    """

    photos: Integers
    people: Integers
    said: Integers


@dataclass(frozen=True, slots=True)
class Trust:
    """How often a person knows what a photo shows: `mean` of a Beta posterior with parameters `knew` and `guessed`."""

    person: int
    knew: float
    guessed: float

    @property
    def mean(self) -> float:
        """Return the share of photos that the person knows, 0..1."""
        return self.knew / (self.knew + self.guessed)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What voices add up to for one photo.

    `label` is the likeliest that a person named, None where it is set aside or unheard; `likeliest` is what all voices
    together make of it, even if nobody named it (None: none of the labels); probabilities are of those two.
    """

    label: int | None
    probability: float
    likeliest: int | None
    likeliest_probability: float
    settled: Settled


@dataclass(frozen=True, slots=True)
class Consensus:
    """Opinions of all photos, in their order; trust in all people, in theirs; and the power of the network's voice."""

    opinions: tuple[Opinion, ...]
    trust: tuple[Trust, ...]
    power: float


def agree(votes: Votes, photos: int, people: int, network: Floats, *, heard: bool = True) -> Consensus:
    """Return what `votes` and the network add up to.

    `network` (photos, labels) are out-of-fold probabilities, a row of zeros where it must not be heard: it never counts
    for what it learned from. With `heard` False it is left out altogether.
    """
    _check(votes, photos, people, network)
    voices, spoken = _Voices.of(votes, network.shape[1] + 1), _spoken(network)
    habits = _habits(voices, people, network.shape[1] + 1)
    known = _Known(np.full((people, 2), PRIOR), _unknown(network.shape[1] + 1))
    power = 0.0
    for _ in range(ROUNDS):
        likelihoods = _likelihoods(voices, known, habits)
        named = _named(voices, likelihoods, photos)
        power = _power(named, spoken, voices) if heard else 0.0
        known = _learned(voices, known, likelihoods, _shares(power * spoken + named))
    joint = _shares(power * spoken + _named(voices, _likelihoods(voices, known, habits), photos))
    trust = tuple(Trust(person, float(knew), float(guessed)) for person, (knew, guessed) in enumerate(known.knows))
    return Consensus(_opinions(votes, joint, spoken, power), trust, power)


@dataclass(frozen=True, slots=True)
class _Voices:
    """Votes that name a column, a label or none of them, which comes last; in the order of their photos."""

    photos: Integers
    people: Integers
    said: Integers

    @classmethod
    def of(cls, votes: Votes, columns: int) -> _Voices:
        named = np.flatnonzero(votes.said != CANNOT_TELL)
        order = named[np.argsort(votes.photos[named], kind="stable")]
        said = np.where(votes.said < 0, columns - 1, votes.said)
        return cls(votes.photos[order], votes.people[order], said[order])


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of people: Beta parameters `knows` (people, 2), of how often each does; `mistaken` (true, said).

    `mistaken` are the shares of what all of them take a label for, where they are mistaken.
    """

    knows: Floats
    mistaken: Floats


def _spoken(network: Floats) -> Floats:
    """Return the network's log probabilities (n, labels + 1); all alike where it is not heard."""
    photos, labels = network.shape
    heard = network.sum(axis=1) > 0
    spoken = np.zeros((photos, labels + 1))
    shares = np.maximum(network[heard] * (1 - NONE_SHARE), FLOOR)
    spoken[heard] = np.log(np.concatenate([shares, np.full((len(shares), 1), NONE_SHARE)], axis=1))
    return spoken


def _habits(voices: _Voices, people: int, columns: int) -> Floats:
    habits = np.full((people, columns), HABIT / columns)
    np.add.at(habits, (voices.people, voices.said), 1)
    shares: Floats = habits / habits.sum(axis=1, keepdims=True)
    return shares


def _unknown(columns: int) -> Floats:
    """Return what a label is taken for before anybody was seen mistaken: any other one."""
    shares: Floats = (1 - np.eye(columns)) / max(columns - 1, 1)
    return shares


def _likelihoods(voices: _Voices, known: _Known, habits: Floats) -> Floats:
    """Return how likely each vote was (v, columns), were the photo of that column."""
    mean = _mean(voices, known)
    found: Floats = MISTAKES * known.mistaken.T[voices.said]
    found += ((1 - MISTAKES) * habits[voices.people, voices.said])[:, None]
    found *= (1 - mean)[:, None]
    found[np.arange(len(mean)), voices.said] += mean
    return found


def _mean(voices: _Voices, known: _Known) -> Floats:
    mean: Floats = (known.knows[:, 0] / known.knows.sum(axis=1))[voices.people]
    return mean


def _named(voices: _Voices, likelihoods: Floats, photos: int) -> Floats:
    """Return the log likelihood of all votes on each photo (photos, columns)."""
    found = np.zeros((photos, likelihoods.shape[1]))
    rows, starts = np.unique(voices.photos, return_index=True)
    if len(rows):
        found[rows] = np.add.reduceat(np.log(likelihoods), starts)
    return found


def _shares(logs: Floats) -> Floats:
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    found: Floats = raised / raised.sum(axis=1, keepdims=True)
    return found


def _power(named: Floats, spoken: Floats, voices: _Voices) -> float:
    """Return the power of the network's voice that makes what people said most likely.

    By steps, so that each power is a product instead of exponentials: this is most of what there is to reckon.
    """
    heard, likelihoods = np.unique(voices.photos), np.zeros(STEPS + 1)
    for start in range(0, len(heard), PHOTOS_AT_ONCE):
        said, told = (each[heard[start : start + PHOTOS_AT_ONCE]] for each in (named, spoken))
        voiced = np.exp(said - said.max(axis=1, keepdims=True))
        step = np.exp(STEP * (told - told.max(axis=1, keepdims=True)))
        network = np.ones_like(step)
        for number in range(STEPS + 1):
            likelihoods[number] += (np.log((network * voiced).sum(axis=1)) - np.log(network.sum(axis=1))).sum()
            network *= step
    return STEP * int(np.argmax(likelihoods))


def _learned(voices: _Voices, known: _Known, likelihoods: Floats, joint: Floats) -> _Known:
    """Return what is known of people, given what photos show by all voices, `joint` (photos, columns)."""
    rows, columns = np.arange(len(voices.said)), joint.shape[1]
    mean, shown = _mean(voices, known), joint[voices.photos]
    knew = shown[rows, voices.said] * mean / likelihoods[rows, voices.said]
    knows = np.full(known.knows.shape, PRIOR)
    np.add.at(knows[:, 0], voices.people, knew)
    np.add.at(knows[:, 1], voices.people, 1 - knew)
    shown *= ((1 - mean) * MISTAKES)[:, None] * known.mistaken.T[voices.said] / likelihoods
    places = (voices.said[:, None] * columns + np.arange(columns)).ravel()
    seen = np.bincount(places, weights=shown.ravel(), minlength=columns**2).reshape(columns, columns).T
    mistaken = MISTAKEN * _unknown(columns) + seen
    return _Known(knows, mistaken / np.maximum(mistaken.sum(axis=1, keepdims=True), FLOOR))


def _opinions(votes: Votes, joint: Floats, spoken: Floats, power: float) -> tuple[Opinion, ...]:
    photos, columns = joint.shape
    counts = np.zeros((photos, columns), dtype=np.int64)
    named = votes.said != CANNOT_TELL
    np.add.at(counts, (votes.photos[named], np.where(votes.said < 0, columns - 1, votes.said)[named]), 1)
    puzzled = np.bincount(votes.photos[~named], minlength=photos)
    best = joint.argmax(axis=1)
    said = np.where(counts > 0, joint, -1.0).argmax(axis=1)
    first_two = np.partition(counts, -2, axis=1)[:, -2:]
    tied = first_two[:, 0] == first_two[:, 1]
    network = np.where((spoken.max(axis=1) > spoken.min(axis=1)) & (power > 0), spoken.argmax(axis=1), -1)
    return tuple(
        _opinion(
            joint[row],
            counts[row],
            int(puzzled[row]),
            int(best[row]),
            int(said[row]),
            int(network[row]),
            is_tied=bool(tied[row]),
        )
        for row in range(photos)
    )


def _opinion(
    shares: Floats, counts: Integers, puzzled: int, best: int, said: int, network: int, *, is_tied: bool
) -> Opinion:
    none, voices = len(shares) - 1, int(counts.sum())
    likeliest, sure = None if best == none else best, float(shares[best])
    if voices + puzzled == 0:
        return Opinion(None, 0.0, likeliest, sure, Settled.UNHEARD)
    probability = float(shares[said])
    if puzzled > counts[said] or (said == none and probability >= LIKELY):
        return Opinion(None, probability if said == none and voices else 0.0, likeliest, sure, Settled.SET_ASIDE)
    if probability < LIKELY or is_tied:
        settled = Settled.DISPUTED
    elif probability >= SURE and counts[said] + (network == said) >= 2:
        settled = Settled.CONFIRMED
    else:
        settled = Settled.TAUGHT
    return Opinion(None if said == none else said, probability, likeliest, sure, settled)


def _check(votes: Votes, photos: int, people: int, network: NDArray[np.floating]) -> None:
    lengths = {len(votes.photos), len(votes.people), len(votes.said)}
    if len(lengths) != 1 or network.ndim != 2 or len(network) != photos:
        raise ValueError(f"votes of lengths {sorted(lengths)} do not go with {network.shape} of {photos} photos")
    if len(votes.said) and not (
        0 <= votes.photos.min() <= votes.photos.max() < photos
        and 0 <= votes.people.min() <= votes.people.max() < people
        and CANNOT_TELL <= votes.said.min() <= votes.said.max() < network.shape[1]
    ):
        raise ValueError("votes name photos, people or labels that are not there")
