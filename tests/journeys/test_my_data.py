"""Journey: what is kept of me, and how it goes away."""

from __future__ import annotations

from tests.support.bots import World


async def test_my_data_comes_as_a_file(world: World) -> None:
    await world.teach(world.ann, "apple", 2)

    await world.ann.send_text("/mydata")

    await world.hears(world.ann, "Of you I keep 2 photos, 2 lessons", "The file has all of it.")
    await world.settled()
    assert [one for one in await world.ann.history() if one.from_bot and one.document]


async def test_in_a_group_the_file_is_kept_for_the_private_chat(world: World) -> None:
    group = await world.group()

    await world.ann.send_text(f"/mydata{world.mention}", chat=group)

    said = await world.hears(world.ann, "Of you I keep", "Send me /mydata in our private chat for a file", chat=group)
    assert "The file has" not in said.text
