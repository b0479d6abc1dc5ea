"""What is measured of one way to learn one set."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Result:
    """Answers out of fold and what they cost.

    `right` tells of each photo, in the set's order, whether its answer was right. CPU and wall seconds are of learning
    from files to a network that answers, all folds' measurement included where the way gives it for free (Pupil), and
    of one fold's learning where each costs the same again (fastai). `megabytes` is the peak of the process, `answer_ms`
    the median of one answer from a file's path or bytes.
    """

    way: str
    right: tuple[bool, ...]
    cpu_seconds: float
    wall_seconds: float
    megabytes: float
    answer_ms: float | None = None

    @property
    def wrong(self) -> int:
        """Return how many were answered wrong."""
        return len(self.right) - sum(self.right)

    def save(self, folder: Path, name: str) -> None:
        """Keep it for the table, and so that it need not be measured again."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.{self.way.replace(' ', '-')}.json").write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, folder: Path, name: str, way: str) -> Self | None:
        """Return what was kept, if it was measured."""
        path = folder / f"{name}.{way.replace(' ', '-')}.json"
        if not path.is_file():
            return None
        values = json.loads(path.read_text())
        return cls(**values | {"right": tuple(values["right"])})
