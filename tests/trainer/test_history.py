from __future__ import annotations

import json
from dataclasses import replace

from trainer.history import EpochResult, History, RateCurve

EPOCH = EpochResult(1, 3e-3, 0.7, 0.2, 0.3, 4, 50, 2.5, spread=0.8)
CURVE = RateCurve((1e-3, 1e-2), (1.0, 0.5), steep=1e-3, valley=5e-3, tenth=1e-3, diverged=False)


def test_a_history_comes_back_from_json_as_it_was() -> None:
    for history in (
        History((EPOCH,), best=1, curve=CURVE, restarts=1),
        History((replace(EPOCH, spread=None),), best=1),
    ):
        assert History.from_dict(json.loads(json.dumps(history.as_dict()))) == history


def test_a_history_written_before_the_spread_was_measured_is_read() -> None:
    written = History((EPOCH,), best=1).as_dict()
    del written["epochs"][0]["spread"]

    assert History.from_dict(written).epochs[0].spread is None
