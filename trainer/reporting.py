"""What a network is worth and why: gathered from its folder, the store and its tuning; without torch or matplotlib."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from storage import Network, Store
from trainer.advice import Said, say
from trainer.artefact import Artefact, verify
from trainer.diagnosing import Run, diagnose, diagnose_head
from trainer.effect import Effect, effect_since, in_words
from trainer.errors import ArtefactError, NothingToReport, TuningDamaged
from trainer.eyes import tunings_folder
from trainer.gate import Answers, choose, unasked
from trainer.head import Floats, softmax
from trainer.history import EpochResult, History
from trainer.metrics import (
    Band,
    BeforeAfter,
    Integers,
    Score,
    before_after,
    confusion,
    most_confused,
    reliability,
    score,
    surest,
)
from trainer.testing import Examined, examine
from trainer.tunings import WHOLE, Tuning, read_tuning


def reports_folder(home: Path) -> Path:
    """Return where reports are kept."""
    return home / "reports"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A photo that was answered wrong while it was held out: labels by name, and how sure the answer was, 0..1."""

    digest: str
    truth: str
    answer: str
    confidence: float
    loss: float


@dataclass(frozen=True, slots=True)
class Report:
    """All that is told of a network. `mistakes` are those that cost most, the gravest first.

    `change` compares it with the network that answered before, on the photos that both were asked out of fold. `test`
    is how it does on photos that are kept for that, where there are any. `bands` are how sure it was of held-out photos
    against how often it was right.
    """

    number: int
    photos: int
    names: tuple[str, ...]
    table: Integers
    score: Score
    said: Said
    mistakes: tuple[Mistake, ...]
    change: BeforeAfter | None = None
    before: int | None = None
    history: History | None = None
    seconds: float | None = None
    test: Examined | None = None
    bands: tuple[Band, ...] = ()
    cleaning: Effect | None = None

    def facts(self) -> dict[str, Any]:
        """Return what words are made of, as JSON values."""
        asked, names = self.table.sum(axis=1), self.names
        pairs = [
            {"truth": names[one.truth], "answer": names[one.answer], "count": one.count, "of": int(asked[one.truth])}
            for one in most_confused(self.table)[:3]
        ]
        change = self.change
        return {
            "network": self.number,
            "photos": self.photos,
            "labels": len(self.names),
            "wrong": self.score.wrong,
            "n": self.score.n,
            "low": self.score.low,
            "high": self.score.high,
            "before": None
            if change is None
            else {
                "network": self.before,
                "wrong": change.before.wrong,
                "now_wrong": change.after.wrong,
                "n": change.before.n,
                "better": change.better,
                "worse": change.worse,
                "chance": change.chance,
            },
            "test": None if self.test is None else _as_facts(self.test),
            "cleaning": None if self.cleaning is None else in_words(self.cleaning.facts()),
            "pairs": pairs,
            "sentence": self.said.sentence,
            "advice": self.said.advice,
            "seconds": self.seconds,
        }


def report_of(store: Store, classifier_id: int, number: int | None = None) -> Report:
    """Report on a network, by default the one that answers. Raise NothingToReport or ArtefactError."""
    with store.read() as unit:
        active = unit.networks.active(classifier_id)
        known = unit.networks.all(classifier_id)
        truth = {photo.digest: photo.label_id for photo in unit.photos.labelled(classifier_id)}
        names = {key: label.name for key, label in unit.labels.named(classifier_id).items()}
    wanted = active if number is None else next((one for one in known if one.number == number), None)
    if wanted is None:
        raise NothingToReport("no network answers yet" if number is None else f"there is no network {number}")
    artefact = verify(store.home / "networks" / wanted.folder)
    asked = _Asked.of(artefact.answers, truth)
    if len(asked.labels) < 2:
        raise NothingToReport("its photos are gone, or were never held out")
    own = tuple(names.get(label, then) for label, then in _named(artefact, asked.labels))
    former = _before(store, known, wanted)
    tuning = _tuning(store, artefact)
    told = tuning.told if tuning is not None else {}
    learned = {*artefact.answers.digests, *(tuning.lessons if tuning is not None else ())}
    history = pooled(told.get("histories", {}))
    run = Run(
        history=history or _fitted_once(store, artefact, truth, asked),
        table=asked.table(),
        labels=own,
        photos=_photos_of(asked.labels, truth, told if history is not None else {}),
        start_loss=told.get("start_loss"),
        surest=surest(asked.probabilities.max(axis=1), asked.right()),
    )
    return Report(
        number=wanted.number,
        photos=wanted.photos,
        names=own,
        table=run.table,
        score=score(int((~asked.right()).sum()), len(asked.truth)),
        said=say(diagnose(run) if history is not None else diagnose_head(run)),
        mistakes=tuple(_mistakes(asked, own)),
        change=None if former is None else _change(artefact.answers, former[1].answers, truth),
        before=None if former is None else former[0].number,
        history=history,
        seconds=told.get("seconds"),
        test=examine(store, classifier_id, artefact, learned),
        bands=reliability(asked.probabilities.max(axis=1), asked.right()),
        cleaning=effect_since(store, classifier_id, wanted),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """Held-out answers to photos that people still say the same kind of thing of: rows of `probabilities`."""

    digests: tuple[str, ...]
    labels: tuple[int, ...]
    probabilities: Floats
    truth: Integers

    @classmethod
    def of(cls, answers: Answers, truth: Mapping[str, int]) -> _Asked:
        """Keep photos that were asked, with a label that the network knows."""
        column, never = {label: index for index, label in enumerate(answers.labels)}, unasked(answers, truth)
        rows = [
            row
            for row, digest in enumerate(answers.digests)
            if truth.get(digest) in column and digest not in never and answers.probabilities[row].max() > 0
        ]
        own = np.array([column[truth[answers.digests[row]]] for row in rows], dtype=np.int64)
        used = np.unique(own)
        labels = tuple(answers.labels[index] for index in range(len(answers.labels)))
        if len(used) < 2:
            return cls((), (), np.zeros((0, 0)), own)
        digests = tuple(answers.digests[row] for row in rows)
        return cls(digests, labels, np.asarray(answers.probabilities[rows], dtype=np.float64), own)

    def right(self) -> NDArray[np.bool_]:
        """Return which were answered as people say."""
        right: NDArray[np.bool_] = self.probabilities.argmax(axis=1) == self.truth
        return right

    def table(self) -> Integers:
        """Return the confusion table."""
        return confusion(self.truth, self.probabilities.argmax(axis=1), len(self.labels))

    def losses(self) -> Floats:
        """Return the cross entropy of each."""
        losses: Floats = -np.log(np.maximum(self.probabilities[np.arange(len(self.truth)), self.truth], 1e-12))
        return losses


def _named(artefact: Artefact, labels: Sequence[int]) -> list[tuple[int, str]]:
    then = dict(artefact.manifest.labels)
    return [(label, then[label]) for label in labels]


def _photos_of(labels: Sequence[int], truth: Mapping[str, int], told: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the photos of each label that the fits learned from: today's, unless a tuning has told its own."""
    if (then := told.get("photos_of")) is not None:
        return tuple(int(then.get(str(label), 0)) for label in labels)
    taught = Counter(truth.values())
    return tuple(taught[label] for label in labels)


def _mistakes(asked: _Asked, names: Sequence[str]) -> list[Mistake]:
    losses, answers = asked.losses(), asked.probabilities.argmax(axis=1)
    wrong = [row for row in np.argsort(-losses, kind="stable") if answers[row] != asked.truth[row]]
    return [
        Mistake(
            digest=asked.digests[row],
            truth=names[asked.truth[row]],
            answer=names[answers[row]],
            confidence=float(asked.probabilities[row].max()),
            loss=float(losses[row]),
        )
        for row in wrong
    ]


def _before(store: Store, known: Sequence[Network], network: Network) -> tuple[Network, Artefact] | None:
    """Return the network that answered before it, if its folder is whole."""
    earlier = [one for one in known if one.shipped and one.number < network.number]
    for one in sorted(earlier, key=lambda each: -each.number)[:1]:
        try:
            return one, verify(store.home / "networks" / one.folder)
        except ArtefactError:
            return None
    return None


def _change(now: Answers, then: Answers, truth: Mapping[str, int]) -> BeforeAfter | None:
    shared = sorted(set(now.labels) & set(then.labels))
    both = sorted(digest for digest in set(now.digests) & set(then.digests) if truth.get(digest) in shared)
    if len(shared) < 2 or not both:
        return None
    own = np.array([truth[digest] for digest in both])
    return before_after(choose(then, both, shared, {}) == own, choose(now, both, shared, {}) == own)


def _tuning(store: Store, artefact: Artefact) -> Tuning | None:
    digest = artefact.manifest.tuning
    if digest is None:
        return None
    try:
        return read_tuning(tunings_folder(store.home), digest)
    except TuningDamaged:
        return None


def _as_facts(test: Examined) -> dict[str, Any]:
    one = test.score
    return {"wrong": one.wrong, "n": one.n, "low": one.low, "high": one.high, "left_out": test.left_out}


def pooled(histories: Mapping[str, Mapping[str, Any]]) -> History | None:
    """Return one history of all fits that had photos held out: losses averaged, wrong answers and photos added up.

    Fits may differ by an epoch: the shortest one's count, the others' epochs at the same shares of their length.
    """
    read = [History.from_dict(each) for name, each in histories.items() if name != WHOLE]
    fits = [each for each in read if each.epochs and each.epochs[-1].n]
    if not fits:
        return None
    count = min(len(each.epochs) for each in fits)
    epochs = tuple(
        _together(number, [each.epochs[round(number * len(each.epochs) / count) - 1] for each in fits])
        for number in range(1, count + 1)
    )
    return History(epochs, count, fits[0].curve, max(each.restarts for each in fits))


def _together(number: int, epochs: Sequence[EpochResult]) -> EpochResult:
    n = sum(each.n for each in epochs)

    def mean(name: str) -> float:
        return float(sum(getattr(each, name) * each.n for each in epochs) / n)

    spreads = [each.spread for each in epochs if each.spread is not None]
    return replace(
        epochs[0],
        epoch=number,
        rate=max(each.rate for each in epochs),
        training_mode_loss=mean("training_mode_loss"),
        training_loss=mean("training_loss"),
        held_out_loss=mean("held_out_loss"),
        wrong=sum(each.wrong for each in epochs),
        n=n,
        seconds=sum(each.seconds for each in epochs),
        spread=float(np.sqrt(np.mean(np.square(spreads)))) if spreads else None,
    )


def _fitted_once(store: Store, artefact: Artefact, truth: Mapping[str, int], asked: _Asked) -> History:
    """Return the fit of a head as a history of one epoch: it is convex, and goes to its end."""
    manifest = artefact.manifest
    column = {label: index for index, (label, _) in enumerate(manifest.labels)}
    known = [digest for digest in artefact.answers.digests if truth.get(digest) in column]
    with store.read() as unit:
        vectors = unit.embeddings.load(manifest.embedder, known)
    there = [digest for digest in known if digest in vectors]
    loss = 0.0
    if there:
        rows = np.stack([np.frombuffer(vectors[digest], dtype="<f4") for digest in there])
        probabilities = softmax(artefact.head.logits(rows), 1.0)
        own = [column[truth[digest]] for digest in there]
        loss = float(-np.log(np.maximum(probabilities[np.arange(len(own)), own], 1e-12)).mean())
    wrong, held_out = int((~asked.right()).sum()), float(asked.losses().mean())
    return History((EpochResult(1, 1.0, loss, loss, held_out, wrong, len(asked.truth), 0.0),), 1)
