"""Messages: posted, edited and deleted once, then told to the bot (if it may see them) and to the open pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.playground.directory import Directory
from bot.playground.hub import Hub
from bot.playground.ledger import Json, Ledger
from bot.playground.updates import UpdateQueue

CONTENT_FIELDS = (
    "text", "entities", "photo", "document", "caption", "caption_entities", "reply_markup", "link_preview_options",
    "has_media_spoiler", "show_caption_above_media",
)  # fmt: skip
SERVICE_FIELDS = (
    "new_chat_members", "left_chat_member", "pinned_message", "migrate_to_chat_id", "migrate_from_chat_id",
    "group_chat_created", "supergroup_chat_created",
)  # fmt: skip


class Messenger:
    def __init__(
        self,
        ledger: Ledger,
        directory: Directory,
        updates: UpdateQueue,
        hub: Hub,
        clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._directory = directory
        self._updates = updates
        self._hub = hub
        self._clock = clock

    def now(self) -> int:
        return int(self._clock())

    def find(self, chat_id: int, message_id: int) -> Json | None:
        found: Json | None = self._ledger.get("message", chat_id, message_id)
        return found

    def history(self, chat_id: int, *, before: int | None = None, limit: int = 50) -> list[Json]:
        """The newest messages as pages show them, oldest first."""
        return [self.view(each) for each in self._ledger.last("message", chat_id, before=before, limit=limit)]

    def view(self, message: Json) -> Json:
        reactions = self._ledger.all("reaction", message["chat"]["id"], message["message_id"])
        return {**message, "reactions": reactions} if reactions else message

    def post(
        self, chat_id: int, sender: Json, content: Json, *, reply_to: Json | None = None, tell_bot: bool = False
    ) -> Json:
        """Store a message and spread the news. `tell_bot` forces an update for the bot's own service messages."""
        chat: Json = (self._directory.chat(chat_id) or {})["chat"]
        counter = f"message {chat_id}" if chat["type"] == "supergroup" else "message"
        with self._ledger.transaction():
            message: Json = {"message_id": self._ledger.next_number(counter), "from": sender}
            message |= {"chat": chat, "date": self.now()}
            if reply_to is not None:
                message["reply_to_message"] = quotable(reply_to)
            message |= content
            self._ledger.put("message", chat_id, message["message_id"], body=message)
            if tell_bot or (sender["id"] != self._directory.bot_id and self.bot_sees(message)):
                self._updates.push("message", message)
        self._hub.publish("message", chat_id=chat_id, message=message)
        return message

    def change(self, message: Json, content: Json) -> Json:
        """Replace a message's content, keep its place."""
        chat_id, message_id = message["chat"]["id"], message["message_id"]
        kept = {name: value for name, value in message.items() if name not in CONTENT_FIELDS}
        changed = {**kept, "edit_date": self.now(), **content}
        with self._ledger.transaction():
            self._ledger.put("message", chat_id, message_id, body=changed)
            if changed["from"]["id"] != self._directory.bot_id and self.bot_sees(changed):
                self._updates.push("edited_message", changed)
        self._hub.publish("edited", chat_id=chat_id, message=self.view(changed))
        return changed

    def remove(self, chat_id: int, message_ids: list[int]) -> None:
        """Delete for everybody; Telegram tells bots nothing about it."""
        with self._ledger.transaction():
            for message_id in message_ids:
                self._ledger.delete("message", chat_id, message_id)
        self._hub.publish("deleted", chat_id=chat_id, message_ids=message_ids)

    def react(self, message: Json, user: Json, emoji: str | None) -> None:
        """Set or take back one user's reaction; people's reactions are news for a bot that asked for them."""
        chat_id, message_id = message["chat"]["id"], message["message_id"]
        known = self._ledger.get("reaction", chat_id, message_id, user["id"])
        with self._ledger.transaction():
            if emoji is None:
                self._ledger.delete("reaction", chat_id, message_id, user["id"])
            else:
                body = {"user_id": user["id"], "emoji": emoji}
                self._ledger.put("reaction", chat_id, message_id, user["id"], body=body)
            if not user["is_bot"] and self._bot_gets_reactions(chat_id):
                old, new = known and known["emoji"], emoji
                self._updates.push("message_reaction", self._reaction_update(message, user, old, new))
        self._hub.publish("edited", chat_id=chat_id, message=self.view(message))

    def bot_sees(self, message: Json) -> bool:
        """Privacy mode: in groups the bot gets commands, mentions, replies to it and service messages only."""
        chat_id = message["chat"]["id"]
        if self._directory.status(chat_id, self._directory.bot_id) in ("left", "kicked"):
            return False
        if chat_id > 0 or self._directory.bot_reads_all(chat_id):
            return True
        if any(field in message for field in SERVICE_FIELDS):
            return True
        reply = message.get("reply_to_message", {}).get("from", {})
        return reply.get("id") == self._directory.bot_id or self._addresses_bot(message)

    def _addresses_bot(self, message: Json) -> bool:
        text = message.get("text") or message.get("caption") or ""
        username = f"@{self._directory.bot_user()['username']}".lower()
        for entity in message.get("entities") or message.get("caption_entities") or []:
            part = utf16_slice(text, entity["offset"], entity["length"]).lower()
            if entity["type"] == "mention" and part == username:
                return True
            # A caption is no command, but `/label@bot` in front of it reaches the bot all the same.
            if entity["type"] == "bot_command" and ("@" not in part or part.endswith(username)):
                return True
        return False

    def _bot_gets_reactions(self, chat_id: int) -> bool:
        status = self._directory.status(chat_id, self._directory.bot_id)
        return status == "administrator" or (chat_id > 0 and status == "member")

    def _reaction_update(self, message: Json, user: Json, old: str | None, new: str | None) -> Json:
        return {
            "chat": message["chat"],
            "message_id": message["message_id"],
            "user": user,
            "date": self.now(),
            "old_reaction": reaction_types(old),
            "new_reaction": reaction_types(new),
        }


def quotable(message: Json) -> Json:
    """A message inside another one: without its own reply, which Telegram leaves out."""
    return {name: value for name, value in message.items() if name != "reply_to_message"}


def reaction_types(emoji: str | None) -> list[Json]:
    return [{"type": "emoji", "emoji": emoji}] if emoji else []


def utf16_slice(text: str, offset: int, length: int) -> str:
    units = text.encode("utf-16-le", "surrogatepass")
    return units[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")


def content_of(message: Json) -> dict[str, Any]:
    return {name: message[name] for name in CONTENT_FIELDS if name in message}
