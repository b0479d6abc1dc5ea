"""Answering from an exported file alone: no store, no home, no torch.

An ONNX file is data: reading it runs no code. What an engine might still fetch or load for it is refused before any
engine sees it: tensors that lie in other files, and operators that are not ONNX's own.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto

from trainer.composing import EMBEDDING, FORMAT, LOGITS, PICTURE, PROBABILITIES, PRODUCER, is_sealed
from trainer.engine import openvino
from trainer.errors import ExportRefused
from trainer.predicting import Guess, ranked
from trainer.preprocessing import Pixels, Preprocessing, decode

LARGEST = 1 << 30
OWN_DOMAINS = ("", "ai.onnx")


@dataclass(frozen=True, slots=True)
class Card:
    """What the file says of itself; `labels` are (id, name) in the order of the outputs."""

    number: int
    labels: tuple[tuple[int, str], ...]
    preprocessing: Preprocessing
    threshold: float
    said: dict[str, str]


class ExportedNetwork:
    """A network in one file that answers; open one with `ExportedNetwork.open`. Many threads may ask at once."""

    def __init__(self, compiled: Any, card: Card) -> None:
        self.card = card
        self._compiled = compiled
        self._own = threading.local()

    @classmethod
    def open(cls, path: Path, *, threads: int = 0) -> Self:
        """Read a file that `composing.export_network` wrote; raise ExportRefused, or OSError where it cannot be read.

        It is run in float32, and so answers alike on every machine, also where OpenVINO would choose bfloat16.
        """
        data = read(path)
        card = inspect(path, data)
        options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        if threads:
            options["INFERENCE_NUM_THREADS"] = str(threads)
        core = openvino().Core()
        try:
            opened = cls(core.compile_model(core.read_model(data, b""), "CPU", options), card)
            # The first inference sets OpenVINO up, which must not happen in two threads at once (see `embedding`).
            probabilities, *_ = opened.run(np.zeros((opened.side, opened.side, 3), dtype=np.uint8))
        except RuntimeError as error:
            raise ExportRefused(path, "damaged") from error
        if probabilities.shape != (len(card.labels),):
            raise ExportRefused(path, "damaged")
        return opened

    @property
    def number(self) -> int:
        """Return the network's number, where it was made."""
        return self.card.number

    @property
    def labels(self) -> tuple[tuple[int, str], ...]:
        """Return (id, name) of the labels that it knows."""
        return self.card.labels

    @property
    def side(self) -> int:
        """Return the side in pixels of what the network sees."""
        return self.card.preprocessing.size

    def guess(self, data: bytes, pixels: Pixels | None = None) -> Guess:
        """Answer a photo as `Predictor.guess` does, from pixels decoded in the same way. Raise PictureUnreadable."""
        started = time.perf_counter()
        probabilities, _, embedding = self.run(decode(data, self.side) if pixels is None else pixels)
        knows = float(probabilities.max()) >= self.card.threshold
        return ranked(self.labels, probabilities, embedding, self.number, started, knows=knows)

    def run(self, pixels: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return probabilities, logits and embedding of RGB pixels (height, width, 3) of any size."""
        if not hasattr(self._own, "request"):
            self._own.request = self._compiled.create_infer_request()
        request = self._own.request
        request.infer({PICTURE: np.ascontiguousarray(pixels)})
        probabilities, logits, embedding = (
            np.array(request.get_tensor(name).data) for name in (PROBABILITIES, LOGITS, EMBEDDING)
        )
        return probabilities, logits, embedding


def read(path: Path) -> bytes:
    """Read the bytes of a file; raise OSError, or ExportRefused if it is larger than any network."""
    with path.open("rb") as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ExportRefused(path, "foreign")
    return data


def inspect(path: Path, data: bytes) -> Card:
    """Check the bytes of a file before an engine sees them, and return what it says of itself. Raise ExportRefused."""
    # Who wrote a file stands at its beginning, also where the rest of it is lost.
    if PRODUCER.encode() not in data[:64] or b"pupil-network-" not in data[:64]:
        raise ExportRefused(path, "foreign")
    if FORMAT.encode() not in data[:64]:
        raise ExportRefused(path, "other_version")
    if not is_sealed(data):
        raise ExportRefused(path, "damaged")
    try:
        parsed = onnx.load_from_string(data)
    except Exception as error:  # protobuf's own exception types are not part of what it exports
        raise ExportRefused(path, "damaged") from error
    if not _is_self_contained(parsed):
        raise ExportRefused(path, "unsafe")
    try:
        return _card({entry.key: entry.value for entry in parsed.metadata_props})
    except (KeyError, ValueError, TypeError) as error:
        raise ExportRefused(path, "damaged") from error


def _is_self_contained(parsed: ModelProto) -> bool:
    """Say whether nothing of it lies elsewhere, and every operator is one of ONNX's own."""
    if parsed.functions or parsed.training_info:
        return False
    if any(each.domain not in OWN_DOMAINS for each in parsed.opset_import):
        return False
    for graph in _graphs(parsed.graph):
        if any(node.domain not in OWN_DOMAINS for node in graph.node):
            return False
        if any(_lies_elsewhere(tensor) for tensor in _tensors(graph)):
            return False
    return True


def _graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """Yield a graph and the graphs inside its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                if inner.ByteSize():
                    yield from _graphs(inner)


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    yield from _constants(graph.node)


def _constants(nodes: Iterable[NodeProto]) -> Iterator[TensorProto]:
    for node in nodes:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)


def _lies_elsewhere(tensor: TensorProto) -> bool:
    return bool(tensor.external_data) or tensor.data_location == TensorProto.EXTERNAL


def _card(said: dict[str, str]) -> Card:
    """Read the metadata; raise KeyError, ValueError or TypeError for what is none."""
    names, ids = json.loads(said["labels"]), json.loads(said["label_ids"])
    labels = tuple((int(label_id), str(name)) for label_id, name in zip(ids, names, strict=True))
    if not labels:
        raise ValueError("no labels")
    return Card(
        number=int(said["version"]),
        labels=labels,
        preprocessing=Preprocessing.from_dict(json.loads(said["preprocessing"])),
        threshold=float(said["threshold"]),
        said=said,
    )
