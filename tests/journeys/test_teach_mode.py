"""/teach NAME: one name for many photos, until /done."""

from __future__ import annotations

from tests.support.bots import Message, World, picture


async def begins(world: World, name: str = "apple") -> Message:
    sent = await world.ann.send_text(f"/teach {name}")
    return await world.hears(world.ann, f"All photos that you send here are {name} from now on", after=sent)


async def test_every_photo_is_called_so_until_done_which_says_how_many(world: World) -> None:
    begun = await begins(world)
    assert begun.buttons == ["✅ Done"]
    for seed in range(12):
        await world.ann.send_photo(picture("apple", seed))
    await world.settled()
    assert world.counts() == {"apple": 12}

    await world.ann.send_text("/done")

    await world.hears(world.ann, "Done: 12 photos of apple.")
    await world.ann.send_photo(picture("apple", 50))
    await world.hears(world.ann, "Before I can answer")
    assert world.counts() == {"apple": 12}


async def test_the_button_ends_it_once(world: World) -> None:
    begun = await begins(world)
    await world.ann.send_photo(picture("apple"))
    await world.settled()

    await world.ann.press(begun, "Done")
    await world.settled()

    ended = await world.ann.refreshed(begun)
    assert ended.text == "Done: 1 photo of apple."
    assert ended.buttons == []


async def test_a_button_of_an_earlier_one_does_not_end_a_later_one(world: World) -> None:
    first = await begins(world)
    await begins(world, "leaf")

    assert await world.presses(world.ann, first, "Done") == "That was over already."

    await world.ann.send_photo(picture("leaf"))
    await world.settled()
    assert world.counts() == {"leaf": 1}


async def test_own_captions_win_and_questions_stay_questions(world: World) -> None:
    await begins(world)

    await world.ann.send_photo(picture("leaf"), caption="leaf")
    await world.ann.send_photo(picture("apple", 1), caption="what is this?")
    await world.ann.send_photo(picture("apple", 2))
    await world.settled()

    assert world.counts() == {"apple": 1, "leaf": 1}
    await world.ann.send_text("/done")
    await world.hears(world.ann, "Done: 1 photo of apple.")


async def test_albums_documents_and_forwarded_photos_are_called_so(world: World) -> None:
    group = await world.group()
    theirs = await world.bo.send_photo(picture("apple", 90), caption="my lunch on Sunday", chat=group)
    await begins(world)

    await world.ann.send_album([picture("apple", seed) for seed in range(3)])
    await world.ann.send_document(picture("apple", 5), name="a.jpg")
    await world.ann.send_document(picture("apple", 6), name="b.jpg")
    await world.ann.forward(theirs, to=world.ann.id)
    await world.settled()

    assert world.counts() == {"apple": 6}


async def test_a_caption_on_an_album_speaks_for_all_of_it(world: World) -> None:
    await begins(world)

    await world.ann.send_album([picture("leaf", seed) for seed in range(3)], captions=["leaf"])
    await world.settled()

    assert world.counts() == {"leaf": 3}


async def test_late_photos_of_an_album_still_join_it_after_done(world: World) -> None:
    await begins(world)
    album = await world.ann.send_album([picture("apple", seed) for seed in range(2)])
    await world.settled()
    await world.ann.send_text("/done")
    await world.settled()

    late = dict(album[1].raw) | {"message_id": album[1].id + 1000}
    photo = await world.playground.files.add_photo(picture("apple", 9))
    world.playground.updates.push("message", late | {"photo": photo})
    await world.settled()

    assert world.counts() == {"apple": 3}


async def test_an_edited_caption_corrects_as_always(world: World) -> None:
    await begins(world)
    sent = await world.ann.send_photo(picture("leaf"))
    await world.settled()

    await world.ann.edit_caption(sent, "leaf")
    await world.settled()

    assert world.counts() == {"leaf": 1}


async def test_it_survives_a_restart_and_the_status_reminds_of_it(world: World) -> None:
    await begins(world)
    await world.ann.send_photo(picture("apple"))
    await world.settled()

    await world.stop_bot()
    await world.start_bot()
    await world.ann.send_photo(picture("apple", 1))
    await world.ann.send_text("/status")

    await world.hears(world.ann, "You are teaching apple here, 2 photos so far. /done ends it.")


async def test_an_hour_of_silence_ends_it_and_that_is_said(world: World) -> None:
    await begins(world)
    await world.ann.send_photo(picture("apple"))
    await world.settled()

    world.time.advance(hours=1, seconds=1)

    await world.hears(world.ann, "I stopped taking your photos here for apple (1 photo)")
    await world.ann.send_photo(picture("apple", 1))
    await world.settled()
    assert world.counts() == {"apple": 1}
    await world.ann.send_text("/done")
    await world.hears(world.ann, "You have not begun anything here.")


async def test_in_a_group_it_is_hers_alone(world: World) -> None:
    group = await world.group()
    await world.people.set_privacy(reads_all=True)
    await world.owner.promote(group, world.service.app.bot.id)
    await world.ann.send_text(f"/teach{world.mention} apple", chat=group)
    await world.hears(world.ann, "All photos that you send here are apple", chat=group)

    await world.ann.send_photo(picture("apple", 1), chat=group)
    await world.bo.send_photo(picture("leaf", 2), chat=group)
    await world.ann.send_photo(picture("apple", 3))
    await world.settled()

    assert world.counts() == {"apple": 1}


async def test_alone_it_explains_and_a_name_of_nothing_begins_nothing(world: World) -> None:
    await world.ann.send_text("/teach")
    await world.hears(world.ann, "send /teach daisy")
    await world.ann.send_text("/teach ...")
    await world.hears(world.ann, "send /teach daisy")

    await world.ann.send_text("/teach " + "x" * 80)
    await world.hears(world.ann, "too long for a name")

    await world.ann.send_photo(picture("apple"))
    await world.settled()
    assert world.counts() == {}


async def test_as_a_reply_to_a_photo_it_names_that_one(world: World) -> None:
    sent = await world.ann.send_photo(picture("apple"))
    await world.settled()

    await world.ann.reply(sent, "/teach apple")
    await world.settled()
    await world.ann.send_photo(picture("leaf"))
    await world.settled()

    assert world.counts() == {"apple": 1}


async def test_deleting_ones_data_ends_it(world: World) -> None:
    await begins(world)
    await world.ann.send_text("/mydata")
    asked = await world.hears(world.ann, "Of you I keep")
    await world.ann.press(asked, "Delete all of it")
    await world.settled()
    await world.ann.press(await world.ann.refreshed(asked), "Delete for good")
    await world.settled()

    await world.ann.send_photo(picture("apple"))
    await world.settled()

    assert world.counts() == {}
