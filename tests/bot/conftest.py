"""What the tests of the bot share: a running bot for most, one that is still to be started for some."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.bots import World, running_bot


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_bot(tmp_path) as world:
        yield world


@pytest_asyncio.fixture
async def still_world(tmp_path: Path) -> AsyncIterator[World]:
    """Everything is there, but the bot has not been started."""
    async with running_bot(tmp_path, start=False) as world:
        yield world
