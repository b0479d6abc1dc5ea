"""The bot is killed while people talk to it: nothing is lost, and a stock bot under the same kills loses something."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos import kill_updates, write_together

LONG = os.environ.get("PUPIL_TEST_CHAOS") == "long"
SIZE = {"updates": 2000, "kills": 100} if LONG else {"updates": 60, "kills": 3}

pytestmark = pytest.mark.chaos


async def test_killed_at_any_moment_the_bot_loses_nothing(tmp_path: Path) -> None:
    report = await kill_updates.run(tmp_path, **SIZE, seed=20)
    assert report.updates == SIZE["updates"]
    assert report.tally.violations == []


async def test_a_stock_bot_under_the_same_kills_loses_updates(tmp_path: Path) -> None:
    # Three kills may all fall between two updates; it does not stay so lucky.
    for attempt in range(5):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        report = await kill_updates.run_control(folder, updates=40, kills=3, seed=20 + attempt)
        if report.tally.updates_lost > 0:
            return
    pytest.fail("five stock bots lost nothing: these kills would not show a loss")


async def test_bot_and_trainer_write_at_once_and_neither_is_told_to_wait(tmp_path: Path) -> None:
    report = await write_together.run(tmp_path, updates=600 if LONG else 60, seed=20)
    assert report.networks > 1
    assert report.violations == []
