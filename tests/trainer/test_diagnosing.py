from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.trainer import lesson
from tests.trainer.fits import Plan, fitted
from trainer.diagnosing import Finding, Run, diagnose
from trainer.history import EpochResult, History, RateCurve

SEEDS = range(30)
PLAIN = Plan()
HEALTHY = {
    "plain": PLAIN,
    "four epochs": replace(PLAIN, epochs=4, rate=0.02),
    "many epochs": replace(PLAIN, epochs=12),
    "two labels": replace(PLAIN, labels=2, apart=3.0),
    "ten labels": replace(PLAIN, labels=10, apart=4.5, dimension=64),
    "few photos": replace(PLAIN, photos=20, held_out=15, epochs=8),
    "one in five wrong, for it is hard": replace(PLAIN, apart=2.0),
    "one in three wrong, for it is harder": replace(PLAIN, photos=150, held_out=80, apart=1.5, epochs=6),
    "some labels wrong": replace(PLAIN, noise=0.03),
    "slow": replace(PLAIN, epochs=15, rate=0.01, apart=2.5),
}
OVERFITTING = Plan(noise=0.1, apart=2.5, photos=15, held_out=150, dimension=200, epochs=40, decay=0, blur=0)
FAILED = {
    "far too high": (Finding.RATE_TOO_HIGH, replace(PLAIN, rate=300.0)),
    "too high": (Finding.RATE_TOO_HIGH, replace(PLAIN, rate=5.0, apart=2.0)),
    "far too low": (Finding.RATE_TOO_LOW, replace(PLAIN, rate=1e-5)),
    "too low": (Finding.RATE_TOO_LOW, replace(PLAIN, rate=1e-4)),
    "too low for a hard task": (Finding.RATE_TOO_LOW, replace(PLAIN, rate=2e-4, apart=2.0)),
    "one epoch": (Finding.TOO_FEW_EPOCHS, replace(PLAIN, epochs=1)),
    "one epoch of a hard task": (Finding.TOO_FEW_EPOCHS, replace(PLAIN, epochs=1, apart=2.0)),
    "two epochs": (Finding.TOO_FEW_EPOCHS, replace(PLAIN, epochs=2, rate=0.005)),
    "forty epochs on little data": (Finding.TOO_MANY_EPOCHS, OVERFITTING),
    "forty epochs on wrong labels": (Finding.TOO_MANY_EPOCHS, replace(OVERFITTING, photos=30, noise=0.2)),
}


def epochs(*rows: tuple[float, float, int], n: int = 100, rate: float = 3e-3) -> tuple[EpochResult, ...]:
    return tuple(EpochResult(i, rate, 1.0, a, b, wrong, n, 1.0) for i, (a, b, wrong) in enumerate(rows, 1))


def run_of(*rows: tuple[float, float, int], photos: int = 100) -> Run:
    """A run of two labels, 50 held-out photos each; the last row's mistakes fall on both alike."""
    wrong = rows[-1][2]
    table = np.array([[50 - wrong // 2, wrong // 2], [wrong - wrong // 2, 50 - wrong + wrong // 2]])
    return Run(History(epochs(*rows), best=len(rows)), table, ("cat", "dog"), (photos, photos))


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("curve", [False, True])
def test_a_healthy_fit_raises_no_alarm(name: str, curve: bool) -> None:
    found = [diagnose(fitted(HEALTHY[name], seed, curve=curve)).findings for seed in SEEDS]

    assert found == [{Finding.FINE}] * len(SEEDS)


@pytest.mark.parametrize("name", FAILED)
@pytest.mark.parametrize("curve", [False, True])
def test_a_failed_fit_is_named(name: str, curve: bool) -> None:
    finding, plan = FAILED[name]

    assert [diagnose(fitted(plan, seed, curve=curve)).main.finding for seed in SEEDS] == [finding] * len(SEEDS)


@pytest.mark.parametrize("reading", lesson.READINGS)
@pytest.mark.parametrize("name", lesson.HEALTHY)
def test_the_lessons_good_runs_raise_no_alarm(name: str, reading: float | None) -> None:
    assert diagnose(lesson.as_run(lesson.HEALTHY[name], reading)).findings == {Finding.FINE}


@pytest.mark.parametrize("reading", lesson.READINGS)
@pytest.mark.parametrize(
    ("published", "finding"),
    [
        (lesson.TOO_HIGH, Finding.RATE_TOO_HIGH),
        (lesson.TOO_LOW, Finding.RATE_TOO_LOW),
        (lesson.TOO_FEW, Finding.TOO_FEW_EPOCHS),
    ],
)
def test_the_lessons_failures_are_named(
    published: tuple[lesson.Rows, float, int], finding: Finding, reading: float | None
) -> None:
    assert diagnose(lesson.as_run(published, reading)).main.finding is finding


@pytest.mark.parametrize("reading", lesson.READINGS_OF_TOO_MANY)
def test_the_lessons_forty_epochs_are_too_many_and_yet_not_said_to_have_done_harm(reading: float | None) -> None:
    """Held-out loss rose after epoch 15, by chance (z = 0.9), and ended lower: the rest taught nothing, that is all."""
    main = diagnose(lesson.as_run(lesson.TOO_MANY, reading, photos=60)).main

    assert (main.finding, main.rose, main.epochs) == (Finding.TOO_MANY_EPOCHS, False, 40)
    assert main.epoch is not None
    assert main.epoch <= 15


def test_training_loss_above_held_out_loss_is_no_alarm_and_neither_is_the_other_way_round() -> None:
    assert diagnose(run_of((0.5, 0.3, 9), (0.3, 0.15, 5), (0.27, 0.1, 4), (0.26, 0.1, 4))).main.finding is Finding.FINE
    assert diagnose(run_of((0.3, 0.4, 9), (0.1, 0.25, 8), (0.03, 0.2, 8), (0.02, 0.2, 8))).main.finding is Finding.FINE


def test_a_step_back_that_is_made_good_is_no_alarm() -> None:
    """Unfreezing from a fitted head: 56 wrong of 400 before, then 103, 58, 48, 42 (measured)."""
    run = run_of((0.45, 0.5, 26), (0.2, 0.3, 15), (0.12, 0.24, 12), (0.1, 0.22, 11))

    assert diagnose(replace(run, start_loss=0.15)).main.finding is Finding.FINE


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), 1e9])
def test_a_loss_that_is_no_number_or_enormous_means_too_high_a_rate(loss: float) -> None:
    assert diagnose(run_of((0.4, 0.4, 20), (loss, loss, 50))).main.finding is Finding.RATE_TOO_HIGH


def test_a_network_that_knew_much_before_its_one_epoch_was_not_trained_too_briefly() -> None:
    known = run_of((0.06, 0.08, 3))

    assert diagnose(known).main.finding is Finding.TOO_FEW_EPOCHS
    assert diagnose(replace(known, start_loss=0.07)).main.finding is Finding.FINE


def test_a_rise_within_chance_is_no_alarm_and_a_significant_one_is() -> None:
    risen = run_of((0.3, 0.3, 10), (0.05, 0.2, 8), (0.01, 0.35, 9), (0.0, 0.4, 9))
    last = risen.last

    def with_spread(spread: float) -> Run:
        return replace(risen, history=History((*risen.history.epochs[:-1], replace(last, spread=spread)), best=2))

    assert diagnose(with_spread(1.5)).main.finding is Finding.FINE
    main = diagnose(with_spread(0.5)).main
    assert (main.finding, main.epoch, main.rose) == (Finding.TOO_MANY_EPOCHS, 2, True)


@pytest.mark.parametrize(("rate", "better"), [(0.5, 2e-3), (1e-6, 1e-7)])
def test_the_rate_test_says_which_rate_to_try_if_it_lies_on_the_right_side(rate: float, better: float) -> None:
    curve = RateCurve((1e-6, 1.0), (1.0, 2.0), steep=5e-3, valley=2e-3, tenth=1e-2, diverged=True)

    exploded = History(epochs((40.0, 90.0, 50), rate=rate), best=1, curve=curve)
    main = diagnose(replace(run_of((40.0, 90.0, 50)), history=exploded)).main

    assert main.rate == rate
    assert main.better_rate == pytest.approx(better)


def test_one_failing_label_is_named_with_what_it_is_taken_for() -> None:
    table = np.array([[20, 18, 2], [1, 39, 0], [0, 1, 39]])
    run = Run(
        History(epochs((0.2, 0.4, 25), (0.05, 0.3, 22), (0.04, 0.3, 22)), 3), table, ("a", "b", "c"), (80, 80, 80)
    )

    found = diagnose(run)

    assert found.findings == {Finding.ONE_LABEL_FAILING}
    assert (found.main.label, found.main.mistaken_for, found.main.score.wrong) == ("a", "b", 20)


def test_few_mistakes_on_a_small_label_are_chance() -> None:
    table = np.array([[3, 2, 0], [1, 39, 0], [0, 1, 39]])
    run = Run(History(epochs((0.2, 0.2, 5), (0.05, 0.1, 4), (0.04, 0.1, 4)), 3), table, ("a", "b", "c"), (30, 80, 80))

    assert diagnose(run).findings == {Finding.FINE}


def test_little_data_is_said_where_it_is_known_by_heart_or_too_little_to_judge() -> None:
    few = run_of((0.2, 0.7, 30), (0.05, 0.65, 26), (0.02, 0.65, 26), photos=8)
    tiny = replace(few, table=np.array([[3, 0], [0, 3]]))

    assert diagnose(few).findings == {Finding.TOO_LITTLE_DATA}
    assert Finding.TOO_LITTLE_DATA in diagnose(tiny).findings
    assert diagnose(replace(few, photos=(200, 200))).findings == {Finding.FINE}


def test_labels_are_suspected_where_being_sure_does_not_help() -> None:
    noisy = Plan(noise=0.25, photos=150, held_out=150, dimension=20, apart=5.0, blur=0.5)

    found = [diagnose(fitted(noisy, seed)).findings for seed in SEEDS]

    assert sum(Finding.LABELS_SUSPICIOUS in one for one in found) >= 0.9 * len(SEEDS)


def test_labels_that_have_nothing_to_do_with_the_photos_are_suspected() -> None:
    shuffled = replace(PLAIN, apart=0.0, photos=30, dimension=200, epochs=12)

    found = [diagnose(fitted(shuffled, seed)).findings for seed in SEEDS]

    assert sum(Finding.LABELS_SUSPICIOUS in one for one in found) >= 0.9 * len(SEEDS)


def test_a_run_without_epochs_or_with_lists_that_do_not_fit_is_refused() -> None:
    run = run_of((0.1, 0.1, 2))

    with pytest.raises(ValueError, match="0 epochs"):
        replace(run, history=History((), best=0))
    with pytest.raises(ValueError, match="two labels"):
        replace(run, photos=(1, 2, 3))


def test_one_epoch_that_was_sure_of_wrong_answers_on_the_way_was_too_fast() -> None:
    """Measured: a head that knew nothing, five labels, one epoch at a rate of 0.5, BatchNorm as in evaluation."""
    epoch = EpochResult(1, 0.4849, 3.534, 1.898, 2.147, 45, 50, 10.0, 0.0)
    table = np.full((5, 5), 2) - np.diag([1, 1, 1, 1, 1])
    names = ("daisy", "dandelion", "roses", "sunflowers", "tulips")

    found = diagnose(Run(History((epoch,), 1), table, names, (40,) * 5))

    assert found.main.finding is Finding.RATE_TOO_HIGH
    slower = replace(epoch, training_mode_loss=1.7, training_loss=1.5, held_out_loss=1.55)
    assert diagnose(Run(History((slower,), 1), table, names, (40,) * 5)).main.finding is not Finding.RATE_TOO_HIGH
