"""What all pictures share: paper and colours, letters, plain axes, and parts below each other as one PNG.

Figures are made as objects and never through pyplot, whose globals all threads would share.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter

from trainer.lettering import lettered

# Inches and dots to the inch: 1080 pixels across, which a phone shows whole; a point of type is about two of them.
WIDTH, DPI = 7.2, 150
FONT = "DejaVu Sans"  # comes with matplotlib, and has Latin, Greek, Cyrillic, Hebrew and Arabic letters
# Inches of a line of words, and the left margin as a share of the width.
LINE, MARGIN = 0.29, 0.03

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


def stacked(parts: Sequence[tuple[Draw, float]], dark: bool) -> bytes:
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


def line(axes: Axes, across: Sequence[float], up: Sequence[float], name: str, colour: str, style: str) -> None:
    small = len(across) > 20
    axes.plot(across, up, style, color=colour, label=name, linewidth=2.4, markersize=0 if small else 7)


def share_axis(axes: Axes, name: str, colours: Colours) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
    plain_axis(axes, name, colours)


def plain_numbers(axis: Axis) -> None:
    """Write a logarithmic axis without formulas."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain_number(value)))
    axis.set_minor_formatter(FuncFormatter(lambda _value, _: ""))


def plain_axis(axes: Axes, name: str, colours: Colours) -> None:
    axes.set_facecolor(colours.paper)
    axes.grid(color=colours.grid, linewidth=1)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    axes.tick_params(which="both", length=0, colors=colours.faint, labelsize=11.5)
    axes.set_ylabel(name, size=12, color=colours.faint)


def plain_number(value: float) -> str:
    return f"{value:g}".replace("e-0", "e-").replace("e+0", "e")


def write_title(place: SubFigure, title: str, below: str, colours: Colours) -> None:
    """Write a title with a line below; the layout keeps room for both."""
    place.suptitle(f"{title}\n", x=MARGIN, ha="left", size=17, weight="bold", color=colours.ink)
    write(place, colours.faint, 0.47, below, size=12.5 if len(below) < 62 else 10.5)


def write(place: SubFigure, colour: str, down: float, text: str, *, x: float = MARGIN, **looks: Any) -> None:
    """Write at `down` inches from the top."""
    place.text(x, 1 - down * DPI / place.bbox.height, text, va="top", color=colour, **looks)


def legible(labels: Sequence[str], longest: int) -> tuple[str, ...]:
    return lettered(labels, drawable(), longest=longest)


@cache
def drawable() -> frozenset[int]:
    """Return the code points that the font has; others would be boxes, and a warning each."""
    return frozenset(font_manager.get_font(font_manager.findfont(FONT)).get_charmap())


def shades(paper: str, colour: str) -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list("shades", [paper, colour])
