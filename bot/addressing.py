"""Whether a message in a group is meant for the bot, and what it says once the address is taken off."""

import re
from dataclasses import dataclass

from telegram import Bot, Message


@dataclass(frozen=True, slots=True)
class Addressed:
    """`text` is the caption or text without the mention; None where there was none."""

    to_us: bool
    text: str | None


def address(message: Message, bot: Bot) -> Addressed:
    """In a private chat everything is for the bot; in a group what mentions it, or replies to it."""
    text = message.caption if message.caption is not None else message.text
    if message.chat.type == "private":
        return Addressed(True, text)
    mention = re.compile(rf"@{re.escape(bot.username)}\b", re.IGNORECASE)
    if text is not None and mention.search(text):
        return Addressed(True, mention.sub("", text).strip(" \t\n,:") or None)
    replied = message.reply_to_message
    to_us = replied is not None and replied.from_user is not None and replied.from_user.id == bot.id
    return Addressed(to_us, text)
