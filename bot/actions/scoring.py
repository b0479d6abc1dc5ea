"""The live score: how the answers did that were really given, by what people said of them (prequential, Dawid 1984).

Each answer counts once, as it was given, by the network of that moment. An answer that people had given before and “I
don't know” are no names that a network gave: they are counted apart, and never as right.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta

from storage import AnswerKind, Drift, GivenAnswer, Label, Unit
from trainer.metrics import Score, score

WEEK, WEEKS = timedelta(days=7), 4
# Older ones are not looked at: what is asked for in a chat must not take seconds.
MOST_ANSWERS = 10_000


@dataclass(frozen=True, slots=True)
class Progress:
    """Answers of the last weeks. Scores are of those with one name that people judged.

    `weeks` are the last seven days, the seven before and so on; `labels` are by the name that was given, worst first,
    and only of labels that everybody sees. `named` counts the answers with one name; `few` is the score of those with
    a few names, wrong where the right one was not among them. `is_cut`: there were more than are looked at.
    """

    weeks: tuple[Score, ...]
    labels: tuple[tuple[Label, Score], ...]
    named: int
    few: Score
    unknown: int
    remembered: int
    drifts: tuple[Drift, ...]
    is_cut: bool = False

    @property
    def all(self) -> Score:
        """The score over all weeks."""
        return score(sum(one.wrong for one in self.weeks), sum(one.n for one in self.weeks))


def progress(unit: Unit, classifier_id: int) -> Progress:
    since = unit.now - WEEKS * WEEK
    given = unit.predictions.given(classifier_id, since=since, limit=MOST_ANSWERS)
    kinds: dict[AnswerKind, list[GivenAnswer]] = defaultdict(list)
    for one in given:
        kinds[one.kind].append(one)
    named = kinds[AnswerKind.NAMED]
    weeks = [[one for one in named if (unit.now - one.created_at) // WEEK == week] for week in range(WEEKS)]
    return Progress(
        weeks=tuple(map(score_of, weeks)),
        labels=_by_label(named, [one.label for one in unit.labels.counts(classifier_id) if one.photos]),
        named=len(named),
        few=score_of(kinds[AnswerKind.FEW]),
        unknown=len(kinds[AnswerKind.UNKNOWN]),
        remembered=len(kinds[AnswerKind.REMEMBERED]),
        drifts=tuple(unit.drifts.since(classifier_id, since)),
        is_cut=unit.predictions.are_more_than(MOST_ANSWERS, since=since),
    )


def score_of(given: Iterable[GivenAnswer]) -> Score:
    """The score of those answers that people judged."""
    verdicts = Counter(one.right for one in given)
    return score(verdicts[False], verdicts[False] + verdicts[True])


def _by_label(named: Sequence[GivenAnswer], shown: Sequence[Label]) -> tuple[tuple[Label, Score], ...]:
    """The scores of labels, first those that are surely bad: one wrong answer of one is no proof of anything."""
    by_label: dict[int, list[GivenAnswer]] = defaultdict(list)
    for one in named:
        by_label[one.candidates[0]].append(one)
    scores = [(label, score_of(by_label[label.id])) for label in shown]
    judged = [one for one in scores if one[1].n]
    return tuple(sorted(judged, key=lambda one: (-one[1].low, -one[1].error, -one[1].n, one[0].key)))


def strangers(unit: Unit, classifier_id: int) -> Score:
    """Photos of the last weeks that show nothing which the asked network knew; wrong are those that it named anyway.

    By what people call them since: of those that nobody named, nothing is known.
    """
    given = unit.predictions.given(classifier_id, since=unit.now - WEEKS * WEEK, limit=MOST_ANSWERS)
    networks = unit.networks.those({one.network_id for one in given})
    now = unit.labels.named(classifier_id)
    known = {key: {now[one].id for one in network.labels if one in now} for key, network in networks.items()}
    strange = [
        one for one in given if one.kind is not AnswerKind.REMEMBERED and _is_strange(one, known[one.network_id])
    ]
    return score(sum(one.kind is not AnswerKind.UNKNOWN for one in strange), len(strange))


def _is_strange(one: GivenAnswer, known: Set[int]) -> bool:
    return one.none_fits or (one.shows_id is not None and one.shows_id not in known)
