"""Near copies that came while a photo was looked at: of two that come at once, neither finds the other in time."""

from collections.abc import Iterable

import numpy as np

from bot.looking.copies import Likeness
from storage import Unit
from trainer.twins import may_be_alike

# More do not come within a look.
MOST = 1_000


class Meanwhile:
    """The photos after `since`, read on as they come: also those that the same transaction has just kept.

    Nothing is decoded within a transaction, so no second look is taken. Two photos that are wrongly taken for copies
    share a fold, which costs nothing; two copies in two folds would test what they taught.
    """

    def __init__(self, unit: Unit, since: int) -> None:
        self._unit = unit
        self._newest = since
        self._came: list[tuple[str, bytes]] = []

    def all_like(self, likeness: Likeness | None) -> tuple[str, ...]:
        """The digests of those that a photo was found to be like, and of those that came meanwhile."""
        return () if likeness is None else (*likeness.digests, *self.alike(likeness.sketch))

    def alike(self, sketch: bytes) -> tuple[str, ...]:
        """The digests of those that came and look the same in a few squares."""
        if not any(sketch):
            return ()
        self._read_on(len(sketch))
        if not self._came:
            return ()
        drawn = np.frombuffer(b"".join(one for _, one in self._came), np.int8).reshape(-1, len(sketch))
        found = may_be_alike(drawn.T, np.frombuffer(sketch, np.int8))
        return tuple(self._came[at][0] for at in found)

    def _read_on(self, length: int) -> None:
        for photo_id, digest, drawn in self._unit.photos.sketches(self._newest, MOST):
            self._newest = photo_id
            if len(drawn) == length:
                self._came.append((digest, drawn))


def meanwhile(unit: Unit, found: Iterable[Likeness | None]) -> Meanwhile:
    """What came since the first of these was compared, for a transaction that keeps them all."""
    return Meanwhile(unit, min((one.seen_until for one in found if one and one.seen_until is not None), default=0))


def came_meanwhile(unit: Unit, sketch: bytes | None, seen_until: int | None) -> tuple[str, ...]:
    """The digests of photos after `seen_until` that look the same in a few squares."""
    return () if seen_until is None or not sketch else Meanwhile(unit, seen_until).alike(sketch)
