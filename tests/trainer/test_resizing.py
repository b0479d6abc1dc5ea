"""The graph crops and resizes as Pillow does, pixel for pixel, in both engines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from trainer.engine import openvino
from trainer.graphs import Graph, Value
from trainer.preprocessing import MODES, Mode, Pixels, Preprocessing, fit_in
from trainer.resizing import write_resizing

SIZE = 64
# Wide, tall (where Pillow begins with the height) and in between; nearly square, enlarged, already of the right size.
SHAPES = (
    (48, 90), (90, 48), (75, 70), (70, 75), (64, 64), (64, 65), (63, 64), (128, 127), (16, 16), (16, 200), (200, 16),
    (96, 128), (128, 96), (333, 500), (500, 333), (30, 64), (64, 30), (900, 1201), (1201, 900),
)  # fmt: skip
Eyes = Callable[[Pixels], Pixels]


def drawn(height: int, width: int) -> Pixels:
    """The hardest picture there is: no pixel is like its neighbour."""
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def eyes(spec: Preprocessing) -> dict[str, Eyes]:
    graph = Graph("eyes")
    seen = write_resizing(graph, Value(graph, "picture", np.uint8), spec)
    taken = helper.make_tensor_value_info("picture", TensorProto.UINT8, ["height", "width", 3])
    told = helper.make_tensor_value_info(seen.name, TensorProto.UINT8, [1, spec.size, spec.size, 3])
    drawn_up = helper.make_graph(graph.nodes, "eyes", [taken], [told], list(graph.constants.values()))
    made = helper.make_model(drawn_up, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(made, full_check=True)
    data = made.SerializeToString()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    core = openvino().Core()
    compiled = core.compile_model(core.read_model(data, b""), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return {
        "ONNX Runtime": lambda pixels: session.run(None, {"picture": pixels})[0][0],
        "OpenVINO": lambda pixels: compiled([pixels])[0][0],
    }


@pytest.mark.parametrize("mode", MODES)
def test_bilinear_is_pillows_to_the_pixel(mode: Mode) -> None:
    spec = Preprocessing(size=SIZE, mode=mode)
    engines = eyes(spec)

    for shape in SHAPES:
        pixels = drawn(*shape)
        expected = fit_in(pixels, spec)
        for name, see in engines.items():
            assert np.array_equal(see(pixels), expected), (name, shape)


def test_bicubic_is_off_by_one_level_in_few_pixels() -> None:
    spec = Preprocessing(size=SIZE, interpolation="bicubic")
    engines = eyes(spec)

    differences = [
        np.abs(see(drawn(*shape)).astype(int) - fit_in(drawn(*shape), spec))
        for shape in SHAPES
        for see in engines.values()
    ]

    assert np.max(differences) <= 1
    assert np.mean(np.array(differences) > 0) < 2e-4


def test_an_odd_size_of_the_network_is_no_trouble() -> None:
    spec = Preprocessing(size=33)

    for name, see in eyes(spec).items():
        for shape in SHAPES:
            assert np.array_equal(see(drawn(*shape)), fit_in(drawn(*shape), spec)), (name, shape)
