"""Homes for processes that are going to be killed: with eyes that need no torch, and a network that answers."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from PIL import Image

from storage import JobKind, Reason, Store, VoteKind, normalise, open_store
from trainer.commands import train
from trainer.embedders import store_embedder, write_spec
from trainer.settings import TrainerSettings

REPOSITORY = Path(__file__).parents[2]
LABELS = ("robin", "wren", "jay", "owl")
SIDE, CELL = 64, 16
SETTINGS = TrainerSettings(
    _env_file=None, backbone="test_efficientnet", weights="random", image_size=SIDE, threads=1, poll_seconds=0.05,
    retry_seconds=0.2, niceness=0,
)  # fmt: skip
_COLOURS = {"robin": (210, 40, 30), "wren": (40, 180, 60), "jay": (30, 70, 200), "owl": (220, 210, 40)}


def picture(label: str, seed: int) -> bytes:
    """A small JPEG, different for every seed, of a colour that tells its label."""
    noise = np.random.default_rng(seed).integers(-30, 31, (SIDE, SIDE, 3))
    pixels = np.clip(np.array(_COLOURS[label]) + noise, 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=88)
    return stream.getvalue()


def bare_environment(home: Path, **settings: object) -> dict[str, str]:
    """The environment of a process of Pupil in this home, with nothing of the caller's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PUPIL_")}
    own = {f"PUPIL_{name.upper()}": str(value) for name, value in {"home": home, **settings}.items()}
    return kept | own | {"PYTHONPATH": str(REPOSITORY)}


def environment(home: Path, **settings: object) -> dict[str, str]:
    """The same for a home that was made here: its trainer has the eyes that were made for it."""
    return bare_environment(home, **SETTINGS.model_dump(exclude_defaults=True), **settings)


def make_home(home: Path) -> Store:
    """An empty home whose trainer has its embedder already: mean colours, drawn up by hand."""
    store = open_store(home)
    write_spec(home / "embedders", SETTINGS.embedder_spec(), store_embedder(home / "embedders", colour_eyes()))
    return store


def make_answering_home(home: Path, lessons: int = 4) -> Store:
    """The same with a network that tells four colours apart."""
    store = make_home(home)
    for label in LABELS:
        for seed in range(lessons):
            teach(store, label, 10_000_000 + seed)
    train(store, SETTINGS)
    return store


def teach(store: Store, label: str, seed: int) -> None:
    """A lesson as an import would give it, and the wish to learn it."""
    received = normalise(picture(label, seed))
    digest = store.blobs.put(received.data)
    with store.write() as unit:
        classifier = unit.classifiers.default()
        photo = unit.photos.add(classifier.id, digest, received, source="import", name=f"{label} {seed}")
        taught = unit.labels.find_or_create(classifier.id, label)
        unit.votes.cast(photo.id, None, VoteKind.LABEL, taught.id, Reason.IMPORT)
        unit.jobs.request(JobKind.FIT, classifier.id, due_at=unit.now)


def colour_eyes(*, cell: int = CELL) -> bytes:
    """An embedder that needs no torch: the mean colours of the fields of a picture, so many pixels wide."""
    nodes = [
        helper.make_node("Cast", ["pictures"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["floats"], ["channels_first"], perm=[0, 3, 1, 2]),
        helper.make_node("Sub", ["channels_first", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "std"], ["normal"]),
        helper.make_node("AveragePool", ["normal"], ["means"], kernel_shape=[cell] * 2, strides=[cell] * 2),
        helper.make_node("Flatten", ["means"], ["embeddings"]),
    ]
    spec = SETTINGS.embedder_spec()
    pictures = helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", SIDE, SIDE, 3])
    embeddings = helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["n", 3 * (SIDE // cell) ** 2])
    constants = [
        helper.make_tensor(name, TensorProto.FLOAT, [1, 3, 1, 1], values)
        for name, values in (("mean", spec.preprocessing.mean), ("std", spec.preprocessing.std))
    ]
    graph = helper.make_graph(nodes, "eyes", [pictures], [embeddings], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, spec.as_metadata())
    onnx.checker.check_model(model)
    made: bytes = model.SerializeToString(deterministic=True)
    return made
