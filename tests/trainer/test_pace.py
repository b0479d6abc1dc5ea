from __future__ import annotations

import pytest

from trainer.pace import Pace, pace


def test_a_fit_that_keeps_its_pace_promises_as_much_again() -> None:
    found = pace([0.9, 0.8, 0.7, 0.6], [1, 1, 1, 1], 1.0)

    assert (found.fall, found.kept, found.gain, found.ahead) == pytest.approx((0.4, 1.0, 0.4, 0.6))


def test_a_fit_that_has_settled_promises_little() -> None:
    found = pace([0.2, 0.12, 0.1, 0.1], [1, 1, 1, 1], 1.0)

    assert found.kept < 0.05
    assert found.ahead < 0.01


def test_small_steps_at_the_end_do_not_look_like_settling() -> None:
    """One-cycle: the last epoch goes hardly anywhere, so that it falls by little says nothing."""
    assert pace([0.9, 0.8, 0.75, 0.74], [1, 1, 0.5, 0.1], 1.0).kept > 0.7


def test_a_rising_loss_promises_nothing_and_no_way_made_neither() -> None:
    assert pace([1.1, 1.2], [1, 1], 1.0).gain == 0
    assert pace([0.5], [0.0], 1.0) == Pace(0.5, 0, 0, 0)
