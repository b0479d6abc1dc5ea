"""Near copies that came while a photo was looked at: of two that come at once, neither finds the other in time."""

from collections.abc import Iterable

import numpy as np

from bot.looking.copies import SQUARES, Likeness
from storage import Photo, Unit
from trainer.twins import may_be_alike

# More do not come within a look.
MOST = 1_000


class Meanwhile:
    """The photos that came after `since`, read once for all that a transaction keeps, and those that it kept itself.

    Nothing is decoded within a transaction, so no second look is taken. Two photos that are wrongly taken for copies
    share a fold, which costs nothing; two copies in two folds would test what they taught.
    """

    def __init__(self, unit: Unit, since: int | None) -> None:
        came = [] if since is None else unit.photos.sketches(since, MOST)
        self._came = [(digest, drawn) for _, digest, drawn in came if len(drawn) == SQUARES]

    def note(self, photo: Photo, likeness: Likeness | None) -> None:
        """Let a photo that this transaction kept be found by those that it keeps next."""
        if likeness is not None and not photo.is_test:
            self._came.append((photo.digest, likeness.sketch))

    def all_like(self, likeness: Likeness | None) -> tuple[str, ...]:
        """The digests of those that a photo was found to be like, and of those that came meanwhile."""
        return () if likeness is None else (*likeness.digests, *self.alike(likeness.sketch))

    def alike(self, sketch: bytes) -> tuple[str, ...]:
        """The digests of those that came and look the same in a few squares."""
        if not any(sketch) or not self._came:
            return ()
        drawn = np.frombuffer(b"".join(one for _, one in self._came), np.int8).reshape(-1, SQUARES)
        found = may_be_alike(drawn.T, np.frombuffer(sketch, np.int8))
        return tuple(self._came[at][0] for at in found)


def meanwhile(unit: Unit, found: Iterable[Likeness | None]) -> Meanwhile:
    """What came since the first of these was compared, for a transaction that keeps them all."""
    return Meanwhile(unit, min((one.seen_until for one in found if one and one.seen_until is not None), default=None))


def all_like(unit: Unit, likeness: Likeness | None) -> tuple[str, ...]:
    """The digests of pictures that one photo is like, for a transaction that keeps it alone."""
    return meanwhile(unit, [likeness]).all_like(likeness)
