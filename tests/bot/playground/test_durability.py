"""What survives: a restart, a kill, a folder opened again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from bot.playground import Playground
from bot.playground.identities import is_token, keep_token
from tests.bot.playground.wire import RawBot, picture
from tests.support.people import People, served


async def test_everything_survives_a_restart(tmp_path: Path) -> None:
    async with served(Playground(tmp_path)) as url, People(url) as people:
        ann = people.person("Ann")
        cleo = await people.add("Cleo")
        shown = await ann.send_photo(picture(), caption="daisy")
        before = await ann.download(shown)

    playground = Playground(tmp_path)
    async with served(playground) as url, People(url) as people, aiohttp.ClientSession() as http:
        raw = RawBot(url, playground.token, http)
        ann = people.person("Ann")
        updates = await raw.updates()
        again = await ann.send_text("next")

        assert people.person("Cleo").id == cleo.id
        assert [message.text for message in await ann.history()] == ["daisy", "next"]
        assert updates[0]["message"]["message_id"] == shown.id < again.id
        assert (await raw.updates())[-1]["update_id"] == updates[0]["update_id"] + 1
        assert await ann.download(shown) == before


@pytest.mark.parametrize("left", ["", "9000000000000", "\n"])
def test_a_token_file_that_a_kill_left_without_its_token_gets_one(tmp_path: Path, left: str) -> None:
    (tmp_path / "token").write_text(left)

    playground = Playground(tmp_path)
    playground.close()
    again = Playground(tmp_path)
    again.close()

    assert is_token(playground.token)
    assert again.token == playground.token
    assert (tmp_path / "token").read_text().strip() == playground.token
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob("token.*")) == []


def test_killed_while_the_token_is_written_the_next_start_makes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Nothing of ours goes on after it."""

    def kill(_descriptor: int) -> None:
        raise Killed

    monkeypatch.setattr(os, "fsync", kill)
    with pytest.raises(Killed):
        keep_token(tmp_path)
    monkeypatch.undo()

    assert not (tmp_path / "token").exists()
    assert is_token(keep_token(tmp_path))


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A playground on its own, as `python -m bot.playground`."""
    command = [sys.executable, "-m", "bot.playground", "--folder", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


async def test_a_killed_server_comes_back_with_all_it_had_answered(
    tmp_path: Path, process: subprocess.Popen[str]
) -> None:
    assert process.stdout is not None
    async with People(process.stdout.readline().strip()) as people:
        sent = [await people.person("Bo").send_text(str(number)) for number in range(30)]
    process.kill()
    process.wait()

    playground = Playground(tmp_path)

    kept = playground.messenger.history(sent[0].chat_id, limit=100)
    assert [message["text"] for message in kept] == [str(number) for number in range(30)]
    assert playground.updates.pending == 30
    playground.close()


def test_it_stops_cleanly_when_asked(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=15)

    assert (process.returncode, out, err) == (0, "", "")
