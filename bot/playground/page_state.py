"""What the chat page shows besides messages: people, their chats, what is unread, and what the bot says of itself."""

from __future__ import annotations

from typing import Any

from bot.playground.ledger import Json
from bot.playground.methods.account import commands_for
from bot.playground.people import MAX_ALBUM, REACTIONS
from bot.playground.playground import Playground

LONGEST_POLL_SECONDS = 60.0


def state_of(playground: Playground) -> Json:
    """Everything at once: it is small, and a page that has it needs no other memory."""
    directory = playground.directory
    return {
        "bot": {
            **directory.bot_user(),
            "description": directory.setting("description:", ""),
            "short_description": directory.setting("short_description:", ""),
            "reads_all": directory.reads_all,
            "listening": _is_listening(playground),
        },
        "people": [{**person, "chats": _chats_of(playground, person)} for person in directory.people()],
        "reactions": list(REACTIONS),
        "max_album": MAX_ALBUM,
    }


def _is_listening(playground: Playground) -> bool:
    """Whether a bot takes its news: a stopped one leaves its questions unanswered, and the page should say why."""
    recently = playground.clock() - playground.updates.polled_at < LONGEST_POLL_SECONDS
    return recently or bool(playground.directory.setting("webhook"))


def _chats_of(playground: Playground, person: Json) -> list[Json]:
    groups = [
        chat
        for chat in playground.directory.chats()
        if chat["chat"]["id"] < 0
        and "migrated_to" not in chat
        and playground.directory.is_inside(chat["chat"]["id"], person["id"])
    ]
    private = playground.directory.chat(person["id"]) or {"chat": {"id": person["id"], "type": "private"}}
    return [_chat_view(playground, person, chat) for chat in (private, *groups)]


def _chat_view(playground: Playground, person: Json, chat: Json) -> Json:
    directory, chat_id = playground.directory, chat["chat"]["id"]
    last = playground.messenger.history(chat_id, limit=1)
    members: list[Any] = [{"user": user, "status": status} for user, status in directory.members(chat_id)]
    return {
        **chat["chat"],
        "members": members if chat_id < 0 else [],
        "bot_status": directory.status(chat_id, directory.bot_id),
        "my_status": directory.status(chat_id, person["id"]),
        "unread": playground.people.unread(person["id"], chat_id),
        "last": last[0] if last else None,
        "pinned": _pinned(playground, chat),
        "keyboard": _keyboard_for(person["id"], chat),
        "commands": commands_for(playground, person["id"], chat_id),
    }


def _pinned(playground: Playground, chat: Json) -> Json | None:
    pinned = chat.get("pinned") or []
    return playground.messenger.find(chat["chat"]["id"], pinned[-1]) if pinned else None


def _keyboard_for(person_id: int, chat: Json) -> Json | None:
    keyboard: Json | None = chat.get("keyboard")
    return keyboard if keyboard and keyboard.get("only_for", person_id) == person_id else None
