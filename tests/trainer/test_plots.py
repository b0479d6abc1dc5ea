from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.trainer import lesson
from tests.trainer.fits import Plan, fitted
from trainer import plots
from trainer.advice import say
from trainer.diagnosing import diagnose
from trainer.metrics import Integers, before_after, confusion, reliability

RUN = fitted(Plan(epochs=3), seed=1, curve=True)
CURVE = RUN.history.curve
BANDS = reliability(np.array([0.6, 0.9, 0.95]), np.array([False, True, True]))
ODD = ["golden retriever", "cat 🐱", "שועל", "قطة سوداء", "猫", "x$y$z", "<b>", "é" * 40]


def table_of(labels: int) -> Integers:
    rng = np.random.default_rng(labels)
    truth = np.repeat(np.arange(labels), 20)
    answers = np.where(rng.random(len(truth)) < 0.2, rng.integers(0, labels, len(truth)), truth)
    return confusion(truth, answers, labels)


def pixels(png: bytes) -> Integers:
    """The picture as (height, width, 3), which fails unless it is a PNG that can be decoded."""
    picture = Image.open(io.BytesIO(png), formats=["PNG"])
    picture.load()
    return np.asarray(picture.convert("RGB"), dtype=np.int64)


def check(png: bytes, *, dark: bool, tallest: int = 1400) -> None:
    """As wide as a phone, on dark or light paper, and drawn upon from top to bottom."""
    found = pixels(png)
    assert found.shape[1] == 1080
    assert 400 < found.shape[0] <= tallest
    paper = found[2, 2]
    assert (paper.mean() < 60) == dark
    drawn = np.abs(found - paper).sum(axis=2) > 60
    assert all(part.mean() > 0.003 for part in np.array_split(drawn, 3))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("labels", [2, 6, 12, 24, 30])
def test_confusion_is_drawn_for_few_and_many_labels(labels: int, dark: bool) -> None:
    names = [f"name of label {number}" for number in range(labels)]

    check(plots.confusion(table_of(labels), names, dark=dark), dark=dark)


def test_of_too_many_labels_the_most_confused_are_shown() -> None:
    table = np.diag(np.full(30, 9))
    table[3, 28] = table[29, 7] = 2

    chosen = plots.most_confused_labels(table)

    assert len(chosen) == plots.SHOWN
    assert {3, 7, 28, 29} < set(chosen)
    assert chosen == sorted(chosen)


@pytest.mark.parametrize("dark", [False, True])
def test_names_that_no_font_has_and_names_that_look_like_formulas_are_drawn(dark: bool) -> None:
    """Warnings are errors here, so a letter without a shape would fail."""
    check(plots.confusion(table_of(len(ODD)), ODD, dark=dark), dark=dark)


@pytest.mark.parametrize("dark", [False, True])
def test_losses_are_drawn_even_of_one_epoch_and_of_an_explosion(dark: bool) -> None:
    exploded = fitted(Plan(rate=300.0), seed=1).history
    lost = replace(exploded, epochs=(*exploded.epochs[:-1], replace(exploded.epochs[-1], held_out_loss=float("nan"))))
    only_lost = replace(exploded, epochs=(replace(exploded.epochs[0], held_out_loss=np.nan, training_loss=np.inf),))

    for history in (
        RUN.history,
        replace(RUN.history, epochs=RUN.history.epochs[:1], best=1),
        exploded,
        lost,
        only_lost,
    ):
        check(plots.losses(history, dark=dark), dark=dark)
    check(plots.losses(lesson.as_run(lesson.TOO_MANY, None).history, dark=dark), dark=dark)


@pytest.mark.parametrize("dark", [False, True])
def test_a_rate_test_is_drawn_with_and_without_the_rate_that_was_used(dark: bool) -> None:
    assert CURVE is not None

    check(plots.rate_curve(CURVE, dark=dark), dark=dark)
    check(plots.rate_curve(CURVE, used=0.03, dark=dark), dark=dark)


@pytest.mark.parametrize("dark", [False, True])
def test_before_and_after_are_drawn_even_without_a_mistake(dark: bool) -> None:
    right = np.full(141, True)
    some = right.copy()
    some[:5] = False

    for change in (before_after(some, right), before_after(right, some), before_after(right, right)):
        check(plots.error_before_after(change, dark=dark), dark=dark)


@pytest.mark.parametrize("dark", [False, True])
def test_reliability_is_drawn_for_many_answers_and_for_one(dark: bool) -> None:
    rng = np.random.default_rng(0)
    sure = rng.random(200)

    for confidences in (sure, sure[:1]):
        bands = reliability(confidences, rng.random(len(confidences)) < confidences)
        check(plots.reliability(bands, dark=dark), dark=dark)


@pytest.mark.parametrize("dark", [False, True])
def test_a_report_holds_what_there_is_to_show(dark: bool) -> None:
    change = before_after(np.full(50, True), np.full(50, True))
    said = say(diagnose(RUN))

    full = plots.report("Network 3", said, RUN.table, RUN.labels, history=RUN.history, change=change, dark=dark)
    short = plots.report("Network 3", said, RUN.table, RUN.labels, dark=dark)

    check(full, dark=dark, tallest=5000)
    check(short, dark=dark)
    banded = plots.report("Network 3", said, RUN.table, RUN.labels, bands=BANDS, dark=dark)
    assert pixels(banded).shape[0] > pixels(short).shape[0] + 500
    assert pixels(full).shape[0] > 2 * pixels(short).shape[0]


def test_threads_that_draw_at_once_draw_the_same() -> None:
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda dark: plots.losses(RUN.history, dark=dark), [False, True] * 4))

    assert set(drawn[::2]) == {plots.losses(RUN.history)}
    assert len(set(drawn)) == 2
