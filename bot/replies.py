"""Replies that are owed: written to the outbox in the transaction of what they tell of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.actions.shown import picture_word
from bot.visit import Visit
from storage import Network, Unit

Keyboard = list[list[dict[str, str]]]
MAX_TEXT, MAX_CAPTION = 4096, 1024


@dataclass(frozen=True, slots=True)
class Said:
    """A text for a chat, in Telegram's HTML, with the buttons below it."""

    html: str
    keyboard: Keyboard | None = None


class Replies:
    """Owes calls of the Bot API to the chat of one visit; owing the same twice owes it once."""

    def __init__(self, unit: Unit, visit: Visit) -> None:
        self._unit = unit
        self._visit = visit
        self._count = 0

    def say(
        self,
        said: Said,
        *,
        to_message: int | None = None,
        coalesce: str | None = None,
        dedupe: str | None = None,
        ask_for: str | None = None,
    ) -> None:
        """Send a message, as an answer to another where that still exists.

        `coalesce`: an unsent earlier message of this word is dropped for it. `ask_for`: opens the person's keyboard
        with this hint.
        """
        payload = message(self._visit.chat_id, said, to_message=to_message)
        if ask_for is not None:
            payload["reply_markup"] = {"force_reply": True, "selective": True, "input_field_placeholder": ask_for}
        self._owe("sendMessage", payload, coalesce=coalesce, dedupe=dedupe)

    def edit(self, message_id: int, said: Said, *, dedupe: str | None = None) -> None:
        payload = {
            "chat_id": self._visit.chat_id,
            "message_id": message_id,
            "text": said.html[:MAX_TEXT],
            "parse_mode": "HTML",
            "reply_markup": {"inline_keyboard": said.keyboard or []},
        }
        self._owe("editMessageText", payload, dedupe=dedupe)

    def react(self, message_id: int, emoji: str) -> None:
        """Put a reaction on a person's message: the quietest way to say that it was taken."""
        reaction = [{"type": "emoji", "emoji": emoji}]
        payload = {"chat_id": self._visit.chat_id, "message_id": message_id, "reaction": reaction}
        self._owe("setMessageReaction", payload)

    def document(self, data: bytes, name: str, caption: str) -> None:
        payload = {"chat_id": self._visit.chat_id, "caption": caption, "parse_mode": "HTML"}
        self._owe("sendDocument", payload, attachment=data, attachment_name=name)

    def photo(
        self,
        data: bytes,
        name: str,
        caption: str,
        *,
        to_message: int | None = None,
        dedupe: str,
        keyboard: Keyboard | None = None,
    ) -> bool:
        """Send a picture; False if it was owed before."""
        payload: dict[str, Any] = {"chat_id": self._visit.chat_id, "caption": caption, "parse_mode": "HTML"}
        if keyboard:
            payload["reply_markup"] = {"inline_keyboard": keyboard}
        if to_message is not None:
            payload["reply_parameters"] = {"message_id": to_message, "allow_sending_without_reply": True}
        return self._owe("sendPhoto", payload, dedupe=dedupe, attachment=data, attachment_name=name)

    def edit_photo(self, message_id: int, data: bytes, name: str, said: Said) -> None:
        """Put another picture, caption and buttons into a message; an edit of it that is still unsent is dropped."""
        payload, word = captioned(self._visit.chat_id, message_id, said), picture_word(message_id)
        self._owe("editMessageMedia", payload, coalesce=word, attachment=data, attachment_name=name)

    def edit_caption(self, message_id: int, said: Said) -> None:
        """Change what stands below the picture of a message, and its buttons.

        A picture that is still to be put there stays owed: it may take the place of one that must not be seen any more.
        """
        payload = captioned(self._visit.chat_id, message_id, said)
        self._owe("editMessageCaption", payload, coalesce=f"caption:{message_id}")

    def edit_keyboard(self, message_id: int, keyboard: Keyboard) -> None:
        markup = {"inline_keyboard": keyboard}
        payload = {"chat_id": self._visit.chat_id, "message_id": message_id, "reply_markup": markup}
        self._owe("editMessageReplyMarkup", payload)

    def network(self, network: Network, name: str, caption: str) -> None:
        """Send a network as a file. The file is made when it is sent: as an attachment it would swell the database.

        An earlier one that is still unsent is dropped for it.
        """
        payload = {"chat_id": self._visit.chat_id, "caption": caption, "parse_mode": "HTML", "network": network.id}
        self._owe("sendDocument", payload, coalesce="network", attachment_name=name)

    def data_set(self, zips: Sequence[tuple[str, str]], classifier_id: int, key: str) -> None:
        """Send the data set in zips, each with its name and caption. They are made when they are sent."""
        for number, (name, caption) in enumerate(zips):
            which = {"classifier": classifier_id, "number": number, "of": len(zips), "key": key}
            payload = {"chat_id": self._visit.chat_id, "caption": caption, "parse_mode": "HTML", "data_set": which}
            self._owe("sendDocument", payload, coalesce=f"data set {number}", attachment_name=name)

    def _owe(
        self,
        method: str,
        payload: dict[str, Any],
        *,
        dedupe: str | None = None,
        coalesce: str | None = None,
        attachment: bytes | None = None,
        attachment_name: str | None = None,
    ) -> bool:
        self._count += 1
        return self._unit.outbox.owe(
            self._visit.bot_id,
            self._visit.chat_id,
            method,
            payload,
            dedupe=dedupe or f"{self._visit.deed}:{self._count}",
            coalesce=coalesce,
            attachment=attachment,
            attachment_name=attachment_name,
        )


def captioned(chat_id: int, message_id: int, said: Said) -> dict[str, Any]:
    """The payload of an edit of a message with a picture."""
    return {
        "chat_id": chat_id,
        "message_id": message_id,
        "caption": said.html[:MAX_CAPTION],
        "parse_mode": "HTML",
        "reply_markup": {"inline_keyboard": said.keyboard or []},
    }


def answer_key(prediction_id: int) -> str:
    """What the message that tells a prediction is owed as; by it the message is found again."""
    return f"answer:{prediction_id}"


def naming_key(prediction_id: int, day: date) -> str:
    """What the message is owed as in which an outlook asks for the name of what was predicted: once a day."""
    return f"name:{prediction_id}:{day.isoformat()}"


def answered_in(key: str | None) -> int | None:
    """The prediction that a message of such a key tells of, or asks about."""
    kind, _, rest = (key or "").partition(":")
    return int(rest.partition(":")[0]) if kind in ("answer", "name") else None


def message(chat_id: int, said: Said, *, to_message: int | None = None, quiet: bool = False) -> dict[str, Any]:
    """The payload of sendMessage; `quiet` makes no sound."""
    payload: dict[str, Any] = {
        "chat_id": chat_id,
        "text": said.html[:MAX_TEXT],
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    if quiet:
        payload["disable_notification"] = True
    if to_message is not None:
        payload["reply_parameters"] = {"message_id": to_message, "allow_sending_without_reply": True}
    if said.keyboard:
        payload["reply_markup"] = {"inline_keyboard": said.keyboard}
    return payload
