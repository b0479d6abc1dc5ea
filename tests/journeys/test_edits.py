"""Journey: people mistype, and edit what they wrote."""

from __future__ import annotations

from tests.journeys.test_corrections import answer, votes
from tests.support.bots import Message, World, picture

__all__ = ["answer"]


async def test_an_edited_reply_corrects_the_name_that_it_taught(world: World) -> None:
    photo = await world.ann.send_photo(picture("apple"))
    reply = await world.ann.reply(photo, "dasiy")
    await world.hears(world.ann, "Learned: dasiy")

    await world.ann.edit_text(reply, "daisy")
    await world.hears(world.ann, "Changed from dasiy to daisy (1 photo now).")
    await world.ann.edit_text(reply, "rose")

    await world.hears(world.ann, "Changed from daisy to rose (1 photo now).")
    assert world.counts() == {"rose": 1}


async def test_an_edit_that_says_the_same_is_no_news(world: World) -> None:
    photo = await world.ann.send_photo(picture("apple"))
    reply = await world.ann.reply(photo, "daisy")
    await world.hears(world.ann, "Learned: daisy")
    said = await world.said_to(world.ann)

    await world.ann.edit_text(reply, "Daisy!")

    assert await world.said_to(world.ann) == said


async def test_an_edited_reply_that_names_nothing_takes_the_name_back(world: World) -> None:
    photo = await world.ann.send_photo(picture("apple"))
    reply = await world.ann.reply(photo, "daisy")
    await world.hears(world.ann, "Learned: daisy")

    await world.ann.edit_text(reply, "what is this?")

    await world.hears(world.ann, "this photo has no name any more")
    assert world.counts() == {}


async def test_an_edited_question_names_the_photo(world: World) -> None:
    photo = await world.ann.send_photo(picture("apple"))
    reply = await world.ann.reply(photo, "what is this?")
    await world.settled()

    await world.ann.edit_text(reply, "daisy")

    await world.hears(world.ann, "Learned: daisy, 1 photo now.")


async def test_an_edited_correction_is_told_of_as_it_reads_now(world: World, answer: Message) -> None:
    await world.presses(world.ann, answer, "Wrong")
    await world.hears(world.ann, "What is it?")
    await world.presses(world.ann, answer, "Another label")
    await world.hears(world.ann, "Type the name")
    typed = await world.ann.send_text("cloverr")
    await world.hears(world.ann, "Thanks: this is cloverr.")
    await world.settled()

    await world.ann.edit_text(typed, "clover")
    await world.hears(world.ann, "Thanks: this is clover.", after=typed)
    await world.teach(world.bo, "lemon", 3, label="clover")
    assert await world.train() == 2

    assert votes(world) == ["clover"]
    told = (await world.said_to(world.ann))[-1]
    assert "network 2" in told.lower()
    assert "clover" in told
    assert "cloverr" not in told


async def test_an_edited_command_is_obeyed(world: World) -> None:
    command = await world.ann.send_text("/statu")
    await world.hears(world.ann, "I don't know that command.")

    await world.ann.edit_text(command, "/status")

    await world.hears(world.ann, "Trainer: not running")


async def test_an_undo_takes_back_one_lesson_however_often_it_is_edited(world: World) -> None:
    await world.teach(world.ann, "apple", 3)
    command = await world.ann.send_text("/undo")
    await world.hears(world.ann, "Taken back")

    await world.ann.edit_text(command, "/undo please")
    await world.settled()

    assert world.counts() == {"apple": 2}


async def test_the_edited_caption_of_an_album_names_all_of_it_and_is_answered_once(world: World) -> None:
    album = await world.ann.send_album(
        [picture("apple", seed) for seed in range(4)], captions=["apple", "", "", "leaf"]
    )
    await world.hears(world.ann, "Learned: leaf")
    await world.ann.reply(album[2], "lemon")
    await world.hears(world.ann, "lemon (1 photo now)")
    before = await world.said_to(world.ann)

    await world.ann.edit_caption(album[0], "cherry")
    await world.hears(world.ann, "Changed from apple to cherry (2 photos now).")
    assert world.counts() == {"cherry": 2, "lemon": 1, "leaf": 1}
    assert len(await world.said_to(world.ann)) == len(before) + 1

    await world.ann.edit_caption(album[0], "")
    await world.hears(world.ann, "these 2 photos have no name any more")
    assert world.counts() == {"lemon": 1, "leaf": 1}

    await world.ann.edit_caption(album[0], "plum")
    await world.hears(world.ann, "Learned: plum, 2 photos now.")


async def replace_picture(world: World, message: Message, data: bytes, caption: str = "") -> None:
    """What Telegram's apps offer as “replace photo”; the chat page does not."""
    playground = world.playground
    shown = playground.messenger.find(message.chat_id, message.id)
    assert shown is not None
    content = {"photo": await playground.files.add_photo(data)} | ({"caption": caption} if caption else {})
    playground.messenger.change(shown, content)
    await world.settled()


async def test_a_picture_that_takes_the_place_of_another_is_a_new_photo(world: World) -> None:
    lesson = (await world.teach(world.ann, "apple", 1))[0]
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    (old,) = world.look(lambda unit: unit.photos.of_person(ann.id))

    await replace_picture(world, lesson, picture("leaf"), "leaf")

    (new,) = world.look(lambda unit: unit.photos.of_person(ann.id))
    assert world.counts() == {"leaf": 1}
    assert new.digest != old.digest
    assert not world.store.blobs.has(old.digest)


async def test_a_picture_without_caption_that_takes_the_place_of_a_lesson_is_a_question(world: World) -> None:
    await world.knows_apples_and_leaves()
    lesson = (await world.teach(world.ann, "apple", 1))[0]

    await replace_picture(world, lesson, picture("leaf", 7))

    answer = await world.hears(world.ann, "I think this is leaf")
    assert answer.reply_to == lesson.id
    assert world.counts() == {"apple": 4, "leaf": 4}
