"""Behaviours of Telegram that bots stumble over, by name, one test each."""

from __future__ import annotations

import asyncio
import json

import pytest
import telegram.error
from telegram import Bot, ForceReply, InputMediaPhoto, ReplyKeyboardMarkup, ReplyKeyboardRemove

from bot.playground import Playground
from tests.bot.playground.wire import Clock, RawBot, picture
from tests.support.people import People, Person, Refusal


async def test_photos_are_recompressed_to_four_sizes_with_ids_of_their_own(raw: RawBot, ann: Person) -> None:
    await ann.send_photo(picture(2600, 1300, kind="PNG"))

    sizes = (await raw.updates())[0]["message"]["photo"]

    assert [(size["width"], size["height"]) for size in sizes] == [(90, 45), (320, 160), (800, 400), (1280, 640)]
    assert len({size["file_id"] for size in sizes} | {size["file_unique_id"] for size in sizes}) == 8


async def test_a_small_photo_keeps_its_size(raw: RawBot, ann: Person) -> None:
    await ann.send_photo(picture(200, 100))

    sizes = (await raw.updates())[0]["message"]["photo"]

    assert [(size["width"], size["height"]) for size in sizes] == [(90, 45), (200, 100)]


async def test_documents_keep_bytes_name_and_type(bot: Bot, ann: Person) -> None:
    data = picture(kind="PNG")
    await ann.send_document(data, name="Größe 1.png")

    document = (await bot.get_updates())[0].message.document  # type: ignore[union-attr]

    assert document is not None
    assert (document.file_name, document.mime_type, document.file_size) == ("Größe 1.png", "image/png", len(data))
    assert bytes(await (await document.get_file()).download_as_bytearray()) == data
    assert document.thumbnail is not None


async def test_a_photo_sent_again_by_its_id_keeps_its_unique_id(bot: Bot, ann: Person) -> None:
    await ann.start()
    first = await bot.send_photo(ann.id, picture())

    second = await bot.send_photo(ann.id, first.photo[-1].file_id)

    assert second.photo[-1].file_unique_id == first.photo[-1].file_unique_id


async def test_files_are_served_when_the_token_is_url_encoded(raw: RawBot, ann: Person) -> None:
    await ann.send_photo(picture())
    photo = (await raw.updates())[0]["message"]["photo"][-1]
    path = (await raw.result("getFile", file_id=photo["file_id"]))["file_path"]

    async with raw.http.get(f"{raw.url}/file/bot{raw.token.replace(':', '%3A')}/{path}") as answer:
        assert (answer.status, len(await answer.read())) == (200, photo["file_size"])


async def test_an_album_is_one_update_per_item_with_captions_of_their_own(raw: RawBot, ann: Person) -> None:
    await ann.send_album([picture(), picture(), picture()], captions=["rose", "", "tulip"])

    messages = [update["message"] for update in await raw.updates()]

    assert len({message["media_group_id"] for message in messages}) == 1
    assert [message.get("caption") for message in messages] == ["rose", None, "tulip"]


@pytest.mark.parametrize("count", [1, 11])
async def test_an_album_of_the_bot_has_two_to_ten_items(raw: RawBot, ann: Person, count: int) -> None:
    await ann.start()
    media = [{"type": "photo", "media": "attach://a"}] * count

    answer = await raw.upload("sendMediaGroup", {"a": picture()}, chat_id=str(ann.id), media=media)

    assert answer["error_code"] == 400


async def test_a_corrected_caption_is_an_edited_message(raw: RawBot, ann: Person) -> None:
    message = await ann.send_photo(picture(), caption="tulip")
    await ann.edit_caption(message, "rose")

    edited = (await raw.updates())[-1]["edited_message"]

    assert (edited["message_id"], edited["caption"]) == (message.id, "rose")
    assert edited["edit_date"] >= edited["date"]


async def test_people_who_delete_are_not_reported_to_the_bot(raw: RawBot, ann: Person) -> None:
    message = await ann.send_text("oops")
    await ann.delete(message)

    assert [list(update) for update in await raw.updates()] == [["update_id", "message"]]
    assert await ann.history() == []


async def test_reply_keyboards_are_shown_but_never_echoed(bot: Bot, ann: Person, people: People) -> None:
    await ann.start()
    for markup in (ReplyKeyboardMarkup([["A", "B"]]), ForceReply(), ReplyKeyboardRemove()):
        message = await bot.send_message(ann.id, "choose", reply_markup=markup)
        assert message.reply_markup is None

    assert "keyboard" not in json.dumps((await people.state())["people"][1]["chats"][0]["last"])


async def test_a_press_brings_data_message_and_chat_instance(raw: RawBot, ann: Person) -> None:
    await ann.start()
    keyboard = {"inline_keyboard": [[{"text": "Wrong", "callback_data": "v1:wrong"}]]}
    sent = await raw.result("sendMessage", chat_id=ann.id, text="daisy", reply_markup=keyboard)
    query_id = await ann.press((await ann.history())[-1], "Wrong")

    query = (await raw.updates())[-1]["callback_query"]

    assert (query["id"], query["data"], query["message"]["message_id"]) == (query_id, "v1:wrong", sent["message_id"])
    assert int(query["chat_instance"])


async def test_a_toast_reaches_the_one_who_pressed(raw: RawBot, ann: Person, people: People) -> None:
    await ann.start()
    keyboard = {"inline_keyboard": [[{"text": "Wrong", "callback_data": "x"}]]}
    await raw.result("sendMessage", chat_id=ann.id, text="daisy", reply_markup=keyboard)
    query_id = await ann.press((await ann.history())[-1], "wrong")
    await raw.result("answerCallbackQuery", callback_query_id=query_id, text="Thanks", show_alert=True)

    toast = await ann.wait_for_toast(query_id)

    assert (toast.text, toast.alert) == ("Thanks", True)
    assert people.person("Bo").toasts == []


async def test_editing_the_text_without_a_keyboard_takes_the_keyboard_away(raw: RawBot, ann: Person) -> None:
    await ann.start()
    keyboard = {"inline_keyboard": [[{"text": "Wrong", "callback_data": "x"}]]}
    sent = await raw.result("sendMessage", chat_id=ann.id, text="daisy", reply_markup=keyboard)

    edited = await raw.result("editMessageText", chat_id=ann.id, message_id=sent["message_id"], text="rose")

    assert "reply_markup" not in edited
    with pytest.raises(AssertionError):
        await ann.press((await ann.history())[-1], "Wrong")


async def test_a_command_is_an_entity(raw: RawBot, ann: Person) -> None:
    await ann.send_text("🌼 /start@pupil_playground_bot now")

    entity = (await raw.updates())[0]["message"]["entities"][0]

    assert entity == {"type": "bot_command", "offset": 3, "length": 27}


async def test_a_deep_link_is_start_with_its_payload(raw: RawBot, ann: Person) -> None:
    await ann.start("invite_abc-1")

    assert (await raw.updates())[0]["message"]["text"] == "/start invite_abc-1"
    with pytest.raises(Refusal):
        await ann.start("not a payload")


async def test_a_reply_carries_the_original_without_its_own_reply(raw: RawBot, ann: Person) -> None:
    first = await ann.send_text("one")
    second = await ann.reply(first, "two")
    await ann.reply(second, "three")

    original = (await raw.updates())[-1]["message"]["reply_to_message"]

    assert original["text"] == "two"
    assert "reply_to_message" not in original


async def test_blocking_is_told_and_then_sending_is_forbidden(raw: RawBot, ann: Person) -> None:
    await ann.start()
    await ann.block()

    refusal = await raw.refusal("sendMessage", chat_id=ann.id, text="hello?")
    change = (await raw.updates())[-1]["my_chat_member"]

    assert refusal == "Forbidden: bot was blocked by the user"
    assert change["new_chat_member"]["status"] == "kicked"
    with pytest.raises(Refusal, match="Unblock"):
        await ann.send_text("hi")


async def test_a_restart_unblocks(raw: RawBot, ann: Person) -> None:
    await ann.start()
    await ann.block()
    await ann.start()

    assert (await raw.result("sendMessage", chat_id=ann.id, text="welcome back"))["text"] == "welcome back"


async def test_a_deactivated_person_cannot_be_written_to(raw: RawBot, ann: Person, playground: Playground) -> None:
    await ann.start()
    playground.directory.deactivate(ann.id)

    assert await raw.refusal("sendMessage", chat_id=ann.id, text="x") == "Forbidden: user is deactivated"


async def test_the_bot_cannot_begin_a_conversation(raw: RawBot, ann: Person) -> None:
    assert await raw.refusal("sendMessage", chat_id=ann.id, text="x") == "Bad Request: chat not found"


async def test_a_migrated_group_answers_with_its_new_id(bot: Bot, owner: Person) -> None:
    group = await owner.create_group("Club", basic=True)
    await owner.add_to_group(group, await owner.bot_id())
    supergroup = await owner.upgrade_group(group)

    with pytest.raises(telegram.error.ChatMigrated) as migrated:
        await bot.send_message(group, "x")
    lines = [update.message for update in await bot.get_updates() if update.message]

    assert migrated.value.new_chat_id == supergroup
    assert [line.migrate_to_chat_id for line in lines if line.migrate_to_chat_id] == [supergroup]
    assert (await bot.send_message(supergroup, "x")).chat.id == supergroup


async def test_command_scopes_are_looked_up_from_narrow_to_wide(raw: RawBot, ann: Person, owner: Person) -> None:
    await ann.start()
    for scope, name in [
        ({"type": "default"}, "everybody"),
        ({"type": "all_private_chats"}, "private"),
        ({"type": "chat", "chat_id": ann.id}, "ann"),
    ]:
        await raw.result("setMyCommands", commands=[{"command": name, "description": "x"}], scope=scope)

    assert await ann.commands() == ["ann"]
    assert await owner.commands() == ["private"]
    assert await owner.commands(chat=(await owner_group(owner))) == ["everybody"]


async def owner_group(owner: Person) -> int:
    return await owner._people.group()


async def test_reactions_are_news_only_when_asked_for(raw: RawBot, ann: Person) -> None:
    await ann.start()
    sent = await raw.result("sendMessage", chat_id=ann.id, text="x")
    shown = (await ann.history())[-1]
    await ann.react(shown, "🔥")
    quiet = await raw.updates(allowed_updates=["message", "message_reaction"])
    await ann.react(shown, None)

    told = (await raw.updates())[-1]["message_reaction"]

    assert not any("message_reaction" in update for update in quiet)
    assert (told["message_id"], told["new_reaction"]) == (sent["message_id"], [])


async def test_chat_actions_reach_the_page(raw: RawBot, ann: Person, people: People) -> None:
    await ann.start()
    await raw.result("sendChatAction", chat_id=ann.id, action="typing")

    async def seen() -> list[str]:
        return people.typing_in(ann.id)

    assert await people.until(seen, "typing", 5) == ["typing"]


async def test_messages_older_than_two_days_stay(raw: RawBot, ann: Person, clock: Clock) -> None:
    message = await ann.send_text("x")
    clock.advance(49 * 3600)

    refusal = await raw.refusal("deleteMessage", chat_id=ann.id, message_id=message.id)

    assert refusal == "Bad Request: message can't be deleted"


async def test_an_answer_to_a_press_is_taken_once_and_in_time(raw: RawBot, ann: Person, clock: Clock) -> None:
    await ann.start()
    keyboard = {"inline_keyboard": [[{"text": "A", "callback_data": "x"}]]}
    await raw.result("sendMessage", chat_id=ann.id, text="?", reply_markup=keyboard)
    first, second = [await ann.press((await ann.history())[-1], "A") for _ in range(2)]
    await raw.result("answerCallbackQuery", callback_query_id=first)
    again = await raw.refusal("answerCallbackQuery", callback_query_id=first)
    clock.advance(16)

    late = await raw.refusal("answerCallbackQuery", callback_query_id=second)

    assert again == late
    assert late == "Bad Request: query is too old and response timeout expired or query ID is invalid"


async def test_a_forwarded_photo_names_its_origin(raw: RawBot, ann: Person) -> None:
    message = await ann.send_photo(picture(), caption="x")
    await ann.forward(message)

    forwarded = (await raw.updates())[-1]["message"]

    assert forwarded["forward_origin"]["sender_user"]["id"] == ann.id
    assert "photo" in forwarded


async def test_albums_of_the_bot_are_seen_as_albums(bot: Bot, ann: Person) -> None:
    await ann.start()
    sent = await bot.send_media_group(ann.id, [InputMediaPhoto(picture(), caption="two"), InputMediaPhoto(picture())])

    seen = (await ann.history())[-2:]

    assert [message.album for message in seen] == [sent[0].media_group_id] * 2
    assert [message.text for message in seen] == ["two", ""]


async def test_a_pin_is_shown_and_told(raw: RawBot, ann: Person) -> None:
    message = await ann.send_text("keep")
    await raw.result("pinChatMessage", chat_id=ann.id, message_id=message.id)

    assert (await raw.updates())[-1]["message"]["pinned_message"]["text"] == "keep"
    assert (await raw.result("getChat", chat_id=ann.id))["pinned_message"]["message_id"] == message.id


async def test_long_texts_of_people_arrive_in_pieces(raw: RawBot, ann: Person) -> None:
    await ann.send_text("a" * 5000)

    assert [len(update["message"]["text"]) for update in await raw.updates()] == [4096, 904]


async def test_ids_cannot_be_those_of_real_people_or_chats(ann: Person, people: People) -> None:
    assert ann.id > 2**40
    assert await people.group() < -1_997_852_516_352 * 2


async def test_many_people_may_write_at_once_and_nothing_is_lost(raw: RawBot, people: People) -> None:
    crowd = [people.person(name) for name in ("Owner", "Ann", "Bo")]
    await asyncio.gather(*(person.send_text(f"{n}") for n in range(20) for person in crowd))

    updates = await raw.updates()

    assert len({update["message"]["message_id"] for update in updates}) == 60
    assert [update["update_id"] for update in updates] == sorted(update["update_id"] for update in updates)
