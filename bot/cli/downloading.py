"""`pupil download LIST`: what a list of addresses names comes into the data set, or into a folder per label."""

import csv
import json
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bot.actions.safe_names import cell
from bot.cli.download_targets import IntoDataSet, IntoFolder, Target
from bot.cli.importing import opening_eyes
from bot.cli.opening import opened
from bot.cli.plain import DECODERS_DOWN, printable, progress_bar, quiet_decoders, sentence, trouble
from bot.downloading.aside import FetcherMaker, download_aside
from bot.downloading.download import COMMAND_LINE, Arrived, Missed, Outcome
from bot.downloading.errors import LineFlaw, ListRefused
from bot.downloading.journal import KEPT, Became, Finished, Journal
from bot.downloading.lists import COMMAND_LINE as LIST_LIMITS
from bot.downloading.lists import AddressList, Item, read_list
from bot.downloading.words import why_left_out, why_missed, why_not_read
from bot.fetching.fetch import Fetcher
from pictures.decoders import Decoders, DecodersDown
from storage import StorageError, StorageSettings

SHOWN_REASONS = 20
JOURNAL = "downloads.jsonl"
Fetching = Callable[[Sequence[Item]], Iterator[Outcome]]


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: at most so many of the first addresses of a list; `label` is for lines that have none."""

    source: Path
    label: str = ""
    most: int | None = None
    into: Path | None = None
    report: Path | None = None

    @property
    def report_file(self) -> Path:
        return self.report or self.source.with_name(f"{self.source.stem}-report.csv")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the report."""

    line: int
    address: str
    label: str
    became: Became
    reason: str


def download_list(order: Order, *, as_json: bool, make_fetcher: FetcherMaker = Fetcher) -> int:
    """Download a list. `make_fetcher` is for tests, whose servers are on loopback."""
    console = Console(stderr=True, soft_wrap=True)
    found = _read(order)
    if isinstance(found, str):
        console.print(found, style="red", markup=False, highlight=False)
        return 2
    quiet_decoders()
    rows, started = _left_out(found, order.most), time.perf_counter()
    try:
        rows += _download(found.items[: order.most], order, console, make_fetcher)
        _write_report(sorted(rows, key=lambda row: row.line), order.report_file)
    except KeyboardInterrupt:
        console.print("Stopped. What was taken is kept; the same command goes on from here.")
        return 130
    except StorageError as error:
        return _stopped(console, f"{trouble(error)} ({error})")
    except DecodersDown:
        return _stopped(console, DECODERS_DOWN)
    except OSError as error:
        return _stopped(
            console, f"{printable(str(error.filename))} cannot be written ({(error.strerror or '').lower()})."
        )
    _tell(rows, order, time.perf_counter() - started, as_json=as_json)
    if not any(row.became in KEPT for row in rows):
        console.print(f"Nothing could be taken from {printable(str(order.source))}.", style="red", markup=False)
        return 1
    return 0


def _stopped(console: Console, why: str) -> int:
    console.print(f"The download stopped. {why}", style="red", markup=False, highlight=False)
    console.print("What was taken is kept; once that is mended, the same command goes on from here.")
    return 1


def _read(order: Order) -> AddressList | str:
    """What the list names, or why nothing is begun."""
    shown = printable(str(order.source))
    try:
        with order.source.open("rb") as file:
            found = read_list(file.read(LIST_LIMITS.size + 1), LIST_LIMITS, label=order.label)
    except ListRefused as refused:
        return f"{shown} was not read. {sentence(why_not_read(refused))} Nothing was downloaded."
    except OSError as error:
        return f"{shown} cannot be read ({(error.strerror or '').lower()})."
    if not found.items and all(one.flaw is LineFlaw.NO_LABEL for one in found.left_out):
        return f"{shown} does not say what the pictures show. Say it with --label, or in a column “label”."
    return found


def _left_out(found: AddressList, most: int | None) -> list[Row]:
    rows = [Row(one.line, one.text, "", Became.LEFT_OUT, why_left_out(one)) for one in found.left_out]
    beyond = () if most is None else found.items[most:]
    reason = f"it comes after the first {most}"
    return rows + [Row(one.line, one.address, one.label, Became.LEFT_OUT, reason) for one in beyond]


def _download(items: Sequence[Item], order: Order, console: Console, make_fetcher: FetcherMaker) -> list[Row]:
    def fetch(wanted: Sequence[Item]) -> Iterator[Outcome]:
        return download_aside(wanted, make_fetcher, COMMAND_LINE)

    with ExitStack() as until_done:
        target, journal = _target(order.into, console, until_done)
        advance = until_done.enter_context(progress_bar(console, "Downloading", len(items)))
        rows = []
        for one in finish(items, journal, fetch, target):
            rows.append(Row(one.item.line, one.item.address, one.item.label, one.became, one.reason))
            advance()
        return rows


def _target(into: Path | None, console: Console, until_done: ExitStack) -> tuple[Target, Journal]:
    """Where pictures go, and the journal beside them: it tells of what is there, and of nothing else."""
    decoders = until_done.enter_context(Decoders())
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        return IntoFolder(into, decoders), Journal(into / f".{JOURNAL}")
    store = until_done.enter_context(opened(StorageSettings()))
    with store.write() as unit:
        classifier_id = unit.classifiers.default().id
    eyes = opening_eyes(store.home, console)
    return IntoDataSet(store, classifier_id, eyes, decoders), Journal(store.home / JOURNAL)


def finish(items: Sequence[Item], journal: Journal, fetch: Fetching, target: Target) -> Iterator[Finished]:
    """What becomes of each item. What the journal knows of is not fetched again, if it is still there."""
    wanted = []
    for item in items:
        noted = journal.of(item)
        if noted is None or (noted.became in KEPT and not target.has(noted.digest, item.label)):
            wanted.append(item)
        else:
            became = Became.KNOWN if noted.became in KEPT else noted.became
            yield Finished(item, became, noted.reason if became is noted.became else "", noted.digest)
    missed: deque[Finished] = deque()
    # After each picture what was missed meanwhile, and at the end what was missed after the last one.
    for one in _with_rest(target.take(_arrived(fetch(wanted), missed)), missed):
        journal.add(one)
        yield one


def _arrived(outcomes: Iterator[Outcome], missed: deque[Finished]) -> Iterator[Arrived]:
    for one in outcomes:
        if isinstance(one, Missed):
            missed.append(Finished(one.item, Became.MISSED, why_missed(one.why), may_pass=one.may_pass))
        else:
            yield one


def _with_rest(taken: Iterator[Finished], missed: deque[Finished]) -> Iterator[Finished]:
    for one in taken:
        yield one
        while missed:
            yield missed.popleft()
    yield from missed


def _write_report(rows: Sequence[Row], file: Path) -> None:
    """All of it or nothing, where an earlier one may be."""
    passing = file.with_name(f".{file.name}.{os.getpid()}")
    with passing.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(("line", "url", "label", "outcome", "reason"))
        table.writerows(
            (row.line, cell(row.address), cell(row.label), row.became.value, cell(row.reason)) for row in rows
        )
    os.replace(passing, file)


def _tell(rows: Sequence[Row], order: Order, seconds: float, *, as_json: bool) -> None:
    counts = Counter(row.became for row in rows)
    report = printable(str(order.report_file))
    if as_json:
        told = {one.value.replace(" ", "_"): counts[one] for one in Became}
        print(json.dumps({**told, "report": report, "seconds": round(seconds, 3)}))
        return
    console = Console(highlight=False, markup=False, soft_wrap=True)
    words = {Became.CHANGED: "moved here", Became.REFUSED: "not taken", Became.MISSED: "not downloaded"}
    listed = ", ".join(f"{counts[one]} {words.get(one, one.value)}" for one in Became if counts[one])
    console.print(f"{listed}, in {seconds:.1f} s. What became of each line is in {report}.")
    reasons = Counter(row.reason for row in rows if row.became not in KEPT)
    for reason, count in reasons.most_common(SHOWN_REASONS):
        console.print(f"  {count} x {printable(reason)}")
    if any(row.became is Became.MISSED for row in rows):
        console.print("The same command tries once more what may pass; all else it does not fetch again.")
