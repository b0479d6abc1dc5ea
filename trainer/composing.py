"""One self-contained ONNX file: embedder, head, temperature and softmax, with everything about it in its metadata.

It runs wherever ONNX runs, needs nothing of Pupil, and runs no code of ours on load. Works without torch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from trainer.artefact import Artefact, verify
from trainer.durable import write_durably
from trainer.embedders import embedder_path
from trainer.head import TINY, Head
from trainer.manifest import Manifest

EMBEDDINGS, PROBABILITIES = "embeddings", "probabilities"


def export_network(network_folder: Path, embedders_folder: Path, target: Path) -> Manifest:
    """Write the network as one file at `target` and return its manifest.

    Input `pictures` uint8 (n, size, size, 3), RGB, prepared as the metadata say; outputs `probabilities` float32
    (n, labels) and `embeddings` float32 (n, d). Raise ArtefactError or EmbedderError if a source is not as published.
    """
    artefact = verify(network_folder)
    graph = onnx.load_from_string(embedder_path(embedders_folder, artefact.manifest.embedder).read_bytes())
    composed = compose(graph, artefact)
    write_durably(target.absolute(), composed.SerializeToString(deterministic=True))
    return artefact.manifest


def compose(embedder: ModelProto, artefact: Artefact) -> ModelProto:
    """Return the embedder's graph with the head grown on it."""
    made = ModelProto()
    made.CopyFrom(embedder)
    head, manifest = artefact.head, artefact.manifest
    made.graph.node.extend(_head_nodes())
    made.graph.initializer.extend(_constants(head, manifest.temperature))
    shape: list[str | int | None] = ["n", len(manifest.labels)]
    made.graph.output.insert(0, helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, shape))
    del made.metadata_props[:]
    helper.set_model_props(made, metadata(manifest))
    onnx.checker.check_model(made)
    return made


def metadata(manifest: Manifest) -> dict[str, str]:
    """Return what the file says of itself, every value JSON or plain text."""
    scores = {"n": manifest.scores.n, "wrong": manifest.scores.wrong}
    interval = {"low": manifest.scores.low, "high": manifest.scores.high}
    return {
        "format": "pupil-network-1",
        "version": str(manifest.number),
        "created_at": manifest.created_at.isoformat(),
        "labels": json.dumps([name for _, name in manifest.labels], ensure_ascii=False),
        "label_ids": json.dumps([label_id for label_id, _ in manifest.labels]),
        "preprocessing": json.dumps(manifest.preprocessing.as_dict()),
        "temperature": repr(manifest.temperature),
        "threshold": repr(manifest.threshold),
        "scores": json.dumps(scores | interval),
        "recipe": json.dumps(manifest.recipe),
        "snapshot": manifest.snapshot,
        "embedder": manifest.embedder,
    }


def _head_nodes() -> Iterator[NodeProto]:
    """Yield what `head.scaled`, `Head.logits` and `head.softmax` compute, in the graph's own words."""
    yield helper.make_node("Abs", [EMBEDDINGS], ["pupil_abs"])
    yield helper.make_node("Sqrt", ["pupil_abs"], ["pupil_root"])
    yield helper.make_node("Sign", [EMBEDDINGS], ["pupil_sign"])
    yield helper.make_node("Mul", ["pupil_root", "pupil_sign"], ["pupil_rooted"])
    yield helper.make_node("ReduceL2", ["pupil_rooted", "pupil_axis"], ["pupil_length"], keepdims=1)
    yield helper.make_node("Max", ["pupil_length", "pupil_tiny"], ["pupil_divisor"])
    yield helper.make_node("Div", ["pupil_rooted", "pupil_divisor"], ["pupil_scaled"])
    yield helper.make_node("Gemm", ["pupil_scaled", "pupil_weight", "pupil_bias"], ["pupil_logits"], transB=1)
    yield helper.make_node("Div", ["pupil_logits", "pupil_temperature"], ["pupil_warmed"])
    yield helper.make_node("Softmax", ["pupil_warmed"], [PROBABILITIES], axis=1)


def _constants(head: Head, temperature: float) -> Iterator[TensorProto]:
    yield numpy_helper.from_array(head.weight, "pupil_weight")
    yield numpy_helper.from_array(head.bias, "pupil_bias")
    yield numpy_helper.from_array(np.array([1], dtype=np.int64), "pupil_axis")
    yield numpy_helper.from_array(np.array(TINY, dtype=np.float32), "pupil_tiny")
    yield numpy_helper.from_array(np.array(temperature, dtype=np.float32), "pupil_temperature")
