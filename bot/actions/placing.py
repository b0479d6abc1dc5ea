"""Where the photos of an exported data set stood: its folds and groups, so that an import measures as the export did.

What a `metadata.jsonl` says is a hint by whoever wrote it: what is not well formed is passed over, and no group of it
can be taken for one of ours.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from storage import FOLDS, TEST_FOLD

# A line for each of a million photos; more is no table that we wrote.
LARGEST = 500_000_000
_GROUP = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Placed:
    """The fold that a photo stood in, and the group that it stood there with, if it had one."""

    fold: int
    group: str | None


def placed_in(text: str) -> dict[str, Placed]:
    """What a table says, by the names of the files as they stand in it."""
    return dict(_placed(text))


def _placed(text: str) -> Iterator[tuple[str, Placed]]:
    for line in text.splitlines():
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
    return name, Placed(fold, f"exported:{group}" if is_group else None)
