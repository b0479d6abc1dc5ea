"""Pictures to embeddings by OpenVINO: one compiled network, any number of threads asking at once."""

from __future__ import annotations

import json
import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from trainer.engine import openvino
from trainer.errors import EmbedderDamaged
from trainer.preprocessing import Pixels, Preprocessing, decode, fit_in

Embeddings = NDArray[np.float32]
EXTERNAL_DATA = b"\x0a\x08location"
EMBEDDINGS, FEATURES = "embeddings", "features"


@dataclass(frozen=True, slots=True)
class Look:
    """An embedding float32 (d,) and the features float32 (d, h, w) that it is the mean of; None where none are told."""

    embedding: Embeddings
    features: NDArray[np.float32] | None


class Embedder:
    """A compiled embedder; open one with `Embedder.open`."""

    def __init__(self, compiled: Any, preprocessing: Preprocessing, digest: str) -> None:
        self.preprocessing = preprocessing
        self.digest = digest
        self._compiled = compiled
        self._embeddings = compiled.output(EMBEDDINGS)
        self._features = next((one for one in compiled.outputs if FEATURES in one.get_names()), None)
        self.dimension = int(self._embeddings.partial_shape[1].get_length())
        self._idle: list[Any] = []
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, threads: int = 0, at_once: int = 1, exact: bool = False) -> Self:
        """Compile the file for this processor. `threads` 0 lets OpenVINO decide. Raise EmbedderDamaged.

        All threads work on one picture, since somebody waits for it; or, for many pictures of which each may take its
        time, on `at_once` pictures from as many callers: a seventh less work for each, and no core waits for another.

        Where the processor multiplies in bfloat16 it does: 40 % faster, and no more photos answered wrong (measured).
        `exact` forbids it: embeddings then equal the network's in torch to 1e-4, on every machine.
        """
        core = openvino().Core()
        options = {"NUM_STREAMS": str(at_once)} if at_once > 1 else {"PERFORMANCE_HINT": "LATENCY"}
        if exact:
            options["INFERENCE_PRECISION_HINT"] = "f32"
        if threads:
            options["INFERENCE_NUM_THREADS"] = str(max(threads, at_once))
        try:
            if _has_numbers_elsewhere(path):
                raise EmbedderDamaged(path, "it keeps numbers in another file, which no digest speaks for")
            network = core.read_model(str(path))
            preprocessing = _read_preprocessing(network)
            side = preprocessing.size
            # A fixed shape is faster than any batch here, and keeps the memory of the process small.
            network.reshape([1, side, side, 3])
            compiled = core.compile_model(network, "CPU", options)
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise EmbedderDamaged(path, "not an embedder") from error
        embedder = cls(compiled, preprocessing, path.stem)
        # OpenVINO's Python side sets itself up in the first inference. Two threads that make it at once can wait for
        # each other for ever, one holding Python's lock and the other that of the set-up.
        embedder.embed(np.zeros((1, side, side, 3), dtype=np.uint8))
        return embedder

    @property
    def side(self) -> int:
        """Return the side that `decode` must be asked for."""
        return self.preprocessing.size

    def embed(self, pictures: Pixels) -> Embeddings:
        """Embed pictures of shape (n, size, size, 3); return float32 (n, d)."""
        embedded = np.empty((len(pictures), self.dimension), dtype=np.float32)
        with self._request() as request:
            for row, picture in enumerate(pictures):
                request.infer([picture[None]])
                embedded[row] = request.get_tensor(self._embeddings).data[0]
        return embedded

    def look(self, picture: Pixels) -> Look:
        """Embed one picture (size, size, 3), and tell where in it the embedding comes from."""
        with self._request() as request:
            request.infer([picture[None]])
            embedding = request.get_tensor(self._embeddings).data[0].copy()
            features = None if self._features is None else request.get_tensor(self._features).data[0].copy()
        return Look(embedding, features)

    def embed_bytes(self, data: bytes) -> Embeddings:
        """Decode and embed one picture; return float32 (d,). Raise PictureUnreadable."""
        return self.embed_pixels(decode(data, self.preprocessing.size))

    def embed_pixels(self, pixels: Pixels) -> Embeddings:
        """Embed one picture as `decode` gave it for this embedder's size; return float32 (d,)."""
        embedded: Embeddings = self.embed(fit_in(pixels, self.preprocessing)[None])[0]
        return embedded

    @contextmanager
    def _request(self) -> Iterator[Any]:
        """Lend an inference request: each holds its own buffers, so that two threads never share one."""
        with self._lock:
            request = self._idle.pop() if self._idle else self._compiled.create_infer_request()
        try:
            yield request
        finally:
            with self._lock:
                self._idle.append(request)


def _has_numbers_elsewhere(path: Path) -> bool:
    """Look for ONNX's external data, before anything follows the paths that it names.

    In the file it is a map entry (field 1, a text of 8 bytes) of this key; an exporter writes it in no other place.
    """
    with path.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size == 0:
            return False
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return data.find(EXTERNAL_DATA) >= 0


def _read_preprocessing(network: Any) -> Preprocessing:
    """Read the specification that the exporter wrote into the file's metadata."""
    told = network.get_rt_info(["framework", "preprocessing"])
    return Preprocessing.from_dict(json.loads(str(getattr(told, "value", told))))
