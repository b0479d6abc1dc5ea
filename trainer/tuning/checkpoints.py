"""A fit on the disk, as it was after an epoch: arrays and JSON in one safetensors file, written aside and renamed.

What is read back is only tensors and text; loading runs no code.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from trainer.durable import write_durably
from trainer.errors import CheckpointDamaged
from trainer.history import EpochResult
from trainer.tuning.training import Session

LEARNER, MOMENT, RANDOM, LOWEST = "learner.", "moment.", "random", "lowest"


def save_session(session: Session, path: Path, *, recipe: dict[str, Any]) -> None:
    """Put the whole session at `path`, or leave what was there if anything goes wrong. `recipe` is what it is for."""
    tensors = {LEARNER + name: value for name, value in session.learner.state_dict().items()}
    for place, state in session.optimiser.state_dict()["state"].items():
        tensors |= {f"{MOMENT}{place}.{name}": torch.as_tensor(value) for name, value in state.items()}
    tensors[RANDOM] = session.generator.get_state()
    if session.lowest is not None:
        tensors[LOWEST] = session.lowest
    epochs = [asdict(epoch) for epoch in session.epochs]
    told = json.dumps({"epochs": epochs, "first_loss": session.first_loss, "recipe": recipe})
    write_durably(path, save({name: value.cpu().contiguous() for name, value in tensors.items()}, {"told": told}))


def load_session(session: Session, path: Path, *, recipe: dict[str, Any]) -> bool:
    """Bring a session that was just begun to where the saved one was; False if there is none, or of another recipe.

    Raise CheckpointDamaged for a file that is not a session of this learner.
    """
    if not path.is_file():
        return False
    try:
        with safe_open(path, framework="pt") as opened:
            told = json.loads((opened.metadata() or {})["told"])
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - not a mapping
        if told["recipe"] != recipe:
            return False
        _restore(session, tensors)
        session.epochs = [EpochResult(**epoch) for epoch in told["epochs"]]
        session.first_loss = told["first_loss"]
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise CheckpointDamaged(path) from error
    return True


def _restore(session: Session, tensors: dict[str, torch.Tensor]) -> None:
    session.learner.load_state_dict(
        {name.removeprefix(LEARNER): value for name, value in tensors.items() if name.startswith(LEARNER)}
    )
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith(MOMENT):
            place, _, what = name.removeprefix(MOMENT).partition(".")
            moments.setdefault(int(place), {})[what] = value
    session.optimiser.load_state_dict({**session.optimiser.state_dict(), "state": moments})
    session.generator.set_state(tensors[RANDOM])
    session.lowest = tensors.get(LOWEST)
