"""Journey: somebody new, ten photos, a first answer; and the same with albums."""

from __future__ import annotations

import pytest

from tests.support.bots import World, picture
from tests.support.networks import trainer_running


async def test_start_teaches_by_example(world: World) -> None:
    await world.ann.start()

    welcome = await world.hears(world.ann, "Hello Ann! I am Pupil.")
    assert "1. Teach" in welcome.text
    assert "2. Ask" in welcome.text
    assert "3. Correct" in welcome.text
    assert "Before I can answer I need 2 photos each of 2 things." in welcome.text


async def test_start_after_every_lesson_was_taken_back_asks_for_new_ones(world: World) -> None:
    await world.knows_apples_and_leaves()
    for _ in range(8):
        await world.ann.send_text("/undo")
    await world.settled()

    await world.ann.start()

    welcome = await world.hears(world.ann, "Hello Ann! I am Pupil.")
    assert "So far I know" not in welcome.text
    assert "teach me something new first!" in welcome.text


async def test_help_tells_of_captions_that_begin_with_a_command_and_they_teach(world: World) -> None:
    await world.ann.send_text("/help")
    await world.hears(world.ann, "/teach daisy", "/label daisy")

    await world.ann.send_photo(picture("leaf"), caption="/teach daisy")

    await world.hears(world.ann, "Learned: daisy, 1 photo now.")


async def test_ten_photos_later_the_newcomer_has_an_answer(world: World) -> None:
    async with trainer_running(world.store):
        await world.ann.start()
        for seed in range(5):
            await world.ann.send_photo(picture("apple", seed), caption="apple")
            await world.ann.send_photo(picture("leaf", seed), caption="leaf")
        await world.hears(world.ann, "I can answer now!")
        await world.ann.send_photo(picture("leaf", 99))
        await world.hears(world.ann, "I think this is leaf")


async def test_the_menu_holds_the_commands_that_work(world: World) -> None:
    async def menu() -> list[str]:
        return await world.ann.commands()

    await world.ann.start()
    await world.settled()
    shown = await menu()
    names = ["help", "labels", "status", "progress", "card", "models", "train", "import", "report", "teach", "done"]
    names += ["review", "quarantine", "undo", "me", "mydata", "export", "settings"]
    assert shown == names
    for command in shown:
        sent = await world.ann.send_text(f"/{command}")
        reply = await world.hears(world.ann, "", after=sent)
        assert "don't know that command" not in reply.text


async def test_a_caption_on_the_first_photo_names_the_whole_album(world: World) -> None:
    await world.ann.send_album([picture("apple", seed) for seed in range(5)], captions=["apple"])
    await world.settled()

    assert world.counts() == {"apple": 5}
    assert (await world.said_to(world.ann))[-1].startswith("Learned: apple, 5 photos now.")


async def test_photos_of_an_album_may_have_names_of_their_own(world: World) -> None:
    photos = [picture("apple", 1), picture("leaf", 1), picture("apple", 2)]

    await world.ann.send_album(photos, captions=["apple", "leaf", ""])
    await world.settled()

    assert world.counts() == {"apple": 2, "leaf": 1}


@pytest.mark.parametrize("in_group", [False, True])
async def test_the_name_of_an_album_survives_its_captioned_photo(world: World, in_group: bool) -> None:
    group, mention = None, ""
    if in_group:
        group, mention = await world.group(), f"{world.mention} "
        await world.owner.promote(group, world.service.app.bot.id)
    photos = [b"no picture", picture("apple", 1), picture("apple", 2)]

    await world.ann.send_album(photos, captions=[f"{mention}apple"], as_files=True, chat=group)

    await world.hears(world.ann, "That file is not a picture.", chat=group)
    await world.hears(world.ann, "apple, 2 photos now.", chat=group)
    assert world.counts() == {"apple": 2}


async def test_an_album_of_files_is_an_album_too(world: World) -> None:
    await world.ann.send_album([picture("apple", seed) for seed in range(3)], captions=["apple"], as_files=True)
    await world.settled()

    assert world.counts() == {"apple": 3}


async def test_an_album_in_a_group_is_taught_by_one_mention(world: World) -> None:
    group = await world.group()
    await world.owner.promote(group, world.service.app.bot.id)

    photos = [picture("apple", seed) for seed in range(3)]
    await world.ann.send_album(photos, captions=[f"{world.mention} apple"], chat=group)
    await world.settled()

    assert world.counts() == {"apple": 3}


async def test_a_bare_album_is_answered_photo_by_photo(world: World) -> None:
    await world.knows_apples_and_leaves()

    photos = await world.ann.send_album([picture("apple", 7), picture("leaf", 7)])
    await world.settled()

    answers = [one for one in await world.ann.history() if one.from_bot and one.text.startswith("I think")]
    assert [one.reply_to for one in answers] == [one.id for one in photos]
