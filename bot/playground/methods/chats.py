"""Methods about chats and who is in them."""

from __future__ import annotations

from bot.playground.arguments import Arguments
from bot.playground.errors import bad_request
from bot.playground.ledger import Json
from bot.playground.membership import chat_member
from bot.playground.messenger import quotable
from bot.playground.playground import Playground

PERMISSIONS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics",
)  # fmt: skip
GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


async def get_chat(playground: Playground, args: Arguments) -> Json:
    chat = playground.directory.known_chat(args.text("chat_id"))
    full: Json = {
        **chat["chat"],
        "accent_color_id": abs(chat["chat"]["id"]) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(GIFTS, False),
    }
    if chat["chat"]["type"] != "private":
        full["permissions"] = dict.fromkeys(PERMISSIONS, True)
    if chat["chat"]["type"] == "supergroup":
        full |= {"join_to_send_messages": True, "has_visible_history": True}
    if pinned := chat.get("pinned"):
        message = playground.messenger.find(chat["chat"]["id"], pinned[-1])
        full |= {"pinned_message": quotable(message)} if message else {}
    return full


async def get_chat_member(playground: Playground, args: Arguments) -> Json:
    chat = playground.directory.known_chat(args.text("chat_id"))["chat"]
    user = playground.directory.user(args.number("user_id"))
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return chat_member(user, playground.directory.status(chat["id"], user["id"]))


async def get_chat_administrators(playground: Playground, args: Arguments) -> list[Json]:
    chat = playground.directory.known_chat(args.text("chat_id"))["chat"]
    if chat["type"] == "private":
        raise bad_request("there are no administrators in the private chat")
    members = playground.directory.members(chat["id"])
    return [chat_member(user, status) for user, status in members if status in ("creator", "administrator")]


async def get_chat_member_count(playground: Playground, args: Arguments) -> int:
    chat = playground.directory.known_chat(args.text("chat_id"))["chat"]
    return 2 if chat["type"] == "private" else len(playground.directory.members(chat["id"]))


async def leave_chat(playground: Playground, args: Arguments) -> bool:
    chat = playground.directory.known_chat(args.text("chat_id"))["chat"]
    if chat["type"] == "private":
        raise bad_request("chat member status can't be changed in private chats")
    bot = playground.directory.bot_user()
    playground.membership.change(chat["id"], bot, bot, "left")
    return True


async def pin_chat_message(playground: Playground, args: Arguments) -> bool:
    chat_id = _pinnable_chat(playground, args)
    message = playground.messenger.find(chat_id, args.number("message_id"))
    if message is None:
        raise bad_request("message to pin not found")
    pinned = [each for each in _pinned(playground, chat_id) if each != message["message_id"]]
    playground.directory.change_chat(chat_id, pinned=[*pinned, message["message_id"]])
    line = {"pinned_message": quotable(message)}
    playground.messenger.post(chat_id, playground.directory.bot_user(), line, reply_to=message, tell_bot=True)
    playground.hub.publish("state")
    return True


async def unpin_chat_message(playground: Playground, args: Arguments) -> bool:
    chat_id = _pinnable_chat(playground, args)
    pinned = _pinned(playground, chat_id)
    message_id = args.number("message_id") or (pinned[-1] if pinned else 0)
    if args.number("message_id") and message_id not in pinned:
        raise bad_request("message to unpin not found")
    playground.directory.change_chat(chat_id, pinned=[each for each in pinned if each != message_id])
    playground.hub.publish("state")
    return True


async def get_user_profile_photos(playground: Playground, args: Arguments) -> Json:
    if playground.directory.user(args.number("user_id")) is None:
        raise bad_request("user not found")
    return {"total_count": 0, "photos": []}


def _pinnable_chat(playground: Playground, args: Arguments) -> int:
    chat = playground.directory.writable_chat(args.text("chat_id"))["chat"]
    status = playground.directory.status(chat["id"], playground.directory.bot_id)
    if chat["id"] < 0 and status != "administrator":
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return int(chat["id"])


def _pinned(playground: Playground, chat_id: int) -> list[int]:
    return list((playground.directory.chat(chat_id) or {}).get("pinned", []))


METHODS = {
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "getChatMemberCount": get_chat_member_count,
    "leaveChat": leave_chat,
    "pinChatMessage": pin_chat_message,
    "unpinChatMessage": unpin_chat_message,
    "getUserProfilePhotos": get_user_profile_photos,
}
