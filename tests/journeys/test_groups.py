"""Journey: somebody new in a group, where not every photo is meant for the bot."""

from __future__ import annotations

from tests.support.bots import World, picture


async def test_let_into_a_group_the_bot_says_how_to_talk_to_it_and_what_it_cannot_see(world: World) -> None:
    group = await world.group()

    welcome = await world.hears(world.ann, "Hello! I am Pupil", chat=group)
    assert f"{world.mention} daisy" in welcome.text
    assert "privacy mode is on" in welcome.text


async def test_a_mention_teaches_and_a_bare_mention_asks(world: World) -> None:
    await world.knows_apples_and_leaves()
    group = await world.group()

    await world.bo.send_photo(picture("leaf", 7), caption=f"{world.mention} leaf", chat=group)
    await world.hears(world.bo, "Learned: leaf, 5 photos now.", chat=group)
    await world.bo.send_photo(picture("apple", 7), caption=world.mention, chat=group)
    await world.hears(world.bo, "I think this is apple", chat=group)


async def test_photos_that_are_not_for_the_bot_stay_unanswered(world: World) -> None:
    group = await world.group()
    await world.people.set_privacy(reads_all=True)
    await world.owner.promote(group, world.service.app.bot.id)

    lunch = await world.ann.send_photo(picture("leaf"), caption="lunch", chat=group)
    await world.ann.send_photo(picture("leaf", 1), chat=group)
    await world.ann.edit_caption(lunch, "our lunch")
    await world.ann.send_text("hello all", chat=group)

    assert len(await world.said_to(world.ann, chat=group)) == 1
    assert world.counts() == {}


async def test_a_photo_that_privacy_hid_is_taught_by_a_reply_to_it(world: World) -> None:
    group = await world.group()
    hidden = await world.ann.send_photo(picture("apple"), chat=group)

    await world.bo.send_text(f"{world.mention} apple", chat=group, reply_to=hidden)

    await world.hears(world.bo, "Learned: apple, 1 photo now.", chat=group)
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    assert len(world.look(lambda unit: unit.photos.of_person(ann.id))) == 1


async def test_a_photo_that_privacy_hid_is_asked_about_by_a_reply_to_it(world: World) -> None:
    await world.knows_apples_and_leaves()
    group = await world.group()
    hidden = await world.ann.send_photo(picture("apple", 7), chat=group)

    await world.bo.send_text(world.mention, chat=group, reply_to=hidden)

    answer = await world.hears(world.bo, "I think this is apple", chat=group)
    assert answer.reply_to == hidden.id


async def test_an_edited_caption_of_a_photo_that_somebody_else_taught_is_talk_among_people(world: World) -> None:
    group = await world.group()
    await world.owner.promote(group, world.service.app.bot.id)
    photo = await world.ann.send_photo(picture("apple"), caption="look!", chat=group)
    await world.bo.send_text(f"{world.mention} apple", chat=group, reply_to=photo)
    await world.settled()

    await world.ann.edit_caption(photo, "look, my lunch!")
    await world.settled()

    assert world.counts() == {"apple": 1}


async def test_a_reply_to_the_bots_answer_corrects_it(world: World) -> None:
    await world.knows_apples_and_leaves()
    group = await world.group()
    await world.bo.send_photo(picture("apple", 7), caption=world.mention, chat=group)
    answer = await world.hears(world.bo, "I think this is apple", chat=group)

    await world.ann.send_text("cherry", chat=group, reply_to=answer)

    await world.hears(world.ann, "Thanks: this is cherry.", chat=group)
    assert world.counts()["cherry"] == 1


async def test_with_every_photo_on_the_bot_answers_photos_that_nobody_addressed(world: World) -> None:
    await world.knows_apples_and_leaves()
    group = await world.group()
    await world.owner.promote(group, world.service.app.bot.id)
    await world.ann.send_text("/settings", chat=group)
    settings = await world.hears(world.ann, "How I behave in this group", chat=group)
    await world.presses(world.ann, settings, "Look at every photo")
    await world.settled()

    await world.bo.send_photo(picture("leaf", 7), chat=group)

    await world.hears(world.bo, "I think this is leaf", chat=group)


async def test_status_in_a_group_says_that_privacy_mode_hides_photos(world: World) -> None:
    group = await world.group()

    await world.ann.send_text(f"/status{world.mention}", chat=group)

    await world.hears(world.ann, "Privacy mode hides photos", chat=group)


async def test_buttons_of_somebody_else_are_refused_with_another_way_to_say_it(world: World) -> None:
    await world.knows_apples_and_leaves()
    group = await world.group()
    await world.ann.send_photo(picture("apple", 7), caption=world.mention, chat=group)
    answer = await world.hears(world.ann, "I think this is apple", chat=group)

    toast = await world.presses(world.bo, answer, "Wrong")

    assert "These buttons are for the one who asked." in toast
    assert "Reply to the photo" in toast
    assert (await world.ann.refreshed(answer)).text == answer.text


async def test_a_group_that_becomes_a_supergroup_stays_the_same_chat(world: World) -> None:
    group = await world.ann.create_group("Gardeners", basic=True)
    await world.ann.add_to_group(group, world.service.app.bot.id)
    await world.ann.send_text(f"/settings{world.mention}", chat=group)
    settings = await world.hears(world.ann, "How I behave in this group", chat=group)
    await world.presses(world.ann, settings, "Show other guesses")
    await world.settled()

    moved = await world.ann.upgrade_group(group)
    await world.settled()
    await world.ann.send_text(f"/settings{world.mention}", chat=moved)

    await world.hears(world.ann, "How I behave in this group", chat=moved)
    assert world.look(lambda unit: unit.chats.by_telegram_id(moved)).settings == {"details": False}


async def test_a_group_that_moved_while_the_bot_was_away_stays_the_same_chat(world: World) -> None:
    group = await world.ann.create_group("Gardeners", basic=True)
    await world.ann.add_to_group(group, world.service.app.bot.id)
    await world.ann.send_text(f"/settings{world.mention}", chat=group)
    settings = await world.hears(world.ann, "How I behave in this group", chat=group)
    await world.presses(world.ann, settings, "Show other guesses")
    await world.settled()
    await world.stop_bot()

    moved = await world.ann.upgrade_group(group)
    await world.ann.send_photo(picture("apple"), caption=f"{world.mention} apple", chat=moved)
    await world.start_bot()

    await world.hears(world.ann, "Learned: apple", chat=moved)
    assert world.look(lambda unit: unit.chats.by_telegram_id(moved)).settings == {"details": False}


async def test_a_reply_that_was_owed_to_the_old_group_reaches_the_new_one(world: World) -> None:
    group = await world.ann.create_group("Gardeners", basic=True)
    await world.ann.add_to_group(group, world.service.app.bot.id)
    await world.settled()
    bot_id = world.service.app.bot.id
    await world.stop_bot()
    moved = await world.ann.upgrade_group(group)
    with world.store.write() as unit:
        unit.outbox.owe(bot_id, group, "sendMessage", {"chat_id": group, "text": "late news"})
    # Only the refusal of the message itself can tell it now.
    world.playground.updates.drop_all()

    await world.start_bot()

    await world.hears(world.ann, "late news", chat=moved)
