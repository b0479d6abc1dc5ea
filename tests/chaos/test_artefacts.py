"""Networks and embedders that were damaged, exchanged or made to harm: all refused by name, and nothing of them run.

`PUPIL_TEST_CHAOS=long` damages two hundred times.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from safetensors.numpy import save

from bot.looking.guesser import Guesser, Refused
from storage import Store
from tests.chaos.homes import LABELS, SETTINGS, colour_eyes, make_answering_home, teach
from trainer import artefact
from trainer.artefact import HEAD, MANIFEST, PARTS
from trainer.commands import train
from trainer.embedders import store_embedder
from trainer.errors import TrainerError
from trainer.predicting import Predictor

DAMAGES = 200 if os.environ.get("PUPIL_TEST_CHAOS") == "long" else 40


@dataclass
class Published:
    """A home whose network answers, and an earlier network of the same home."""

    store: Store
    folder: Path
    earlier: Path

    @property
    def embedders(self) -> Path:
        return self.store.home / "embedders"

    @property
    def embedder(self) -> Path:
        return next(self.embedders.glob("*.onnx"))

    def open(self, folder: Path | None = None) -> Predictor:
        return Predictor.open(folder or self.folder, self.embedders, threads=1)


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Published]:
    store = make_answering_home(tmp_path / "home")
    teach(store, LABELS[0], 77)
    assert train(store, SETTINGS)["network"] == 2
    earlier, folder = sorted((store.home / "networks").iterdir())
    yield Published(store, folder, earlier)
    store.close()


@pytest.mark.chaos
def test_flipped_cut_and_exchanged_files_are_all_refused_by_name(published: Published) -> None:
    rng, refused = random.Random(9), 0
    files = [*(published.folder / name for name in (MANIFEST, *PARTS)), published.embedder]
    # What stands in for a file: another network's of the same name, and of an embedder another embedder.
    others = [*((published.earlier / name).read_bytes() for name in (MANIFEST, *PARTS)), colour_eyes(cell=8)]

    for turn in range(DAMAGES):
        file, other = files[turn % 5], others[turn % 5]
        whole = file.read_bytes()
        file.write_bytes(_damaged(whole, other, turn // 5 % 3, rng))
        with pytest.raises(TrainerError):
            published.open()
        refused += 1
        file.write_bytes(whole)

    assert refused == DAMAGES
    published.open()


def _damaged(whole: bytes, other: bytes, how: int, rng: random.Random) -> bytes:
    if how == 0:
        at = rng.randrange(len(whole))
        return whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :]
    return whole[: rng.randrange(len(whole))] if how == 1 else other


# Made to harm: whoever made these could also make every digest fit. ---------------------------------------------------


class Payload:
    """Leaves a file behind if anything unpickles it."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return (os.mkdir, (str(self.canary),))


Attack = Callable[[Published, Path], Path]


def pickle_named_safetensors(published: Published, canary: Path) -> Path:
    return _with_part(published.folder, HEAD, pickle.dumps(Payload(canary)))


def header_bomb(published: Published, canary: Path) -> Path:
    header = b'{"weight":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}'.ljust(1 << 21)
    return _with_part(published.folder, HEAD, len(header).to_bytes(8, "little") + header + bytes(8))


def shape_bomb(published: Published, canary: Path) -> Path:
    header = b'{"weight":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}'
    return _with_part(published.folder, HEAD, len(header).to_bytes(8, "little") + header + bytes(8))


def manifest_that_reduces(published: Published, canary: Path) -> Path:
    call = {"py/reduce": [{"py/function": "os.mkdir"}, [str(canary)]], "__reduce__": ["os.mkdir", [str(canary)]]}
    return _with_manifest(published.folder, {"recipe": call})


def manifest_that_is_yaml(published: Published, canary: Path) -> Path:
    text = f'!!python/object/apply:os.mkdir ["{canary}"]'.encode()
    (published.folder / MANIFEST).write_bytes(text)
    return published.folder.rename(published.folder.with_name(artefact.folder_name(2, text)))


def link_to_the_passwords(published: Published, canary: Path) -> Path:
    outside = Path("/etc/passwd")
    folder = _with_part(published.folder, HEAD, outside.read_bytes())
    (folder / HEAD).unlink()
    (folder / HEAD).symlink_to(outside)
    return folder


def program_beside_the_files(published: Published, canary: Path) -> Path:
    (published.folder / "__init__.py").write_text(f"import os; os.mkdir({str(canary)!r})")
    return published.folder


def graph_with_numbers_elsewhere(published: Published, canary: Path) -> Path:
    outside = canary.with_name("numbers")
    outside.write_bytes(np.array(SETTINGS.embedder_spec().preprocessing.mean, np.float32).tobytes())
    return _seen_through(published, _numbers_in(os.path.relpath(outside, published.embedders)))


def graph_with_numbers_beside_it(published: Published, canary: Path) -> Path:
    """Inside the folder of embedders, but no digest speaks for them."""
    numbers = np.array(SETTINGS.embedder_spec().preprocessing.mean, np.float32)
    (published.embedders / "numbers").write_bytes(numbers.tobytes())
    return _seen_through(published, _numbers_in("numbers"))


def graph_of_another_domain(published: Published, canary: Path) -> Path:
    graph = onnx.load_from_string(colour_eyes())
    graph.opset_import.append(helper.make_opsetid("harm", 1))
    node = next(node for node in graph.graph.node if node.op_type == "Flatten")
    node.domain, node.op_type = "harm", "Run"
    node.attribute.append(helper.make_attribute("command", f"mkdir {canary}"))
    return _seen_through(published, graph.SerializeToString())


def zip_as_head(published: Published, canary: Path) -> Path:
    return _with_part(published.folder, HEAD, _zipped(canary))


def zip_as_embedder(published: Published, canary: Path) -> Path:
    return _seen_through(published, _zipped(canary))


# Each with the line of defence that it meets.
ATTACKS: dict[Attack, str] = {
    pickle_named_safetensors: "impossible header",
    header_bomb: "impossible header",
    shape_bomb: "not safetensors",
    manifest_that_reduces: "of the recipe is not a number",
    manifest_that_is_yaml: "manifest.json: Expecting value",
    link_to_the_passwords: "head.safetensors cannot be opened",
    program_beside_the_files: "holds files that a network does not have",
    graph_with_numbers_elsewhere: "keeps numbers in another file",
    graph_with_numbers_beside_it: "keeps numbers in another file",
    graph_of_another_domain: "not an embedder",
    zip_as_head: "impossible header",
    zip_as_embedder: "not an embedder",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_what_was_made_to_harm_is_refused_and_nothing_of_it_runs(
    published: Published, tmp_path: Path, attack: Attack
) -> None:
    canary = tmp_path / "canary"

    folder = attack(published, canary)

    with pytest.raises(TrainerError, match=ATTACKS[attack]):
        published.open(folder)
    # As the bot would meet it: under the name that the row gives.
    if folder != published.folder:
        shutil.copytree(folder, published.folder, symlinks=True)
    assert isinstance(Guesser(published.store, threads=1).look(), Refused)
    assert not canary.exists()


def test_the_canary_would_sing(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "canary")))  # noqa: S301 - this is what must never happen elsewhere

    assert (tmp_path / "canary").exists()


def test_the_forgery_itself_is_not_what_is_refused(published: Published) -> None:
    """The control: the same ways, with nothing that harms, lead to a network that answers."""
    folder = _with_part(published.folder, HEAD, (published.folder / HEAD).read_bytes())
    published.open(folder)
    published.open(_seen_through(Published(published.store, folder, published.earlier), colour_eyes()))


def _with_part(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    values = json.loads((folder / MANIFEST).read_text())
    facts = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return _with_manifest(folder, {"files": values["files"] | {name: facts}})


def _with_manifest(folder: Path, changes: dict[str, object]) -> Path:
    """Change the manifest, and let the folder's name fit it."""
    values = json.loads((folder / MANIFEST).read_text()) | changes
    text = json.dumps(values).encode()
    (folder / MANIFEST).write_bytes(text)
    return folder.rename(folder.with_name(artefact.folder_name(values["number"], text)))


def _seen_through(published: Published, embedder: bytes) -> Path:
    return _with_manifest(published.folder, {"embedder": store_embedder(published.embedders, embedder)})


def _numbers_in(location: str) -> bytes:
    """An embedder whose mean stands in another file."""
    graph = onnx.load_from_string(colour_eyes())
    mean = next(one for one in graph.graph.initializer if one.name == "mean")
    length = 4 * len(mean.float_data)
    mean.ClearField("float_data")
    mean.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(length))):
        entry = mean.external_data.add()
        entry.key, entry.value = key, value
    return bytes(graph.SerializeToString())


def _zipped(canary: Path) -> bytes:
    """What torch would take for a saved network."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Payload(canary)))
        archive.writestr("archive/head.safetensors", save({"weight": np.zeros((2, 2), np.float32)}))
    return stream.getvalue()
