"""`pupil run` as a process: its trainer ends with it however it ends, and a second one says why it cannot start."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.bot.cli.conftest import run
from tests.chaos.homes import bare_environment, environment, make_home
from tests.chaos.processes import Victim, free_port
from trainer.errors import AlreadyRunning
from trainer.locking import only_trainer

pytestmark = pytest.mark.lengthy

PATIENCE = 60.0


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def everything(home: Path, port: int) -> Iterator[Victim]:
    """`pupil run` with the chat page, still to be started."""
    make_home(home).close()
    command = ["-m", "bot", "run"]
    yield Victim(command, environment(home, port=port), home.parent / "run.log", f"http://127.0.0.1:{port}/health")
    if trainer_of(home):
        # Whatever a failed test left behind.
        with suppress(ProcessLookupError):
            os.kill(trainer_of(home), signal.SIGKILL)


def trainer_of(home: Path) -> int:
    """The process that is the trainer of a home; 0 for none."""
    try:
        with only_trainer(home):
            return 0
    except AlreadyRunning:
        return int((home / "trainer.lock").read_text() or 0)


async def until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s until {what}"
        await asyncio.sleep(0.2)


async def test_killed_it_takes_its_trainer_along(everything: Victim, home: Path) -> None:
    async with everything:
        await everything.start()
        await everything.ready()
        await until(lambda: trainer_of(home), "the trainer is at work")

        await everything.kill()

        await until(lambda: not trainer_of(home), "the trainer has ended too")


async def test_another_trainer_is_waited_for_without_a_complaint(everything: Victim, home: Path) -> None:
    log = home.parent / "run.log"
    async with Victim(["-m", "trainer"], environment(home), home.parent / "other.log") as other, everything:
        await other.start()
        pid = other.pid
        await until(lambda: trainer_of(home) == pid, "the other trainer is at work")
        await everything.start()
        await until(lambda: "another trainer is at work" in log.read_text(), "it is said")
        await other.kill()
        await until(lambda: trainer_of(home) not in (0, pid), "its own trainer is at work")

        assert " ERROR " not in log.read_text()
    await until(lambda: not trainer_of(home), "the trainer has ended too")


async def test_a_second_one_says_that_one_is_running(everything: Victim, port: int, home: Path) -> None:
    async with everything:
        await everything.start()
        await everything.ready()

        def second(**settings: object) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-m", "bot", "run"]
            own = bare_environment(home, **settings)
            return subprocess.run(command, env=own, capture_output=True, text=True, check=False, timeout=PATIENCE)

        page, telegram = second(port=port), second(port=port, telegram_token="7000000001:" + "x" * 35)

    assert (page.returncode, telegram.returncode) == (1, 1)
    assert page.stderr.strip() == "Pupil stopped. Pupil is running already for this folder."
    assert f"Pupil stopped. Port {port} is taken. Is Pupil running already?" in telegram.stderr
    assert "Traceback" not in page.stderr + telegram.stderr


@pytest.mark.parametrize("command", ["status", "owner-code", "run"])
def test_a_damaged_database_is_told_in_plain_words(home: Path, command: str) -> None:
    home.mkdir()
    (home / "pupil.db").write_bytes(b"nothing of a database " * 100)

    said = run(command)

    assert said.code == 1
    assert "What is stored is damaged. Put back a copy of the folder in PUPIL_HOME." in said.err
