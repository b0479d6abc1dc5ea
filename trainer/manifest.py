"""The manifest of a network: everything about it that is not an array, as strict JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Self

from trainer.familiarity import Bound
from trainer.metrics import Score
from trainer.prediction_sets import Sets
from trainer.preprocessing import Preprocessing

SCHEMA = 3
# Fields that came with a schema, and what they are in a manifest of an earlier one.
ADDED: dict[int, dict[str, Any]] = {2: {"tuning": None}, 3: {"known": None, "sets": None}}
HEX64 = re.compile(r"[0-9a-f]{64}")


class ManifestInvalid(ValueError):
    """The text is not a manifest of the schema that this Pupil reads."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file must be."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a network says of itself.

    `labels` are (id, name) in the order of the head's rows; `dimension` is the length of an embedding; `known` tells
    what shows something known, None where `threshold` must do, a confidence below which a label stays unknown; `sets`
    are the sets that may be promised, if any; `scores` count out-of-fold answers; `calibration` is their expected
    calibration error; `tuning` is the digest of the tuning that its embedder comes from, None if it was not tuned;
    `created_at` is when its lessons were read, in UTC.
    """

    number: int
    created_at: datetime
    classifier: int
    labels: tuple[tuple[int, str], ...]
    embedder: str
    dimension: int
    preprocessing: Preprocessing
    temperature: float
    threshold: float
    recipe: dict[str, Any]
    snapshot: str
    scores: Score
    calibration: float
    tuning: str | None = None
    known: Bound | None = None
    sets: Sets | None = None
    files: Mapping[str, FileFacts] = field(default_factory=dict)
    schema: int = SCHEMA

    def with_files(self, files: Mapping[str, FileFacts]) -> Self:
        """Return the manifest with the facts of its files."""
        return replace(self, files=dict(files))

    def to_json(self) -> bytes:
        """Return the text that is written; the same manifest always gives the same bytes."""
        values = asdict(self) | {
            "created_at": self.created_at.isoformat(),
            "labels": [{"id": label_id, "name": name} for label_id, name in self.labels],
            "preprocessing": self.preprocessing.as_dict(),
        }
        return json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """Read what `to_json` wrote; raise ManifestInvalid for anything else."""
        try:
            values = json.loads(text, parse_constant=_refuse_constant)
            if isinstance(values, dict) and values.get("schema") in range(1, SCHEMA):
                for schema in range(values["schema"] + 1, SCHEMA + 1):
                    values |= ADDED[schema]
                values["schema"] = SCHEMA
            if not isinstance(values, dict) or set(values) != {each.name for each in fields(cls)}:
                raise ManifestInvalid("its fields are not those of a manifest")
            return cls._from_values(values)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ManifestInvalid(str(error)[:200]) from error

    @classmethod
    def _from_values(cls, values: dict[str, Any]) -> Self:
        if values["schema"] != SCHEMA:
            raise ManifestInvalid(f"schema {values['schema']!r}")
        return cls(
            number=_count(values["number"]),
            created_at=datetime.fromisoformat(values["created_at"]),
            classifier=_count(values["classifier"]),
            labels=_labels(values["labels"]),
            embedder=_digest(values["embedder"]),
            dimension=_count(values["dimension"]),
            preprocessing=Preprocessing.from_dict(values["preprocessing"]),
            temperature=_number(values["temperature"], above=0.0),
            threshold=_number(values["threshold"], above=-1e-9),
            recipe=_recipe(values["recipe"]),
            snapshot=_digest(values["snapshot"]),
            scores=Score(**values["scores"]),
            calibration=_number(values["calibration"], above=-1e-9),
            tuning=None if values["tuning"] is None else _digest(values["tuning"]),
            known=None if values["known"] is None else _bound(values["known"]),
            sets=None if values["sets"] is None else _sets(values["sets"]),
            files={
                str(name): FileFacts(_count(facts["size"]), _digest(facts["sha256"]))
                for name, facts in values["files"].items()
            },
        )


def _bound(values: dict[str, Any]) -> Bound:
    return Bound(_number(values["least"], above=-math.inf), Score(**values["false_alarms"]))


def _sets(values: dict[str, Any]) -> Sets:
    """Shares are shares; `least` may also be no number that any probability reaches."""
    shares = [_number(values[name], above=-1e-9) for name in ("coverage", "least", "low", "high")]
    if max(shares) > 1:
        raise ManifestInvalid("sets promise more than everything")
    coverage, least, low, high = shares
    return Sets(coverage, least, _count(values["n"]), low, high)


def _labels(values: list[dict[str, Any]]) -> tuple[tuple[int, str], ...]:
    labels = tuple((_count(entry["id"]), entry["name"]) for entry in values)
    if len({label_id for label_id, _ in labels}) != len(labels) or len(labels) < 2:
        raise ManifestInvalid("labels must be two or more different ones")
    if not all(isinstance(name, str) for _, name in labels):
        raise ManifestInvalid("label names must be text")
    return labels


def _recipe(values: dict[str, Any]) -> dict[str, Any]:
    """A recipe is numbers by name, of whatever version; nothing else has any business there."""
    for name, value in values.items():
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ManifestInvalid(f"{str(name)[:40]!r} of the recipe is not a number")
    return dict(values)


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise ManifestInvalid(f"{value!r} is not a count")
    return value


def _number(value: Any, *, above: float) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value) or value <= above:
        raise ManifestInvalid(f"{value!r} is not a number above {above}")
    return float(value)


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not HEX64.fullmatch(value):
        raise ManifestInvalid("not a SHA-256 digest")
    return value


def _refuse_constant(name: str) -> float:
    raise ManifestInvalid(name)
