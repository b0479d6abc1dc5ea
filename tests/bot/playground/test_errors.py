"""Refusals in Telegram's own words."""

from __future__ import annotations

from typing import Any

import pytest
import telegram.error
from telegram import Bot

from tests.bot.playground.validators import published
from tests.bot.playground.wire import RawBot, picture
from tests.support.people import Person, Refusal

TOO_MANY_BUTTONS = {"inline_keyboard": [[{"text": str(n), "callback_data": "x"}] for n in range(101)]}
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)


def button(**facts: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "x", **facts}]]}


@pytest.mark.parametrize(
    ("method", "values", "words"),
    [
        ("sendMessage", {"text": "x"}, "chat_id is empty"),
        ("sendMessage", {"chat_id": 12345, "text": "x"}, "chat not found"),
        ("sendMessage", {"chat_id": "@nobody", "text": "x"}, "chat not found"),
        ("sendMessage", {"chat_id": "ann", "text": " \n "}, "message text is empty"),
        ("sendMessage", {"chat_id": "ann", "text": "x" * 4097}, "message is too long"),
        ("sendMessage", {"chat_id": "ann", "text": "x", "parse_mode": "Fancy"}, "unsupported parse_mode"),
        ("sendMessage", {"chat_id": "ann", "text": "x", "reply_parameters": {"message_id": 99}},
         "message to be replied not found"),
        ("sendMessage", {"chat_id": "ann", "text": "x", "reply_markup": button(callback_data="x" * 65)},
         "BUTTON_DATA_INVALID"),
        ("sendMessage", {"chat_id": "ann", "text": "x", "reply_markup": button()},
         "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        ("sendMessage", {"chat_id": "ann", "text": "x", "reply_markup": button(url="not a link")},
         "inline keyboard button URL 'not a link' is invalid: Wrong HTTP URL"),
        ("sendMessage", {"chat_id": "ann", "text": "x", "reply_markup": TOO_MANY_BUTTONS}, "reply markup is too long"),
        ("sendMessage", {"chat_id": "ann", "text": "x", "reply_markup": "{"}, "can't parse reply markup JSON object"),
        ("sendPhoto", {"chat_id": "ann"}, "there is no photo in the request"),
        ("sendPhoto", {"chat_id": "ann", "photo": "https://example.org/a.jpg"},
         "wrong file identifier/HTTP URL specified"),
        ("editMessageText", {"chat_id": "ann", "message_id": 99, "text": "x"}, "message to edit not found"),
        ("editMessageText", {"chat_id": "ann", "message_id": 1, "text": "x"}, "message can't be edited"),
        ("editMessageText", {"chat_id": "ann", "message_id": 2, "text": "mine"}, NOT_MODIFIED),
        ("editMessageCaption", {"chat_id": "ann", "message_id": 2, "caption": "x"},
         "there is no caption in the message to edit"),
        ("deleteMessage", {"chat_id": "ann", "message_id": 99}, "message to delete not found"),
        ("setMessageReaction", {"chat_id": "ann", "message_id": 1, "reaction": [{"type": "emoji", "emoji": "🐌"}]},
         "REACTION_INVALID"),
        ("getFile", {"file_id": "nonsense"}, "wrong file_id or the file is temporarily unavailable"),
        ("answerCallbackQuery", {"callback_query_id": "1"},
         "query is too old and response timeout expired or query ID is invalid"),
        ("setMyCommands", {"commands": [{"command": "Bad Name", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ("sendChatAction", {"chat_id": "ann", "action": "dancing"}, "wrong parameter action in request"),
        ("getChatAdministrators", {"chat_id": "ann"}, "there are no administrators in the private chat"),
    ],
)  # fmt: skip
async def test_bad_requests(raw: RawBot, ann: Person, method: str, values: dict[str, Any], words: str) -> None:
    await ann.start()
    await raw.result("sendMessage", chat_id=ann.id, text="mine")
    given = {name: ann.id if value == "ann" else value for name, value in values.items()}

    assert await raw.refusal(method, **given) == f"Bad Request: {words}"


STRANGE: list[Any] = [
    "",
    "x",
    "-",
    "--5",
    10**30,
    -1,
    1.5,
    True,
    [],
    {},
    [[]],
    [{}],
    [[[1]]],
    {"a": 1},
    "\ud800",
    "{",
    "@x",
]


async def test_no_call_however_strange_breaks_the_server(raw: RawBot, ann: Person) -> None:
    await ann.start()
    sent = await raw.result("sendMessage", chat_id=ann.id, text="x")
    good = {"chat_id": ann.id, "from_chat_id": ann.id, "message_id": sent["message_id"], "text": "y", "user_id": ann.id}
    broken = []
    for method, facts in published()["methods"].items():
        for field in facts["fields"]:
            for value in STRANGE:
                answer = await raw(method, **{**good, "media": [], field: value, "timeout": 0})
                if answer.get("error_code") == 500:
                    broken.append((method, field, value))

    assert broken == []


async def test_captions_over_1024_characters_are_refused(raw: RawBot, ann: Person) -> None:
    await ann.start()

    answer = await raw.upload("sendPhoto", {"photo": picture()}, chat_id=str(ann.id), caption="x" * 1025)

    assert answer["description"] == "Bad Request: message caption is too long"
    with pytest.raises(Refusal, match="1024"):
        await ann.send_photo(picture(), caption="x" * 1025)


async def test_what_is_no_photo_is_refused_as_a_photo(raw: RawBot, ann: Person) -> None:
    await ann.start()
    for data, words in ((b"no picture", "IMAGE_PROCESS_FAILED"), (picture(2000, 20), "PHOTO_INVALID_DIMENSIONS")):
        answer = await raw.upload("sendPhoto", {"photo": data}, chat_id=str(ann.id))
        assert answer["description"] == f"Bad Request: {words}"

    with pytest.raises(Refusal, match="Send it as a file"):
        await ann.send_photo(b"no picture")


async def test_a_file_over_20_megabytes_arrives_but_cannot_be_fetched(raw: RawBot, ann: Person) -> None:
    await ann.send_document(bytes(20 * 1024 * 1024 + 1), name="big.bin")
    document = (await raw.updates())[0]["message"]["document"]

    assert await raw.refusal("getFile", file_id=document["file_id"]) == "Bad Request: file is too big"


async def test_an_upload_over_50_megabytes_is_too_large(raw: RawBot, ann: Person) -> None:
    await ann.start()

    answer = await raw.upload("sendDocument", {"document": bytes(50 * 1024 * 1024 + 1)}, chat_id=str(ann.id))

    assert (answer["error_code"], answer["description"]) == (413, "Request Entity Too Large")


async def test_tokens_and_methods_that_do_not_exist(raw: RawBot) -> None:
    found = {}
    for path in ("bot123:wrong/getMe", "botnonsense/getMe", f"bot{raw.token}/makeCoffee", "file/bot123:wrong/a.jpg"):
        async with raw.http.get(f"{raw.url}/{path}") as answer:
            found[path.partition("/")[2]] = (answer.status, (await answer.json())["description"])

    assert found == {
        "getMe": (404, "Not Found"),
        "makeCoffee": (404, "Not Found: method not found"),
        "bot123:wrong/a.jpg": (401, "Unauthorized"),
    }
    assert raw.token not in str(found)


async def test_ptb_turns_the_refusals_into_its_own_errors(bot: Bot, ann: Person) -> None:
    with pytest.raises(telegram.error.BadRequest, match="Chat not found"):
        await bot.send_message(ann.id, "x")
    await ann.start()
    await ann.block()
    with pytest.raises(telegram.error.Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ann.id, "x")
