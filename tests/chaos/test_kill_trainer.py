"""The trainer is killed while lessons come in: in the end it has learned what it would have learned in peace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos import kill_trainer

KILLS = 20 if os.environ.get("PUPIL_TEST_CHAOS") == "long" else 3


@pytest.mark.chaos
async def test_killed_at_any_moment_the_trainer_ends_with_the_same_network(tmp_path: Path) -> None:
    report = await kill_trainer.run(tmp_path, kills=KILLS, seed=20)
    assert report.violations == []
