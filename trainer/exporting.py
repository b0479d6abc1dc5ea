"""From a torch network to an embedder file, made once and named by its own digest.

Only this module, `network` and `folding` import torch; the service runs them in a process of their own, which ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import timm
import torch

from trainer.embedders import EmbedderSpec, store_embedder, write_spec
from trainer.embedding import EMBEDDINGS, FEATURES, Embedder
from trainer.errors import ExportDiffers
from trainer.folding import folded
from trainer.network import PACKAGED, EmbeddingNetwork, MappedNetwork, build, licence, pools_by_mean
from trainer.preprocessing import Preprocessing

TOLERANCE = 1e-4
OPSET = 18


def make_embedder(spec: EmbedderSpec, folder: Path, *, threads: int = 0) -> str:
    """Build, export, check and store the embedder that `spec` asks for in `folder`; return its digest.

    Raise NetworkUnknown for a backbone or weights that cannot be had, ExportDiffers if the file answers otherwise.
    """
    if threads:
        torch.set_num_threads(threads)
    seen = replace(spec, preprocessing=eyes(spec))
    network = build(spec.backbone, seen.preprocessing, weights=spec.weights)
    digest = store_embedder(folder, export(network, seen))
    check(network, folder / f"{digest}.onnx", seen)
    write_spec(folder, spec, digest, licence=licence(spec.backbone, spec.weights))
    return digest


def export(network: EmbeddingNetwork, spec: EmbedderSpec) -> bytes:
    """Return the network as ONNX: `pictures` uint8 (n, size, size, 3) to `embeddings` float32 (n, d), any n.

    A second output `features` float32 (n, d, h, w) shows where they come from, where the backbone pools by a mean.
    """
    return Exporter().export(network, spec)


class Exporter:
    """Exports networks one after the other: those of one shape share a graph, which costs ten times their weights."""

    def __init__(self) -> None:
        self._traced: _Traced | None = None

    def export(self, network: EmbeddingNetwork, spec: EmbedderSpec) -> bytes:
        """Return the same bytes as the function `export`."""
        side = spec.preprocessing.size
        # Two, not one: an example batch of one would be burnt in as a constant.
        example = torch.zeros((2, side, side, 3), dtype=torch.uint8)
        is_mapped = pools_by_mean(network, side)
        outputs = [EMBEDDINGS, FEATURES] if is_mapped else [EMBEDDINGS]
        made = folded(MappedNetwork(network) if is_mapped else network, example)
        shapes = {name: tuple(value.shape) for name, value in made.state_dict().items()}
        if self._traced is None or (self._traced.spec, self._traced.shapes) != (spec, shapes):
            self._traced = _Traced(spec, shapes, _trace(made, example, outputs))
        return _as_bytes(_with_weights(self._traced.program, made), spec)


@dataclass(frozen=True, slots=True)
class _Traced:
    """A graph, and the weights' shapes that it takes."""

    spec: EmbedderSpec
    shapes: dict[str, tuple[int, ...]]
    program: torch.onnx.ONNXProgram


def _trace(network: torch.nn.Module, example: torch.Tensor, outputs: list[str]) -> torch.onnx.ONNXProgram:
    made = torch.onnx.export(
        network,
        (example,),
        input_names=["pictures"],
        output_names=outputs,
        dynamic_shapes={"pictures": {0: torch.export.Dim("n")}},
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
        # What makes the graph smaller also takes equal weights for one: each network has that done to a copy.
        optimize=False,
    )
    if made is None:
        raise TypeError("the exporter returned nothing")
    return made


def _with_weights(traced: torch.onnx.ONNXProgram, network: torch.nn.Module) -> torch.onnx.ONNXProgram:
    program = torch.onnx.ONNXProgram(traced.model.clone(), traced.exported_program)
    taken = program.model.graph.initializers
    program.apply_weights({name: value for name, value in network.state_dict().items() if name in taken})
    program.optimize()
    return program


def _as_bytes(program: torch.onnx.ONNXProgram, spec: EmbedderSpec) -> bytes:
    proto = program.model_proto
    del proto.metadata_props[:]
    onnx.helper.set_model_props(proto, spec.as_metadata())
    for node in proto.graph.node:
        del node.metadata_props[:]  # stack traces of this machine: they would leak paths and change the digest
        node.doc_string = ""
    onnx.checker.check_model(proto)
    data: bytes = proto.SerializeToString(deterministic=True)
    return data


def eyes(spec: EmbedderSpec) -> Preprocessing:
    """Return the preprocessing with the mean and standard deviation that the backbone was trained with."""
    if spec.backbone == PACKAGED:
        return spec.preprocessing
    config = timm.get_pretrained_cfg(spec.backbone)
    if config is None:
        return spec.preprocessing
    red, green, blue = ((255.0 * mean, 255.0 * std) for mean, std in zip(config.mean, config.std, strict=True))
    return replace(spec.preprocessing, mean=(red[0], green[0], blue[0]), std=(red[1], green[1], blue[1]))


def check(network: EmbeddingNetwork, path: Path, spec: EmbedderSpec) -> float:
    """Return the largest difference between file and network over drawn pictures; raise ExportDiffers above 1e-4."""
    side = spec.preprocessing.size
    pictures = np.random.default_rng(0).integers(0, 256, (3, side, side, 3), dtype=np.uint8)
    with torch.inference_mode():
        expected = network(torch.from_numpy(pictures)).numpy()
    embedder = Embedder.open(path, exact=True)
    difference = float(np.abs(embedder.embed(pictures) - expected).max())
    features = embedder.look(pictures[0]).features
    if features is not None:
        difference = max(difference, float(np.abs(features.mean(axis=(1, 2)) - expected[0]).max()))
    if not difference <= TOLERANCE:
        raise ExportDiffers(difference, TOLERANCE)
    return difference
