"""The trainer is killed while it fine-tunes: in the end it has come to the same networks as in peace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos import kill_tuning

KILLS = 20 if os.environ.get("PUPIL_TEST_CHAOS") == "long" else 1


@pytest.mark.chaos
async def test_killed_at_any_moment_a_fine_tuning_ends_with_the_same_networks(tmp_path: Path) -> None:
    report = await kill_tuning.run(tmp_path, kills=KILLS, seed=20)
    assert report.violations == []
