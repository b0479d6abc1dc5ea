"""Methods that put something new into a chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.playground.arguments import Arguments, Upload, caption_of, whole_number
from bot.playground.errors import ApiError, bad_request
from bot.playground.files import MAX_UPLOAD_BYTES
from bot.playground.ledger import Json
from bot.playground.markup import checked_markup
from bot.playground.messenger import SERVICE_FIELDS, content_of
from bot.playground.pictures import MAX_PHOTO_BYTES, NotAPicture, WrongDimensions
from bot.playground.playground import Playground

CHAT_ACTIONS = (
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
)  # fmt: skip
SIZE_FIELDS = ("file_id", "file_unique_id", "width", "height", "file_size")
DOCUMENT_FIELDS = ("file_id", "file_unique_id", "thumbnail", "file_name", "mime_type", "file_size")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a message goes and what hangs on it."""

    chat_id: int
    reply_to: Json | None
    extra: Json
    markup: Json


async def send_message(playground: Playground, args: Arguments) -> Json:
    envelope = addressed(playground, args)
    content = args.message_text().as_text()
    if preview := args.json_object("link_preview_options"):
        content["link_preview_options"] = preview
    return posted(playground, envelope, content)


async def send_photo(playground: Playground, args: Arguments) -> Json:
    envelope = addressed(playground, args)
    content = {"photo": await photo_of(playground, args, "photo"), **args.caption().as_caption()}
    if args.flag("has_spoiler"):
        content["has_media_spoiler"] = True
    if args.flag("show_caption_above_media"):
        content["show_caption_above_media"] = True
    return posted(playground, envelope, content)


async def send_document(playground: Playground, args: Arguments) -> Json:
    envelope = addressed(playground, args)
    content = {"document": await document_of(playground, args, "document"), **args.caption().as_caption()}
    return posted(playground, envelope, content)


async def send_media_group(playground: Playground, args: Arguments) -> list[Json]:
    envelope = addressed(playground, args)
    items = args.json_list("media")
    if not 2 <= len(items) <= 10:
        raise bad_request("an album must include 2-10 items")
    kinds = {item.get("type") for item in items if isinstance(item, dict)}
    if len(kinds) != 1 or not kinds <= {"photo", "document"}:
        raise bad_request("document can't be mixed with other media types")
    contents = [await media_content(playground, args, item) for item in items]
    group = {"media_group_id": str(13_000_000_000_000_000 + playground.ledger.next_number("media group"))}
    with playground.ledger.transaction():
        return [posted(playground, envelope, {**group, **content}) for content in contents]


async def send_chat_action(playground: Playground, args: Arguments) -> bool:
    chat = playground.directory.writable_chat(args.text("chat_id"))["chat"]
    if args.text("action") not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    playground.hub.publish("typing", chat_id=chat["id"], action=args.text("action"))
    return True


async def forward_message(playground: Playground, args: Arguments) -> Json:
    envelope = addressed(playground, args)
    source = source_message(playground, args, "forward")
    content = content_of(source)
    content.pop("reply_markup", None)
    origin = source.get("forward_origin") or {"type": "user", "date": source["date"], "sender_user": source["from"]}
    return posted(playground, envelope, {"forward_origin": origin, **content})


async def copy_message(playground: Playground, args: Arguments) -> Json:
    envelope = addressed(playground, args)
    source = source_message(playground, args, "copy")
    content = content_of(source)
    content.pop("reply_markup", None)
    if "caption" in args.values and "text" not in content:
        content = {name: value for name, value in content.items() if not name.startswith("caption")}
        content |= args.caption().as_caption()
    return {"message_id": posted(playground, envelope, content)["message_id"]}


def source_message(playground: Playground, args: Arguments, verb: str) -> Json:
    chat = playground.directory.known_chat(args.text("from_chat_id"))["chat"]
    message = playground.messenger.find(chat["id"], args.number("message_id"))
    if message is None:
        raise bad_request(f"message to {verb} not found")
    if message.get("has_protected_content") or any(field in message for field in SERVICE_FIELDS):
        raise bad_request(f"the message can't be {'forwarded' if verb == 'forward' else 'copied'}")
    return message


def addressed(playground: Playground, args: Arguments) -> Envelope:
    """Check everything about a message but its content. Raises ApiError."""
    chat = playground.directory.writable_chat(args.text("chat_id"))["chat"]
    if args.number("message_thread_id"):
        raise bad_request("message thread not found")
    reply_to, extra = _replied(playground, args, chat["id"])
    if args.flag("protect_content"):
        extra["has_protected_content"] = True
    return Envelope(chat["id"], reply_to, extra, checked_markup(args.json_object("reply_markup")))


def posted(playground: Playground, envelope: Envelope, content: Json) -> Json:
    # Only inline keyboards are part of a message; the others change what is under the person's input field.
    inline = {"reply_markup": envelope.markup} if envelope.markup.get("inline_keyboard") else {}
    sender = playground.directory.bot_user()
    message = playground.messenger.post(
        envelope.chat_id, sender, {**envelope.extra, **content, **inline}, reply_to=envelope.reply_to
    )
    if envelope.markup and "inline_keyboard" not in envelope.markup:
        keyboard = _kept_keyboard(envelope, message["message_id"])
        playground.directory.change_chat(envelope.chat_id, keyboard=keyboard)
        playground.hub.publish("state")
    return message


def _kept_keyboard(envelope: Envelope, message_id: int) -> Json | None:
    if envelope.markup.get("remove_keyboard"):
        return None
    only_for = (envelope.reply_to or {}).get("from", {}).get("id") if envelope.markup.get("selective") else None
    return {**envelope.markup, "message_id": message_id, **({"only_for": only_for} if only_for else {})}


def _replied(playground: Playground, args: Arguments, chat_id: int) -> tuple[Json | None, Json]:
    wanted = args.json_object("reply_parameters")
    message_id = whole_number(str(wanted.get("message_id"))) or args.number("reply_to_message_id")
    if not message_id:
        return None, {}
    target = playground.messenger.find(chat_id, message_id)
    if target is None:
        if wanted.get("allow_sending_without_reply") or args.flag("allow_sending_without_reply"):
            return None, {}
        raise bad_request("message to be replied not found")
    return target, _quoted(target, str(wanted.get("quote") or ""))


def _quoted(target: Json, quote: str) -> Json:
    if not quote:
        return {}
    position = (target.get("text") or target.get("caption") or "").find(quote)
    if position < 0:
        raise bad_request("QUOTE_TEXT_INVALID")
    return {"quote": {"text": quote, "position": position, "is_manual": True}}


async def media_content(playground: Playground, args: Arguments, item: Any) -> Json:
    """The content of an InputMedia object; its file comes along as `attach://NAME` or is known by its file_id."""
    if not isinstance(item, dict) or item.get("type") not in ("photo", "document"):
        raise bad_request("can't parse InputMedia: type of the media is not supported")
    kind: str = item["type"]
    named = Arguments({kind: str(item.get("media", ""))}, args.uploads)
    content: Json = {kind: await (photo_of if kind == "photo" else document_of)(playground, named, kind)}
    if item.get("has_spoiler"):
        content["has_media_spoiler"] = True
    return {**content, **caption_of(item).as_caption()}


async def photo_of(playground: Playground, args: Arguments, field: str) -> list[Json]:
    """PhotoSizes of an upload or of a photo known by its file_id."""
    upload = _upload(args, field)
    if upload is None:
        known = _known_file(playground, args.text(field), "photo")
        return [{name: known[name] for name in SIZE_FIELDS}]
    if len(upload.data) > MAX_PHOTO_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    try:
        return await playground.files.add_photo(upload.data)
    except WrongDimensions as error:
        raise bad_request("PHOTO_INVALID_DIMENSIONS") from error
    except NotAPicture as error:
        raise bad_request("IMAGE_PROCESS_FAILED") from error


async def document_of(playground: Playground, args: Arguments, field: str) -> Json:
    upload = _upload(args, field)
    if upload is not None:
        return await playground.files.add_document(upload.data, upload.name, upload.mime)
    known = _known_file(playground, args.text(field), "document")
    return {name: known[name] for name in DOCUMENT_FIELDS if name in known}


def _upload(args: Arguments, field: str) -> Upload | None:
    given = args.text(field)
    upload = args.uploads.get(given.removeprefix("attach://") if given.startswith("attach://") else field)
    if upload is None:
        return None
    if not upload.data:
        raise bad_request("file must be non-empty")
    if len(upload.data) > MAX_UPLOAD_BYTES:
        raise ApiError(413, "Request Entity Too Large")
    return upload


def _known_file(playground: Playground, file_id: str, kind: str) -> Json:
    if not file_id:
        raise bad_request(f"there is no {kind} in the request")
    file = playground.files.find(file_id)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if file["kind"] != kind:
        raise bad_request(f"can't use file of type {file['kind'].title()} as {kind.title()}")
    return file


def message_ids(args: Arguments) -> list[int]:
    ids = [whole_number(str(each)) for each in args.json_list("message_ids")]
    return [each for each in ids if each is not None]


METHODS = {
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendMediaGroup": send_media_group,
    "sendChatAction": send_chat_action,
    "forwardMessage": forward_message,
    "copyMessage": copy_message,
}
