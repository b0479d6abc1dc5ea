"""/import: how to bring many photos."""

from __future__ import annotations

from bot.speech import import_help
from bot.speech.wording import plain
from tests.support.bots import World


async def test_who_may_teach_hears_of_every_way_and_gets_the_lines_for_the_console(world: World) -> None:
    await world.ann.send_text("/import")

    await world.hears(world.ann, "An album", "pupil import birds.zip", "pupil download birds.csv", "may use it")
    told = await world.hears(world.ann, "Open this file", "Console", "Pages change")
    assert (told.document or {})["file_name"] == "collect-addresses.txt"
    assert (await world.ann.download(told)).decode() == import_help.snippet()


async def test_a_group_is_spared_the_long_part(world: World) -> None:
    group = await world.group()

    await world.ann.send_text(f"/import{world.mention}", chat=group)

    await world.hears(world.ann, "An album", "in our private chat", chat=group)
    assert not any("Console" in one for one in await world.said_to(world.ann, chat=group))


def test_each_message_is_short_enough_to_be_read_on_a_phone() -> None:
    # A caption may have 1,024 characters for Telegram; a screen of a phone shows about as many.
    assert max(map(len, (plain(import_help.ways()), plain(import_help.how_to_list())))) < 1_000
