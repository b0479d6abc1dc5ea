"""Pictures that explain a fit: drawn for a phone, in a light and a dark version, told apart without colours.

Matplotlib is wanted here alone, so whoever needs a picture imports this module where it is needed. Figures are made as
objects and never through pyplot, whose globals all threads would share.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any

import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from trainer.advice import Said, share_wrong
from trainer.history import History, RateCurve
from trainer.lettering import lettered
from trainer.metrics import BeforeAfter, Integers, Score, by_label, most_confused, score

# Inches and dots to the inch: 1080 pixels across, which a phone shows whole; a point of type is about two of them.
WIDTH, DPI = 7.2, 150
FONT = "DejaVu Sans"  # comes with matplotlib, and has Latin, Greek, Cyrillic, Hebrew and Arabic letters
# With more labels than this nothing is legible any more: the most confused of them are shown.
SHOWN = 24
PAIRS = 4
# Inches of a line of words, and the left margin as a share of the width.
LINE, MARGIN = 0.29, 0.03
# A loss so many times the middle one is an explosion, and asks for a logarithmic axis.
EXPLODED = 30.0
LUCK = 0.05

Draw = Callable[[SubFigure, "Colours"], None]


@dataclass(frozen=True, slots=True)
class Colours:
    """One version's colours; `first` and `second` are Okabe and Ito's, which the colour-blind tell apart."""

    paper: str
    ink: str
    faint: str
    grid: str
    first: str
    second: str


LIGHT = Colours("#ffffff", "#1c232b", "#5d6874", "#e3e7eb", "#0072b2", "#d55e00")
DARK = Colours("#17212b", "#f1f4f7", "#9fb0c0", "#2d3b49", "#56b4e9", "#f0a030")


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


def report(
    title: str,
    said: Said,
    table: Integers,
    labels: Sequence[str],
    *,
    history: History | None = None,
    change: BeforeAfter | None = None,
    dark: bool = False,
) -> bytes:
    """Draw one tall picture: what the doctor says, before and after, confusion, the worst mistakes, curves."""
    parts: list[tuple[Draw, float]] = [_words_drawing(title, said)]
    if change is not None:
        parts.append((_change_drawing(change), 3.1))
    parts.append((_confusion_drawing(table, labels), _confusion_height(len(labels))))
    if most_confused(table):
        parts.append(_pairs_drawing(table, labels))
    if history is not None:
        parts.append((_losses_drawing(history), 7.4))
        if history.curve is not None:
            used = max(epoch.rate for epoch in history.epochs)
            parts.append((_rates_drawing(history.curve, used), 4.8))
    return _stacked(parts, dark)


def _single(draw: Draw, height: float, dark: bool) -> bytes:
    return _stacked([(draw, height)], dark)


def _stacked(parts: Sequence[tuple[Draw, float]], dark: bool) -> bytes:
    """Draw parts (with their heights in inches) below each other and return the PNG."""
    colours = DARK if dark else LIGHT
    heights = [height for _, height in parts]
    figure = Figure((WIDTH, sum(heights)), dpi=DPI, facecolor=colours.paper, layout="constrained")
    figure.get_layout_engine().set(h_pad=0.1, w_pad=0.12)  # type: ignore[union-attr,call-arg]
    places = figure.subfigures(len(parts), 1, squeeze=False, height_ratios=heights)[:, 0]
    for (draw, _), place in zip(parts, places, strict=True):
        place.set_facecolor(colours.paper)
        draw(place, colours)
    for text in figure.findobj(Text):
        # A label with two dollar signs is no formula. Set here and not in rcParams, which all threads share.
        text.set_parse_math(False)
        text.set_fontfamily(FONT)
    stream = io.BytesIO()
    FigureCanvasAgg(figure).print_png(stream)  # type: ignore[no-untyped-call]
    return stream.getvalue()


def _confusion_height(labels: int) -> float:
    return 4.6 if labels <= 3 else 6.4 if labels <= 6 else 8.2


def _confusion_drawing(table: Integers, labels: Sequence[str]) -> Draw:
    chosen = most_confused_labels(table)
    part, whole = table[np.ix_(chosen, chosen)], _score(table)
    all_names = _names(labels, 16 if len(chosen) <= 12 else 12)
    names = [all_names[index] for index in chosen]

    def draw(place: SubFigure, colours: Colours) -> None:
        axes = place.add_subplot()
        shares = part / np.maximum(table[chosen].sum(axis=1, keepdims=True), 1)
        right = np.eye(len(chosen), dtype=bool)
        for kept, colour in ((right, colours.first), (~right, colours.second)):
            # The root makes one mistake in fifty visible.
            shade = np.ma.masked_where(~kept, np.sqrt(shares))
            axes.imshow(shade, cmap=_shades(colours.paper, colour), vmin=0, vmax=1, aspect="auto")
        _write_counts(axes, part, shares, colours)
        _tidy_matrix(axes, names, colours)
        some = f"The {len(chosen)} most confused of {len(labels)} labels. " if len(chosen) < len(labels) else ""
        _title(place, "What I take for what", f"{some}{share_wrong(whole)}", colours)

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
        _line(upper, numbers, training, "photos I learned from", colours.first, "o-")
        _line(upper, numbers, held_out, "photos I had not seen", colours.second, "s--")
        _loss_axis(upper, [*training, *held_out], colours)
        upper.legend(frameon=False, labelcolor=colours.ink, fontsize=12, loc="best")
        low, high = [one.low for one in scores], [one.high for one in scores]
        lower.fill_between(numbers, low, high, color=colours.second, alpha=0.22, linewidth=0)
        if len(numbers) == 1:
            lower.vlines(numbers, low, high, color=colours.second, alpha=0.5, linewidth=6)
        _line(lower, numbers, [one.error for one in scores], "", colours.second, "s--")
        _share_axis(lower, "wrong, of unseen photos", colours)
        lower.set_ylim(0, max(0.05, 1.03 * max(high)))
        for axes in (upper, lower):
            _mark_kept(axes, history, colours)
        lower.set_xlabel("round through the photos", size=12, color=colours.faint)
        lower.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        _title(place, "How I learned", f"Kept: round {history.best} of {len(epochs)} (dotted line)", colours)

    return draw


def _line(axes: Axes, across: Sequence[float], up: Sequence[float], name: str, colour: str, style: str) -> None:
    small = len(across) > 20
    axes.plot(across, up, style, color=colour, label=name, linewidth=2.4, markersize=0 if small else 7)


def _loss_axis(axes: Axes, values: Sequence[float], colours: Colours) -> None:
    finite = [value for value in values if math.isfinite(value) and value > 0]
    if finite and max(finite) > EXPLODED * median(finite):
        axes.set_yscale("log")
        _plain_numbers(axes.yaxis)
    else:
        axes.set_ylim(0, 1.1 * max(finite, default=1.0))
    _plain_axis(axes, "loss (lower is better)", colours)


def _share_axis(axes: Axes, name: str, colours: Colours) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
    _plain_axis(axes, name, colours)


def _plain_numbers(axis: Axis) -> None:
    """Write a logarithmic axis without formulas."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: _plain(value)))
    axis.set_minor_formatter(FuncFormatter(lambda _value, _: ""))


def _plain_axis(axes: Axes, name: str, colours: Colours) -> None:
    axes.set_facecolor(colours.paper)
    axes.grid(color=colours.grid, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    axes.tick_params(which="both", length=0, colors=colours.faint, labelsize=11.5)
    axes.set_ylabel(name, size=12, color=colours.faint)


def _mark_kept(axes: Axes, history: History, colours: Colours) -> None:
    axes.axvline(history.best, color=colours.faint, linewidth=1.6, linestyle=":", zorder=1)


def _rates_drawing(curve: RateCurve, used: float | None) -> Draw:
    def draw(place: SubFigure, colours: Colours) -> None:
        axes = place.add_subplot()
        axes.plot(curve.rates, curve.losses, color=colours.first, linewidth=2.8)
        axes.set_xscale("log")
        _plain_numbers(axes.xaxis)
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
        _plain_axis(axes, "loss", colours)
        axes.set_xlabel("size of the steps (learning rate)", size=12, color=colours.faint)
        _title(place, "Which steps suit me", "Good ones lie where the loss falls", colours)

    return draw


def _rate(rate: float) -> str:
    return _plain(float(f"{rate:.1e}"))


def _plain(value: float) -> str:
    return f"{value:g}".replace("e-0", "e-").replace("e+0", "e")


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
        _plain_axis(axes, "", colours)
        axes.tick_params(axis="y", labelsize=14, labelcolor=colours.ink)
        axes.set_xlim(0, max(change.before.high, change.after.high, 0.02) * 1.08)
        axes.set_xlabel("wrong answers, and where the true share may lie", size=12, color=colours.faint)
        _title(place, "Before and after, on the same photos", _change_in_words(change), colours)

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
        _text(place, colours.ink, 0.17, _names([title], 40)[0], size=21, weight="bold")
        _text(place, colours.ink, 0.7, "\n".join(sentence), size=14, linespacing=1.4)
        below = 0.75 + LINE * len(sentence)
        _text(place, colours.first, below, "\n".join(advice), size=14, linespacing=1.4, weight="bold")

    return draw, height


def _pairs_drawing(table: Integers, labels: Sequence[str]) -> tuple[Draw, float]:
    names, asked = _names(labels, 20), [one.n for one in by_label(table)]
    pairs = most_confused(table)[:PAIRS]

    def draw(place: SubFigure, colours: Colours) -> None:
        _text(place, colours.ink, 0.1, "My most frequent mistakes", size=17, weight="bold")
        for row, pair in enumerate(pairs):
            down = 0.6 + 0.36 * row
            _text(place, colours.ink, down, names[pair.truth], size=14)
            _text(place, colours.faint, down, "taken for", x=0.46, ha="center", size=12)
            _text(place, colours.ink, down, names[pair.answer], x=0.54, size=14)
            count = f"{pair.count} of {asked[pair.truth]}"
            _text(place, colours.second, down, count, x=0.97, ha="right", size=14, weight="bold")

    return draw, 0.8 + 0.36 * len(pairs)


def _title(place: SubFigure, title: str, below: str, colours: Colours) -> None:
    """Write a title with a line below; the layout keeps room for both."""
    place.suptitle(f"{title}\n", x=MARGIN, ha="left", size=17, weight="bold", color=colours.ink)
    _text(place, colours.faint, 0.47, below, size=12.5 if len(below) < 62 else 10.5)


def _text(place: SubFigure, colour: str, down: float, text: str, *, x: float = MARGIN, **looks: Any) -> None:
    """Write at `down` inches from the top."""
    place.text(x, 1 - down * DPI / place.bbox.height, text, va="top", color=colour, **looks)


def _names(labels: Sequence[str], longest: int) -> tuple[str, ...]:
    return lettered(labels, drawable(), longest=longest)


@cache
def drawable() -> frozenset[int]:
    """Return the code points that the font has; others would be boxes, and a warning each."""
    return frozenset(font_manager.get_font(font_manager.findfont(FONT)).get_charmap())


def _shades(paper: str, colour: str) -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list("shades", [paper, colour])


def _score(table: Integers) -> Score:
    return score(int(table.sum() - np.trace(table)), int(table.sum()))
