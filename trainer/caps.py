"""How much of what is learned may come from one person: of a label, and of all. Torch-free.

Who brings a third of a label can turn it; with a tenth she cannot, as long as others bring the rest. What is over a
cap is not learned for now; nothing is thrown away, and which photos stay out does not depend on their order.

A cap is for crowds: nobody's lessons are cut below three even shares, so that who teaches a bot alone, or with a
friend or two, is never held back.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.metrics import Integers
from trainer.senders import NOBODY

OF_LABEL, OF_ALL = 0.1, 0.05
# A share is at least so many even ones, of all people who bring lessons (of the label).
EVEN_SHARES = 3
# So many of a label, and of all, anybody may bring: with few people or photos a share of them means nothing.
FREE_OF_LABEL, FREE_OF_ALL = 20, 60


def within_caps(
    given: Integers,
    senders: Integers,
    order: Sequence[str],
    *,
    trusted: frozenset[int] = frozenset(),
    of_label: float = OF_LABEL,
    of_all: float = OF_ALL,
) -> NDArray[np.bool_]:
    """Return which photos (n,) are learned from; those of `trusted` senders and of `NOBODY` always are.

    Photos stay by their `order`, such as digests: the same ones each time, and none that a person can choose. A share
    is of all photos there are, before anything is left out.
    """
    kept = np.zeros(len(given), dtype=np.bool_)
    most_of = {int(label): max(FREE_OF_LABEL, _share(senders[given == label], of_label)) for label in np.unique(given)}
    most = max(FREE_OF_ALL, _share(senders, of_all))
    brought: dict[tuple[int, int], int] = {}
    total: dict[int, int] = {}
    for row in sorted(range(len(given)), key=lambda at: order[at]):
        sender, label = int(senders[row]), int(given[row])
        of_her = brought.get((sender, label), 0)
        if sender == NOBODY or sender in trusted or (of_her < most_of[label] and total.get(sender, 0) < most):
            kept[row] = True
            brought[sender, label] = of_her + 1
            total[sender] = total.get(sender, 0) + 1
    return kept


def _share(senders: Integers, share: float) -> int:
    """Return how many of these photos may be one person's."""
    people = len(np.unique(senders[senders != NOBODY]))
    return int(max(share, EVEN_SHARES / max(people, 1)) * len(senders))
