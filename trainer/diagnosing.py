"""What went wrong in a fit, if anything: rules over its records, without torch.

The question is never whether training loss lies above or below held-out loss: healthy fits do both. It is whether the
fit blew up, whether it was still under way when it ended, and whether what it cannot do is more than chance. Losses are
told as shares of the loss of somebody who knows only how frequent each label is, so that two labels and thirty are
judged alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from statistics import median

from trainer.history import EpochResult, History, RateCurve
from trainer.metrics import Integers, Score, by_label, fisher, most_confused, score
from trainer.pace import Pace, pace

# A share of the ignorant's loss below which no change matters.
MATERIAL = 0.05
# Training loss above so many times that loss was thrown there, not left there. A new network's first epochs may come
# out higher with the best of rates, as long as BatchNorm's running averages still hold what they began with.
THROWN = 1.5
THROWN_AT_FIRST = 10.0
# Held-out loss above so many times that loss, while even training photos are not known: sure of wrong answers.
WILD = 2.0
# How far training may fall back for good, and how far it may swing.
SWING = 0.1
# A network that keeps more than this of the ignorant's loss has learned nothing to speak of.
IGNORANT = 0.9
UNLEARNED = 0.5
BY_HEART = 0.25
# So much must be left to gain for a fit to count as unfinished: with as many epochs again, or, where hardly anything
# was learned, with any number of them.
WORTH_IT = 0.10
# So many times the epochs made would be needed: then the rate is at fault, not their number.
FAR = 4.0
# A rate that is so many times below what the rate test suggests is too low.
BELOW_CURVE = 30.0
# Fewer epochs tell nothing of a trend.
TREND = 3
# A rise of held-out loss in standard errors. Its lowest point is picked from many epochs, so 2 would not do.
RISE = 3.0
LONG = 20
TOO_FEW_TO_JUDGE = 12
# Photos of a label: with fewer than the first a poor network needs more; with the second it is not soon known by heart.
FEW_PHOTOS = 20
ENOUGH_PHOTOS = 50
POOR = 0.10
FAILING = 1 / 3
# A hard task's sure answers are contradicted less than so much as often as its unsure ones.
HARD = 0.6
# Who is wrong more often than this is no judge of labels.
NO_JUDGE = 1 / 3
CHANCE = 0.01


class Finding(StrEnum):
    """What a fit can suffer from, gravest first; the first three explain all that follows from them."""

    RATE_TOO_HIGH = "rate_too_high"
    RATE_TOO_LOW = "rate_too_low"
    TOO_FEW_EPOCHS = "too_few_epochs"
    TOO_MANY_EPOCHS = "too_many_epochs"
    TOO_LITTLE_DATA = "too_little_data"
    LABELS_SUSPICIOUS = "labels_suspicious"
    ONE_LABEL_FAILING = "one_label_failing"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Run:
    """All that a diagnosis looks at.

    `table` is the held-out confusion (labels, labels) of the weights that were kept, `photos` the number of training
    photos of each label. `start_loss` is the training loss before the first epoch, None if the head knew nothing.
    `surest` is the score of the surer half of the held-out answers (`metrics.surest`), None if nobody counted.
    """

    history: History
    table: Integers
    labels: tuple[str, ...]
    photos: tuple[int, ...]
    start_loss: float | None = None
    surest: Score | None = None

    def __post_init__(self) -> None:
        sizes = (len(self.labels), len(self.photos), *self.table.shape)
        if len(set(sizes)) != 1 or len(self.labels) < 2 or not self.history.epochs:
            raise ValueError(f"two labels or more and an epoch wanted, not {sizes}, {len(self.history.epochs)} epochs")

    @property
    def last(self) -> EpochResult:
        """Return the last epoch."""
        return self.history.epochs[-1]

    @property
    def ignorance(self) -> float:
        """Return the mean loss (nats) of answering each photo with the labels' frequencies: their entropy."""
        total = sum(self.photos)
        shares = [n / total for n in self.photos if n] if total else []
        entropy = -sum(share * math.log(share) for share in shares)
        return entropy if len(shares) > 1 else math.log(len(self.labels))

    @property
    def score(self) -> Score:
        """Return how many held-out photos the kept weights answer wrong."""
        return score(int(self.table.sum() - self.table.trace()), int(self.table.sum()))


@dataclass(frozen=True, slots=True)
class Ailment:
    """A finding with the facts that its words need; what does not belong to the finding is None.

    `rate` is the rate that was used, `better_rate` one to try; `epoch` is the last one that helped, of `epochs`;
    `rose` says that held-out loss went up after it (else it merely stayed); `photos` is the median of training photos
    per label; `mistaken_for` is what the failing label is most often taken for, `score` its own or the surer half's.
    """

    finding: Finding
    score: Score
    rate: float | None = None
    better_rate: float | None = None
    epoch: int | None = None
    epochs: int | None = None
    rose: bool | None = None
    photos: int | None = None
    label: str | None = None
    mistaken_for: str | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found, gravest first; never empty, for `FINE` is a finding too. `score` is the whole run's."""

    ailments: tuple[Ailment, ...]
    score: Score
    findings: frozenset[Finding] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "findings", frozenset(one.finding for one in self.ailments))

    @property
    def main(self) -> Ailment:
        """Return the gravest."""
        return self.ailments[0]


def diagnose(run: Run) -> Diagnosis:
    """Name what a run suffers from; see each rule below for what it takes."""
    first = _thrown(run) or _unfinished(run)
    found = (first,) if first else tuple(_of_the_finished(run))
    return Diagnosis(found or (Ailment(Finding.FINE, run.score),), run.score)


def diagnose_head(run: Run) -> Diagnosis:
    """The same for a head alone: its fit is convex and carried to its end, so no rate or epoch can be at fault."""
    found = tuple(ailment for rule in (_little_data, _doubtful_labels, _failing_label) if (ailment := rule(run)))
    return Diagnosis(found or (Ailment(Finding.FINE, run.score),), run.score)


def _of_the_finished(run: Run) -> Iterator[Ailment]:
    for rule in (_went_on_too_long, _little_data, _doubtful_labels, _failing_label):
        ailment = rule(run)
        if ailment is not None:
            yield ailment


def _thrown(run: Run) -> Ailment | None:
    """Rate too high: a loss was no number or far above ignorance, or training ended worse than it once was."""
    series = _unlearned_shares(run)
    if not (_blew_up(run) or _fell_back(series if run.start_loss is None else [_start(run), *series])):
        return None
    return _rate_ailment(run, Finding.RATE_TOO_HIGH)


def _blew_up(run: Run) -> bool:
    epochs = run.history.epochs
    if not all(math.isfinite(loss) for epoch in epochs for loss in (epoch.training_loss, epoch.held_out_loss)):
        return True
    return any(_is_thrown(run, epoch) for epoch in epochs)


def _is_thrown(run: Run, epoch: EpochResult) -> bool:
    training, held_out = epoch.training_loss / run.ignorance, epoch.held_out_loss / run.ignorance
    if run.history.epochs.index(epoch) < TREND - 1:
        # Sure of wrong answers on the way, and at the end knowing less than nothing: no small step leads there.
        astray = epoch.training_mode_loss / run.ignorance > THROWN and min(training, held_out) > 1
        return astray or max(training, held_out) > THROWN_AT_FIRST
    # No fit that merely ended early is unsure of its own photos and yet sure of wrong answers to others.
    return min(training, held_out) > THROWN or (training > BY_HEART and held_out > WILD)


def _fell_back(series: list[float]) -> bool:
    """Say whether training, which sees the same photos each time, ended worse than it was, or never went anywhere.

    One step back on the way is healthy where it is made good: unfreezing a fitted network begins with one.
    """
    if len(series) < TREND:
        return False
    lost = series[-1] - min(series) > SWING
    rises = sum(after - before > SWING for before, after in pairwise(series))
    stuck = series[-1] >= IGNORANT and not _steady(series)
    return stuck or rises > 1 or (lost and series[-1] > UNLEARNED)


def _steady(series: list[float]) -> bool:
    """Say whether the loss sank at nearly every step, as it does when steps are too small and never when too large."""
    steps = list(pairwise(series))
    return series[-1] < series[0] and sum(after < before for before, after in steps) >= 0.7 * len(steps)


def _unfinished(run: Run) -> Ailment | None:
    """Rate too low or too few epochs: the loss was still falling, and there is something left to gain.

    The two look alike in losses. The rate test decides where it is clear; otherwise how many times the epochs would
    have to be made again. Of one or two no pace is known: they are simply few.
    """
    share, count = _unlearned(run.last) / run.ignorance, len(run.history.epochs)
    held_out = [epoch.held_out_loss / run.ignorance for epoch in run.history.epochs]
    seen, unseen = (pace(series, _rates(run), _start(run)) for series in (_unlearned_shares(run), held_out))
    turned = _rise(run) > MATERIAL * run.ignorance
    if share <= MATERIAL or turned or not _under_way(share, seen, unseen, count):
        return None
    if _is_rate_at_fault(run, share, unseen):
        return _rate_ailment(run, Finding.RATE_TOO_LOW)
    return Ailment(Finding.TOO_FEW_EPOCHS, run.score, epochs=count)


def _under_way(share: float, seen: Pace, unseen: Pace, epochs: int) -> bool:
    """Say whether a fit was far from its goal, or had something to gain on training and held-out photos alike."""
    if epochs == 1:
        return seen.fall > MATERIAL or share > UNLEARNED
    slow = share > UNLEARNED and unseen.ahead > WORTH_IT
    return slow or share > IGNORANT or min(seen.gain, unseen.gain) > WORTH_IT


def _is_rate_at_fault(run: Run, share: float, unseen: Pace) -> bool:
    curve = run.history.curve
    if curve is not None:
        suggested = min(curve.steep, curve.valley)
        if _rate(run) >= suggested or _rate(run) * BELOW_CURVE <= suggested:
            return _rate(run) < suggested
    return len(run.history.epochs) >= TREND and (unseen.fall <= 0 or share / unseen.fall > FAR)


def _went_on_too_long(run: Run) -> Ailment | None:
    """Too many epochs: held-out loss rose for sure, or a long fit on little data learned nothing in its second half.

    Only a fit that has come to know its photos by heart is judged, and a rise must matter as well as be significant.
    """
    epochs, last = run.history.epochs, run.last
    best, rise = _best(run), _rise(run)
    rose = rise > MATERIAL * run.ignorance and _standard_errors(rise, last) > RISE
    rose = rose and last.training_loss < best.training_loss
    helped = best if rose else _last_that_helped(run)
    idle = len(epochs) >= LONG and epochs.index(helped) < len(epochs) / 2 and last.wrong > 0
    idle = idle and median(run.photos) < ENOUGH_PHOTOS
    if last.training_loss / run.ignorance > BY_HEART or not (rose or idle):
        return None
    count = epochs.index(helped) + 1
    return Ailment(Finding.TOO_MANY_EPOCHS, run.score, epoch=count, epochs=len(epochs), rose=rose)


def _best(run: Run) -> EpochResult:
    return min(run.history.epochs, key=lambda epoch: epoch.held_out_loss)


def _rise(run: Run) -> float:
    """Return how far held-out loss ended above its lowest."""
    return run.last.held_out_loss - _best(run).held_out_loss


def _standard_errors(rise: float, last: EpochResult) -> float:
    """Return a rise of held-out loss in its standard errors.

    Unmeasured, the spread is bounded by that of the loss itself, as if the wrong photos carried all of it.
    """
    spread = last.spread
    if spread is None:
        spread = last.held_out_loss * math.sqrt(last.n / max(last.wrong, 1))
    return rise * math.sqrt(last.n) / spread if spread > 0 else math.copysign(math.inf, rise) if rise else 0.0


def _last_that_helped(run: Run) -> EpochResult:
    """Return the first epoch after which neither held-out loss nor the error became materially lower."""
    epochs = run.history.epochs
    for index, epoch in enumerate(epochs):
        later = epochs[index + 1 :]
        lower = any(epoch.held_out_loss - one.held_out_loss > MATERIAL * run.ignorance for one in later)
        if not lower and not any(_fewer_wrong(one, epoch) for one in later):
            return epoch
    return epochs[-1]


def _fewer_wrong(later: EpochResult, earlier: EpochResult) -> bool:
    return fisher(earlier.wrong, earlier.n, later.wrong, later.n) < CHANCE


def _little_data(run: Run) -> Ailment | None:
    """Too little data: too few held-out photos to tell, or few to learn from, known by heart, and no good on others."""
    photos = int(median(run.photos))
    judged = run.score.n >= TOO_FEW_TO_JUDGE
    by_heart = run.last.training_loss / run.ignorance <= BY_HEART
    if judged and not (photos < FEW_PHOTOS and by_heart and run.score.low > POOR):
        return None
    return Ailment(Finding.TOO_LITTLE_DATA, run.score, photos=photos)


def _doubtful_labels(run: Run) -> Ailment | None:
    """Labels suspicious: learned by heart and no better than a guess, or contradicted where the network is sure.

    Where a task is hard, being sure helps; where labels are wrong at random it does not. So the surer half must be
    wrong for certain, and not far less often than the other half.
    """
    if median(run.photos) < FEW_PHOTOS or run.score.n < TOO_FEW_TO_JUDGE:
        return None
    if _only_guesses(run):
        return Ailment(Finding.LABELS_SUSPICIOUS, run.score)
    sure = run.surest
    overconfident = _rise(run) > SWING * run.ignorance
    if sure is None or sure.low <= MATERIAL or run.score.error > NO_JUDGE or overconfident:
        return None
    other = score(max(run.score.wrong - sure.wrong, 0), max(run.score.n - sure.n, 0))
    return Ailment(Finding.LABELS_SUSPICIOUS, sure) if sure.error > HARD * other.error else None


def _only_guesses(run: Run) -> bool:
    """Say whether a network that learned its photos may be no better on others than naming the commonest label."""
    guessed = 1 - run.table.sum(axis=1).max() / run.table.sum()
    return bool(run.score.high >= guessed and run.last.training_loss / run.ignorance <= UNLEARNED)


def _failing_label(run: Run) -> Ailment | None:
    """One label failing: a third of its photos or more are wrong, twice the others' share and more than chance.

    The chance is Fisher's, corrected for as many labels as there are (Bonferroni).
    """
    scores, whole = by_label(run.table), run.score
    others = [score(whole.wrong - one.wrong, whole.n - one.n) for one in scores]
    chances = [fisher(one.wrong, one.n, rest.wrong, rest.n) for one, rest in zip(scores, others, strict=True)]
    failing = [
        index
        for index, (one, rest) in enumerate(zip(scores, others, strict=True))
        if one.error >= max(FAILING, 2 * rest.error) and chances[index] < CHANCE / len(scores)
    ]
    if not failing:
        return None
    worst = min(failing, key=lambda index: chances[index])
    taken_for = [pair.answer for pair in most_confused(run.table) if pair.truth == worst]
    name = run.labels[taken_for[0]] if taken_for else None
    return Ailment(Finding.ONE_LABEL_FAILING, scores[worst], label=run.labels[worst], mistaken_for=name)


def _unlearned(epoch: EpochResult) -> float:
    """Return how much loss is left: nobody who answers unseen photos well can be said not to have learned."""
    return min(epoch.training_loss, epoch.held_out_loss)


def _unlearned_shares(run: Run) -> list[float]:
    return [_unlearned(epoch) / run.ignorance for epoch in run.history.epochs]


def _rate_ailment(run: Run, finding: Finding) -> Ailment:
    rate = _rate(run)
    return Ailment(finding, run.score, rate=rate, better_rate=_better_rate(rate, finding, run.history.curve))


def _better_rate(rate: float, finding: Finding, curve: RateCurve | None) -> float:
    """Return the curve's valley if it lies on the right side of the rate, else a tenth or tenfold of the rate."""
    down = finding is Finding.RATE_TOO_HIGH
    if curve is not None and (curve.valley < rate if down else curve.valley > rate):
        return curve.valley
    return rate / 10 if down else rate * 10


def _rates(run: Run) -> list[float]:
    return [epoch.rate for epoch in run.history.epochs]


def _rate(run: Run) -> float:
    return max(_rates(run))


def _start(run: Run) -> float:
    return 1.0 if run.start_loss is None else run.start_loss / run.ignorance
