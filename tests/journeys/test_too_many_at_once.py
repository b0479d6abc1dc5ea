"""A collection counts by the photos that come out of it, to the last one; the rest is named, and taken another day."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from unittest import mock

import pytest
import pytest_asyncio

from bot.collecting import collector
from storage import Role
from tests.support.bots import World, picture, running_bot
from tests.support.collections import photos, reported, send_zip
from tests.support.photo_server import PhotoServer, photo_server

OVER_DAY = "it is more than one person may send in a day (send it again after "


@pytest_asyncio.fixture
async def strict_world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_bot(tmp_path, photos_per_minute=3, photos_per_day=10, megabytes_per_hour=1) as world:
        yield world


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with photo_server() as made, mock.patch.object(collector, "Fetcher", made.fetcher):
        yield made


async def test_a_zip_is_taken_to_the_last_photo_of_the_day_and_the_rest_of_it_the_day_after(
    strict_world: World,
) -> None:
    world = strict_world
    first = await send_zip(world.ann, photos("apple", each=9))
    await reported(world, world.ann, first)
    await world.stop_bot()
    await world.start_bot()
    files = photos("leaf", each=3)

    second = await send_zip(world.ann, files)
    told, rows = await reported(world, world.ann, second)

    assert world.counts() == {"apple": 9, "leaf": 1}
    assert "1 photo learned of 1 label and 2 not taken (more than I take in a day: 2)." in told.text
    assert "Send the same file again in 2" in told.text
    assert [row["reason"].startswith(OVER_DAY) for row in rows] == [False, True, True]
    world.time.advance(days=1)
    again = await send_zip(world.ann, files)
    _, rows = await reported(world, world.ann, again)
    assert [row["outcome"] for row in rows] == ["was there already", "learned", "learned"]
    assert world.counts() == {"apple": 9, "leaf": 3}


async def test_when_the_day_is_full_neither_a_photo_nor_a_zip_is_taken(strict_world: World) -> None:
    world = strict_world
    await reported(world, world.ann, await send_zip(world.ann, photos("apple", each=11)))

    await world.ann.send_photo(picture("leaf"), caption="leaf")
    await world.hears(world.ann, "I take 10 photos a day", "please send it again in 2")
    refused = await send_zip(world.ann, photos("leaf"))
    await world.settled()

    assert world.counts() == {"apple": 10}
    assert [one.reactions for one in await world.ann.history() if one.id == refused.id] == [["🙈"]]


async def test_what_comes_out_of_a_zip_makes_no_photo_wait(strict_world: World) -> None:
    world = strict_world
    await reported(world, world.ann, await send_zip(world.ann, photos("apple", each=6)))

    for seed in range(2):
        await world.ann.send_photo(picture("leaf", seed), caption="leaf")

    await world.until(lambda: world.counts() == {"apple": 6, "leaf": 2}, "nobody waits")


async def test_what_is_no_photo_or_known_already_uses_nothing_up(strict_world: World) -> None:
    world = strict_world
    files = {**photos("apple", each=5), **{f"apple/{n}.txt": b"hello" for n in range(9)}}
    for _ in range(2):
        await reported(world, world.ann, await send_zip(world.ann, files))

    _, rows = await reported(world, world.ann, await send_zip(world.ann, photos("leaf", each=6)))

    assert Counter(row["outcome"] for row in rows) == {"learned": 5, "not taken": 1}


async def test_what_a_list_brings_counts_in_the_hour(strict_world: World, server: PhotoServer) -> None:
    world = strict_world
    # What follows a picture in its file is of no account, but heavy.
    links = [server.put(f"/{n}.jpg", picture("apple", n) + bytes(400_000)) for n in range(3)]

    sent = await world.ann.send_document("\n".join(links).encode(), name="apples.txt", caption="apple")

    told, rows = await reported(world, world.ann, sent)
    assert "2 photos learned of 1 label and 1 not taken (more than I take in an hour: 1)." in told.text
    assert "Send the same file again in " in told.text
    assert Counter(row["outcome"] for row in rows) == {"learned": 2, "not taken": 1}


async def test_the_owner_pours_in_what_she_likes(strict_world: World) -> None:
    world = strict_world
    world.give_role(world.ann, Role.OWNER)

    await reported(world, world.ann, await send_zip(world.ann, photos("apple", each=12)))

    assert world.counts() == {"apple": 12}
