"""Which taught photos are one picture, or so alike that somebody should look; no pair of them is looked at twice.

Looking takes decoding, which is most of the work: what was seen is kept while the trainer runs, so that each list costs
what is new. What an end leaves unseen is seen for the next list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from trainer.duplicates import Grey, Twins, candidates, look
from trainer.known_alike import KnownAlike, nearest_now
from trainer.metrics import Integers
from trainer.similar import Alike, Vectors

# So many pairs not yet looked at, the most alike first, are looked at for one list; so many photos are decoded before
# something else may come first.
LOOKED_AT, AT_ONCE = 1_500, 200
# So many pairs are thought of at all, the most alike.
MOST_PAIRS = 100_000
# The shades of so many pictures are kept (20 MB), for the pairs that they are in next.
SHADES_KEPT = 5_000

Pair = tuple[str, str]


@dataclass(slots=True)
class Seen:
    """What former looks through one embedder left: who is alike, what pairs are (None: not the same), and shades."""

    embedder: str = ""
    known: KnownAlike | None = None
    pairs: dict[Pair, Twins | None] = field(default_factory=dict)
    shades: dict[str, NDArray[np.uint8]] = field(default_factory=dict)

    def through(self, embedder: str, digests: Sequence[str]) -> None:
        """Forget what another embedder saw, and pictures that are no longer there."""
        if self.embedder != embedder:
            self.embedder, self.known, self.pairs, self.shades = embedder, None, {}, {}
        there = set(digests)
        self.pairs = {pair: seen for pair, seen in self.pairs.items() if there.issuperset(pair)}
        kept = [(digest, grey) for digest, grey in self.shades.items() if digest in there]
        self.shades = dict(kept[-SHADES_KEPT:])


@dataclass(frozen=True, slots=True)
class Same:
    """Photos, by row: those most alike to each, pairs that are one picture, and pairs (row, row, cosine) only alike."""

    alike: Alike
    twins: tuple[Twins, ...]
    similar: tuple[tuple[int, int, float], ...]


def find_same(
    seen: Seen, digests: Sequence[str], vectors: Vectors, grey_of: Callable[[str], NDArray[np.uint8]]
) -> Iterator[int | Same]:
    """Yield how many pictures were decoded, now and then, and last what is the same; `seen` is added to.

    `vectors` (n, d) have length one; `grey_of` decodes a picture to its `twins.shades`.
    """
    seen.known = nearest_now(seen.known, digests, vectors)
    pairs, likenesses = candidates(seen.known.alike)
    order = np.argsort(-likenesses, kind="stable")[:MOST_PAIRS]
    named = {_names(digests, pair): (pair, float(likenesses[at])) for at, pair in zip(order, pairs[order], strict=True)}
    new = [key for key in named if key not in seen.pairs][:LOOKED_AT]
    for number, digest in enumerate(sorted({digest for key in new for digest in key} - seen.shades.keys())):
        if number % AT_ONCE == 0:
            yield number
        seen.shades[digest] = grey_of(digest)
    _look(seen, new, {key: named[key][1] for key in new})
    known = [(key, pair, likeness) for key, (pair, likeness) in named.items() if key in seen.pairs]
    twins = (_in_rows(seen.pairs[key], pair) for key, pair, _ in known)
    similar = tuple((int(pair[0]), int(pair[1]), each) for key, pair, each in known if seen.pairs[key] is None)
    yield Same(seen.known.alike, tuple(one for one in twins if one is not None), similar)


def _names(digests: Sequence[str], pair: Integers) -> Pair:
    one, other = sorted((digests[int(pair[0])], digests[int(pair[1])]))
    return one, other


def _look(seen: Seen, new: Sequence[Pair], likenesses: Mapping[Pair, float]) -> None:
    """Compare pairs by their shades; only the pictures that are in one are laid side by side."""
    if not new:
        return
    rows = {digest: row for row, digest in enumerate(sorted({digest for key in new for digest in key}))}
    grey: Grey = np.stack([seen.shades[digest] for digest in rows])
    pairs = np.array([[rows[one], rows[other]] for one, other in new], dtype=np.int64)
    seen.pairs |= dict.fromkeys(new)
    names = list(rows)
    for twins in look(pairs, np.array([likenesses[key] for key in new], dtype=np.float32), grey):
        seen.pairs[names[twins.first], names[twins.second]] = twins


def _in_rows(twins: Twins | None, pair: Integers) -> Twins | None:
    return None if twins is None else replace(twins, first=int(pair[0]), second=int(pair[1]))
