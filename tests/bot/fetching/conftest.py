from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.fetching.fetch import Fetcher, Limits
from tests.bot.fetching.servers import Internet, internet, look_up

# Small enough for tests that run into them: half a second and 200 KB.
SMALL = Limits(total=0.6, connect=0.4, grace=0.25, size=200_000)


@pytest.fixture
async def net() -> AsyncIterator[Internet]:
    async with internet() as made:
        yield made


@pytest.fixture
async def fetcher(net: Internet) -> AsyncIterator[Fetcher]:
    """With time enough for whatever ends by itself."""
    async with Fetcher(reach=net.reach, limits=Limits(size=200_000), lookup=look_up) as made:
        yield made


@pytest.fixture
async def hasty(net: Internet) -> AsyncIterator[Fetcher]:
    async with Fetcher(reach=net.reach, limits=SMALL, lookup=look_up) as made:
        yield made
