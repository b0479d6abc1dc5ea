"""Simulated people on real embeddings: consensus beside cleanlab's, and how few votes leave how few labels wrong.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.crowd [--seeds 5] [--peer PYTHON]

Consensus: one to five votes a photo, by ordinary and by poor people, some lazy, and a network that learned from the
majority. Replay: photos arrive with a vote of people who are wrong in 10 to 30 of 100 cases, one of twenty lazy;
another person is asked as `second_opinion` says; beside it three votes on each photo. Embeddings are kept as
`tests.benchmarks.probe` keeps them.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from storage import FOLDS
from tests.benchmarks.cleaning import VIEW, ask_peer
from tests.benchmarks.data import SETS, data_folder, sets_there
from tests.benchmarks.noise import look_alikes
from tests.benchmarks.people import Crowd, crowd, majority, voted
from tests.benchmarks.probe import cache_folder, embedded, open_view
from trainer.consensus import Consensus, Votes, agree
from trainer.doubting import doubt
from trainer.head import Floats
from trainer.learning import Sights
from trainer.metrics import Integers, score
from trainer.recipe import Recipe
from trainer.second_opinion import Ask, Heard, is_proven, second_opinion
from trainer.suspects import together

SETTINGS = {"1 to 5 votes": ((0.1, 0.3), 0.1, (1, 6)), "poor people": ((0.3, 0.5), 0.2, (1, 4))}
PEOPLE, MOST_VOTES, TRIES = 20, 3, 2
# So many photos arrive first; each later time as many as there are.
FIRST = 40


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--seeds", type=int, default=5)
    command.add_argument("--peer")
    command.add_argument("--sets", nargs="*", default=SETS)
    asked = command.parse_args()
    cache = cache_folder()
    embedder = open_view(cache, VIEW)
    sets = {name: embedded(cache, embedder, files) for name, files in sets_there(data_folder(), tuple(asked.sets))}
    for name, (embeddings, truth) in sets.items():
        played = [_replay(embeddings, truth, seed) for seed in range(asked.seeds)]
        print(f"{name}, replay: {_told(played)}", flush=True)
    for name, (embeddings, truth) in sets.items():
        for setting in SETTINGS:
            trials = [_trial(embeddings, truth, setting, seed) for seed in range(asked.seeds)]
            print(f"{name}, {setting}: {_beside(trials, asked.peer)}", flush=True)


@dataclass(frozen=True)
class Trial:
    """Votes on photos, and what a network says of them out of fold that learned from the majority."""

    truth: Integers
    votes: Votes
    network: Floats
    most: Integers
    people: Crowd


def _trial(embeddings: NDArray[np.float32], truth: Integers, setting: str, seed: int) -> Trial:
    rng = np.random.default_rng(seed)
    errors, lazy, (fewest, most) = SETTINGS[setting]
    people = crowd(look_alikes(embeddings, truth), rng, people=PEOPLE, errors=errors, lazy=lazy)
    votes = voted(people, truth, rng.integers(fewest, most, len(truth)), rng)
    labels = int(truth.max()) + 1
    given = majority(votes, len(truth), labels, rng)
    folds = rng.permutation(len(truth)) % FOLDS
    network = together(doubt(Sights.untuned(embeddings).folds, given, folds, labels, Recipe()))
    return Trial(truth, votes, network, given, people)


def _beside(trials: list[Trial], peer: str | None) -> str:
    rows = [("majority", [(one.most, _share_of(one), one) for one in trials])]
    ours = [agree(one.votes, len(one.truth), PEOPLE, one.network) for one in trials]
    rows.append(("ours", [(_likeliest(said), _sure(said), one) for said, one in zip(ours, trials, strict=True)]))
    trust = [
        _by_rank(np.array([one.mean for one in said.trust]), trial) for said, trial in zip(ours, trials, strict=True)
    ]
    if peer:
        said = ask_peer(peer, _as_asked(trials))
        theirs = [(said[f"consensus|{i}"].astype(np.int64), said[f"quality|{i}"], one) for i, one in enumerate(trials)]
        rows.append(("cleanlab", theirs))
    told = ", ".join(
        f"{who} {100 * np.mean([(label == one.truth).mean() for label, _, one in each]):.2f} % right, "
        f"AUROC {np.mean([_auroc(sure, label == one.truth) for label, sure, one in each]):.3f}"
        for who, each in rows
    )
    return f"{told}; people ranked {np.mean(trust):.2f}"


def _as_asked(trials: list[Trial]) -> dict[str, NDArray[np.generic]]:
    asked: dict[str, NDArray[np.generic]] = {}
    for place, one in enumerate(trials):
        table = np.full((len(one.truth), PEOPLE), np.nan)
        table[one.votes.photos, one.votes.people] = one.votes.said
        asked |= {f"votes-{place}": table, f"probabilities-{place}": one.network}
    return asked


def _share_of(trial: Trial) -> Floats:
    """Return the share of people who said what most said."""
    own = np.bincount(trial.votes.photos, weights=trial.votes.said == trial.most[trial.votes.photos])
    share: Floats = own / np.bincount(trial.votes.photos)
    return share


def _likeliest(said: Consensus) -> Integers:
    return np.array([-1 if one.likeliest is None else one.likeliest for one in said.opinions], dtype=np.int64)


def _sure(said: Consensus) -> Floats:
    return np.array([one.likeliest_probability for one in said.opinions])


def _by_rank(trust: Floats, trial: Trial) -> float:
    """Return the rank correlation of trust with how often people are really right."""
    right = np.where(trial.people.lazy, 0.0, 1 - trial.people.errors)
    return float(np.corrcoef(rankdata(trust), rankdata(right))[0, 1])


def _auroc(sure: Floats, right: NDArray[np.bool_]) -> float:
    if right.all():
        return 1.0
    ranks = rankdata(sure)
    n, m = int(right.sum()), int((~right).sum())
    return float((ranks[right].sum() - n * (n + 1) / 2) / (n * m))


@dataclass(frozen=True)
class Played:
    """How a replay ended: votes a photo, wrong labels, left without one; and what three votes on each leave wrong."""

    votes: float
    wrong: int
    without: int
    three: int
    one: int
    photos: int


class _Replay:
    """Photos that arrive in batches, the votes on them, and what the network says of them."""

    def __init__(self, embeddings: NDArray[np.float32], truth: Integers, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.embeddings, self.truth, self.labels = embeddings, truth, int(truth.max()) + 1
        self.folds = self.rng.permutation(len(truth)) % FOLDS
        self.people = crowd(look_alikes(embeddings, truth), self.rng, people=PEOPLE, errors=(0.1, 0.3), lazy=0.05)
        # Who says what if asked, so that three votes on each photo are those of the same people.
        self.order = np.stack([self.rng.permutation(PEOPLE)[:MOST_VOTES] for _ in truth])
        self.answers = np.stack([self.people.say(self.order[:, i], truth, self.rng) for i in range(MOST_VOTES)], axis=1)
        self.counts = np.zeros(len(truth), dtype=np.int64)
        self.network = np.zeros((len(truth), self.labels))
        self.doubted = np.zeros(len(truth), dtype=np.bool_)

    def votes(self) -> Votes:
        photos = np.repeat(np.arange(len(self.truth)), self.counts)
        turns = np.concatenate([np.arange(count) for count in self.counts])
        return Votes(photos, self.order[photos, turns], self.answers[photos, turns])

    def consensus(self) -> Consensus:
        return agree(self.votes(), len(self.truth), PEOPLE, self.network)

    def learn(self) -> None:
        """Let the network learn from what is taught now."""
        given = np.array([-1 if one.label is None else one.label for one in self.consensus().opinions])
        rows = np.flatnonzero(given >= 0)
        present, own = np.unique(given[rows], return_inverse=True)
        sights = Sights.untuned(self.embeddings[rows]).folds
        said = together(doubt(sights, own, self.folds[rows], len(present), Recipe()))
        self.network[:] = 0
        self.network[np.ix_(rows, present)] = said

    def proven(self) -> bool:
        """Ask the network of photos that two people agree on, unless they were asked because it had contradicted."""
        right = []
        for row in np.flatnonzero((self.counts >= 2) & ~self.doubted & self.network.any(axis=1)):
            said = self._said(int(row))
            if len(set(said)) == 1:
                right.append(int(self.network[row].argmax()) == said[0])
        return is_proven(score(right.count(False), len(right)))

    def ask(self) -> int:
        """Ask another person wherever it pays; return of how many photos."""
        opinions, proven, asked = self.consensus().opinions, self.proven(), 0
        for row in np.flatnonzero((self.counts > 0) & (self.counts < MOST_VOTES)).tolist():
            guess = int(self.network[row].argmax()) if self.network[row].any() else None
            heard = Heard(self._said(row), guess, opinions[row].probability)
            why = second_opinion(heard, proven=proven)
            if why in (Ask.CONTRADICTED, Ask.UNPROVEN):
                self.counts[row] += 1
                self.doubted[row] |= why is Ask.CONTRADICTED
                asked += 1
        return asked

    def _said(self, row: int) -> list[int]:
        return [int(label) for label in self.answers[row, : self.counts[row]]]


def _replay(embeddings: NDArray[np.float32], truth: Integers, seed: int) -> Played:
    play = _Replay(embeddings, truth, seed)
    growth = [FIRST * 2**doubled for doubled in range(len(truth).bit_length()) if FIRST * 2**doubled < len(truth)]
    for batch in np.split(play.rng.permutation(len(truth)), growth):
        play.counts[batch] = 1
        for _ in range(TRIES):
            play.learn()
            if not play.ask():
                break
    said = [one.label for one in play.consensus().opinions]
    everybody = Votes(np.repeat(np.arange(len(truth)), MOST_VOTES), play.order.ravel(), play.answers.ravel())
    three = majority(everybody, len(truth), play.labels, play.rng)
    wrong = sum(label is not None and label != own for label, own in zip(said, truth, strict=True))
    alone = int((play.answers[:, 0] != truth).sum())
    return Played(
        play.counts.mean(), wrong, sum(one is None for one in said), int((three != truth).sum()), alone, len(truth)
    )


def _told(played: list[Played]) -> str:
    photos = sum(one.photos for one in played)
    without = sum(one.without for one in played)
    return (
        f"{np.mean([one.votes for one in played]):.2f} votes a photo (at most {max(one.votes for one in played):.2f}), "
        f"wrong {100 * sum(one.wrong for one in played) / photos:.1f} %, without {100 * without / photos:.1f} %; "
        f"three votes {100 * sum(one.three for one in played) / photos:.1f} % wrong, "
        f"one {100 * sum(one.one for one in played) / photos:.1f} %"
    )


if __name__ == "__main__":
    main()
