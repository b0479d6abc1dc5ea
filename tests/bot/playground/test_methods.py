"""Every method, called by python-telegram-bot itself, and every answer before three judges."""

from __future__ import annotations

import json
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    MenuButtonCommands,
    Message,
    Update,
)

from bot.playground import Playground
from bot.playground.methods import METHODS
from tests.bot.playground.validators import check_aiogram, check_ptb, check_schema, published
from tests.bot.playground.wire import Clock, Json, RawBot, RecordingRequest, picture
from tests.support.people import People, Person

KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Wrong", callback_data="v1:wrong", style="danger")]])


def test_the_server_knows_exactly_the_methods_of_the_schema() -> None:
    assert len(METHODS) == 38
    assert set(METHODS) == {name.lower() for name in published()["methods"]}


async def test_every_method_answers_as_all_three_judges_expect(
    bot: Bot, people: People, request_record: RecordingRequest, clock: Clock
) -> None:
    ann, owner, group = people.person("Ann"), people.person("Owner"), await people.group()
    lesson = await ann.send_photo(picture(1300, 900), caption="daisy /here @ann_002 #x https://example.org")
    found: list[Any] = [await bot.get_me()]

    found += await _send_everything(bot, ann.id, lesson.id)
    found += await _describe(bot, ann.id)
    await owner.add_to_group(group, bot.id)
    await owner.promote(group, bot.id)
    found += await _look_around(bot, group, owner.id)
    found += await _news(bot, ann, lesson.id)
    await bot.leave_chat(group)
    clock.advance(700)
    assert await bot.log_out()
    assert await bot.close()

    called = {method.lower() for method, _ in request_record.answers}
    assert called == set(METHODS)
    check_ptb(found)
    for method, answer in request_record.answers:
        assert answer["ok"], (method, answer)
        check_schema(method, answer["result"])
        _before_aiogram(method, answer["result"])


def _before_aiogram(method: str, result: Any) -> None:
    name = next(each for each in published()["methods"] if each.lower() == method.lower())
    kind = published()["methods"][name]["returns"][0]
    if kind in ("Boolean", "Integer") or result is True:
        return
    if kind == "ChatMember":
        kind = {"creator": "ChatMemberOwner", "administrator": "ChatMemberAdministrator", "left": "ChatMemberLeft"}[
            result["status"]
        ]
    if kind == "Array of ChatMember":
        for each in result:
            _before_aiogram("getChatMember", each)
    elif kind.startswith("Array of "):
        for each in result:
            check_aiogram(kind.removeprefix("Array of "), each)
    else:
        check_aiogram(kind, result)


async def _send_everything(bot: Bot, chat: int, lesson: int) -> list[Any]:
    html = "<b>bold</b> <i>i</i> <code>c</code> <tg-spoiler>s</tg-spoiler> <a href='https://e.org'>l</a> 🌼"
    text = await bot.send_message(chat, html, parse_mode="HTML", reply_markup=KEYBOARD, reply_to_message_id=lesson)
    photo = await bot.send_photo(chat, picture(), caption="p", has_spoiler=True, reply_markup=KEYBOARD)
    document = await bot.send_document(chat, b"name,label\n", filename="cleaned.csv", caption="c")
    album = await bot.send_media_group(chat, [InputMediaPhoto(picture(), caption="a"), InputMediaPhoto(picture())])
    assert await bot.send_chat_action(chat, "typing")
    forwarded = await bot.forward_message(chat, chat, lesson)
    copied = await bot.copy_message(chat, chat, lesson, caption="new")
    return [text, photo, document, *album, forwarded, copied, *await _edit(bot, chat, text, photo, document, copied)]


async def _edit(bot: Bot, chat: int, text: Any, photo: Any, document: Any, copied: Any) -> list[Any]:
    edited = [
        await bot.edit_message_text("new", chat, text.message_id),
        await bot.edit_message_caption(chat, photo.message_id, caption="<u>u</u>", parse_mode="HTML"),
        await bot.edit_message_media(InputMediaPhoto(picture(colour="red")), chat, photo.message_id),
        await bot.edit_message_media(InputMediaDocument(b"x", filename="x.txt"), chat, document.message_id),
        await bot.edit_message_reply_markup(chat, text.message_id, reply_markup=KEYBOARD),
    ]
    assert await bot.set_message_reaction(chat, text.message_id, "👍")
    assert await bot.pin_chat_message(chat, text.message_id)
    full = await bot.get_chat(chat)
    assert await bot.unpin_chat_message(chat)
    assert await bot.delete_message(chat, copied.message_id)
    assert await bot.delete_messages(chat, [document.message_id, 9999])
    return [*edited, full]


async def _describe(bot: Bot, chat: int) -> list[Any]:
    scope = BotCommandScopeChat(chat)
    assert await bot.set_my_commands([BotCommand("start", "Say hello")], scope=scope)
    commands = await bot.get_my_commands(scope=scope)
    assert await bot.delete_my_commands(scope=scope)
    assert await bot.set_my_name("Pupil")
    assert await bot.set_my_description("I learn")
    assert await bot.set_my_short_description("Learner")
    assert await bot.set_chat_menu_button(chat, MenuButtonCommands())
    return [*commands, await bot.get_user_profile_photos(chat)]


async def _look_around(bot: Bot, group: int, owner: int) -> list[Any]:
    assert await bot.get_chat_member_count(group) == 4
    return [
        await bot.get_chat(group),
        await bot.get_chat_member(group, owner),
        *await bot.get_chat_administrators(group),
    ]


async def _news(bot: Bot, ann: Person, lesson: int) -> list[Any]:
    assert await bot.set_webhook("http://127.0.0.1:9/hook", secret_token="s", allowed_updates=Update.ALL_TYPES)
    info = await bot.get_webhook_info()
    assert await bot.delete_webhook(drop_pending_updates=False)
    asked = await bot.send_message(ann.id, "?", reply_markup=KEYBOARD)
    message = next(each for each in await ann.history() if each.id == asked.message_id)
    assert await bot.answer_callback_query(await ann.press(message, "Wrong"), "Thanks", show_alert=True)
    await ann.edit_caption(next(each for each in await ann.history() if each.id == lesson), "rose")
    await ann.react(message, "🔥")
    await ann.forward(message)
    await ann.block()
    await ann.unblock()
    updates = await bot.get_updates(timeout=0)
    kinds = {name for update in updates for name in update.to_dict()} - {"update_id"}
    assert kinds >= {"message", "edited_message", "callback_query", "my_chat_member", "message_reaction"}
    shot = next(update.message for update in updates if update.message and update.message.photo)
    file = await bot.get_file(shot.photo[-1].file_id)
    assert len(await file.download_as_bytearray()) == file.file_size
    return [info, *updates, file]


def test_the_judges_notice_a_stray_and_a_missing_field() -> None:
    stray = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "mood": "good"}

    for message in (stray, {"message_id": 1}):
        with pytest.raises(AssertionError):
            check_schema("sendMessage", message)
    with pytest.raises(AssertionError):
        check_ptb(Message.de_json(stray, None))
    with pytest.raises(AssertionError):
        check_aiogram("Message", stray)


@pytest.mark.parametrize("spelling", ["getMe", "getme", "GETME"])
async def test_method_names_may_be_spelled_in_any_case(raw: RawBot, spelling: str) -> None:
    me = await raw.result(spelling)

    assert (me["is_bot"], me["can_read_all_group_messages"]) == (True, False)


async def test_parameters_come_as_query_form_json_or_multipart(raw: RawBot, ann: Person) -> None:
    await ann.start()
    where = f"{raw.url}/bot{raw.token}/sendMessage"
    values: Json = {"chat_id": str(ann.id), "text": "hi"}

    async with (
        raw.http.get(where, params=values) as query,
        raw.http.post(where, data=values) as form,
        raw.http.post(where, json={**values, "chat_id": ann.id}) as body,
    ):
        answers = [await query.json(), await form.json(), await body.json()]
    answers.append(await raw.upload("sendMessage", {}, **values))

    assert [answer["result"]["text"] for answer in answers] == ["hi"] * 4


async def test_a_lost_token_file_is_the_only_place_of_the_token(playground: Playground, people: People) -> None:
    assert playground.token not in repr(playground)
    assert playground.token not in json.dumps(await people.state())
