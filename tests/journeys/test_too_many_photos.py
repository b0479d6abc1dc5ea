"""Who sends more than the limits allow loses nothing by the minute, hears of it once, and holds up nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from storage import Role
from tests.support.bots import World, picture, running_bot


@pytest_asyncio.fixture
async def strict_world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_bot(tmp_path, photos_per_minute=3, photos_per_day=8) as world:
        yield world


async def pours(world: World, count: int, *, first: int = 0, chat: int | None = None) -> None:
    for seed in range(first, first + count):
        await world.ann.send_photo(picture("apple", seed), caption="apple", chat=chat)


async def counted(world: World, count: int) -> None:
    """Wait until so many photos have their moment, now or later."""
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    await world.until(lambda: len(world.look(lambda unit: unit.arrivals.of_person(ann.id))) == count, "all count")


async def taken(world: World, count: int) -> None:
    await world.until(lambda: world.counts().get("apple", 0) == count, f"{count} photos are taken")


async def test_a_burst_is_taken_in_whole_and_said_to_wait_once(strict_world: World) -> None:
    world = strict_world

    await pours(world, 7)
    await taken(world, 3)
    notice = await world.hears(world.ann, "I take 3 photos a minute from one person", "are not lost", "I go on in 60 s")
    await counted(world, 7)
    for count in (6, 7):
        world.time.advance(seconds=61)
        await taken(world, count)

    said = await world.said_to(world.ann)
    assert len([one for one in said if "photos a minute" in one]) == 1
    assert notice.reply_to is not None


async def test_what_is_written_after_photos_that_wait_waits_with_them_and_buttons_do_not(strict_world: World) -> None:
    world = strict_world
    await world.ann.send_text("/settings")
    settings = await world.hears(world.ann, "How I behave in this chat")
    await pours(world, 4)
    await taken(world, 3)

    await world.ann.send_text("/undo")
    await world.ann.press(settings, "Show other guesses and the network")
    await world.until(lambda: world.playground.faults.calls_of("answerCallbackQuery"), "the button works")
    assert world.counts() == {"apple": 3}

    world.time.advance(seconds=61)
    await world.hears(world.ann, "Taken back")
    # The fourth was learned, and taken back.
    assert world.counts() == {"apple": 3}


async def test_a_restart_while_photos_wait_loses_none_and_says_nothing_twice(strict_world: World) -> None:
    world = strict_world
    await pours(world, 6)
    await taken(world, 3)
    await world.hears(world.ann, "I take 3 photos a minute")
    await counted(world, 6)

    await world.stop_bot()
    await world.start_bot()
    await asyncio.sleep(0.5)
    assert world.counts() == {"apple": 3}
    world.time.advance(seconds=61)
    await taken(world, 6)

    said = await world.said_to(world.ann)
    assert len([one for one in said if "photos a minute" in one]) == 1


async def test_in_a_group_only_who_sent_too_much_waits(strict_world: World) -> None:
    world = strict_world
    group = await world.group()
    for seed in range(5):
        await world.ann.send_photo(picture("apple", seed), caption=f"{world.mention} apple", chat=group)
    await taken(world, 3)

    await world.bo.send_photo(picture("leaf"), caption=f"{world.mention} leaf", chat=group)

    await world.until(lambda: world.counts() == {"apple": 3, "leaf": 1}, "Bo is heard")


async def test_over_the_limit_of_a_day_photos_are_not_taken_and_that_is_said_once(strict_world: World) -> None:
    world = strict_world
    for first in (0, 3, 6):
        await pours(world, 3, first=first)
        world.time.advance(seconds=61)
        await world.settled()
    await pours(world, 2, first=20)

    await world.hears(world.ann, "I take 8 photos a day", "please send it again in 23 hours and 5")
    await world.settled()
    said = await world.said_to(world.ann)
    assert len([one for one in said if "8 photos a day" in one]) == 1
    marked = [one for one in await world.ann.history() if one.reactions == ["🙈"]]
    assert len(marked) == 3
    world.time.advance(days=1)
    await pours(world, 1, first=30)
    await taken(world, 9)


async def test_the_owner_may_send_as_much_as_she_likes(strict_world: World) -> None:
    world = strict_world
    world.give_role(world.ann, Role.OWNER)

    await pours(world, 10)

    await taken(world, 10)
