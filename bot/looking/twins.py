"""Finds the taught photo that a question's picture is nearly the same as."""

import threading
from collections import OrderedDict

from storage import NotFound, Picture, Store, StoreDamaged, StoreUnavailable
from trainer.errors import PictureUnreadable
from trainer.predicting import Guess
from trainer.preprocessing import decode
from trainer.twins import SIDE, Glance, are_twins, glance, may_be_twin

# Glances are 16 kilobytes each.
KEPT = 1024


class Twins:
    """Remembers what taught photos look like at a glance. It blocks: call it from a thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: OrderedDict[str, Glance] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, picture: Picture, guess: Guess) -> str | None:
        """The digest of the taught picture that is the same photo; None where none is."""
        if not guess.nearest or not may_be_twin(guess.nearest[0]):
            return None
        try:
            pixels = decode(picture.data, SIDE) if picture.pixels is None else picture.pixels
            return guess.nearest[0].digest if are_twins(glance(pixels), self.at(guess.nearest[0].digest)) else None
        except (NotFound, StoreDamaged, StoreUnavailable, PictureUnreadable):
            # It was deleted, or cannot be read now: then it is not what people are reminded of.
            return None

    def at(self, digest: str) -> Glance:
        """What a kept picture looks like; raises as reading and decoding do."""
        with self._lock:
            if digest in self._seen:
                self._seen.move_to_end(digest)
                return self._seen[digest]
        seen = glance(decode(self._store.blobs.read(digest), SIDE))
        with self._lock:
            self._seen[digest] = seen
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)
        return seen
