"""People who say what photos show, for benchmarks: each wrong at a rate of her own, and some too lazy to look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.consensus import Votes
from trainer.metrics import Integers


@dataclass(frozen=True)
class Crowd:
    """People with error rates (p,); the lazy ones, (p,) True, say their `favourite` label, or anything where it is -1.

    Half of what is said wrongly goes to the label that looks most alike, `similar` (labels,).
    """

    errors: np.ndarray
    lazy: np.ndarray
    favourite: Integers
    similar: Integers

    def say(self, people: Integers, truth: Integers, rng: np.random.Generator) -> Integers:
        """Return what each of these people says of the photo beside her."""
        labels = len(self.similar)
        slips = rng.random(len(people)) < self.errors[people]
        other = (truth + rng.integers(1, labels, len(people))) % labels
        wrong = np.where(rng.random(len(people)) < 0.5, self.similar[truth], other)
        said = np.where(slips, wrong, truth)
        anything = np.where(self.favourite[people] < 0, rng.integers(0, labels, len(people)), self.favourite[people])
        return np.where(self.lazy[people], anything, said).astype(np.int64)


def crowd(
    similar: Integers, rng: np.random.Generator, *, people: int = 20, errors: tuple[float, float], lazy: float
) -> Crowd:
    """Return so many people with error rates between two bounds; a share is lazy, some of those always the same."""
    is_lazy = np.arange(people) < round(lazy * people)
    favourite = np.where(np.arange(people) % 2 == 0, rng.integers(0, len(similar), people), -1)
    return Crowd(rng.uniform(*errors, people), is_lazy, favourite.astype(np.int64), similar)


def drawn(counts: Integers, people: int, rng: np.random.Generator) -> tuple[Integers, Integers]:
    """Return (photo, person) pairs in which each photo has so many different people."""
    photos = np.repeat(np.arange(len(counts)), counts)
    chosen = [rng.permutation(people)[:count] for count in counts]
    return photos, np.concatenate(chosen).astype(np.int64)


def voted(crowd_of: Crowd, truth: Integers, counts: Integers, rng: np.random.Generator) -> Votes:
    """Return the votes of so many people for each photo."""
    photos, people = drawn(counts, len(crowd_of.errors), rng)
    return Votes(photos, people, crowd_of.say(people, truth[photos], rng))


def majority(votes: Votes, photos: int, labels: int, rng: np.random.Generator) -> Integers:
    """Return the label that most people said; one of them by lot where several tie."""
    counts = np.zeros((photos, labels))
    np.add.at(counts, (votes.photos, votes.said), 1)
    most: Integers = (counts + 0.5 * rng.random(counts.shape)).argmax(axis=1)
    return most
