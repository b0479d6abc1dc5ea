"""The end: at once when told to, with nothing lost; and waits that hear that they are over."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import aiohttp
import pytest

from bot.ending import farewell, wait_for_news
from storage import open_store
from tests.support.homes import with_tables
from tests.support.networks import give_embedder, picture
from tests.support.people import People

pytestmark = pytest.mark.lengthy


async def test_a_cancellation_that_comes_together_with_news_is_not_swallowed() -> None:
    news = asyncio.Event()

    async def wait_for_ever() -> None:
        while True:
            await wait_for_news(news, 60)

    for _ in range(20):
        task = asyncio.create_task(wait_for_ever())
        await asyncio.sleep(0)
        news.set()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)


async def test_news_are_cleared_when_they_were_heard_and_waiting_ends_without_them() -> None:
    news = asyncio.Event()
    news.set()

    await wait_for_news(news, 60)
    assert not news.is_set()
    await wait_for_news(news, 0.01)


async def test_tasks_may_end_by_themselves_and_the_late_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.ending.LAST_CHANCE", 0.05)
    done: list[str] = []

    async def soon() -> None:
        await asyncio.sleep(0.01)
        done.append("soon")

    async def never() -> None:
        await asyncio.Event().wait()

    tasks = [asyncio.create_task(soon()), asyncio.create_task(never())]
    await farewell(tasks)

    assert done == ["soon"]
    assert tasks[1].cancelled()


async def healthy(url: str) -> None:
    deadline = time.monotonic() + 30
    async with aiohttp.ClientSession() as http:
        while time.monotonic() < deadline:
            try:
                async with http.get(f"{url}/health") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError("the bot did not come up")


async def begin(home: Path, port: int) -> asyncio.subprocess.Process:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PUPIL_")}
    environment = kept | {"PUPIL_HOME": str(home), "PUPIL_PORT": str(port)}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "bot", env=environment, cwd=home, stderr=asyncio.subprocess.DEVNULL
    )


async def end(process: asyncio.subprocess.Process) -> tuple[int, float]:
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    code = await asyncio.wait_for(process.wait(), 30)
    return code, time.monotonic() - started


async def test_sigterm_ends_the_bot_within_five_seconds_and_loses_nothing(tmp_path: Path, unused_tcp_port: int) -> None:
    give_embedder(tmp_path)
    url = f"http://127.0.0.1:{unused_tcp_port}"
    process = await begin(tmp_path, unused_tcp_port)
    try:
        await healthy(url)
        async with People(url) as people:
            for seed in range(8):
                await people.person("Ann").send_photo(picture("apple", seed), caption="apple")
        code, seconds = await end(process)
        assert (code, seconds < 5) == (0, True)

        process = await begin(tmp_path, unused_tcp_port)
        await healthy(url)
        async with People(url) as people:
            await people.person("Ann").wait_for(lambda one: "apple, 8 photos now." in one.text, timeout=30)
        assert (await end(process))[0] == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    store = open_store(with_tables(tmp_path))
    with store.read() as unit:
        assert unit.inbox.counts() == {"done": 8}
        assert unit.outbox.counts().keys() == {"sent"}
        assert [one.photos for one in unit.labels.counts(unit.classifiers.default().id)] == [8]
    store.close()
