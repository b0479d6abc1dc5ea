"""Reads a list of addresses as people have them: one a line, or a table with labels that some program wrote.

An address may hold commas and semicolons, so what separates a table's cells is found out from all its lines together.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.downloading.errors import LineFlaw, ListFlaw, ListRefused
from bot.fetching.links import LONGEST_LINK
from storage import key_of, tidy

_LINE_END = re.compile(r"\r\n|\r|\n")  # `splitlines` would also end lines where none ends
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_LONGEST_LINE = 2 * LONGEST_LINK
_SEPARATORS = ("\t", ";", ",")
# How many lines tell what a table is like.
_LOOKED_AT = 200
_ADDRESS_COLUMNS = {"url", "urls", "uri", "link", "address", "src", "href", "image", "image_url", "image url"}
_LABEL_COLUMNS = {"label", "labels", "class", "category", "tag"}
# What is in many an address behind its commas, and in hardly any label: its signs, or the ending of a file.
_OF_ADDRESSES = re.compile(r"[/?=&%]|\.[a-z]{3,4}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes that a list may have, and rows: lines that are neither blank nor comments."""

    size: int
    rows: int


CHAT = Limits(size=1_000_000, rows=100)
COMMAND_LINE = Limits(size=50_000_000, rows=100_000)


@dataclass(frozen=True, slots=True)
class Item:
    """An address with its label, and the line that it stands in, counted from one."""

    line: int
    address: str
    label: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that gives nothing to fetch. `earlier` is the item that has its address already, if that is why."""

    line: int
    text: str
    flaw: LineFlaw
    earlier: Item | None = None


@dataclass(frozen=True, slots=True)
class AddressList:
    """All rows of a list, in order: each is an item or was left out."""

    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """How the rows are written: in cells or not, and in which of them address and label stand.

    A position of None is whichever cell the row has its address in, or the first one beside that.
    """

    separator: str | None
    address: int | None = None
    label: int | None = None
    has_header: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    text: str


def read_list(data: bytes, limits: Limits, *, label: str = "") -> AddressList:
    """What a list names. `label` is for rows that have none of their own.

    Raises:
        ListRefused: it is too big, is no text, or names nothing.
    """
    if len(data) > limits.size:
        raise ListRefused(ListFlaw.TOO_BIG, limit=limits.size)
    rows = list(islice(_rows(_decoded(data)), limits.rows + 2))
    form = _form(rows)
    rows = rows[form.has_header :]
    if not rows:
        raise ListRefused(ListFlaw.EMPTY)
    if len(rows) > limits.rows:
        raise ListRefused(ListFlaw.TOO_MANY, limit=limits.rows)
    return _collected(rows, form, tidy(label))


def _decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 where it says so: spreadsheets write both."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise ListRefused(ListFlaw.NOT_TEXT) from None
    if "\0" in text:
        raise ListRefused(ListFlaw.NOT_TEXT)
    return text


def _rows(text: str) -> Iterator[_Row]:
    for number, line in enumerate(_LINE_END.split(text), 1):
        if (said := line.strip()) and not said.startswith("#"):
            # An empty first cell is one, so tabs stay where they are.
            yield _Row(number, line.strip(" "))


def _collected(rows: Sequence[_Row], form: _Form, label: str) -> AddressList:
    items: dict[str, Item] = {}
    left_out = []
    for row in rows:
        read = _read(row, form, label)
        if isinstance(read, LeftOut):
            left_out.append(read)
            continue
        # What comes after the # is for the reader alone; the server never hears of it.
        first = items.setdefault(read.address.partition("#")[0], read)
        if first is not read:
            same = key_of(first.label) == key_of(read.label)
            left_out.append(_left_out(row, LineFlaw.REPEATED if same else LineFlaw.OTHER_LABEL, first))
    return AddressList(tuple(items.values()), tuple(left_out))


def _read(row: _Row, form: _Form, label: str) -> Item | LeftOut:
    if len(row.text) > _LONGEST_LINE:
        return _left_out(row, LineFlaw.TOO_LONG)
    cells = _cells(row.text, form.separator)
    if cells is None:
        return _left_out(row, LineFlaw.QUOTES)
    at = _position(cells, form)
    if at is None:
        return _left_out(row, LineFlaw.NO_ADDRESS)
    if len(cells[at]) > LONGEST_LINK:
        return _left_out(row, LineFlaw.TOO_LONG)
    own = _label(cells, at, form) or label
    return Item(row.line, cells[at], own) if own else _left_out(row, LineFlaw.NO_LABEL)


def _position(cells: Sequence[str], form: _Form) -> int | None:
    """The cell that is the row's address; None if there is none."""
    places = range(len(cells)) if form.address is None else range(form.address, form.address + 1)
    return next((at for at in places if at < len(cells) and _ADDRESS.fullmatch(cells[at])), None)


def _label(cells: Sequence[str], address: int, form: _Form) -> str:
    if form.has_header:
        return tidy(cells[form.label]) if form.label is not None and form.label < len(cells) else ""
    return next((tidy(cell) for at, cell in enumerate(cells) if at != address), "")


def _cells(text: str, separator: str | None) -> list[str] | None:
    """The cells of a line; None if its quotes do not close. A cell never goes on in the next line."""
    if separator is None and not text.startswith('"'):
        return [text.strip()]
    try:
        (cells,) = csv.reader([text], delimiter=separator or "\t", skipinitialspace=True, strict=True)
    except (csv.Error, ValueError):
        return None
    return [cell.strip() for cell in cells]


def _form(rows: Sequence[_Row]) -> _Form:
    some = [row.text for row in rows[:_LOOKED_AT] if len(row.text) <= _LONGEST_LINE]
    if not some:
        return _Form(None)
    for separator in (*_SEPARATORS, None):
        names = [cell.casefold() for cell in _cells(some[0], separator) or []]
        if (address := _first_of(names, _ADDRESS_COLUMNS)) is not None:
            return _Form(separator, address, _first_of(names, _LABEL_COLUMNS), has_header=True)
    return _Form(next((one for one in _SEPARATORS if _separates(one, some)), None))


def _separates(separator: str, lines: Sequence[str]) -> bool:
    """Whether every line with this sign becomes an address and what could be its labels, and there is such a line.

    No address holds a tab, so that always separates.
    """
    told = [_cells(line, separator) for line in lines if separator in line and _ADDRESS.search(line)]
    labelled = separator == "\t" or all(cells is None or _is_labelled(cells) for cells in told)
    return labelled and any(told)


def _is_labelled(cells: Sequence[str]) -> bool:
    others = [cell for cell in cells if not _ADDRESS.fullmatch(cell)]
    return len(others) == len(cells) - 1 and not any(_OF_ADDRESSES.search(cell) for cell in others)


def _first_of(names: Sequence[str], wanted: set[str]) -> int | None:
    return next((at for at, name in enumerate(names) if name in wanted), None)


def _left_out(row: _Row, flaw: LineFlaw, earlier: Item | None = None) -> LeftOut:
    return LeftOut(row.line, row.text, flaw, earlier)
