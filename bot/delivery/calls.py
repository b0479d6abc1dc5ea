"""Every method of the Bot API that the outbox may owe, and how it is called."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import ForceReply as TelegramForceReply
from telegram import (
    InlineKeyboardMarkup,
    InputFile,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReactionTypeEmoji,
    ReplyParameters,
)
from telegram.ext import ExtBot

from storage import Outgoing

# Telegram answers only when it has all of a file, and given up too soon the file would be sent again and again.
UPLOAD_TIMEOUT = 120.0


async def _send_message(bot: ExtBot[None], call: Outgoing) -> object:
    payload = call.payload
    return await bot.send_message(
        payload["chat_id"],
        payload["text"],
        parse_mode=payload.get("parse_mode"),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_parameters=_reply(payload),
        reply_markup=_markup(payload),
        disable_notification=payload.get("disable_notification"),
    )


async def _edit_text(bot: ExtBot[None], call: Outgoing) -> object:
    payload = call.payload
    return await bot.edit_message_text(
        payload["text"],
        chat_id=payload["chat_id"],
        message_id=payload["message_id"],
        parse_mode=payload.get("parse_mode"),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        reply_markup=InlineKeyboardMarkup.de_json(payload["reply_markup"], bot),
    )


async def _react(bot: ExtBot[None], call: Outgoing) -> object:
    payload = call.payload
    reaction = [ReactionTypeEmoji(one["emoji"]) for one in payload["reaction"]]
    return await bot.set_message_reaction(payload["chat_id"], payload["message_id"], reaction)


async def _send_document(bot: ExtBot[None], call: Outgoing) -> object:
    return await bot.send_document(call.payload["chat_id"], _file(call), **_told_with(call))


async def _send_photo(bot: ExtBot[None], call: Outgoing) -> object:
    return await bot.send_photo(call.payload["chat_id"], _file(call), **_told_with(call))


async def _edit_media(bot: ExtBot[None], call: Outgoing) -> object:
    payload = call.payload
    media = InputMediaPhoto(
        call.attachment or b"",
        caption=payload["caption"],
        parse_mode=payload["parse_mode"],
        filename=call.attachment_name,
    )
    return await bot.edit_message_media(media, **_edited(call), read_timeout=UPLOAD_TIMEOUT)


async def _edit_caption(bot: ExtBot[None], call: Outgoing) -> object:
    payload = call.payload
    return await bot.edit_message_caption(caption=payload["caption"], parse_mode=payload["parse_mode"], **_edited(call))


async def _edit_markup(bot: ExtBot[None], call: Outgoing) -> object:
    return await bot.edit_message_reply_markup(**_edited(call))


async def _delete(bot: ExtBot[None], call: Outgoing) -> object:
    return await bot.delete_message(call.payload["chat_id"], call.payload["message_id"])


def _edited(call: Outgoing) -> dict[str, Any]:
    """Which message is edited, and its buttons from then on."""
    markup = InlineKeyboardMarkup.de_json(call.payload["reply_markup"], None)
    return {"chat_id": call.payload["chat_id"], "message_id": call.payload["message_id"], "reply_markup": markup}


def _file(call: Outgoing) -> InputFile:
    return InputFile(io.BytesIO(call.attachment or b""), filename=call.attachment_name)


def _told_with(call: Outgoing) -> dict[str, Any]:
    """What goes with a file of any kind."""
    return {
        "caption": call.payload.get("caption"),
        "parse_mode": call.payload.get("parse_mode"),
        "reply_parameters": _reply(call.payload),
        "reply_markup": _markup(call.payload),
        "disable_notification": call.payload.get("disable_notification"),
        "read_timeout": UPLOAD_TIMEOUT,
    }


# Every method that the outbox may owe.
CALLS: dict[str, Callable[[ExtBot[None], Outgoing], Awaitable[object]]] = {
    "sendMessage": _send_message,
    "editMessageText": _edit_text,
    "editMessageMedia": _edit_media,
    "editMessageCaption": _edit_caption,
    "editMessageReplyMarkup": _edit_markup,
    "setMessageReaction": _react,
    "deleteMessage": _delete,
    "sendDocument": _send_document,
    "sendPhoto": _send_photo,
}


def _reply(payload: dict[str, Any]) -> ReplyParameters | None:
    parameters = payload.get("reply_parameters")
    return ReplyParameters(**parameters) if parameters else None


def _markup(payload: dict[str, Any]) -> InlineKeyboardMarkup | TelegramForceReply | None:
    markup = payload.get("reply_markup")
    if not markup:
        return None
    if "inline_keyboard" in markup:
        return InlineKeyboardMarkup.de_json(markup, None)
    return TelegramForceReply(selective=True, input_field_placeholder=markup.get("input_field_placeholder"))
