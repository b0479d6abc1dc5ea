"""The bot is killed while it learns from a zip: every photo is there once, and the report lists them all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos import kill_zip

LONG = os.environ.get("PUPIL_TEST_CHAOS") == "long"
SIZE = {"photos": 2000, "kills": 5} if LONG else {"photos": 60, "kills": 2}

pytestmark = pytest.mark.chaos


async def test_killed_in_the_middle_of_a_zip_the_bot_takes_each_photo_once(tmp_path: Path) -> None:
    report = await kill_zip.run(tmp_path, **SIZE, seed=20)

    assert report.violations == []
