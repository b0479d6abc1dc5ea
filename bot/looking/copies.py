"""Finds what a photo is all but a copy of, among all that came: taught or asked, and before there is any network.

A sketch of each is in memory, 64 bytes, and hardly ever takes one photo for another; a look at both decides.
"""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.looking.twins import Twins
from storage import NotFound, Picture, Store, StoreDamaged, StoreUnavailable
from trainer.errors import PictureUnreadable
from trainer.preprocessing import Pixels, decode
from trainer.twins import SIDE, SQUARE, Glance, Sketch, are_twins, glance, may_be_alike, sketch

# With their digests 100 bytes each. Of more, the oldest are let go.
KEPT = 100_000
PAGE = 5_000
LOOKED_AT = 5
SQUARES = (SIDE // SQUARE) ** 2


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a photo looks in a few squares, and the digests of pictures that are all but the same, the likest first.

    It was compared with the photos up to the number `seen_until`; None where that could not be done.
    """

    sketch: bytes
    digests: tuple[str, ...]
    seen_until: int | None = None


class Copies:
    """Remembers the sketches of all photos, and reads what came since when it is asked. It blocks: use a thread."""

    def __init__(self, store: Store, twins: Twins) -> None:
        self._store = store
        self._twins = twins
        self._lock = threading.Lock()
        self._newest = 0
        self._count = 0
        self._sketches: NDArray[np.int8] = np.zeros((SQUARES, PAGE), np.int8)
        self._digests: list[bytes] = []

    def of(self, pixels: Pixels) -> Likeness:
        """What a photo is like; nothing where the store cannot be read now."""
        seen = glance(pixels)
        try:
            self.read_on()
        except StoreUnavailable:
            return Likeness(sketch(seen).tobytes(), ())
        return self._like(seen)

    def read_on(self) -> None:
        """Take in what came since. Who compares many photos reads once for some of them; raises StoreUnavailable."""
        with self._lock:
            self._read_on()

    def among_read(self, picture: Picture) -> Likeness | None:
        """What a picture is like, of what `read_on` has read; None where it cannot be seen."""
        try:
            pixels = decode(picture.data, SIDE) if picture.pixels is None else picture.pixels
        except PictureUnreadable:
            return None
        return self._like(glance(pixels))

    def _like(self, seen: Glance) -> Likeness:
        drawn = sketch(seen)
        with self._lock:
            digests, seen_until = self._alike(drawn), self._newest
        alike = tuple(one for one in digests[:LOOKED_AT] if self._is_twin(seen, one))
        return Likeness(drawn.tobytes(), alike, seen_until)

    def _alike(self, drawn: Sketch) -> list[str]:
        """Whom a look is worth, the likest first."""
        sketches = self._sketches[:, : self._count]
        found = may_be_alike(sketches, drawn)
        apart = np.abs(sketches[:, found].astype(np.int16) - drawn.astype(np.int16)[:, None]).sum(axis=0)
        return list(dict.fromkeys(self._digests[at].hex() for at in found[np.argsort(apart, kind="stable")]))

    def _is_twin(self, seen: Glance, digest: str) -> bool:
        try:
            return are_twins(seen, self._twins.at(digest))
        except (NotFound, StoreDamaged, StoreUnavailable, PictureUnreadable):
            # It was deleted meanwhile.
            return False

    def _read_on(self) -> None:
        """Take in what came since, also through another process; no transaction is open while it is compared."""
        while True:
            with self._store.read() as unit:
                page = unit.photos.sketches(self._newest, PAGE)
            for photo_id, digest, drawn in page:
                self._newest = photo_id
                if len(drawn) == SQUARES:
                    self._add(digest, drawn)
            if len(page) < PAGE:
                return

    def _add(self, digest: str, drawn: bytes) -> None:
        if self._count >= KEPT:
            half = KEPT // 2
            self._sketches[:, :half] = self._sketches[:, self._count - half : self._count]
            self._digests, self._count = self._digests[-half:], half
        if self._count == self._sketches.shape[1]:
            wider = np.zeros((SQUARES, min(KEPT, 2 * self._count)), np.int8)
            wider[:, : self._count] = self._sketches
            self._sketches = wider
        self._sketches[:, self._count] = np.frombuffer(drawn, np.int8)
        self._digests.append(bytes.fromhex(digest))
        self._count += 1
