"""A served playground, a real python-telegram-bot client, and people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from telegram import Bot

from bot.playground import Playground
from tests.bot.playground.wire import Clock, RawBot, RecordingRequest
from tests.support.people import People, Person, served


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def playground(tmp_path: Path, clock: Clock) -> Iterator[Playground]:
    playground = Playground(tmp_path / "playground", clock=clock, retry_seconds=0.01)
    yield playground
    playground.quiet()


@pytest_asyncio.fixture
async def url(playground: Playground) -> AsyncIterator[str]:
    async with served(playground) as address:
        yield address


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest_asyncio.fixture
async def people(url: str) -> AsyncIterator[People]:
    async with People(url) as people:
        yield people


@pytest.fixture
def ann(people: People) -> Person:
    return people.person("Ann")


@pytest.fixture
def owner(people: People) -> Person:
    return people.person("Owner")


@pytest.fixture
def raw(url: str, playground: Playground, http: aiohttp.ClientSession) -> RawBot:
    return RawBot(url, playground.token, http)


@pytest_asyncio.fixture
async def request_record() -> RecordingRequest:
    return RecordingRequest()


@pytest_asyncio.fixture
async def bot(url: str, playground: Playground, request_record: RecordingRequest) -> AsyncIterator[Bot]:
    async with Bot(
        playground.token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=request_record,
        get_updates_request=RecordingRequest(request_record.answers),
    ) as bot:
        yield bot


@pytest.fixture
def tick(clock: Clock) -> Callable[[float], None]:
    return clock.advance
