"""Methods about the bot itself: who it is, its commands and its descriptions."""

from __future__ import annotations

import re
from typing import Any

from bot.playground.arguments import Arguments
from bot.playground.errors import bad_request, too_many_requests
from bot.playground.ledger import Json
from bot.playground.playground import Playground

CLOSE_AFTER_SECONDS = 600
MAX_COMMANDS = 100
CHAT_SCOPES = ("chat", "chat_administrators", "chat_member")
SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators", *CHAT_SCOPES)
MENU_BUTTONS = ("default", "commands", "web_app")


async def get_me(playground: Playground, args: Arguments) -> Json:
    return {
        **playground.directory.bot_user(),
        "can_join_groups": True,
        "can_read_all_group_messages": playground.directory.reads_all,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def log_out(playground: Playground, args: Arguments) -> bool:
    return True


async def close(playground: Playground, args: Arguments) -> bool:
    age = playground.clock() - playground.started_at
    if age < CLOSE_AFTER_SECONDS:
        raise too_many_requests(max(1, round(CLOSE_AFTER_SECONDS - age)))
    return True


async def set_my_commands(playground: Playground, args: Arguments) -> bool:
    commands = [_command(each) for each in args.json_list("commands")]
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    playground.ledger.put("commands", _scope_key(playground, args), args.text("language_code"), body=commands)
    playground.hub.publish("state")
    return True


async def get_my_commands(playground: Playground, args: Arguments) -> list[Json]:
    return playground.ledger.get("commands", _scope_key(playground, args), args.text("language_code")) or []


async def delete_my_commands(playground: Playground, args: Arguments) -> bool:
    playground.ledger.delete("commands", _scope_key(playground, args), args.text("language_code"))
    playground.hub.publish("state")
    return True


def commands_for(playground: Playground, person_id: int, chat_id: int) -> list[Json]:
    """The commands one person sees in one chat: the narrowest scope that has any, as apps look them up."""
    if chat_id > 0:
        scopes = [f"chat {chat_id}", "all_private_chats", "default"]
    else:
        is_admin = playground.directory.status(chat_id, person_id) in ("creator", "administrator")
        scopes = [f"chat_member {chat_id} {person_id}"]
        scopes += [f"chat_administrators {chat_id}"] if is_admin else []
        scopes += [f"chat {chat_id}"]
        scopes += ["all_chat_administrators"] if is_admin else []
        scopes += ["all_group_chats", "default"]
    language = (playground.directory.person(person_id) or {}).get("language_code", "")
    for scope in scopes:
        for code in (language, ""):
            if (found := playground.ledger.get("commands", scope, code)) is not None:
                return list(found)
    return []


async def set_my_name(playground: Playground, args: Arguments) -> bool:
    return _describe(playground, args, "name", 64)


async def set_my_description(playground: Playground, args: Arguments) -> bool:
    return _describe(playground, args, "description", 512)


async def set_my_short_description(playground: Playground, args: Arguments) -> bool:
    return _describe(playground, args, "short_description", 120)


async def set_chat_menu_button(playground: Playground, args: Arguments) -> bool:
    button = args.json_object("menu_button") or {"type": "default"}
    if button.get("type") not in MENU_BUTTONS:
        raise bad_request("can't parse menu button: Unsupported type specified")
    if args.text("chat_id"):
        chat = playground.directory.known_chat(args.text("chat_id"))["chat"]
        if chat["type"] != "private":
            raise bad_request("chat not found")
        playground.directory.change_chat(chat["id"], menu_button=button)
    else:
        playground.directory.set_setting("menu_button", button)
    playground.hub.publish("state")
    return True


def _describe(playground: Playground, args: Arguments, field: str, limit: int) -> bool:
    text = args.text(field).strip()
    if len(text) > limit:
        raise bad_request(f"bot {field.replace('_', ' ')} is too long")
    name = f"{field}:{args.text('language_code')}"
    playground.directory.set_setting(name, text or ("Pupil" if name == "name:" else ""))
    playground.hub.publish("state")
    return True


def _command(given: Any) -> Json:
    if not isinstance(given, dict):
        raise bad_request("expected an Array of BotCommand")
    name, description = str(given.get("command", "")).removeprefix("/"), str(given.get("description", ""))
    if not re.fullmatch(r"[a-z0-9_]{1,32}", name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description.strip()) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description.strip()}


def _scope_key(playground: Playground, args: Arguments) -> str:
    scope = args.json_object("scope") or {"type": "default"}
    kind = scope.get("type")
    if kind not in SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    if kind not in CHAT_SCOPES:
        return str(kind)
    chat = playground.directory.known_chat(str(scope.get("chat_id", "")))["chat"]
    if kind == "chat_member":
        return f"chat_member {chat['id']} {scope.get('user_id')}"
    return f"{kind} {chat['id']}"


METHODS = {
    "getMe": get_me,
    "logOut": log_out,
    "close": close,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyName": set_my_name,
    "setMyDescription": set_my_description,
    "setMyShortDescription": set_my_short_description,
    "setChatMenuButton": set_chat_menu_button,
}
