"""A network in one file: it answers as the trained one does, tells all about itself, and nothing else passes for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from tests.trainer.conftest import draw
from tests.trainer.test_artefact import draft
from trainer.artefact import Artefact, publish, verify
from trainer.composing import FORMAT, LOGITS, PICTURE, PROBABILITIES, SEAL_LENGTH, export_network, is_sealed, sealed
from trainer.embedders import embedder_path
from trainer.embedding import Embedder
from trainer.errors import ExportRefused
from trainer.exported import ExportedNetwork, inspect
from trainer.head import Head, softmax
from trainer.preprocessing import Pixels, decode, fit_in
from trainer.references import refer
from trainer.settings import TrainerSettings

LABELS = ((4, "крапива"), (9, "oak 🌳"), (12, "fern"))
REPOSITORY = Path(__file__).parents[2]
LICENCE = "none: drawn at random"


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Artefact:
    """A published network with a random head for the tiny embedder."""
    manifest, _, golden, answers, _ = draft()
    rng, d = np.random.default_rng(3), embedder.dimension
    weight, bias = 20 * rng.standard_normal((len(LABELS), d)), rng.standard_normal(len(LABELS))
    manifest = replace(
        manifest, labels=LABELS, embedder=embedder.digest, dimension=d, preprocessing=embedder.preprocessing
    )
    vectors = rng.random((4, d), dtype=np.float32)
    golden = replace(golden, vectors=vectors, picture_embedding=vectors[0])
    head = Head(weight.astype(np.float32), bias.astype(np.float32))
    references = refer(answers.digests, answers.taught or (), rng.random((len(answers.digests), d)))
    return verify(publish(tmp_path_factory.mktemp("networks"), manifest, head, golden, answers, references))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, artefact: Artefact, embedders: Path) -> Path:
    target = tmp_path_factory.mktemp("exported") / "own.onnx"
    export_network(artefact.folder, embedders, target)
    return target


@pytest.fixture(scope="module")
def exported(file: Path) -> ExportedNetwork:
    return ExportedNetwork.open(file, threads=1)


def pictures() -> list[Pixels]:
    shapes = ((96, 96), (70, 140), (140, 70), (64, 64), (20, 30), (301, 199))
    rng = np.random.default_rng(5)
    return [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]


def test_both_engines_give_the_logits_of_torch(
    file: Path, exported: ExportedNetwork, artefact: Artefact, settings: TrainerSettings
) -> None:
    import torch

    from trainer.network import build

    network = build(settings.backbone, artefact.manifest.preprocessing, weights=settings.weights)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    for pixels in pictures():
        seen = fit_in(pixels, artefact.manifest.preprocessing)
        with torch.inference_mode():
            expected = artefact.head.logits(network(torch.from_numpy(seen.copy()[None])).numpy())
        shares = softmax(expected, artefact.manifest.temperature)[0]

        told, logits = session.run([PROBABILITIES, LOGITS], {PICTURE: pixels})
        own, own_logits, _ = exported.run(pixels)

        for probabilities, found in ((told, logits), (own, own_logits)):
            assert found == pytest.approx(expected[0], abs=1e-4)
            assert probabilities == pytest.approx(shares, abs=1e-4)
            assert found.argmax() == expected.argmax()


def test_a_guess_is_what_the_predictor_would_say(exported: ExportedNetwork) -> None:
    photo = draw("green", 3, side=150)

    guess = exported.guess(photo)

    assert guess.network == 7
    assert {(key, name) for key, name, _ in guess.probabilities} == set(LABELS)
    assert [share for *_, share in guess.probabilities] == sorted((s for *_, s in guess.probabilities), reverse=True)
    assert sum(share for *_, share in guess.probabilities) == pytest.approx(1)
    assert guess.label == (guess.probabilities[0][0] if guess.confidence >= 0.4 else None)
    again = exported.guess(photo, decode(photo, exported.side))
    assert np.array_equal(again.embedding, guess.embedding)


def test_many_threads_each_get_their_own_answer(exported: ExportedNetwork) -> None:
    photos = [draw(colour, seed) for seed in range(8) for colour in ("red", "green", "blue")]
    expected = [exported.guess(photo).probabilities for photo in photos]

    with ThreadPoolExecutor(4) as pool:
        found = [guess.probabilities for guess in pool.map(exported.guess, photos)]

    assert found == expected


def test_the_file_tells_all_about_itself_and_is_plain_onnx(file: Path, artefact: Artefact) -> None:
    made = onnx.load(file)
    said = {entry.key: entry.value for entry in made.metadata_props}

    onnx.checker.check_model(made, full_check=True)
    assert (said["format"], said["version"], said["licence"]) == (FORMAT, "7", LICENCE)
    assert json.loads(said["labels"]) == [name for _, name in LABELS]
    assert json.loads(said["label_ids"]) == [label_id for label_id, _ in LABELS]
    assert json.loads(said["preprocessing"]) == artefact.manifest.preprocessing.as_dict()
    assert json.loads(said["scores"])["n"] == 10
    assert (float(said["temperature"]), float(said["threshold"])) == (0.8, 0.4)
    assert said["snapshot"] == artefact.manifest.snapshot
    assert {each.domain for each in made.opset_import} <= {"", "ai.onnx"}
    assert [each.name for each in made.graph.input] == [PICTURE]
    assert b"site-packages" not in file.read_bytes()


def test_what_the_readme_tells_to_do_without_pupil_works(
    file: Path, exported: ExportedNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "birds.onnx").write_bytes(file.read_bytes())
    photo = draw("red", 1, kind="PNG")  # a JPEG of noise would be decoded in two ways: see the README
    (tmp_path / "photo.jpg").write_bytes(photo)
    found: dict[str, Any] = {}

    exec(f"import numpy, onnxruntime, PIL.Image, PIL.ImageOps\n{block}", found)  # noqa: S102 - our own words

    told = {label_id: share for label_id, _, share in exported.guess(photo).probabilities}
    assert found["probabilities"] == pytest.approx([told[label_id] for label_id, _ in LABELS], abs=1e-4)


def test_the_same_network_makes_the_same_file(tmp_path: Path, file: Path, artefact: Artefact, embedders: Path) -> None:
    export_network(artefact.folder, embedders, tmp_path / "again.onnx")

    assert (tmp_path / "again.onnx").read_bytes() == file.read_bytes()


def refused(path: Path, data: bytes) -> str:
    with pytest.raises(ExportRefused) as caught:
        inspect(path, data)
    return caught.value.reason


def test_two_hundred_flips_and_cuts_are_all_refused(file: Path) -> None:
    rng, data, reasons = np.random.default_rng(0), file.read_bytes(), set()

    for turn in range(200):
        at = int(rng.integers(0, len(data)))
        spoilt = data[:at] if turn % 5 == 4 else data[:at] + bytes([data[at] ^ (1 << turn % 8)]) + data[at + 1 :]
        reasons.add(refused(file, spoilt))

    assert reasons <= {"damaged", "foreign", "other_version"}
    assert "damaged" in reasons
    assert inspect(file, data).number == 7


@pytest.mark.parametrize("data", [b"", b"no network", b"\x80\x04K\x01.", b"PK\x03\x04" + bytes(64)])
def test_what_is_no_onnx_is_foreign(tmp_path: Path, data: bytes) -> None:
    assert refused(tmp_path / "x.onnx", data) == "foreign"


def test_another_onnx_file_is_foreign(embedders: Path, embedder: Embedder) -> None:
    path = embedder_path(embedders, embedder.digest)

    assert refused(path, path.read_bytes()) == "foreign"


def forged(file: Path, change: Callable[[ModelProto], object]) -> bytes:
    """The file changed by somebody who knows how it is sealed."""
    made = onnx.load_from_string(file.read_bytes()[:-SEAL_LENGTH])
    change(made)
    data = sealed(made.SerializeToString(deterministic=True))
    assert is_sealed(data)
    return data


def test_a_file_of_another_version_of_pupil_is_named_so(file: Path) -> None:
    def older(made: ModelProto) -> None:
        made.producer_version = "pupil-network-1"

    assert refused(file, forged(file, older)) == "other_version"


def lies_elsewhere(tensor: TensorProto) -> TensorProto:
    onnx.external_data_helper.set_external_data(tensor, "../../etc/passwd")
    tensor.ClearField("raw_data")
    return tensor


def hidden() -> TensorProto:
    return lies_elsewhere(numpy_helper.from_array(np.zeros(1, dtype=np.float32), "hidden"))


def in_a_file(made: ModelProto) -> None:
    lies_elsewhere(made.graph.initializer[0])


def in_a_file_inside_a_branch(made: ModelProto) -> None:
    branch = next(node for node in made.graph.node if node.op_type == "If").attribute[0].g
    branch.initializer.append(hidden())


def in_a_file_as_a_constant(made: ModelProto) -> None:
    made.graph.node.append(helper.make_node("Constant", [], ["hidden"], value=hidden()))


def foreign_operator(made: ModelProto) -> None:
    made.graph.node.append(helper.make_node("Run", [PICTURE], ["ran"], domain="com.evil"))


def foreign_operator_inside_a_branch(made: ModelProto) -> None:
    branch = next(node for node in made.graph.node if node.op_type == "If").attribute[1].g
    branch.node.append(helper.make_node("Run", [PICTURE], ["ran"], domain="com.evil"))


def foreign_set_of_operators(made: ModelProto) -> None:
    made.opset_import.append(helper.make_opsetid("com.evil", 1))


def function_of_its_own(made: ModelProto) -> None:
    node = helper.make_node("Identity", ["a"], ["b"])
    made.functions.append(helper.make_function("", "Mine", ["a"], ["b"], [node], [helper.make_opsetid("", 18)]))


@pytest.mark.parametrize(
    "change",
    [
        in_a_file, in_a_file_inside_a_branch, in_a_file_as_a_constant, foreign_operator,
        foreign_operator_inside_a_branch, foreign_set_of_operators, function_of_its_own,
    ],
)  # fmt: skip
def test_what_wants_other_files_or_foreign_code_is_refused_before_an_engine_sees_it(
    file: Path, change: Callable[[ModelProto], None]
) -> None:
    assert refused(file, forged(file, change)) == "unsafe"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("labels", "[]"),
        ("label_ids", "[1, 2]"),
        ("labels", "no"),
        ("version", "x"),
        ("threshold", "high"),
        ("preprocessing", "{}"),
    ],
)
def test_metadata_that_make_no_sense_are_refused(file: Path, key: str, value: str) -> None:
    def change(made: ModelProto) -> None:
        next(entry for entry in made.metadata_props if entry.key == key).value = value

    assert refused(file, forged(file, change)) == "damaged"


def a_node_less(made: ModelProto) -> None:
    del made.graph.node[10]


def a_label_more(made: ModelProto) -> None:
    said = {entry.key: entry for entry in made.metadata_props}
    said["labels"].value, said["label_ids"].value = '["a", "b", "c", "d"]', "[1, 2, 3, 4]"


@pytest.mark.parametrize("change", [a_node_less, a_label_more])
def test_a_graph_that_does_not_answer_as_it_says_is_refused(
    tmp_path: Path, file: Path, change: Callable[[ModelProto], None]
) -> None:
    (tmp_path / "broken.onnx").write_bytes(forged(file, change))

    with pytest.raises(ExportRefused, match="damaged"):
        ExportedNetwork.open(tmp_path / "broken.onnx")
