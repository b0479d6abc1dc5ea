"""Killed at any moment and begun again: no photo twice, none lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storage import open_store
from tests.bot.cli.conftest import photos, put, run, taught
from tests.chaos.homes import LABELS, environment, make_home, picture

pytestmark = pytest.mark.lengthy

KILLS = 40 if os.environ.get("PUPIL_TEST_CHAOS") == "long" else 5
EACH = 60


def start(home: Path, source: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "bot", "import", str(source)]
    return subprocess.Popen(command, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.chaos
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_an_import_that_is_killed_again_and_again_takes_each_photo_once(home: Path, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "photos"
    for label in LABELS:
        put(folder / label, *(picture(label, seed) for seed in range(EACH)))
    source = Path(shutil.make_archive(str(folder), "zip", folder)) if kind == "zip" else folder
    store, rng = make_home(home), random.Random(7)

    seen = []
    for _ in range(KILLS):
        importing = start(home, source)
        deadline, before = time.monotonic() + 30, photos(store)
        # Wait for the first new batch, so that each life gets somewhere and dies at another place.
        while photos(store) == before and importing.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.15))
        importing.send_signal(signal.SIGKILL)
        importing.wait()
        seen.append(photos(store))
    said = run("import", source, "--json")

    assert 0 < seen[0] < EACH * len(LABELS), "no kill came between two batches"
    assert said.json["new"] + said.json["known"] == EACH * len(LABELS)
    assert photos(store) == EACH * len(LABELS)
    assert len(taught(store)) == EACH * len(LABELS)
    store.check()
    with store.read() as unit:
        assert all(len(unit.votes.of_photo(one)) == 1 for one in range(1, EACH * len(LABELS) + 1))
    store.close()
    open_store(home).close()
