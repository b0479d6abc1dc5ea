"""What a tuning tells on its way, in records and as lines between processes; without torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a tuning is at."""

    LOOKING = "looking"
    LEARNING = "learning"
    KEEPING = "keeping"
    COMPARING = "comparing"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a tuning is: `done` of `steps` of what it is at.

    Those are photos looked at, epochs learned, networks kept, and photos looked at again by the new networks. It is
    `lasting` if something was stored that was not there before, and will not have to be made again.
    """

    part: Part
    done: int
    steps: int
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """The end of a tuning: the digest of what it left."""

    digest: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The other end: the name of an error, and what it says; `machine` where it is one of the disk or the memory."""

    error: str
    said: str
    machine: bool = False


Step = Progress | Done | Failed


def to_line(step: Step) -> str:
    """Return one line of JSON."""
    match step:
        case Progress(part, done, steps, lasting):
            return json.dumps({"part": part.value, "done": done, "steps": steps, "lasting": lasting})
        case Done(digest):
            return json.dumps({"tuning": digest})
        case Failed(error, said, machine):
            return json.dumps({"error": error, "said": said, "machine": machine})


def from_line(line: str) -> Step | None:
    """Return the step of a line that `to_line` wrote; None for any other (libraries print what they like)."""
    try:
        values = json.loads(line)
        if "tuning" in values:
            return Done(str(values["tuning"]))
        if "error" in values:
            return Failed(str(values["error"]), str(values["said"]), bool(values["machine"]))
        return Progress(Part(values["part"]), int(values["done"]), int(values["steps"]), bool(values["lasting"]))
    except (ValueError, KeyError, TypeError):
        return None
