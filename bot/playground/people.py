"""What people do in their apps: talk, show photos, correct themselves, press buttons, react, block."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.directory import Directory
from bot.playground.errors import PersonError
from bot.playground.files import MAX_UPLOAD_BYTES, FileStore
from bot.playground.hub import Hub
from bot.playground.ledger import Json, Ledger
from bot.playground.membership import Membership
from bot.playground.messenger import Messenger, content_of
from bot.playground.pictures import NotAPicture, WrongDimensions
from bot.playground.texts import MAX_CAPTION, MAX_TEXT, formatted
from bot.playground.updates import UpdateQueue

MAX_ALBUM = 10
REACTIONS = tuple("👍👎❤🔥🥰👏😁🤔🤯😱😢🎉🤩🙏👌😍💯🤣⚡🏆💔🤨😐👀🎃🙈😇🤝🤗🫡✍🆒💘🦄😎👾")


@dataclass(frozen=True, slots=True)
class Item:
    """One file that a person picked."""

    data: bytes
    name: str = "photo.jpg"
    mime: str | None = None
    caption: str = ""


class People:
    def __init__(
        self,
        ledger: Ledger,
        directory: Directory,
        messenger: Messenger,
        membership: Membership,
        updates: UpdateQueue,
        files: FileStore,
        hub: Hub,
        clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._directory = directory
        self._messenger = messenger
        self._membership = membership
        self._updates = updates
        self._files = files
        self._hub = hub
        self._clock = clock

    def known(self, person_id: int) -> Json:
        person = self._directory.person(person_id)
        if person is None:
            raise PersonError("This person is not here any more. Reload the page.", status=404)
        return person

    def present(self, person_id: int, chat_id: int) -> Json:
        """The person, if they may write in this chat; opens their private chat with the bot at the first word."""
        person = self.known(person_id)
        if chat_id == person_id:
            if self._directory.chat(chat_id) is None:
                with self._ledger.transaction():
                    self._directory.open_private_chat(person)
                self._hub.publish("state")
            elif self._directory.status(chat_id, self._directory.bot_id) == "kicked":
                raise PersonError("You have blocked the bot here. Unblock it first.", status=409)
        elif not self._directory.is_inside(chat_id, person_id):
            raise PersonError("You are not a member of this chat.", status=403)
        elif "migrated_to" in (self._directory.chat(chat_id) or {}):
            raise PersonError("This group has moved. Open the new one from the list.", status=409)
        return person

    def say(self, person_id: int, chat_id: int, text: str, *, reply_to: int | None = None) -> list[Json]:
        """Send a text; a long one goes out in pieces, as apps do it."""
        person = self.present(person_id, chat_id)
        if not text.strip():
            raise PersonError("There is nothing to send yet.")
        target = self._reply_target(chat_id, reply_to)
        pieces = [text[start : start + MAX_TEXT] for start in range(0, len(text), MAX_TEXT)]
        contents = [formatted(piece).as_text() for piece in pieces if piece.strip()]
        self._use_up_keyboard(chat_id, text)
        return [self._messenger.post(chat_id, person, content, reply_to=target) for content in contents]

    async def show(
        self, person_id: int, chat_id: int, items: list[Item], *, as_files: bool = False, reply_to: int | None = None
    ) -> list[Json]:
        """Send photos or files; several become an album, which is one message per item."""
        person = self.present(person_id, chat_id)
        _check_items(items)
        contents = [await self._content(item, as_file=as_files) for item in items]
        if len(items) > 1:
            group = str(10**13 + secrets.randbelow(9 * 10**13))
            contents = [{**content, "media_group_id": group} for content in contents]
        target = self._reply_target(chat_id, reply_to)
        with self._ledger.transaction():
            return [self._messenger.post(chat_id, person, content, reply_to=target) for content in contents]

    def edit(self, person_id: int, chat_id: int, message_id: int, text: str) -> Json:
        """Change the text or the caption of one's own message."""
        self.present(person_id, chat_id)
        message = self._own(person_id, chat_id, message_id)
        content = content_of(message)
        for field in ("text", "entities", "caption", "caption_entities"):
            content.pop(field, None)
        if "text" in message:
            if not text.strip():
                raise PersonError("A message cannot be empty. Delete it instead.")
            content |= formatted(_limited(text, MAX_TEXT)).as_text()
        else:
            content |= formatted(_limited(text, MAX_CAPTION)).as_caption()
        if content == content_of(message):
            return message
        return self._messenger.change(message, content)

    def delete(self, person_id: int, chat_id: int, message_ids: list[int]) -> None:
        """In the private chat everything may go; in a group one's own messages, or all for its creator."""
        self.present(person_id, chat_id)
        if chat_id < 0 and self._directory.status(chat_id, person_id) != "creator":
            for message_id in message_ids:
                self._own(person_id, chat_id, message_id)
        self._messenger.remove(chat_id, message_ids)

    def forward(self, person_id: int, from_chat_id: int, message_id: int, to_chat_id: int) -> Json:
        person = self.present(person_id, to_chat_id)
        message = self._visible(person_id, from_chat_id, message_id)
        content = {name: value for name, value in content_of(message).items() if name != "reply_markup"}
        origin = {"type": "user", "date": message["date"], "sender_user": message["from"]}
        return self._messenger.post(to_chat_id, person, {"forward_origin": origin, **content})

    def react(self, person_id: int, chat_id: int, message_id: int, emoji: str | None) -> None:
        if emoji is not None and emoji not in REACTIONS:
            raise PersonError("This reaction does not exist in Telegram.")
        person = self.present(person_id, chat_id)
        self._messenger.react(self._visible(person_id, chat_id, message_id), person, emoji)

    def press(self, person_id: int, chat_id: int, message_id: int, row: int, column: int) -> str:
        """Press an inline button with callback data; the id of the query that the bot now has to answer."""
        person = self.present(person_id, chat_id)
        message = self._visible(person_id, chat_id, message_id)
        try:
            button = message["reply_markup"]["inline_keyboard"][row][column]
            data = button["callback_data"]
        except (KeyError, IndexError) as error:
            raise PersonError("This button is gone. The message was changed meanwhile.", status=409) from error
        query_id = str(secrets.randbits(62))
        with self._ledger.transaction():
            facts = {"person_id": person_id, "chat_id": chat_id, "message_id": message_id, "at": self._clock()}
            self._ledger.put("query", query_id, body=facts)
            self._updates.push("callback_query", {
                "id": query_id, "from": person, "message": message,
                "chat_instance": self._directory.chat_instance(chat_id), "data": data,
            })  # fmt: skip
        return query_id

    def start(self, person_id: int, payload: str = "") -> Json:
        """Press Start, or follow a deep link; unblocks the bot like Telegram's Restart does."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", payload):
            raise PersonError("This link is not a Telegram deep link.")
        self.unblock(person_id)
        return self.say(person_id, person_id, f"/start {payload}".strip())[0]

    def block(self, person_id: int) -> None:
        person = self.present(person_id, person_id)
        self._membership.change(person_id, self._directory.bot_user(), person, "kicked")

    def unblock(self, person_id: int) -> None:
        person = self.known(person_id)
        if self._directory.status(person_id, self._directory.bot_id) == "kicked":
            self._membership.change(person_id, self._directory.bot_user(), person, "member")

    def read(self, person_id: int, chat_id: int, message_id: int) -> None:
        if message_id > (self._ledger.get("read", person_id, chat_id) or 0):
            self._ledger.put("read", person_id, chat_id, body=message_id)
            self._hub.publish("read", person_id=person_id, chat_id=chat_id)

    def unread(self, person_id: int, chat_id: int) -> int:
        above = self._ledger.get("read", person_id, chat_id) or 0
        return self._ledger.unread(chat_id, above=above, reader=person_id)

    async def _content(self, item: Item, *, as_file: bool) -> Json:
        caption = formatted(_limited(item.caption, MAX_CAPTION)).as_caption()
        if as_file:
            return {"document": await self._files.add_document(item.data, item.name or "file", item.mime), **caption}
        try:
            return {"photo": await self._files.add_photo(item.data, shrink_first=True), **caption}
        except WrongDimensions as error:
            raise PersonError(f"{item.name} is too large or too thin for a photo. Send it as a file.") from error
        except NotAPicture as error:
            raise PersonError(f"{item.name} cannot be read as a photo. Send it as a file.") from error

    def _use_up_keyboard(self, chat_id: int, text: str) -> None:
        """A forced reply is over with the next text; a one-time keyboard when one of its buttons was used."""
        keyboard = (self._directory.chat(chat_id) or {}).get("keyboard") or {}
        labels = [button["text"] for row in keyboard.get("keyboard", []) for button in row]
        if keyboard.get("force_reply") or (keyboard.get("one_time_keyboard") and text in labels):
            self._directory.change_chat(chat_id, keyboard=None)
            self._hub.publish("state")

    def _own(self, person_id: int, chat_id: int, message_id: int) -> Json:
        message = self._visible(person_id, chat_id, message_id)
        if message["from"]["id"] != person_id or "forward_origin" in message:
            raise PersonError("Only your own messages can be changed.", status=403)
        return message

    def _visible(self, person_id: int, chat_id: int, message_id: int) -> Json:
        message = self._messenger.find(chat_id, message_id)
        if message is None or not self._directory.is_inside(chat_id, person_id):
            raise PersonError("This message is gone.", status=404)
        return message

    def _reply_target(self, chat_id: int, reply_to: int | None) -> Json | None:
        return None if reply_to is None else self._messenger.find(chat_id, reply_to)


def _check_items(items: list[Item]) -> None:
    if not items:
        raise PersonError("There is nothing to send yet.")
    if len(items) > MAX_ALBUM:
        raise PersonError(f"An album holds {MAX_ALBUM} pictures. Send the rest in a second one.")
    for item in items:
        if not item.data:
            raise PersonError(f"{item.name} is empty. Pick another file.")
        if len(item.data) > MAX_UPLOAD_BYTES:
            raise PersonError(f"{item.name} is too big: 50 MB is the most. Send a smaller one.", status=413)


def _limited(text: str, limit: int) -> str:
    if len(text) > limit:
        raise PersonError(f"This text is too long: {limit} characters is the most here.")
    return text
