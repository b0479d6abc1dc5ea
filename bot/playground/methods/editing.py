"""Methods that change, remove or decorate messages that are there already."""

from __future__ import annotations

from bot.playground.arguments import Arguments
from bot.playground.errors import bad_request
from bot.playground.ledger import Json
from bot.playground.markup import inline_only
from bot.playground.messenger import SERVICE_FIELDS, content_of
from bot.playground.methods.sending import media_content, message_ids
from bot.playground.people import REACTIONS
from bot.playground.playground import Playground

DELETABLE_SECONDS = 48 * 3600
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup"
    " are exactly the same as a current content and reply markup of the message"
)


async def edit_message_text(playground: Playground, args: Arguments) -> Json:
    text = args.message_text()
    message = editable(playground, args)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    content = text.as_text()
    if preview := args.json_object("link_preview_options"):
        content["link_preview_options"] = preview
    return _changed(playground, args, message, content)


async def edit_message_caption(playground: Playground, args: Arguments) -> Json:
    message = editable(playground, args)
    if not ("photo" in message or "document" in message):
        raise bad_request("there is no caption in the message to edit")
    kept = {name: value for name, value in content_of(message).items() if not name.startswith("caption")}
    return _changed(playground, args, message, {**kept, **args.caption().as_caption()})


async def edit_message_media(playground: Playground, args: Arguments) -> Json:
    message = editable(playground, args)
    content = await media_content(playground, args, args.json_object("media"))
    if "media_group_id" in message and ("photo" in content) != ("photo" in message):
        raise bad_request("can't use the media of the specified type in the album")
    return _changed(playground, args, message, content)


async def edit_message_reply_markup(playground: Playground, args: Arguments) -> Json:
    message = editable(playground, args)
    return _changed(playground, args, message, content_of(message))


async def delete_message(playground: Playground, args: Arguments) -> bool:
    chat_id = playground.directory.known_chat(args.text("chat_id"))["chat"]["id"]
    message = playground.messenger.find(chat_id, _message_id(args))
    if message is None:
        raise bad_request("message to delete not found")
    if not _deletable(playground, message):
        raise bad_request("message can't be deleted")
    playground.messenger.remove(chat_id, [message["message_id"]])
    return True


async def delete_messages(playground: Playground, args: Arguments) -> bool:
    """Unknown messages are skipped without a word, as Telegram does."""
    chat_id = playground.directory.known_chat(args.text("chat_id"))["chat"]["id"]
    wanted = message_ids(args)
    if not wanted:
        raise bad_request("message identifiers are not specified")
    if len(wanted) > 100:
        raise bad_request("too many message identifiers specified")
    found = [playground.messenger.find(chat_id, each) for each in wanted]
    gone = [each["message_id"] for each in found if each is not None and _deletable(playground, each)]
    playground.messenger.remove(chat_id, gone)
    return True


async def set_message_reaction(playground: Playground, args: Arguments) -> bool:
    chat_id = playground.directory.writable_chat(args.text("chat_id"))["chat"]["id"]
    message = playground.messenger.find(chat_id, args.number("message_id"))
    if message is None:
        raise bad_request("message to react not found")
    reactions = args.json_list("reaction")
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    emoji = reactions[0].get("emoji") if reactions and isinstance(reactions[0], dict) else None
    if reactions and emoji not in REACTIONS:
        raise bad_request("REACTION_INVALID")
    playground.messenger.react(message, playground.directory.bot_user(), emoji)
    return True


def editable(playground: Playground, args: Arguments) -> Json:
    """The bot's own message that an edit names. Raises ApiError."""
    if args.text("inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    chat_id = playground.directory.writable_chat(args.text("chat_id"))["chat"]["id"]
    message = playground.messenger.find(chat_id, _message_id(args))
    if message is None:
        raise bad_request("message to edit not found")
    is_service = any(field in message for field in SERVICE_FIELDS)
    if message["from"]["id"] != playground.directory.bot_id or is_service or "forward_origin" in message:
        raise bad_request("message can't be edited")
    return message


def _message_id(args: Arguments) -> int:
    if not args.text("message_id"):
        raise bad_request("message identifier is not specified")
    return args.number("message_id")


def _changed(playground: Playground, args: Arguments, message: Json, content: Json) -> Json:
    content = {name: value for name, value in content.items() if name != "reply_markup"}
    if markup := inline_only(args.json_object("reply_markup")):
        content["reply_markup"] = markup
    if content == content_of(message):
        raise bad_request(NOT_MODIFIED)
    return playground.messenger.change(message, content)


def _deletable(playground: Playground, message: Json) -> bool:
    if playground.clock() - message["date"] > DELETABLE_SECONDS:
        return False
    if message["chat"]["id"] > 0 or message["from"]["id"] == playground.directory.bot_id:
        return True
    return playground.directory.status(message["chat"]["id"], playground.directory.bot_id) == "administrator"


METHODS = {
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageMedia": edit_message_media,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "setMessageReaction": set_message_reaction,
}
