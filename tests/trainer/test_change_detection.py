"""Something happens more often than promised: noticed soon, and hardly ever where it does not."""

from __future__ import annotations

import random

import pytest

from trainer.change_detection import AVERAGE_RUN, Change, Event, detect
from trainer.metrics import wilson


def alarms(events: list[Event], *, step: int) -> int:
    """How many alarms there are when the newest 400 events since the last alarm are looked at after every `step`."""
    found, since = 0, 0
    for place in range(step, len(events) + 1, step):
        if detect(events[max(since, place - 400) : place]) is not None:
            found, since = found + 1, place
    return found


def drawn(chance: random.Random, probability: float, n: int, *, expected: float, most: float) -> list[Event]:
    return [Event(chance.random() < probability, expected, most) for _ in range(n)]


def test_a_long_healthy_run_raises_no_more_false_alarms_than_promised() -> None:
    """Errors as high as could just be stated, which is the worst: one alarm in `AVERAGE_RUN` answers, or fewer."""
    chance = random.Random(7)
    n = 200_000

    found = alarms(drawn(chance, 0.15, n, expected=0.1, most=0.15), step=400)

    assert 0 < found <= n / AVERAGE_RUN


def test_where_errors_are_as_stated_there_is_hardly_ever_a_false_alarm() -> None:
    chance, found = random.Random(3), 0
    for true in (0.03, 0.1, 0.3):
        stated = sum(chance.random() < true for _ in range(100))
        most = max(0.02, wilson(stated, 100)[1])
        found += alarms(drawn(chance, true, 20_000, expected=stated / 100, most=most), step=100)

    assert found <= 1


@pytest.mark.parametrize(("probability", "within"), [(0.3, 100), (0.5, 40)])
def test_errors_that_grew_are_noticed_soon(probability: float, within: int) -> None:
    chance = random.Random(11)
    noticed = 0
    for _ in range(40):
        before = drawn(chance, 0.05, 100, expected=0.06, most=0.1)
        noticed += detect([*before, *drawn(chance, probability, within, expected=0.06, most=0.1)]) is not None

    assert noticed >= 34


def test_what_is_told_is_the_run_that_stands_out_and_not_all_before_it() -> None:
    healthy = [Event(False, 0.1, 0.2)] * 60
    bad = [Event(True, 0.1, 0.2)] * 20

    found = detect([*healthy, *bad])

    assert found is not None
    assert found.n == found.seen <= 12
    assert found.expected == pytest.approx(0.1 * found.n)


def test_few_events_prove_nothing_however_bad() -> None:
    assert detect([]) is None
    assert detect([Event(True, 0.01, 0.02)] * 5) is None
    assert detect([Event(True, 0.4, 0.8)] * 12) is None


def test_each_event_stands_against_what_was_promised_for_it() -> None:
    promised_much, promised_little = Event(True, 0.05, 0.1), Event(True, 0.5, 0.7)

    assert detect([promised_much] * 12) is not None
    assert detect([promised_little] * 12) is None
    assert detect([promised_much, promised_little] * 12) is not None


def test_what_is_not_known_yet_only_lessens_the_suspicion() -> None:
    chance = random.Random(5)
    events = drawn(chance, 0.4, 60, expected=0.1, most=0.15)
    assert detect(events) is not None

    half_known = [Event(one.happened and place % 4 == 0, one.expected, one.most) for place, one in enumerate(events)]
    assert detect(half_known) is None


def test_a_promise_of_nothing_or_everything_is_no_promise() -> None:
    for most in (0.0, 1.0):
        with pytest.raises(ValueError, match="strictly between"):
            detect([Event(False, 0.0, most)])


def test_a_shorter_average_run_notices_sooner() -> None:
    events = [Event(True, 0.1, 0.2)] * 12
    quick, slow = detect(events, average_run=50), detect(events)

    assert isinstance(quick, Change)
    assert isinstance(slow, Change)
    assert quick.n < slow.n
