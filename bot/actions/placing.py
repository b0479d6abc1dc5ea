"""What an exported data set says of its photos beside their labels: fold, group, origin, and what the label means.

With folds and groups an import measures as the export did.

What a `metadata.jsonl` says is a hint by whoever wrote it: what is not well formed is passed over, and no group of it
can be taken for one of ours.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.actions.naming import MAX_DESCRIPTION, one_line
from storage import FOLDS, TEST_FOLD

# A line for each of a million photos; more is no table that we wrote.
LARGEST = 500_000_000
LONGEST_ORIGIN = 2048
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ADDRESS, _ELSEWHERE = re.compile(r"https?://", re.IGNORECASE), re.compile(r"/|~|\w:|[\w+.-]+:/")
_GROUP = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Placed:
    """The fold that a photo stood in, and the group that it stood there with, if it had one.

    `origin` is where it came from in the first place; `description` is that of its label.
    """

    fold: int
    group: str | None
    origin: str | None = None
    description: str = ""


def placed_in(text: str) -> dict[str, Placed]:
    """What a table says, by the names of the files as they stand in it."""
    return dict(_placed(text))


def told_origin(origin: str | None) -> str | None:
    """Where a picture came from, if that may be told: an address, or a path that shows nobody's folders."""
    if not origin or len(origin) > LONGEST_ORIGIN or _CONTROL.search(origin):
        return None
    if _ADDRESS.match(origin):
        # Who logs in by an address says so to its server, and to nobody else.
        return None if "@" in origin.split("/")[2] else origin
    leads_elsewhere = ".." in origin.split("/") or "\\" in origin or _ELSEWHERE.match(origin)
    return None if leads_elsewhere else origin


def _placed(text: str) -> Iterator[tuple[str, Placed]]:
    # Only this ends a line of JSON: a name may hold what other programs take for a line's end.
    for line in text.split("\n"):
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(told, Mapping) and (found := _read(told)) is not None:
            yield found


def _read(told: Mapping[str, Any]) -> tuple[str, Placed] | None:
    name, fold, group = told.get("file_name"), told.get("fold"), told.get("group")
    if not isinstance(name, str) or not isinstance(fold, int) or isinstance(fold, bool):
        return None
    if not (0 <= fold < FOLDS or fold == TEST_FOLD):
        return None
    is_group = isinstance(group, str) and _GROUP.fullmatch(group) is not None
    origin, description = told.get("origin"), told.get("description")
    return name, Placed(
        fold,
        f"exported:{group}" if is_group else None,
        told_origin(origin) if isinstance(origin, str) else None,
        one_line(description)[:MAX_DESCRIPTION] if isinstance(description, str) else "",
    )
