"""/import: how to bring many photos."""

from __future__ import annotations

from bot.speech import import_help
from tests.support.bots import World


async def test_who_may_teach_hears_of_every_way_and_gets_the_lines_for_the_console(world: World) -> None:
    await world.ann.send_text("/import")

    await world.hears(world.ann, "An album", "pupil import birds.zip", "pupil download birds.txt", "may use it")
    await world.hears(world.ann, "Console", import_help.snippet(), "Pages change.")


async def test_a_group_is_spared_the_long_part(world: World) -> None:
    group = await world.group()

    await world.ann.send_text(f"/import{world.mention}", chat=group)

    await world.hears(world.ann, "An album", "in our private chat", chat=group)
    assert not any("Console" in one for one in await world.said_to(world.ann, chat=group))


def test_each_message_is_short_enough_for_telegram() -> None:
    assert max(map(len, (import_help.ways(), import_help.how_to_list()))) < 4_000
