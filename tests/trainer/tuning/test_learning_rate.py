from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import exp, log

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from trainer.tuning.learning_rate import one_cycle, range_test, smoothed, spread, suggest


def learner() -> nn.Module:
    """Everything that could be left changed: weights, running statistics, and dropout that draws random numbers."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))


def batches(generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    order = torch.randperm(60, generator=generator)
    truth = torch.arange(60) % 3
    clouds = torch.randn(60, 8, generator=torch.Generator().manual_seed(1)) + 3 * nn.functional.one_hot(truth, 8)
    for some in torch.split(order, 20):
        yield clouds[some], truth[some]


def groups(module: nn.Module) -> list[dict[str, object]]:
    return [{"params": list(module.parameters()), "scale": 1.0}]


def loss(module: nn.Module, features: Tensor, truth: Tensor) -> Tensor:
    return nn.functional.cross_entropy(module(features), truth)


def test_a_range_test_leaves_no_trace() -> None:
    tested = learner()
    before = {name: value.clone() for name, value in tested.state_dict().items()}
    random_before, numpy_before = torch.get_rng_state(), repr(np.random.get_state())

    range_test(tested, groups, batches, loss, end=10.0)

    assert tested.training
    assert all(torch.equal(value, before[name]) for name, value in tested.state_dict().items())
    assert all(parameter.grad is None for parameter in tested.parameters())
    assert torch.equal(torch.get_rng_state(), random_before)
    assert repr(np.random.get_state()) == numpy_before


def test_a_range_test_is_the_same_each_time_whatever_was_drawn_before() -> None:
    first = range_test(learner(), groups, batches, loss)
    torch.randn(1000)

    assert range_test(learner(), groups, batches, loss) == first


def test_a_range_test_finds_rates_that_learn_and_stops_where_the_loss_explodes() -> None:
    curve = range_test(learner(), groups, batches, loss, start=1e-6, end=1e4, steps=100)

    assert curve.diverged
    assert len(curve.rates) < 100
    assert 1e-5 < curve.valley < 1
    assert 1e-5 < curve.steep < 10
    assert min(curve.losses) < curve.losses[0]


def test_suggestions_of_a_curve_that_is_known() -> None:
    rates = [10 ** (-6 + place / 10) for place in range(71)]
    # flat to 1e-4, falls evenly to 1e-2, climbs after that
    losses = [2.0 - 0.9 * min(max(log(rate / 1e-4) / log(100), 0), 1) + max(log(rate / 1e-2), 0) for rate in rates]

    curve = suggest(rates, losses, diverged=False)

    assert 1e-4 <= curve.steep <= 1e-2
    assert curve.valley == pytest.approx(1e-3, rel=0.3)
    assert curve.tenth == pytest.approx(1e-3, rel=0.3)


def test_too_short_a_curve_suggests_its_lowest_rate() -> None:
    curve = suggest([1e-6, 1e-5], [1.0, 2.0], diverged=True)

    assert (curve.steep, curve.valley, curve.tenth) == (1e-6, 1e-6, 1e-6)
    assert suggest([], [], diverged=True).steep == 0


def test_rates_must_grow() -> None:
    with pytest.raises(ValueError, match="no rates"):
        range_test(learner(), groups, batches, loss, start=1.0, end=0.1)


@given(st.floats(0, 1))
def test_a_cycle_never_leaves_its_bounds(share: float) -> None:
    assert 0 < one_cycle(share) <= 1


def test_a_cycle_rises_to_its_top_and_falls_from_there() -> None:
    rising, falling = [one_cycle(k / 100) for k in range(26)], [one_cycle(k / 100) for k in range(25, 101)]

    assert one_cycle(0.25) == 1
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)
    assert one_cycle(1) == pytest.approx(1e-5)


def test_discriminative_rates_are_even_steps_of_the_logarithm() -> None:
    assert spread(1e-5, 1e-3, 3) == pytest.approx([1e-5, 1e-4, 1e-3])
    assert spread(1e-5, 1e-3, 1) == [1e-3]
    steps = [high / low for low, high in itertools.pairwise(spread(3e-6, 3e-4, 7))]
    assert steps == pytest.approx([exp(log(100) / 6)] * 6)


def test_smoothing_is_corrected_for_its_start() -> None:
    assert smoothed([2.0, 2.0, 2.0]) == pytest.approx([2.0, 2.0, 2.0])
