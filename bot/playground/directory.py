"""Who is there: the bot, the people, the chats, and who is what in which chat."""

from __future__ import annotations

import hashlib
from typing import Any

from bot.playground.arguments import whole_number
from bot.playground.errors import ApiError, bad_request, forbidden
from bot.playground.identities import (
    BOT_USERNAME,
    FIRST_GROUP_ID,
    FIRST_PERSON_ID,
    FIRST_SUPERGROUP_ID,
    username_for,
)
from bot.playground.ledger import Json, Ledger

FIRST_PEOPLE = ("Owner", "Ann", "Bo")
FIRST_GROUP = "Our group"
INSIDE = {"creator", "administrator", "member", "restricted"}


class Directory:
    def __init__(self, ledger: Ledger, bot_id: int) -> None:
        self._ledger = ledger
        self.bot_id = bot_id
        if not self.people():
            self._settle()

    def _settle(self) -> None:
        with self._ledger.transaction():
            people = [self.add_person(name) for name in FIRST_PEOPLE]
            self.create_group(FIRST_GROUP, [person["id"] for person in people])

    # The bot itself

    def setting(self, name: str, default: Any = None) -> Any:
        value = self._ledger.get("setting", name)
        return default if value is None else value

    def set_setting(self, name: str, value: Any) -> None:
        self._ledger.put("setting", name, body=value)

    @property
    def reads_all(self) -> bool:
        """Whether privacy mode is off, as set with @BotFather; groups feel it when the bot is added again."""
        return bool(self.setting("reads_all", False))

    def bot_user(self) -> Json:
        name = self.setting("name:", "Pupil")
        return {"id": self.bot_id, "is_bot": True, "first_name": name, "username": BOT_USERNAME}

    # People

    def people(self) -> list[Json]:
        return [each["user"] for each in self._ledger.all("person")]

    def person(self, person_id: int) -> Json | None:
        found = self._ledger.get("person", person_id)
        return None if found is None else found["user"]

    def add_person(self, name: str) -> Json:
        person_id = self._ledger.next_number("person", start=FIRST_PERSON_ID)
        user = {
            "id": person_id,
            "is_bot": False,
            "first_name": name,
            "username": username_for(name, person_id),
            "language_code": "en",
        }
        self._ledger.put("person", person_id, body={"user": user})
        return user

    def deactivate(self, person_id: int) -> None:
        self._ledger.put("person", person_id, body={"user": self.person(person_id), "deactivated": True})

    def user(self, user_id: int) -> Json | None:
        return self.bot_user() if user_id == self.bot_id else self.person(user_id)

    # Chats

    def chats(self) -> list[Json]:
        return list(self._ledger.all("chat"))

    def chat(self, chat_id: int) -> Json | None:
        found: Json | None = self._ledger.get("chat", chat_id)
        return found

    def change_chat(self, chat_id: int, **facts: Any) -> None:
        """Set facts about a chat; None removes one."""
        changed = {**(self.chat(chat_id) or {}), **facts}
        self._ledger.put("chat", chat_id, body={name: fact for name, fact in changed.items() if fact is not None})

    def open_private_chat(self, person: Json) -> Json:
        chat = {"id": person["id"], "type": "private"}
        chat |= {name: person[name] for name in ("first_name", "last_name", "username") if name in person}
        self._ledger.put("chat", person["id"], body={"chat": chat})
        self.set_membership(person["id"], self.bot_id, "member")
        self.set_membership(person["id"], person["id"], "member")
        return {"chat": chat}

    def create_group(self, title: str, member_ids: list[int], *, basic: bool = False) -> Json:
        """A group whose first member is its creator; the bot is not in it yet."""
        if basic:
            chat_id = -self._ledger.next_number("group", start=FIRST_GROUP_ID)
        else:
            chat_id = -self._ledger.next_number("supergroup", start=FIRST_SUPERGROUP_ID)
        chat = {"id": chat_id, "type": "group" if basic else "supergroup", "title": title}
        self._ledger.put("chat", chat_id, body={"chat": chat})
        for position, member_id in enumerate(member_ids):
            self.set_membership(chat_id, member_id, "member" if position else "creator")
        return chat

    # Membership

    def status(self, chat_id: int, user_id: int) -> str:
        found = self._ledger.get("member", chat_id, user_id)
        return found["status"] if found else "left"

    def is_inside(self, chat_id: int, user_id: int) -> bool:
        return self.status(chat_id, user_id) in INSIDE

    def set_membership(self, chat_id: int, user_id: int, status: str) -> None:
        known = self._ledger.get("member", chat_id, user_id) or {}
        # Privacy is read when the bot comes in: switching it later changes nothing until the bot is added again.
        reads_all = known.get("reads_all") if known.get("status") in INSIDE else self.reads_all
        self._ledger.put(
            "member", chat_id, user_id, body={"user_id": user_id, "status": status, "reads_all": bool(reads_all)}
        )

    def bot_reads_all(self, chat_id: int) -> bool:
        found = self._ledger.get("member", chat_id, self.bot_id) or {}
        return bool(found.get("reads_all")) or found.get("status") == "administrator"

    def members(self, chat_id: int) -> list[tuple[Json, str]]:
        """Users inside a chat with their status, the creator first."""
        found = [(self.user(each["user_id"]), each["status"]) for each in self._ledger.all("member", chat_id)]
        inside = [(user, status) for user, status in found if user is not None and status in INSIDE]
        return sorted(inside, key=lambda member: (member[1] != "creator", member[0]["is_bot"], member[0]["id"]))

    def chat_instance(self, chat_id: int) -> str:
        digest = hashlib.sha256(f"{self.bot_id}/{chat_id}".encode()).digest()
        return str(int.from_bytes(digest[:8], "big", signed=True))

    # Chats as the bot may use them

    def known_chat(self, given: str) -> Json:
        """The chat a bot names in `chat_id`. Raises ApiError when there is none for it."""
        if not given:
            raise bad_request("chat_id is empty")
        chat_id = whole_number(given)
        chat = self.chat(chat_id) if chat_id is not None else None
        if chat is None:
            raise bad_request("chat not found")
        if "migrated_to" in chat:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat["migrated_to"],
            )
        self._require_bot_inside(chat["chat"])
        return chat

    def writable_chat(self, given: str) -> Json:
        """Like known_chat, but also refused where the bot may look and not write."""
        chat = self.known_chat(given)
        chat_id = chat["chat"]["id"]
        if (self._ledger.get("person", chat_id) or {}).get("deactivated"):
            raise forbidden("user is deactivated")
        if chat_id > 0 and self.status(chat_id, self.bot_id) == "kicked":
            raise forbidden("bot was blocked by the user")
        return chat

    def _require_bot_inside(self, chat: Json) -> None:
        if chat["id"] > 0 or self.is_inside(chat["id"], self.bot_id):
            return
        if self.status(chat["id"], self.bot_id) == "kicked":
            raise forbidden(f"bot was kicked from the {chat['type']} chat")
        raise forbidden(f"bot is not a member of the {chat['type']} chat")
