"""How much of what is learned may come from one person: of a label, and of all. Torch-free.

Who brings a third of a label can turn it; with a tenth she cannot, as long as others bring the rest. What is over a
cap is not learned for now; nothing is thrown away, and which photos stay out does not depend on their order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trainer.metrics import Integers

OF_LABEL, OF_ALL = 0.1, 0.05
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
    """Return which photos (n,) are learned from; those of `trusted` senders always are.

    Photos stay by their `order`, such as digests: the same ones each time, and none that a person can choose. A share
    is of all photos there are, before anything is left out.
    """
    kept = np.zeros(len(given), dtype=np.bool_)
    labels, photos = np.unique(given, return_counts=True)
    most_of = dict(zip(labels.tolist(), np.maximum(FREE_OF_LABEL, of_label * photos).astype(int).tolist(), strict=True))
    most = max(FREE_OF_ALL, int(of_all * len(given)))
    brought: dict[tuple[int, int], int] = {}
    total: dict[int, int] = {}
    for row in sorted(range(len(given)), key=lambda at: order[at]):
        sender, label = int(senders[row]), int(given[row])
        of_her = brought.get((sender, label), 0)
        if sender in trusted or (of_her < most_of[label] and total.get(sender, 0) < most):
            kept[row] = True
            brought[sender, label] = of_her + 1
            total[sender] = total.get(sender, 0) + 1
    return kept
