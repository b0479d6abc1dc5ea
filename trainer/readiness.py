"""Whether there is enough to learn from, and if not, what exactly is missing. Imports nothing of ours or others'."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

LABELS_NEEDED = 2
PHOTOS_NEEDED = 2
# With fewer photos a label, on average, parts of them say nothing of where the error goes.
OUTLOOK_PHOTOS = 10


@dataclass(frozen=True, slots=True)
class Shortage:
    """A label that needs `missing` more photos before it counts as learnable."""

    label_id: int
    name: str
    missing: int

    def as_dict(self) -> dict[str, int]:
        """Return what is kept of it. Not the name: people may delete the label, and results of jobs stay."""
        return {"label_id": self.label_id, "missing": self.missing}


@dataclass(frozen=True, slots=True)
class Readiness:
    """`labels_missing` labels that nobody has named yet, and the photos missing of those that are, nearest first.

    Only as many shortages are told as must be filled: with one label learnable, one more is enough.
    """

    ready: bool
    labels_missing: int
    shortages: tuple[Shortage, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values; labels by their ids alone."""
        short = [one.as_dict() for one in self.shortages]
        return {"ready": self.ready, "labels_missing": self.labels_missing, "shortages": short}


def readiness(photos: Iterable[tuple[int, str, int]]) -> Readiness:
    """Judge (label id, name, number of taught photos) of every label."""
    counted = [entry for entry in photos if entry[2] > 0]
    learnable = sum(1 for entry in counted if entry[2] >= PHOTOS_NEEDED)
    wanted = max(0, LABELS_NEEDED - learnable)
    short = sorted((PHOTOS_NEEDED - n, name, label_id) for label_id, name, n in counted if n < PHOTOS_NEEDED)
    shortages = tuple(Shortage(label_id, name, missing) for missing, name, label_id in short[:wanted])
    return Readiness(wanted == 0, wanted - len(shortages), shortages)


def missing_for_outlook(photos: Iterable[tuple[int, str, int]]) -> tuple[Shortage, ...]:
    """Say what is missing before it can be told what more photos would bring; empty where there is enough.

    `photos` as for `readiness`. About `OUTLOOK_PHOTOS` a label are needed, not of every one; nearest labels first.
    """
    counted = [entry for entry in photos if entry[2] > 0]
    if sum(n for _, _, n in counted) >= OUTLOOK_PHOTOS * len(counted):
        return ()
    short = sorted((OUTLOOK_PHOTOS - n, name, label_id) for label_id, name, n in counted if n < OUTLOOK_PHOTOS)
    return tuple(Shortage(label_id, name, missing) for missing, name, label_id in short)
