from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from tests.trainer.conftest import draw
from trainer.embedders import EmbedderSpec, embedder_path, find_embedder, store_embedder
from trainer.embedding import Embedder
from trainer.errors import EmbedderDamaged, EmbedderMissing, NetworkUnknown
from trainer.predicting import LEAST_COSINE
from trainer.preprocessing import prepare
from trainer.settings import TrainerSettings


def test_the_file_embeds_any_number_of_pictures_as_openvino_does(
    embedders: Path, embedder: Embedder, exact_embedder: Embedder
) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)
    session = onnxruntime.InferenceSession(embedders / f"{embedder.digest}.onnx", providers=["CPUExecutionProvider"])

    told = session.run(["embeddings"], {"pictures": pictures})[0]

    assert exact_embedder.embed(pictures) == pytest.approx(told, abs=1e-4)
    fast = embedder.embed(pictures)
    assert (cosines(fast, told) > LEAST_COSINE).all()
    assert embedder.embed(pictures).dtype == np.float32
    assert embedder.embed(pictures[:0]).shape == (0, embedder.dimension)


def cosines(some: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)
    shares: NDArray[np.float32] = (some * others).sum(axis=1) / lengths
    return shares


def test_many_threads_each_get_their_own_embedding(embedder: Embedder) -> None:
    photos = [draw(colour, seed) for seed in range(20) for colour in ("red", "green", "blue")]
    expected = [embedder.embed_bytes(photo) for photo in photos]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(embedder.embed_bytes, photos))

    assert np.array_equal(np.stack(found), np.stack(expected))


def test_an_embedder_carries_its_own_eyes_and_nothing_of_its_maker(embedders: Path, embedder: Embedder) -> None:
    made = onnx.load(embedders / f"{embedder.digest}.onnx")

    assert (embedder.preprocessing.size, embedder.preprocessing.mode) == (64, "balanced")
    assert embedder.preprocessing.mean != (127.0, 127.0, 127.0)  # timm's own numbers for this backbone
    assert {entry.key for entry in made.metadata_props} == {"backbone", "preprocessing"}
    assert b"site-packages" not in made.SerializeToString()


def test_making_the_same_embedder_again_gives_the_same_file(
    tmp_path: Path, embedder: Embedder, settings: TrainerSettings
) -> None:
    from trainer.exporting import make_embedder

    assert make_embedder(settings.embedder_spec(), tmp_path, threads=1) == embedder.digest


def test_networks_that_are_exported_one_after_the_other_come_out_as_if_each_were_the_first(
    settings: TrainerSettings,
) -> None:
    import torch

    from trainer.exporting import Exporter, export
    from trainer.network import build

    spec, exporter = settings.embedder_spec(), Exporter()
    alike, random = (build(spec.backbone, spec.preprocessing, weights="random") for _ in range(2))
    with torch.no_grad():
        for weights in alike.parameters():
            weights.fill_(0.5)  # what equals another weight here must not do so in the next
    other = build("test_resnet", spec.preprocessing, weights="random")
    of_other = replace(spec, backbone="test_resnet")

    assert exporter.export(alike, spec) == export(alike, spec)
    assert exporter.export(random, spec) == export(random, spec)
    assert exporter.export(other, of_other) == export(other, of_other)


def test_an_embedder_is_found_by_its_specification_only_while_it_is_whole(
    tmp_path: Path, embedders: Path, settings: TrainerSettings
) -> None:
    from trainer.embedders import write_spec

    spec = settings.embedder_spec()
    digest = find_embedder(embedders, spec)
    data = embedder_path(embedders, digest).read_bytes()
    write_spec(tmp_path, spec, store_embedder(tmp_path, data))

    assert find_embedder(tmp_path, spec) == digest
    assert find_embedder(tmp_path, EmbedderSpec()) is None
    (tmp_path / f"{digest}.onnx").write_bytes(data[:-1])
    assert find_embedder(tmp_path, spec) is None
    with pytest.raises(EmbedderDamaged):
        embedder_path(tmp_path, digest)
    with pytest.raises(EmbedderMissing):
        embedder_path(tmp_path, "0" * 64)
    with pytest.raises(EmbedderDamaged):
        embedder_path(tmp_path, "../etc/passwd")


def test_a_file_that_is_no_embedder_is_named_so(tmp_path: Path) -> None:
    path = tmp_path / "no.onnx"
    path.write_bytes(b"no network at all")

    with pytest.raises(EmbedderDamaged):
        Embedder.open(path)


@pytest.mark.parametrize(
    ("backbone", "weights"),
    [("no_such_network", "random"), ("test_efficientnet", "packaged"), ("test_efficientnet", "nowhere.safetensors")],
)
def test_a_network_that_cannot_be_had_is_named(backbone: str, weights: str) -> None:
    from trainer.network import build
    from trainer.preprocessing import Preprocessing

    with pytest.raises(NetworkUnknown) as caught:
        build(backbone, Preprocessing(size=64), weights=weights)
    assert caught.value.name == backbone


def test_weights_may_come_from_a_file_of_tensors(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    from trainer.network import build
    from trainer.preprocessing import Preprocessing

    spec = Preprocessing(size=64)
    import timm

    torch.manual_seed(5)
    state = timm.create_model("test_efficientnet").state_dict()
    save_file(state, tmp_path / "own.safetensors")

    built = build("test_efficientnet", spec, weights=str(tmp_path / "own.safetensors"))

    assert torch.equal(built.backbone.state_dict()["conv_stem.weight"], state["conv_stem.weight"])


def test_a_transformer_is_an_embedder_too() -> None:
    import torch

    from trainer.network import build
    from trainer.preprocessing import Preprocessing

    network = build("test_vit", Preprocessing(size=64), weights="random")

    with torch.inference_mode():
        assert network(torch.zeros((2, 64, 64, 3), dtype=torch.uint8)).shape[0] == 2


def test_photos_are_prepared_before_they_are_embedded(embedder: Embedder) -> None:
    photo = draw("blue", 3)
    pixels = prepare(photo, embedder.preprocessing)

    assert np.array_equal(embedder.embed_bytes(photo), embedder.embed(pixels[None])[0])


def test_the_licence_of_the_weights_is_remembered(
    tmp_path: Path, embedders: Path, embedder: Embedder, settings: TrainerSettings
) -> None:
    from trainer.embedders import UNKNOWN_LICENCE, licence_of, write_spec

    own, packaged = settings.embedder_spec(), EmbedderSpec()
    write_spec(tmp_path, own, "1" * 64)
    write_spec(tmp_path, packaged, "2" * 64)
    pointer = tmp_path / f"{packaged.name}.json"
    # As it was written before licences were.
    pointer.write_text(json.dumps({k: v for k, v in json.loads(pointer.read_text()).items() if k != "licence"}))

    assert licence_of(embedders, embedder.digest) == "none: drawn at random"
    assert licence_of(tmp_path, "1" * 64) == UNKNOWN_LICENCE
    assert licence_of(tmp_path, "2" * 64) == UNKNOWN_LICENCE
    assert licence_of(tmp_path, "3" * 64) == UNKNOWN_LICENCE
