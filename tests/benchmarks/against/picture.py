"""The comparison as a picture."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

from tests.benchmarks.against.records import Result
from trainer.metrics import score

COLOURS = {
    "plain probe": "#999999",
    "fastai frozen": "#e69f00",
    "fastai tuned": "#d55e00",
    "pupil frozen": "#56b4e9",
    "pupil tuned": "#0072b2",
}


def draw(found: dict[str, dict[str, Result]]) -> bytes:
    """Return a PNG: errors with intervals above, CPU seconds below, a group for each set."""
    there = {name: ways for name, ways in found.items() if ways}
    figure = Figure((10, 8), dpi=120, layout="constrained")
    errors, seconds = figure.subplots(2, 1)
    for place, (way, colour) in enumerate(COLOURS.items()):
        at = [row + (place - 2) * 0.17 for row, ways in enumerate(there.values()) if way in ways]
        results = [ways[way] for ways in there.values() if way in ways]
        said = [score(result.wrong, len(result.right)) for result in results]
        errors.bar(at, [100 * one.error for one in said], 0.16, color=colour, label=way)
        errors.errorbar(
            at,
            [100 * one.error for one in said],
            [[100 * (one.error - one.low) for one in said], [100 * (one.high - one.error) for one in said]],
            fmt="none",
            ecolor="#333333",
            capsize=2,
        )
        seconds.bar(at, [result.cpu_seconds for result in results], 0.16, color=colour)
    for axes, name in ((errors, "errors, %, with 95 % interval"), (seconds, "CPU seconds, from files to a network")):
        axes.set_xticks(range(len(there)), list(there))
        axes.set_ylabel(name)
        axes.spines[["top", "right"]].set_visible(False)
    seconds.set_yscale("log")
    errors.legend(frameon=False, ncols=5)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()
