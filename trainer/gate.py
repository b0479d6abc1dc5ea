"""The gate: whether a candidate may answer instead of the active network.

Both are judged by what they said out of fold about the same photos. An active network asked anew would be asked about
photos it has learned; its answers are therefore kept from its birth, and with them what each photo was taught as then.
What people changed since is no test of the active network, which was told otherwise. There both are witnesses: asked
about a changed photo that they had not learned from, do they together say the new label, or still the former one?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.head import Floats, Head
from trainer.metrics import Integers, sign_test

Flags = NDArray[np.bool_]

# Logits that spread less than this over all photos answer everything alike.
CONSTANT = 1e-6
# What is less likely is as good as impossible.
LEAST_SHARE = 1e-9
# Stands for a label that is not among those that are compared.
ELSEWHERE = -1


class Ground(StrEnum):
    """Why a candidate ships or is held."""

    FIRST = "first"
    NOT_WORSE = "not_worse"
    NOTHING_IN_COMMON = "nothing_in_common"
    LESSONS_DELETED = "lessons_deleted"
    WORSE = "worse"
    WORSE_ON_LABEL = "worse_on_label"
    NO_BETTER = "no_better"
    CHANGES_DOUBTED = "changes_doubted"
    NOT_FINITE = "not_finite"
    CONSTANT = "constant"
    HEAD_ASTRAY = "head_astray"
    OVERTAKEN = "overtaken"
    ON_REQUEST = "on_request"


@dataclass(frozen=True, slots=True)
class Answers:
    """Out-of-fold probabilities (n, labels) of the pictures `digests`, columns in the order of label ids `labels`.

    `taught` are the label ids that the pictures were taught as then; None if an older Pupil did not note them.
    """

    digests: tuple[str, ...]
    labels: tuple[int, ...]
    probabilities: Floats | NDArray[np.float32]
    taught: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """The decision with its facts: of `compared` photos the candidate got `better` right that the active got wrong.

    `worse` the other way round; `chance` is the probability of so many by luck. Of the photos whose label was changed
    since, both together hold the new label likelier of `agreed` and the former of `contradicted`. `label_id` is the
    label that it fell back on, if that is why. `gained` and `lost` are label ids new to the candidate or no longer
    known to it; a lost label whose photos all became another one lives on in that.
    """

    ships: bool
    ground: Ground
    compared: int = 0
    better: int = 0
    worse: int = 0
    chance: float = 1.0
    agreed: int = 0
    contradicted: int = 0
    label_id: int | None = None
    gained: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self) | {"ground": self.ground.value, "gained": list(self.gained), "lost": list(self.lost)}


def check_head(
    head: Head, embeddings: NDArray[np.floating], answers: Answers, *, significance: float
) -> GateVerdict | None:
    """Return the refusal of a head that answers with no number, alike whatever it sees, or unlike its own folds.

    The head that will answer is not the heads that answered out of fold. It has learned all of the lessons
    (`embeddings`, in the order of `answers`), so it must not answer them worse than heads that had not.
    """
    logits = head.logits(embeddings)
    if not np.isfinite(logits).all():
        return GateVerdict(ships=False, ground=Ground.NOT_FINITE)
    if np.ptp(logits, axis=0).max() < CONSTANT:
        return GateVerdict(ships=False, ground=Ground.CONSTANT)
    labels, own = np.array(answers.labels), np.array(answers.taught)
    right, out_of_fold = labels[logits.argmax(axis=1)] == own, labels[answers.probabilities.argmax(axis=1)] == own
    worse, better = int((out_of_fold & ~right).sum()), int((right & ~out_of_fold).sum())
    if (chance := sign_test(worse, better)) < significance:
        return GateVerdict(
            ships=False, ground=Ground.HEAD_ASTRAY, compared=len(own), better=better, worse=worse, chance=chance
        )
    return None


def compare(
    candidate: Answers,
    active: Answers | None,
    truth: Mapping[str, int],
    *,
    significance: float,
    changes_meant: bool = False,
    must_gain: bool = False,
) -> GateVerdict:
    """Judge a candidate against the active network on the photos that both answered out of fold.

    `truth` is today's label id by picture digest. Both are asked only among the labels that both know, so that a
    label gained or emptied is neither held against one nor the other; the active network's answer of a label that
    was merged into another counts as that other.

    A candidate is held if it is worse by more than chance over all photos whose label stayed, or on any one label
    (Bonferroni over labels). To a label that photos were moved away from, these photos count too: for the candidate
    where both together say the new label, against it where they say the former, unless the changes are known to be
    meant. Together, since the candidate has learned the other changes, be they right or not, and half believes them,
    and the active network none of them. One that `must_gain`, because it costs more to live with, is also held if it
    got fewer photos right.
    """
    if active is None:
        return GateVerdict(ships=True, ground=Ground.FIRST)
    heir = _heirs(candidate, active, truth)
    shared = sorted(set(candidate.labels) & {heir.get(label, label) for label in active.labels})
    known = (set(candidate.digests) & set(active.digests)) - unasked(candidate, truth)
    photos = sorted(digest for digest in known if truth.get(digest) in shared)
    verdict = GateVerdict(
        ships=True,
        ground=Ground.NOTHING_IN_COMMON,
        gained=tuple(sorted(set(candidate.labels) - set(active.labels))),
        lost=tuple(sorted(set(active.labels) - set(candidate.labels))),
    )
    if len(shared) < 2 or not photos:
        return verdict
    ballot = _ballot(candidate, active, heir, truth, photos, shared)
    decided = _decide(ballot, verdict, significance, changes_meant=changes_meant)
    if must_gain and decided.ships and decided.better < decided.worse:
        return replace(decided, ships=False, ground=Ground.NO_BETTER)
    return decided


@dataclass(frozen=True, slots=True)
class _Ballot:
    """What each photo says of the candidate; `former` is the label id that it was taught as when the active learned.

    Of the photos whose label `stayed`, one network alone was right (`better`, `worse`). Of those that `moved` between
    labels that both networks know, they together say the new one (`agreed`) or the former (`contradicted`).
    """

    former: Integers
    stayed: Flags
    moved: Flags
    better: Flags
    worse: Flags
    agreed: Flags
    contradicted: Flags

    @classmethod
    def of(cls, own: Integers, former: Integers, said: Integers, active_said: Integers, doubt: Floats) -> _Ballot:
        """Count what was said; `doubt` is by how much the former label is likelier than the new one (log odds)."""
        stayed, moved = own == former, (own != former) & (former != ELSEWHERE)
        right, was_right = said == own, active_said == own
        return cls(
            former=former,
            stayed=stayed,
            moved=moved,
            better=stayed & right & ~was_right,
            worse=stayed & was_right & ~right,
            agreed=moved & (doubt < 0),
            contradicted=moved & (doubt > 0),
        )


def _ballot(
    candidate: Answers,
    active: Answers,
    heir: Mapping[int, int],
    truth: Mapping[str, int],
    photos: list[str],
    shared: list[int],
) -> _Ballot:
    """Ask both about the photos, among the labels `shared`."""
    taught = dict(zip(active.digests, active.taught or (), strict=False))
    own = [truth[digest] for digest in photos]
    before = [heir.get(label, label) for label in (taught.get(digest, truth[digest]) for digest in photos)]
    former = [label if label in shared else ELSEWHERE for label in before]
    none: Mapping[int, int] = {}
    asked = ((candidate, none), (active, heir))
    doubt, active_doubt = (_log_odds(_shares(one, photos, shared, of), shared, former, own) for one, of in asked)
    said, active_said = (choose(one, photos, shared, of) for one, of in asked)
    return _Ballot.of(np.array(own), np.array(former), said, active_said, doubt + active_doubt)


def _decide(ballot: _Ballot, verdict: GateVerdict, significance: float, *, changes_meant: bool) -> GateVerdict:
    worse, better = int(ballot.worse.sum()), int(ballot.better.sum())
    chance = sign_test(worse, better)
    ground, fallen = Ground.NOT_WORSE, None
    if chance < significance:
        ground = Ground.WORSE
    else:
        moved_from = set() if changes_meant else set(ballot.former[ballot.moved].tolist())
        stable = set(ballot.former[ballot.stayed].tolist()) - moved_from
        against, favour = ballot.worse | ballot.contradicted, ballot.better | ballot.agreed
        if (fallen := _fallen(ballot, stable, ballot.worse, ballot.better, significance)) is not None:
            ground = Ground.WORSE_ON_LABEL
        elif (fallen := _fallen(ballot, moved_from, against, favour, significance)) is not None:
            ground = Ground.CHANGES_DOUBTED
    return replace(
        verdict,
        ships=ground is Ground.NOT_WORSE,
        ground=ground,
        compared=int(ballot.stayed.sum()),
        better=better,
        worse=worse,
        chance=chance,
        agreed=int(ballot.agreed.sum()),
        contradicted=int(ballot.contradicted.sum()),
        label_id=fallen,
    )


def _fallen(
    ballot: _Ballot,
    labels: set[int],
    against: Flags,
    favour: Flags,
    significance: float,
) -> int | None:
    """Return the label on which the candidate is worst, if by more than chance allows for that many labels."""
    if not labels:
        return None
    chance_of = {
        label: sign_test(
            int((against & (ballot.former == label)).sum()), int((favour & (ballot.former == label)).sum())
        )
        for label in sorted(labels)
    }
    lowest = min(chance_of, key=lambda label: chance_of[label])
    return lowest if chance_of[lowest] < significance / len(labels) else None


def _heirs(candidate: Answers, active: Answers, truth: Mapping[str, int]) -> dict[int, int]:
    """Return, for each label that the candidate lost, the one label that all its photos are taught as today."""
    if active.taught is None:
        return {}
    today: dict[int, set[int]] = {}
    for digest, label in zip(active.digests, active.taught, strict=True):
        if label not in candidate.labels and digest in truth:
            today.setdefault(label, set()).add(truth[digest])
    return {label: min(heirs) for label, heirs in today.items() if len(heirs) == 1}


def unasked(answers: Answers, truth: Mapping[str, int]) -> set[str]:
    """Return the pictures that could not be answered as taught: no other fold holds their label (all in one album).

    Such a label has no share at all out of fold, where any that was learned has at least a small one. A candidate that
    gives no label a share is not excused by it.
    """
    column = {label: index for index, label in enumerate(answers.labels)}
    asked = [(digest, row) for row, digest in enumerate(answers.digests) if truth.get(digest) in column]
    shares = answers.probabilities
    return {digest for digest, row in asked if shares[row, column[truth[digest]]] == 0 < shares[row].max()}


def choose(answers: Answers, photos: list[str], shared: list[int], heir: Mapping[int, int]) -> Integers:
    """Return the likeliest label id among `shared` for each photo, -1 where nothing could be learned.

    What was said of a label that has an heir counts as said of that.
    """
    shares = _shares(answers, photos, shared, heir)
    chosen: Integers = np.array(shared)[shares.argmax(axis=1)]
    return np.where(shares.max(axis=1) > 0, chosen, -1)


def _shares(answers: Answers, photos: list[str], shared: list[int], heir: Mapping[int, int]) -> Floats:
    """Return the probabilities (photos, shared) that the label ids `shared` were given."""
    row_of = {digest: row for row, digest in enumerate(answers.digests)}
    rows = [row_of[digest] for digest in photos]
    shares: Floats = np.zeros((len(photos), len(shared)))
    for column, label in enumerate(answers.labels):
        if (meant := heir.get(label, label)) in shared:
            shares[:, shared.index(meant)] += answers.probabilities[rows, column]
    return shares


def _log_odds(shares: Floats, shared: list[int], former: list[int], now: list[int]) -> Floats:
    """Return by how much each photo's former label is likelier than the one of today; 0 where it was ELSEWHERE."""
    column = {label: place for place, label in enumerate(shared)}
    columns = [(column.get(before, column[today]), column[today]) for before, today in zip(former, now, strict=True)]
    logs, rows = np.log(np.maximum(shares, LEAST_SHARE)), np.arange(len(columns))
    before, today = np.array(columns).T
    odds: Floats = logs[rows, before] - logs[rows, today]
    return odds
