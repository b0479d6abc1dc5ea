"""A fit that is done becomes a stored embedder with its head, and weights that a later tuning can go on from."""

from __future__ import annotations

import json
from dataclasses import dataclass

from trainer.durable import write_durably
from trainer.embedders import EmbedderSpec, embedder_path, store_embedder
from trainer.errors import EmbedderError
from trainer.exporting import check, export
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


def keep(order: Order, spec: EmbedderSpec, learned: Learned, fold: int) -> Tuned:
    """Store the network as an embedder that answers alike, unless an earlier process did. Raise ExportDiffers."""
    note, head = order.work / f"kept-{fold}.json", learned.session.learner.head()
    embedders, tunings = embedders_folder(order.home), tunings_folder(order.home)
    try:
        embedder, stages = json.loads(note.read_text())
        embedder_path(embedders, embedder)
        if (tunings / stages_name(stages)).is_file():
            return Tuned(embedder, head, stages)
    except (OSError, ValueError, EmbedderError):
        pass  # Not kept yet, or not whole any more.
    network = learned.network.eval()
    weights = learned.session.learner.stages.state_dict()
    stages = write_stages(tunings, {name: value.cpu().numpy() for name, value in weights.items()})
    embedder = store_embedder(embedders, export(network, spec))
    check(network, embedders / f"{embedder}.onnx", spec)
    write_durably(note, json.dumps([embedder, stages]).encode())
    return Tuned(embedder, head, stages)
