"""What people send, edit, take back and delete, in any order, comes out as a plain model says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos.collecting import run, stage


def test_whatever_people_do_their_photos_are_called_as_they_said(tmp_path: Path) -> None:
    with stage(tmp_path):
        run(25, 12, number=1)


@pytest.mark.chaos
def test_whatever_people_do_for_long(tmp_path: Path) -> None:
    if os.environ.get("PUPIL_TEST_CHAOS") != "long":
        pytest.skip("the long form runs with PUPIL_TEST_CHAOS=long")
    with stage(tmp_path):
        run(500, 50, number=2)
