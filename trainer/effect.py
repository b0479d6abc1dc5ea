"""What cleaning did: two versions' networks on the same photos, whose label stayed and is confirmed, out of fold.

Photos whose label the cleaning changed cannot tell which network is better: each was told its own answer. Photos that
one person named alone may be wrong themselves. What is left is asked of both; the rest is only counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from storage import LabelledPhoto, Network, Reason, Settled, Store, Unit, Vote, VoteKind, live
from trainer.artefact import verify
from trainer.errors import ArtefactError, DatasetUnknown, NothingToReport
from trainer.gate import Answers, choose, unasked
from trainer.metrics import BeforeAfter, before_after, paired_difference

# Fewer photos tell nothing of a change of some points.
ENOUGH = 30
VOICES = 2
# Whoever cleans makes several networks on the way; what came of it as a whole is asked.
SITTING = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How many lessons (pictures) of a version are `renamed` in another, `gone` from it, or `added` to it.

    Of the renamed, the network of the first version, which was told the former label, said the new one of
    `foreseen` without having seen the photo; that of the second says it of `agreed`.
    """

    renamed: int
    gone: int
    added: int
    foreseen: int
    agreed: int


@dataclass(frozen=True, slots=True)
class Effect:
    """`change` is on the confirmed photos, None where there is none; `low` to `high` is the 95 % interval of how much
    lower the error is afterwards (0..1, below 0 where it is higher)."""

    cleaned: Cleaned
    change: BeforeAfter | None
    low: float = -1.0
    high: float = 1.0

    @property
    def enough(self) -> bool:
        """Say whether there are photos enough to tell anything."""
        return self.change is not None and self.change.before.n >= ENOUGH

    def facts(self) -> dict[str, Any]:
        """Return plain JSON values."""
        cleaned, change = self.cleaned, self.change
        told = {"renamed": cleaned.renamed, "gone": cleaned.gone, "added": cleaned.added}
        told |= {"foreseen": cleaned.foreseen, "agreed": cleaned.agreed}
        if change is None:
            return {"cleaned": told, "n": 0, "enough": False}
        return {
            "cleaned": told,
            "n": change.before.n,
            "enough": self.enough,
            "wrong_before": change.before.wrong,
            "wrong_after": change.after.wrong,
            "better": change.better,
            "worse": change.worse,
            "chance": change.chance,
            "gain": (change.before.wrong - change.after.wrong) / change.before.n,
            "low": self.low,
            "high": self.high,
        }


def effect(
    before: Answers,
    after: Answers,
    lessons_before: Mapping[str, int],
    lessons_after: Mapping[str, int],
    confirmed: Iterable[str],
) -> Effect:
    """Compare two networks by what they said out of fold; lessons are label ids by picture digest.

    `confirmed` are the pictures whose label more than one voice gave. Both are asked among the labels that both know.
    """
    both = lessons_before.keys() & lessons_after.keys()
    stayed = {digest: lessons_after[digest] for digest in both if lessons_before[digest] == lessons_after[digest]}
    renamed = {digest: lessons_after[digest] for digest in both if lessons_before[digest] != lessons_after[digest]}
    cleaned = Cleaned(
        renamed=len(renamed),
        gone=len(lessons_before.keys() - both),
        added=len(lessons_after.keys() - both),
        foreseen=_said(before, renamed),
        agreed=_said(after, renamed),
    )
    shared = sorted(set(before.labels) & set(after.labels))
    answered = (set(before.digests) - unasked(before, stayed)) & (set(after.digests) - unasked(after, stayed))
    photos = sorted(one for one in answered & set(confirmed) if stayed.get(one) in shared)
    if len(shared) < 2 or not photos:
        return Effect(cleaned, None)
    own = np.array([stayed[digest] for digest in photos])
    change = before_after(choose(before, photos, shared, {}) == own, choose(after, photos, shared, {}) == own)
    low, high = paired_difference(change.better, change.worse, len(photos))
    return Effect(cleaned, change, low, high)


def effect_of(store: Store, classifier_id: int, first: int, second: int) -> Effect:
    """Compare the newest networks of two versions of the data set.

    Raise DatasetUnknown, NothingToReport (no network of a version has its files) or ArtefactError.
    """
    with store.read() as unit:
        made = [_network(unit, classifier_id, number) for number in (first, second)]
        lessons = [unit.datasets.photos(classifier_id, number) for number in (first, second)]
        confirmed = _confirmed(unit, classifier_id, lessons[1])
    return _between(store, made, lessons, confirmed)


def effect_since(store: Store, classifier_id: int, network: Network) -> Effect | None:
    """Compare a network with the one that answered before the sitting in which its labels were cleaned.

    None where no label was changed or taken away since, or the files of the one before are gone or damaged.
    """
    with store.read() as unit:
        before = _before_sitting(unit.networks.all(classifier_id), network)
        numbers = [None if one is None else unit.datasets.of_network(one.id) for one in (before, network)]
        if before is None or numbers[0] is None or numbers[1] is None or numbers[0] == numbers[1]:
            return None
        lessons = [unit.datasets.photos(classifier_id, number) for number in numbers if number is not None]
        confirmed = _confirmed(unit, classifier_id, lessons[1])
    try:
        found = _between(store, [before, network], lessons, confirmed)
    except ArtefactError:
        return None
    return found if found.cleaned.renamed or found.cleaned.gone else None


def _before_sitting(known: Iterable[Network], network: Network) -> Network | None:
    """Return the newest network that answered a sitting ago, or else the first."""
    earlier = sorted((one for one in known if one.shipped and one.number < network.number), key=lambda one: one.number)
    ago = [one for one in earlier if one.created_at <= network.created_at - SITTING]
    return ago[-1] if ago else earlier[0] if earlier else None


def _between(
    store: Store,
    made: Sequence[Network],
    lessons: Sequence[Sequence[LabelledPhoto]],
    confirmed: Collection[str],
) -> Effect:
    before, after = (verify(store.home / "networks" / network.folder).answers for network in made)
    taught = [{one.digest: one.label_id for one in photos} for photos in lessons]
    return effect(before, after, taught[0], taught[1], confirmed)


def in_words(facts: Mapping[str, Any]) -> str:
    """Say an effect in some sentences."""
    cleaned = facts["cleaned"]
    said = f"{cleaned['renamed']} photos got another label, {cleaned['gone']} left, {cleaned['added']} came."
    if cleaned["renamed"]:
        said += (
            f" Of those with another label, the network before said the new one of {cleaned['foreseen']} by itself, "
            f"the network after says it of {cleaned['agreed']}."
        )
    if not facts["n"]:
        return f"{said} No photo whose label stayed is confirmed by two voices, so the error cannot be compared."
    said += (
        f" On the {facts['n']} photos whose label stayed and is confirmed, held out from both: {facts['wrong_before']} "
        f"wrong before, {facts['wrong_after']} after."
    )
    if not facts["enough"]:
        return f"{said} That is too few photos to tell an effect: {ENOUGH} are the least."
    between = f"{facts['low'] * 100:+.1f} to {facts['high'] * 100:+.1f} points"
    told = "lower" if facts["low"] > 0 else "higher" if facts["high"] < 0 else "not clearly another"
    return f"{said} The error is {told}: the gain lies between {between} (95 %)."


def _network(unit: Unit, classifier_id: int, number: int) -> Network:
    """Return the newest network that learned a version and whose files are kept."""
    versions = {one.number: one for one in unit.datasets.all(classifier_id)}
    if number not in versions:
        raise DatasetUnknown(number)
    for each in sorted(versions[number].networks, reverse=True):
        found = unit.networks.numbered(classifier_id, each)
        if found is not None and found.removed_at is None:
            return found
    raise NothingToReport(f"the files of version {number}'s network are gone: `pupil train --dataset {number}` first")


def _confirmed(unit: Unit, classifier_id: int, lessons: Sequence[LabelledPhoto]) -> set[str]:
    """Return the pictures whose label enough people said, and about which nobody is in dispute."""
    votes = unit.votes.of_photos([one.photo_id for one in lessons])
    opinions = unit.opinions.all(classifier_id).items()
    disputed = {photo_id for photo_id, one in opinions if one.settled is Settled.DISPUTED}
    return {
        one.digest
        for one in lessons
        if one.photo_id not in disputed and _voices(votes[one.photo_id], one.label_id) >= VOICES
    }


def _voices(votes: Iterable[Vote], label_id: int) -> int:
    """Return how many people, an import being one, call a photo so now; who reviewed it counts for enough."""
    latest = {one.person_id: one for one in live(votes)}
    if any(one.reason is Reason.REVIEW and one.label_id == label_id for one in latest.values()):
        return VOICES
    said = Counter(one.label_id for one in latest.values() if one.kind is VoteKind.LABEL)
    return said[label_id]


def _said(answers: Answers, truth: Mapping[str, int]) -> int:
    """Return of how many pictures the answer was as `truth` says."""
    photos = sorted(set(answers.digests) & truth.keys())
    if not photos:
        return 0
    said = choose(answers, photos, sorted(answers.labels), {})
    return int((said == np.array([truth[digest] for digest in photos])).sum())
