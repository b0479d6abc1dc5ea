"""Killed at any moment and begun again: no picture twice, none lost, and a whole report."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.downloading.journal import Journal
from bot.downloading.lists import Item
from tests.bot.cli.conftest import photos, taught
from tests.chaos.homes import LABELS, environment, make_home, picture
from tests.support.photo_server import PhotoServer, photo_server

pytestmark = pytest.mark.lengthy

KILLS = 40 if os.environ.get("PUPIL_TEST_CHAOS") == "long" else 5
EACH = 50
DEAD = 10


def start(home: Path, server: PhotoServer, source: Path, *into: Path) -> subprocess.Popen[bytes]:
    arguments = [str(server.port), str(source), "", *map(str, into)]
    command = [sys.executable, "-m", "tests.bot.cli.downloading_process", *arguments]
    return subprocess.Popen(command, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_list(server: PhotoServer, source: Path) -> list[Item]:
    rows = [
        (server.put(f"/{label}/{number}", picture(label, number)), label) for number in range(EACH) for label in LABELS
    ]
    rows += [(server.put(f"/gone/{number}", status=404), "owl") for number in range(DEAD)]
    random.Random(3).shuffle(rows)
    source.write_text("\n".join(["url,label", *map(",".join, rows)]))
    return [Item(line, *row) for line, row in enumerate(rows, 2)]


def kill_again_and_again(begin: Callable[[], subprocess.Popen[bytes]], done: Callable[[], int]) -> list[int]:
    """How much was done after each life; the last one was left to end by itself."""
    seen, rng = [], random.Random(11)
    for _ in range(KILLS):
        process, before, deadline = begin(), done(), time.monotonic() + 30
        # Wait for the first news, so that each life gets somewhere and dies at another place.
        while done() == before and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen.append(done())
    assert begin().wait(120) == 0
    return seen


def check_report(source: Path, items: list[Item]) -> None:
    with source.with_name("birds-report.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(int(row["line"]), row["url"], row["label"]) for row in rows] == [
        (one.line, one.address, one.label) for one in items
    ]
    counts = Counter(row["outcome"] for row in rows)
    assert counts["new"] + counts["known"] == EACH * len(LABELS)
    assert counts["missed"] == DEAD


@pytest.mark.chaos
def test_a_download_that_is_killed_again_and_again_takes_each_photo_once(home: Path, tmp_path: Path) -> None:
    source, store = tmp_path / "birds.csv", make_home(home)
    with photo_server() as server:
        items = make_list(server, source)
        seen = kill_again_and_again(lambda: start(home, server, source), lambda: photos(store))
        noted = Journal(home / "downloads.jsonl")

    assert 0 < seen[0] < EACH * len(LABELS), "no kill came between two batches"
    assert photos(store) == len(taught(store)) == EACH * len(LABELS)
    assert all(noted.of(one) is not None for one in items)
    # What was noted is not fetched again: a kill costs what was on its way, or in a batch that was not noted yet.
    assert server.asked.total() < len(items) * KILLS
    check_report(source, items)
    store.check()
    with store.read() as unit:
        assert all(len(unit.votes.of_photo(one)) == 1 for one in range(1, EACH * len(LABELS) + 1))
    store.close()


@pytest.mark.chaos
def test_killed_on_its_way_into_a_folder_it_leaves_whole_pictures_and_each_once(home: Path, tmp_path: Path) -> None:
    source, into = tmp_path / "birds.csv", tmp_path / "out"
    with photo_server() as server:
        items = make_list(server, source)
        seen = kill_again_and_again(lambda: start(home, server, source, into), lambda: len(list(into.rglob("*.jpg"))))

    files = [file for file in into.rglob("*.jpg") if not file.name.startswith(".")]
    assert 0 < seen[0] < EACH * len(LABELS), "no kill came in the middle"
    assert Counter(file.parent.name for file in files) == dict.fromkeys(LABELS, EACH)
    assert all(file.read_bytes().endswith(b"\xff\xd9") for file in files)
    check_report(source, items)
