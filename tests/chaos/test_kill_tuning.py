"""The trainer is killed while it fine-tunes: in the end it has come to the same networks as in peace.

Only the long form: that a tuning which was cut off goes on to the same networks is tried in tests/trainer/tuning, too.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos import kill_tuning

KILLS = 20


@pytest.mark.chaos
@pytest.mark.skipif(
    os.environ.get("PUPIL_TEST_CHAOS") != "long", reason="the long form runs with PUPIL_TEST_CHAOS=long"
)
async def test_killed_at_any_moment_a_fine_tuning_ends_with_the_same_networks(tmp_path: Path) -> None:
    report = await kill_tuning.run(tmp_path, kills=KILLS, seed=20)
    assert report.violations == []
