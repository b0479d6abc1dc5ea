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
async def strict(world: World) -> World:
    """A bot that nobody taught yet, where three confirmed lessons end being new."""
    world.store.confirmed_lessons = 3
    world.give_role(world.owner, Role.OWNER)
    await world.owner.send_text("/start")
    return world


@pytest_asyncio.fixture
async def guarded(strict: World) -> World:
    """The same, and it knows Ann's apples and leaves."""
    await strict.knows_apples_and_leaves(strict.ann)
    return strict
