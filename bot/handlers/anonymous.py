"""Anonymous admins of groups: they come as one user whom all of them share, so none can have a voice of her own."""

import asyncio

from telegram import Bot, Message, Update
from telegram.ext import filters

from bot.access import open_to_all
from bot.addressing import address
from bot.context import Context
from bot.handlers.commands import COMMANDS
from bot.replies import Said, message
from bot.speech import texts


class Anonymous(filters.MessageFilter):
    """What is written in the name of the group itself."""

    def filter(self, message: Message) -> bool:
        return message.sender_chat is not None and message.sender_chat.id == message.chat.id


@open_to_all
async def on_anonymous(update: Update, context: Context) -> None:
    """Say why nothing happens, to who meant the bot; once in a group, for as long as the outbox remembers it."""
    written = update.effective_message
    if written is None or not _means_us(written, context.bot):
        return
    payload = message(written.chat_id, Said(texts.anonymous()), to_message=written.message_id)
    key = f"anonymous:{context.bot.id}:{written.chat_id}"

    def owe() -> None:
        with context.services.store.write() as unit:
            unit.outbox.owe(context.bot.id, written.chat_id, "sendMessage", payload, dedupe=key)

    await asyncio.to_thread(owe)
    context.services.mail_waits.set()


def _means_us(written: Message, bot: Bot) -> bool:
    """Whether a message addresses the bot, or is a command of it that names no other bot."""
    command, _, name = ((written.text or "").split() or [""])[0].partition("@")
    is_ours = command.removeprefix("/") in {one.name for one in COMMANDS} and command.startswith("/")
    return address(written, bot).to_us or (is_ours and name in ("", bot.username))
