"""A fit that is done becomes a stored embedder with its head, and weights that a later tuning can go on from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from trainer.durable import write_durably
from trainer.embedders import EmbedderSpec, embedder_path, store_embedder
from trainer.errors import EmbedderError
from trainer.exporting import Exporter, check
from trainer.eyes import tunings_folder
from trainer.making import embedders_folder
from trainer.network import EmbeddingNetwork
from trainer.tuning.order import Order
from trainer.tuning.training import Session
from trainer.tunings import Tuned, stages_name, write_stages


@dataclass(frozen=True, slots=True)
class Learned:
    """A network that has learned, what its fit left, and how often that was begun again at lower rates."""

    network: EmbeddingNetwork
    session: Session
    restarts: int


def kept_before(order: Order, learned: Learned, fold: int) -> Tuned | None:
    """Return what an earlier process kept of this fit; None if it did not, or not all of it is there any more."""
    try:
        embedder, stages = json.loads(_note(order, fold).read_text())
        embedder_path(embedders_folder(order.home), embedder)
    except (OSError, ValueError, EmbedderError):
        return None
    whole = (tunings_folder(order.home) / stages_name(stages)).is_file()
    return Tuned(embedder, learned.session.learner.head(), stages) if whole else None


def keep(order: Order, spec: EmbedderSpec, learned: Learned, fold: int, exporter: Exporter) -> Tuned:
    """Store the network as an embedder that answers alike. Raise ExportDiffers."""
    embedders, tunings = embedders_folder(order.home), tunings_folder(order.home)
    network = learned.network.eval()
    weights = learned.session.learner.stages.state_dict()
    stages = write_stages(tunings, {name: value.cpu().numpy() for name, value in weights.items()})
    embedder = store_embedder(embedders, exporter.export(network, spec))
    check(network, embedders / f"{embedder}.onnx", spec)
    write_durably(_note(order, fold), json.dumps([embedder, stages]).encode())
    return Tuned(embedder, learned.session.learner.head(), stages)


def _note(order: Order, fold: int) -> Path:
    return order.work / f"kept-{fold}.json"
