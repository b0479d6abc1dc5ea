"""The store under kills, failing disks and two writers. `PUPIL_TEST_CHAOS=long` runs the long forms."""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import ingesting, two_writers
from tests.storage.places import POSTGRES, Place, place

pytestmark = pytest.mark.lengthy

LONG = pytest.param(True, marks=pytest.mark.chaos, id="long")
SHORT = pytest.param(False, id="short")
STRACE = shutil.which("strace")
# The system calls by which a photo becomes durable.
CALLS = ("fsync", "rename", "pwrite64", "write")


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Place]:
    with place(tmp_path / "home") as found:
        found.open().close()
        yield found


@pytest.fixture(autouse=True)
def _long_forms_on_request(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("chaos") and os.environ.get("PUPIL_TEST_CHAOS") != "long":
        pytest.skip("the long form runs with PUPIL_TEST_CHAOS=long")


@pytest.mark.parametrize("long", [SHORT, LONG])
def test_killed_at_random_nothing_acknowledged_is_lost(where: Place, long: bool) -> None:
    found = ingesting.kill_often(where.home, where.url, 100 if long else 6, random.Random(11))

    assert found.photos > 20
    assert (found.without_blob, found.lost, found.unvoted) == (0, 0, 0)


@pytest.mark.parametrize("long", [SHORT, LONG])
def test_rows_before_files_are_caught_by_the_same_look(where: Place, long: bool) -> None:
    """The control: without it a checker that sees nothing would look like a store that loses nothing."""
    rng = random.Random(11)

    for _ in range(10 if long else 4):
        found = ingesting.kill_often(where.home, where.url, 10 if long else 5, rng, row_first=True)
        if found.without_blob:
            return

    pytest.fail("no row without its file was found")


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.skipif(POSTGRES is not None, reason="is about SQLite")
@pytest.mark.parametrize("long", [SHORT, LONG])
def test_killed_at_every_system_call_nothing_acknowledged_is_lost(where: Place, long: bool) -> None:
    if not _can_trace():
        pytest.skip("processes may not be traced here")
    killed = 0

    for call in CALLS if long else ("fsync", "rename", "pwrite64"):
        for nth in range(1, 25) if long else (1, 2, 3):
            found = _inject(where, f"{call}:signal=SIGKILL:when={nth}")
            killed += found is not None
            if found is not None:
                assert (found.without_blob, found.lost, found.unvoted) == (0, 0, 0), (call, nth)

    assert killed > (40 if long else 5)


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.skipif(POSTGRES is not None, reason="is about SQLite")
@pytest.mark.parametrize("long", [SHORT, LONG])
def test_a_disk_that_does_not_confirm_ends_the_process_without_an_answer(where: Place, long: bool) -> None:
    if not _can_trace():
        pytest.skip("processes may not be traced here")
    # A photo asks the disk three times: for the file, for its folder, and for the row. The first row also makes the log
    # and asks for its folder, and that answer SQLite does not look at.
    unheeded = 4
    for nth in range(1, 13 if long else 4):
        found = _inject(where, f"fsync:error=EIO:when={nth}", said="WriteNotDurable")
        assert (found is None) == (nth == unheeded), nth
        if found is not None:
            assert (found.without_blob, found.lost) == (0, 0), nth


@pytest.mark.parametrize("long", [SHORT, LONG])
def test_two_writers_never_find_the_database_locked(tmp_path: Path, where: Place, long: bool) -> None:
    outcome = two_writers.run(where.home, 10_000 if long else 1_000, url=where.url)

    assert outcome.busy == 0
    assert outcome.reads > 0
    assert outcome.log_bytes < 64 * 2**20


@pytest.mark.skipif(POSTGRES is not None, reason="is about SQLite")
@pytest.mark.parametrize("long", [SHORT, LONG])
def test_two_writers_share_a_rollback_journal_where_the_log_is_not_safe(tmp_path: Path, long: bool) -> None:
    outcome = two_writers.run(tmp_path / "own", 4_000 if long else 300, own_sqlite=True)

    assert outcome.busy == 0
    if tuple(map(int, outcome.sqlite.split("."))) < (3, 51, 3):
        assert outcome.log_bytes == 0


def _inject(where: Place, fault: str, said: str = "") -> ingesting.Found | None:
    """Run the ingesting process with a fault in it; None if the fault never came. `said` are its last words."""
    assert STRACE is not None
    call = fault.split(":")[0]
    before = [STRACE, "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={fault}"]
    process = ingesting.start(where.home, where.url, random.randrange(10**9), photos=4, before=before)
    output, last_words = process.communicate()
    found = ingesting.examine(where.home, where.url, ingesting.told(output))
    if said and process.returncode:
        assert said in last_words.splitlines()[-1]
    return found if process.returncode else None


def _can_trace() -> bool:
    assert STRACE is not None
    done = subprocess.run([STRACE, "-qq", "-o", os.devnull, "true"], capture_output=True, check=False)
    return done.returncode == 0
