"""Networks are published under readers: none is ever torn or mixed. `PUPIL_TEST_CHAOS=long` runs the long form."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.chaos import publishing

pytestmark = pytest.mark.lengthy

PUBLISHES = 400 if os.environ.get("PUPIL_TEST_CHAOS") == "long" else 30


@pytest.mark.chaos
def test_whoever_loads_the_network_that_answers_gets_all_of_it_and_nothing_of_another(tmp_path: Path) -> None:
    report = publishing.run(tmp_path / "home", publishes=PUBLISHES)

    assert (report.torn, report.mixed) == (0, 0)
    assert report.networks > 3
    assert report.loads >= report.networks


@pytest.mark.chaos
def test_publishing_file_by_file_is_caught_by_the_same_readers(tmp_path: Path) -> None:
    """The control: without it readers that notice nothing would look like networks that are always whole."""
    report = publishing.run(tmp_path / "home", publishes=20, in_place=True)

    assert report.torn > 0
