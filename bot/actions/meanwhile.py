"""Near copies that came while a photo was looked at: of two that come at once, neither finds the other in time."""

import numpy as np

from storage import Unit
from trainer.twins import may_be_alike

# More do not come within a look.
MOST = 1_000


def came_meanwhile(unit: Unit, sketch: bytes | None, seen_until: int | None) -> tuple[str, ...]:
    """The digests of photos after `seen_until` that look the same in a few squares.

    Nothing is decoded within a transaction, so no second look is taken. Two photos that are wrongly taken for copies
    share a fold, which costs nothing; two copies in two folds would test what they taught.
    """
    if seen_until is None or not sketch or not any(sketch):
        return ()
    since = [
        (digest, drawn) for _, digest, drawn in unit.photos.sketches(seen_until, MOST) if len(drawn) == len(sketch)
    ]
    if not since:
        return ()
    sketches = np.stack([np.frombuffer(drawn, np.int8) for _, drawn in since], axis=1)
    found = may_be_alike(sketches, np.frombuffer(sketch, np.int8))
    return tuple(since[at][0] for at in found)
