"""The journeys' world: a running bot, people, and nothing taught yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from storage import Role
from tests.support.bots import World, running_bot


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_bot(tmp_path) as world:
        yield world


@pytest_asyncio.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[World]:
    """A bot that knows Ann's apples and leaves, where three confirmed lessons end being new."""
    async with running_bot(tmp_path) as world:
        world.store.confirmed_lessons = 3
        world.give_role(world.owner, Role.OWNER)
        await world.owner.send_text("/start")
        await world.knows_apples_and_leaves(world.ann)
        yield world
