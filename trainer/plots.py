"""Pictures that explain a fit: drawn for a phone, in a light and a dark version, told apart without colours.

Whoever needs a picture imports this module where it is needed: matplotlib takes a while to come.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from trainer.advice import Said, share_wrong
from trainer.drawing import (
    LINE,
    Colours,
    Draw,
    legible,
    line,
    plain_axis,
    plain_number,
    plain_numbers,
    shades,
    share_axis,
    stacked,
    write,
    write_title,
)
from trainer.history import History, RateCurve
from trainer.metrics import Band, BeforeAfter, Integers, Score, by_label, most_confused, score

# With more labels than this nothing is legible any more: the most confused of them are shown.
SHOWN = 24
PAIRS = 4
# A loss so many times the middle one is an explosion, and asks for a logarithmic axis.
EXPLODED = 30.0
LUCK = 0.05


def confusion(table: Integers, labels: Sequence[str], *, dark: bool = False) -> bytes:
    """Draw a confusion table (labels, labels), row = true label; of many labels only the most confused."""
    return _single(_confusion_drawing(table, labels), _confusion_height(len(labels)), dark)


def losses(history: History, *, dark: bool = False) -> bytes:
    """Draw both losses, and the error with its interval, epoch by epoch."""
    return _single(_losses_drawing(history), 7.6, dark)


def rate_curve(curve: RateCurve, *, used: float | None = None, dark: bool = False) -> bytes:
    """Draw a rate test with what it suggests and the rate that was `used`."""
    return _single(_rates_drawing(curve, used), 5.0, dark)


def error_before_after(change: BeforeAfter, *, dark: bool = False) -> bytes:
    """Draw the errors of two networks on the same photos, each with its interval."""
    return _single(_change_drawing(change), 3.3, dark)


def reliability(bands: Sequence[Band], *, dark: bool = False) -> bytes:
    """Draw how sure answers were against how often they were right, band by band, each with its interval and count."""
    return _single(_reliability_drawing(bands), 6.0, dark)


def report(
    title: str,
    said: Said,
    table: Integers,
    labels: Sequence[str],
    *,
    bands: Sequence[Band] = (),
    history: History | None = None,
    change: BeforeAfter | None = None,
    dark: bool = False,
) -> bytes:
    """Draw one tall picture: what the doctor says, before and after, confusion, mistakes, reliability, curves."""
    parts: list[tuple[Draw, float]] = [_words_drawing(title, said)]
    if change is not None:
        parts.append((_change_drawing(change), 3.1))
    parts.append((_confusion_drawing(table, labels), _confusion_height(len(labels))))
    if most_confused(table):
        parts.append(_pairs_drawing(table, labels))
    if bands:
        parts.append((_reliability_drawing(bands), 5.8))
    if history is not None:
        parts.append((_losses_drawing(history), 7.4))
        if history.curve is not None:
            used = max(epoch.rate for epoch in history.epochs)
            parts.append((_rates_drawing(history.curve, used), 4.8))
    return stacked(parts, dark)


def _single(draw: Draw, height: float, dark: bool) -> bytes:
    return stacked([(draw, height)], dark)


def _confusion_height(labels: int) -> float:
    return 4.6 if labels <= 3 else 6.4 if labels <= 6 else 8.2


def _confusion_drawing(table: Integers, labels: Sequence[str]) -> Draw:
    chosen = most_confused_labels(table)
    part, whole = table[np.ix_(chosen, chosen)], _score(table)
    all_names = legible(labels, 16 if len(chosen) <= 12 else 12)
    names = [all_names[index] for index in chosen]

    def draw(place: SubFigure, colours: Colours) -> None:
        axes = place.add_subplot()
        shares = part / np.maximum(table[chosen].sum(axis=1, keepdims=True), 1)
        right = np.eye(len(chosen), dtype=bool)
        for kept, colour in ((right, colours.first), (~right, colours.second)):
            # The root makes one mistake in fifty visible.
            shade = np.ma.masked_where(~kept, np.sqrt(shares))
            axes.imshow(shade, cmap=shades(colours.paper, colour), vmin=0, vmax=1, aspect="auto")
        _write_counts(axes, part, shares, colours)
        _tidy_matrix(axes, names, colours)
        some = f"The {len(chosen)} most confused of {len(labels)} labels. " if len(chosen) < len(labels) else ""
        write_title(place, "What I take for what", f"{some}{share_wrong(whole)}", colours)

    return draw


def most_confused_labels(table: Integers) -> list[int]:
    """Return up to `SHOWN` labels, in their order: all, or those with most mistakes made of them and for them."""
    mistakes = table.sum(axis=0) + table.sum(axis=1) - 2 * np.diag(table)
    return sorted(np.argsort(-mistakes, kind="stable")[:SHOWN].tolist())


def _write_counts(axes: Axes, part: Integers, shares: NDArray[np.float64], colours: Colours) -> None:
    size = 15 if len(part) <= 6 else 12 if len(part) <= 12 else 9 if len(part) <= 16 else 8
    for row, column in zip(*np.nonzero(part), strict=True):
        strong = math.sqrt(shares[row, column]) > 0.55
        weight = "bold" if row != column else "normal"
        colour = colours.paper if strong else colours.ink
        axes.text(column, row, str(part[row, column]), ha="center", va="center", size=size, color=colour, weight=weight)


def _tidy_matrix(axes: Axes, names: Sequence[str], colours: Colours) -> None:
    count = len(names)
    size = 12 if count <= 8 else 10.5 if count <= 14 else 9
    across: dict[str, Any] = {"rotation": 0}
    if count > 3:
        across = {"rotation": 40 if count <= 8 else 90, "rotation_mode": "anchor", "ha": "right"}
        across["va"] = "top" if count <= 8 else "center"
    axes.set_xticks(range(count), names, size=size, color=colours.ink, **across)
    axes.set_yticks(range(count), names, size=size, color=colours.ink)
    axes.set_xticks(np.arange(count + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(count + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=colours.grid, linewidth=1)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_facecolor(colours.paper)
    axes.set_ylabel("what it is", size=12, color=colours.faint)
    axes.set_xlabel("what I said", size=12, color=colours.faint)


def _losses_drawing(history: History) -> Draw:
    epochs = history.epochs
    numbers = [epoch.epoch for epoch in epochs]
    training, held_out = [e.training_loss for e in epochs], [e.held_out_loss for e in epochs]
    scores = [score(epoch.wrong, epoch.n) for epoch in epochs]

    def draw(place: SubFigure, colours: Colours) -> None:
        upper, lower = place.subplots(2, 1, sharex=True, height_ratios=[1.25, 1])
        line(upper, numbers, training, "photos I learned from", colours.first, "o-")
        line(upper, numbers, held_out, "photos I had not seen", colours.second, "s--")
        _loss_axis(upper, [*training, *held_out], colours)
        upper.legend(frameon=False, labelcolor=colours.ink, fontsize=12, loc="best")
        low, high = [one.low for one in scores], [one.high for one in scores]
        lower.fill_between(numbers, low, high, color=colours.second, alpha=0.22, linewidth=0)
        if len(numbers) == 1:
            lower.vlines(numbers, low, high, color=colours.second, alpha=0.5, linewidth=6)
        line(lower, numbers, [one.error for one in scores], "", colours.second, "s--")
        share_axis(lower, "wrong, of unseen photos", colours)
        lower.set_ylim(0, max(0.05, 1.03 * max(high)))
        for axes in (upper, lower):
            _mark_kept(axes, history, colours)
        lower.set_xlabel("round through the photos", size=12, color=colours.faint)
        lower.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        write_title(place, "How I learned", f"Kept: round {history.best} of {len(epochs)} (dotted line)", colours)

    return draw


def _loss_axis(axes: Axes, values: Sequence[float], colours: Colours) -> None:
    finite = [value for value in values if math.isfinite(value) and value > 0]
    if finite and max(finite) > EXPLODED * median(finite):
        axes.set_yscale("log")
        plain_numbers(axes.yaxis)
    else:
        axes.set_ylim(0, 1.1 * max(finite, default=1.0))
    plain_axis(axes, "loss (lower is better)", colours)


def _mark_kept(axes: Axes, history: History, colours: Colours) -> None:
    axes.axvline(history.best, color=colours.faint, linewidth=1.6, linestyle=":", zorder=1)


def _rates_drawing(curve: RateCurve, used: float | None) -> Draw:
    def draw(place: SubFigure, colours: Colours) -> None:
        axes = place.add_subplot()
        axes.plot(curve.rates, curve.losses, color=colours.first, linewidth=2.8)
        axes.set_xscale("log")
        plain_numbers(axes.xaxis)
        # What came after the loss exploded would press all else to the floor.
        axes.set_ylim(0, 1.35 * curve.losses[0])
        points = (
            (curve.steep, "steepest", "^"),
            (curve.valley, "middle of the fall", "o"),
            (curve.tenth, "a tenth of the lowest", "s"),
        )
        for rate, name, mark in points:
            height = float(np.interp(math.log(rate), np.log(curve.rates), curve.losses))
            label = f"{name}: {_rate(rate)}"
            axes.plot(
                [rate], [height], mark, color=colours.second, markersize=12, label=label, markeredgecolor=colours.paper
            )
        if used is not None:
            axes.axvline(used, color=colours.ink, linewidth=1.8, linestyle="--", label=f"used: {_rate(used)}")
        axes.legend(frameon=False, labelcolor=colours.ink, fontsize=11.5, loc="lower left")
        plain_axis(axes, "loss", colours)
        axes.set_xlabel("size of the steps (learning rate)", size=12, color=colours.faint)
        write_title(place, "Which steps suit me", "Good ones lie where the loss falls", colours)

    return draw


def _rate(rate: float) -> str:
    return plain_number(float(f"{rate:.1e}"))


def _change_drawing(change: BeforeAfter) -> Draw:
    def draw(place: SubFigure, colours: Colours) -> None:
        axes = place.add_subplot()
        rows = ((change.before, "before", colours.faint, "s"), (change.after, "after", colours.first, "o"))
        for row, (one, _, colour, mark) in enumerate(rows):
            axes.plot([one.low, one.high], [row, row], color=colour, linewidth=9, alpha=0.35, solid_capstyle="butt")
            axes.plot([one.error], [row], mark, color=colour, markersize=15, markeredgecolor=colours.paper)
            text = f"{one.wrong} of {one.n}"
            axes.annotate(
                text,
                (one.error, row),
                (0, 13),
                textcoords="offset points",
                ha="center",
                size=13,
                weight="bold",
                color=colours.ink,
            )
        axes.set_yticks([0, 1], [name for _, name, _, _ in rows])
        axes.set_ylim(1.5, -0.75)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
        plain_axis(axes, "", colours)
        axes.tick_params(axis="y", labelsize=14, labelcolor=colours.ink)
        axes.set_xlim(0, max(change.before.high, change.after.high, 0.02) * 1.08)
        axes.set_xlabel("wrong answers, and where the true share may lie", size=12, color=colours.faint)
        write_title(place, "Before and after, on the same photos", _change_in_words(change), colours)

    return draw


def _reliability_drawing(bands: Sequence[Band]) -> Draw:
    asked = sum(band.wrong.n for band in bands)

    def draw(place: SubFigure, colours: Colours) -> None:
        axes = place.add_subplot()
        axes.plot([0, 1], [0, 1], ":", color=colours.faint, linewidth=1.8, label="as sure as right")
        for band in bands:
            axes.vlines(band.stated, band.low, band.high, color=colours.second, linewidth=7, alpha=0.35)
            count = f"{band.wrong.n}"
            above = {"textcoords": "offset points", "ha": "center", "size": 12, "color": colours.ink}
            axes.annotate(count, (band.stated, band.high), (0, 5), **above)  # type: ignore[arg-type]
        line(axes, [band.stated for band in bands], [band.right for band in bands], "measured", colours.second, "s")
        axes.legend(frameon=False, labelcolor=colours.ink, fontsize=12, loc="lower right")
        share_axis(axes, "how often I was right", colours)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
        axes.set_xlabel("how sure I said I was", size=12, color=colours.faint)
        axes.set_xlim(-0.02, 1.03)
        axes.set_ylim(-0.03, 1.08)
        write_title(
            place, "Whether I am as sure as I am right", f"Of {asked} unseen photos; numbers count them", colours
        )

    return draw


def _change_in_words(change: BeforeAfter) -> str:
    if not change.better and not change.worse:
        return "The same answers as before"
    luck = "this may be chance" if change.chance >= LUCK else "more than chance"
    return f"{change.better} now right, {change.worse} now wrong: {luck}"


def _words_drawing(title: str, said: Said) -> tuple[Draw, float]:
    sentence, advice = textwrap.wrap(said.sentence, 62), textwrap.wrap(said.advice, 54)
    height = 0.95 + LINE * (len(sentence) + len(advice))

    def draw(place: SubFigure, colours: Colours) -> None:
        write(place, colours.ink, 0.17, legible([title], 40)[0], size=21, weight="bold")
        write(place, colours.ink, 0.7, "\n".join(sentence), size=14, linespacing=1.4)
        below = 0.75 + LINE * len(sentence)
        write(place, colours.first, below, "\n".join(advice), size=14, linespacing=1.4, weight="bold")

    return draw, height


def _pairs_drawing(table: Integers, labels: Sequence[str]) -> tuple[Draw, float]:
    names, asked = legible(labels, 20), [one.n for one in by_label(table)]
    pairs = most_confused(table)[:PAIRS]

    def draw(place: SubFigure, colours: Colours) -> None:
        write(place, colours.ink, 0.1, "My most frequent mistakes", size=17, weight="bold")
        for row, pair in enumerate(pairs):
            down = 0.6 + 0.36 * row
            write(place, colours.ink, down, names[pair.truth], size=14)
            write(place, colours.faint, down, "taken for", x=0.46, ha="center", size=12)
            write(place, colours.ink, down, names[pair.answer], x=0.54, size=14)
            count = f"{pair.count} of {asked[pair.truth]}"
            write(place, colours.second, down, count, x=0.97, ha="right", size=14, weight="bold")

    return draw, 0.8 + 0.36 * len(pairs)


def _score(table: Integers) -> Score:
    return score(int(table.sum() - np.trace(table)), int(table.sum()))
