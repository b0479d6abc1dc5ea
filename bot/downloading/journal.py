"""What came of the addresses that were downloaded: a file that is only ever added to, so that no kill loses a line.

Written after what it tells of is durable. A kill between the two means that an address is fetched once more, and the
picture is known by its bytes.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.downloading.lists import Item
from storage import key_of


class Became(StrEnum):
    """What became of a row of a list."""

    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"
    REFUSED = "refused"
    MISSED = "missed"
    LEFT_OUT = "left out"


KEPT = frozenset({Became.NEW, Became.KNOWN, Became.CHANGED})


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of an item and why; `digest` is of the bytes that came. What `may_pass` is worth another try."""

    item: Item
    became: Became
    reason: str = ""
    digest: str = ""
    may_pass: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """What a journal tells of an address under a label."""

    became: Became
    reason: str
    digest: str


class Journal:
    """The journal in a file, which need not be there yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._noted = {key: noted for line in _whole_lines(path) if (read := _read(line)) for key, noted in [read]}

    def of(self, item: Item) -> Noted | None:
        return self._noted.get(_key(item.address, item.label))

    def add(self, one: Finished) -> None:
        """Note what will be no other the next time; what may pass is left to another try."""
        if one.may_pass:
            return
        row = [one.item.address, one.item.label, one.became.value, one.reason, one.digest]
        # In one write at the end, so that two downloads at once mix no lines. What a kill cut short has no end: the
        # line after it would become a part of it.
        with open(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0) as file:
            file.write(f"\n{json.dumps(row)}\n".encode())


def _whole_lines(path: Path) -> Iterator[str]:
    with suppress(FileNotFoundError):
        yield from path.read_text(encoding="utf-8", errors="replace").split("\n")


def _read(line: str) -> tuple[tuple[str, str], Noted] | None:
    """What a line tells; None of one that a kill cut short."""
    try:
        address, label, became, reason, digest = json.loads(line)
        return _key(address, label), Noted(Became(became), reason, digest)
    except (ValueError, TypeError):
        return None


def _key(address: str, label: str) -> tuple[str, str]:
    return address, key_of(label)
