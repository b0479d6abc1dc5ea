"""The folder of embedders: content-addressed ONNX files, and which of them a specification means.

`<digest>.onnx` is the file, `<name of the specification>.json` points at it, so that the trainer need not build a
network (and import torch) to learn that it already has.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainer.durable import write_durably
from trainer.errors import EmbedderDamaged, EmbedderMissing
from trainer.preprocessing import Preprocessing

# Raised whenever code exports the same network in another way: embedders of before are made anew.
EXPORT = 3
DIGEST = re.compile(r"[0-9a-f]{64}")
PACKAGED_LICENCE = "Apache-2.0 (EfficientNet-Lite0 by Google, trained on ImageNet)"
UNKNOWN_LICENCE = "unknown: ask whoever made the weights"


@dataclass(frozen=True, slots=True)
class EmbedderSpec:
    """What determines an embedder: backbone, weights (see `network.build`) and how pictures are prepared for it."""

    backbone: str = "tf_efficientnet_lite0"
    weights: str = "packaged"
    preprocessing: Preprocessing = field(default_factory=Preprocessing)

    @property
    def name(self) -> str:
        """Return a file name that two different specifications do not share."""
        digest = hashlib.sha256(self._canonical().encode()).hexdigest()[:12]
        return f"{re.sub(r'[^A-Za-z0-9_.-]', '_', self.backbone)[:60]}-{self.preprocessing.size}-{digest}"

    def as_metadata(self) -> dict[str, str]:
        """Return what an embedder file says of itself."""
        return {"backbone": self.backbone, "preprocessing": _compact(self.preprocessing.as_dict())}

    def _canonical(self) -> str:
        made = {"backbone": self.backbone, "weights": self.weights, "export": EXPORT}
        return _compact(made | self.preprocessing.as_dict())


def find_embedder(folder: Path, spec: EmbedderSpec) -> str | None:
    """Return the digest of the embedder made for `spec`, or None if it must be made (again)."""
    try:
        digest = json.loads((folder / f"{spec.name}.json").read_text())["digest"]
        embedder_path(folder, digest)
    except (OSError, ValueError, KeyError, TypeError, EmbedderMissing, EmbedderDamaged):
        return None
    return str(digest)


def store_embedder(folder: Path, data: bytes) -> str:
    """Store an embedder under the digest of its bytes; return the digest."""
    digest = hashlib.sha256(data).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    write_durably(folder / f"{digest}.onnx", data)
    return digest


def write_spec(folder: Path, spec: EmbedderSpec, digest: str, *, licence: str | None = None) -> None:
    """Remember that `spec` is the embedder `digest`; last, so that a pointer never points at nothing.

    `licence` is that of the weights, where it is known.
    """
    values = {"digest": digest, "backbone": spec.backbone, "preprocessing": spec.preprocessing.as_dict()}
    values["licence"] = licence or UNKNOWN_LICENCE
    write_durably(folder / f"{spec.name}.json", json.dumps(values, indent=1).encode())


def licence_of(folder: Path, digest: str) -> str:
    """Return the licence of an embedder's weights, as it was written down when it was made."""
    return _told(folder, digest, "licence") or UNKNOWN_LICENCE


def backbone_of(folder: Path, digest: str) -> str | None:
    """Return the name of an embedder's backbone; None where it was not written down, as of a tuned one."""
    return _told(folder, digest, "backbone")


def _told(folder: Path, digest: str, what: str) -> str | None:
    for pointer in sorted(folder.glob("*.json")):
        try:
            told = json.loads(pointer.read_text())
            if told["digest"] == digest:
                return str(told[what])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def embedder_path(folder: Path, digest: Any) -> Path:
    """Return the path of an embedder whose bytes were checked against its name.

    Raise EmbedderMissing or EmbedderDamaged.
    """
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        raise EmbedderDamaged(folder, "not a digest")
    path = folder / f"{digest}.onnx"
    if path.is_symlink() or not path.is_file():
        raise EmbedderMissing(path)
    with path.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
            raise EmbedderDamaged(path, "its bytes are not the ones its name promises")
    return path


def _compact(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"))
