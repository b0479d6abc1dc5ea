"""An exported network beside the one that it was made from: logits and answers on real photos, in two engines.

PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.exported HOME [--photos 100]   (HOME: where a network was published)

The reference is the network in torch, in float32, on the picture as Pillow prepares it, and the head in numpy. Then the
same photos, decoded in full instead of by eighths as Pupil does: what whoever passes other pixels must reckon with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storage import open_store
from tests.benchmarks.answering import active_in, parser
from tests.benchmarks.data import data_folder, sets_there
from trainer.artefact import Artefact, verify
from trainer.composing import LOGITS, PICTURE, export_network
from trainer.embedders import embedder_path, find_embedder
from trainer.embedding import Embedder
from trainer.engine import openvino
from trainer.exported import ExportedNetwork
from trainer.head import softmax
from trainer.network import build
from trainer.preprocessing import Pixels, decode, fit_in
from trainer.settings import TrainerSettings

Logits = NDArray[np.floating]
Answer = Callable[[Pixels], Logits]
WHOLE = 1 << 16


@dataclass(slots=True)
class Gap:
    """How far answers lie from those of the reference, so far."""

    temperature: float
    logits: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    same: list[bool] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, found: Logits, expected: Logits, seconds: float = 0.0) -> None:
        self.logits.append(float(np.abs(found - expected).max()))
        pair = softmax(np.stack([found, expected]).astype(np.float64), self.temperature)
        self.shares.append(float(np.abs(pair[0] - pair[1]).max()))
        self.same.append(int(found.argmax()) == int(expected.argmax()))
        self.seconds.append(seconds)

    def __str__(self) -> str:
        return (
            f"largest difference of a logit {max(self.logits):.1e}, of a probability {max(self.shares):.1e}, "
            f"same label {sum(self.same)} of {len(self.same)}, {1000 * np.median(self.seconds):.1f} ms"
        )


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--photos", type=int, default=100)
    options = command.parse_args()
    store = open_store(options.home)
    folder, embedders = store.home / "networks" / active_in(store).folder, store.home / "embedders"
    store.close()
    artefact = verify(folder)
    file = options.home / "exported.onnx"
    export_network(folder, embedders, file)
    reference, engines = _torch(artefact, embedders), dict(_engines(file, artefact, embedders))
    gaps = {name: Gap(artefact.manifest.temperature) for name in engines}
    full = Gap(artefact.manifest.temperature)
    for data in _photos(options.photos):
        pixels = decode(data, artefact.manifest.preprocessing.size)
        expected = reference(pixels)
        for name, answer in engines.items():
            started = time.perf_counter()
            found = answer(pixels)
            gaps[name].add(found, expected, time.perf_counter() - started)
        started = time.perf_counter()
        found = engines["OpenVINO"](decode(data, WHOLE))
        full.add(found, expected, time.perf_counter() - started)
    print(f"{file.stat().st_size / 1e6:.1f} MB, {len(artefact.manifest.labels)} labels, {options.photos} photos")
    for name, gap in gaps.items():
        print(f"{name:23} {gap}")
    print(f"{'decoded in full':23} {full}")
    file.unlink()


def _torch(artefact: Artefact, embedders: Path) -> Answer:
    import torch

    spec = TrainerSettings().embedder_spec()
    if find_embedder(embedders, spec) != artefact.manifest.embedder:
        raise SystemExit("The network of this home was made with other settings: give them in the environment.")
    network = build(spec.backbone, artefact.manifest.preprocessing, weights=spec.weights)

    def answer(pixels: Pixels) -> Logits:
        seen = torch.from_numpy(fit_in(pixels, artefact.manifest.preprocessing).copy()[None])
        with torch.inference_mode():
            found: Logits = artefact.head.logits(network(seen).numpy())[0]
        return found

    return answer


def _engines(file: Path, artefact: Artefact, embedders: Path) -> Iterator[tuple[str, Answer]]:
    import onnxruntime

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    yield "ONNX Runtime", lambda pixels: session.run([LOGITS], {PICTURE: pixels})[0]
    own = ExportedNetwork.open(file)
    yield "OpenVINO", lambda pixels: own.run(pixels)[1]
    # As somebody calls it who does not ask for float32; on processors with bfloat16 that is what they get.
    plain = openvino().Core().compile_model(str(file), "CPU")
    yield "OpenVINO's own choice", lambda pixels: plain({PICTURE: pixels})[LOGITS]
    bots = Embedder.open(embedder_path(embedders, artefact.manifest.embedder))
    yield "the bot, for comparison", lambda pixels: artefact.head.logits(bots.embed_pixels(pixels)[None])[0]


def _photos(count: int) -> Iterator[bytes]:
    """Photos of all sets that are there, evenly spread over them."""
    found = [path for _, files in sets_there(data_folder()) for path, _ in files]
    for place in np.linspace(0, len(found) - 1, count).astype(int):
        yield found[place].read_bytes()


if __name__ == "__main__":
    main()
