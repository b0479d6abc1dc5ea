"""Journey: somebody new in a group, where not every photo is meant for the bot."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from tests.support.bots import World, picture, running_bot


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


async def test_a_photo_that_its_sender_deleted_is_of_the_one_who_shows_it_anew(world: World) -> None:
    group = await world.group()
    photo = await world.ann.send_photo(picture("apple"), caption=f"{world.mention} apple", chat=group)
    await world.hears(world.ann, "Learned: apple", chat=group)
    await world.ann.send_text("/mydata")
    mine = await world.hears(world.ann, "Of you I keep 1 photo")
    await world.presses(world.ann, mine, "Delete all of it")
    await world.hears(world.ann, "for good?")
    await world.presses(world.ann, mine, "Delete for good")
    await world.settled()

    await world.bo.send_text(f"{world.mention} apple", chat=group, reply_to=photo)
    await world.hears(world.bo, "Learned: apple, 1 photo now.", chat=group)
    later = await world.ann.send_photo(picture("apple", 1), chat=group)
    await world.bo.send_text(f"{world.mention} apple", chat=group, reply_to=later)
    await world.hears(world.bo, "Learned: apple, 2 photos now.", chat=group)

    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    bo = world.look(lambda unit: unit.people.by_telegram_id(world.bo.id))
    assert [one.message_id for one in world.look(lambda unit: unit.photos.of_person(bo.id))] == [photo.id]
    assert [one.message_id for one in world.look(lambda unit: unit.photos.of_person(ann.id))] == [later.id]


async def test_a_photo_that_privacy_hid_is_asked_about_by_a_reply_to_it(world: World) -> None:
    await world.knows_apples_and_leaves()
    group = await world.group()
    hidden = await world.ann.send_photo(picture("apple", 7), chat=group)

    await world.bo.send_text(world.mention, chat=group, reply_to=hidden)

    answer = await world.hears(world.bo, "I think this is apple", chat=group)
    assert answer.reply_to == hidden.id


async def test_of_an_album_that_privacy_hides_the_rest_is_told_of_once(world: World) -> None:
    group = await world.group()
    mention = f"{world.mention} apple"

    photos = [picture("apple", seed) for seed in range(3)]
    album = await world.ann.send_album(photos, captions=[mention, mention], chat=group)

    told = await world.hears(world.ann, "I saw only the photo that mentions me", "or reply to each photo", chat=group)
    assert told.reply_to == album[0].id
    said = await world.said_to(world.ann, chat=group)
    assert len([one for one in said if "I saw only" in one]) == 1
    await world.ann.send_text(mention, chat=group, reply_to=album[2])
    await world.settled()
    assert world.counts() == {"apple": 3}
    assert len([one for one in await world.said_to(world.ann, chat=group) if "I saw only" in one]) == 1


@pytest.mark.parametrize("admin", [True, False])
async def test_an_album_that_the_bot_sees_whole_gets_no_such_hint(tmp_path: Path, admin: bool) -> None:
    async with running_bot(tmp_path, start=False) as world:
        await world.people.set_privacy(reads_all=not admin)
        await world.start_bot()
        group = await world.group()
        if admin:
            await world.owner.promote(group, world.service.app.bot.id)

        photos = [picture("apple", 1), picture("apple", 2)]
        await world.ann.send_album(photos, captions=[f"{world.mention} apple"], chat=group)
        await world.settled()

        assert world.counts() == {"apple": 2}
        assert not [one for one in await world.said_to(world.ann, chat=group) if "I saw only" in one]


async def test_anonymous_admins_hear_once_why_they_cannot_teach_and_only_if_they_meant_the_bot(world: World) -> None:
    group = await world.group()
    await world.owner.promote(group, world.service.app.bot.id)

    def say(text: str) -> None:
        chat = {"id": group, "type": "supergroup", "title": "Our group"}
        sender = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
        common = {"message_id": next(numbers), "date": 1, "chat": chat, "from": sender, "sender_chat": chat}
        length = len(text.split()[0])
        command = {"entities": [{"type": "bot_command", "offset": 0, "length": length}]} if text[0] == "/" else {}
        world.playground.updates.push("message", common | command | {"text": text})

    numbers = count(4_000)
    for text in ("hello all", "/ban@another_bot", "/unknown"):
        say(text)
    await world.settled()
    assert len(await world.said_to(world.ann, chat=group)) == 1

    for text in ("/train", f"/status{world.mention}", f"{world.mention} apple"):
        say(text)
    await world.hears(world.ann, "Anonymous admins can neither teach nor ask me", "Remain anonymous", chat=group)

    assert len(await world.said_to(world.ann, chat=group)) == 2
    assert world.look(lambda unit: unit.people.by_telegram_id(1_087_968_824)) is None


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
