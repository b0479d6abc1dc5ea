"""One self-contained ONNX file: crop, resize, embedder, head and softmax, and all about it in its metadata.

A photo's pixels go in as they are, probabilities come out. It runs wherever ONNX runs, needs nothing of Pupil, and runs
no code of ours on load. Works without torch. `exported.py` reads it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import onnx
from onnx import ModelProto, TensorProto, helper

from trainer.artefact import Artefact, verify
from trainer.durable import write_durably
from trainer.embedders import embedder_path, licence_of
from trainer.embedding import EMBEDDINGS
from trainer.errors import EmbedderDamaged
from trainer.graphs import Graph, Value
from trainer.head import TINY, Head
from trainer.manifest import Manifest
from trainer.resizing import write_resizing

FORMAT = "pupil-network-2"
PRODUCER = "pupil"
PICTURE, PIXELS = "picture", "pictures"
PROBABILITIES, LOGITS, EMBEDDING = "probabilities", "logits", "embedding"
SEAL = "sha256"
NO_NAMES: Mapping[int, str] = MappingProxyType({})
# Its length is always the same: protobuf's marks for an entry and its two texts, and the texts.
SEAL_LENGTH = 2 + 2 + len(SEAL) + 2 + 64


def export_network(
    network_folder: Path, embedders_folder: Path, target: Path, names: Mapping[int, str] = NO_NAMES
) -> Manifest:
    """Write the network as one file at `target` and return its manifest; raises as `compose_network`."""
    data, manifest = compose_network(network_folder, embedders_folder, names)
    write_durably(target.absolute(), data)
    return manifest


def compose_network(
    network_folder: Path, embedders_folder: Path, names: Mapping[int, str] = NO_NAMES
) -> tuple[bytes, Manifest]:
    """Return the network as the bytes of one file, and its manifest; `names` are those that labels have now, by id.

    Input `picture` uint8 (height, width, 3), RGB, upright, of any size; outputs `probabilities` and `logits` float32
    (labels,) and `embedding` float32 (d,). Raise ArtefactError or EmbedderError if a source is not as published.
    """
    artefact = _called(verify(network_folder), names)
    digest = artefact.manifest.embedder
    path = embedder_path(embedders_folder, digest)
    try:
        embedder = onnx.load_from_string(path.read_bytes())
    except Exception as error:  # protobuf's own exception types are not part of what it exports
        raise EmbedderDamaged(path, "not ONNX") from error
    made = compose(embedder, artefact, licence=licence_of(embedders_folder, digest))
    return sealed(made.SerializeToString(deterministic=True)), artefact.manifest


def _called(artefact: Artefact, names: Mapping[int, str]) -> Artefact:
    """Return the network with the names that its labels have now: a label that was renamed is not learned anew."""
    labels = tuple((label_id, names.get(label_id, then)) for label_id, then in artefact.manifest.labels)
    return replace(artefact, manifest=replace(artefact.manifest, labels=labels))


def compose(embedder: ModelProto, artefact: Artefact, *, licence: str) -> ModelProto:
    """Return the embedder's graph with eyes before it and the head behind it."""
    made = ModelProto()
    made.CopyFrom(embedder)
    head, manifest = artefact.head, artefact.manifest
    eyes, rest = Graph("pupil_eyes"), Graph("pupil_head")
    seen = write_resizing(eyes, Value(eyes, PICTURE, np.uint8), manifest.preprocessing)
    eyes.node("Identity", seen, name=PIXELS)
    _write_head(rest, head, manifest.temperature)
    graph = made.graph
    between = list(graph.node)
    del graph.node[:], graph.input[:], graph.output[:], made.metadata_props[:]
    graph.node.extend([*eyes.nodes, *between, *rest.nodes])
    graph.initializer.extend([*eyes.constants.values(), *rest.constants.values()])
    graph.input.append(helper.make_tensor_value_info(PICTURE, TensorProto.UINT8, ["height", "width", 3]))
    labels = len(manifest.labels)
    for name, length in ((PROBABILITIES, labels), (LOGITS, labels), (EMBEDDING, manifest.dimension)):
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [length]))
    made.producer_name, made.producer_version = PRODUCER, FORMAT
    helper.set_model_props(made, metadata(manifest, licence=licence))
    onnx.checker.check_model(made)
    return made


def metadata(manifest: Manifest, *, licence: str) -> dict[str, str]:
    """Return what the file says of itself, every value JSON or plain text."""
    scores = {"n": manifest.scores.n, "wrong": manifest.scores.wrong}
    interval = {"low": manifest.scores.low, "high": manifest.scores.high}
    return {
        "format": FORMAT,
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
        "licence": licence,
    }


def sealed(data: bytes) -> bytes:
    """Return the file with the digest of all its bytes as a last entry of its metadata.

    ONNX lets entries follow each other in any order, so that whoever knows nothing of it reads on undisturbed.
    """
    return data + _seal(data)


def is_sealed(data: bytes) -> bool:
    """Say whether these are the bytes that were sealed."""
    body = data[:-SEAL_LENGTH]
    return data[-SEAL_LENGTH:] == _seal(body)


def _seal(data: bytes) -> bytes:
    entry = ModelProto()
    helper.set_model_props(entry, {SEAL: hashlib.sha256(data).hexdigest()})
    written: bytes = entry.SerializeToString(deterministic=True)
    return written


def _write_head(graph: Graph, head: Head, temperature: float) -> None:
    """Write what `head.scaled`, `Head.logits` and `head.softmax` compute."""
    raw = Value(graph, EMBEDDINGS, np.float32)
    rooted = graph.node("Sqrt", graph.node("Abs", raw)) * graph.node("Sign", raw)
    length = graph.node("ReduceL2", rooted, graph.constant([1], np.int64), keepdims=1)
    scaled = rooted / length.at_least(TINY)
    weight, bias = graph.constant(head.weight, np.float32), graph.constant(head.bias, np.float32)
    logits = graph.node("Gemm", scaled, weight, bias, transB=1)
    shares = graph.node("Softmax", logits / temperature, axis=1)
    flat = graph.constant([-1], np.int64)
    for found, name in ((shares, PROBABILITIES), (logits, LOGITS), (raw, EMBEDDING)):
        graph.node("Reshape", found, flat, name=name)
