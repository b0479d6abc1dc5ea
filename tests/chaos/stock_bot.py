"""The control: the bot that the examples of python-telegram-bot would have one write. It keeps, looks, and answers.

`python -m tests.chaos.stock_bot TOKEN API DATABASE`
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import sys
from typing import Any

from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters

# What fastai's `learn.predict` takes for a photo. A bot that only stored would be too quick for most kills.
LOOKS_FOR = 0.06


def main(token: str, api: str, database: str) -> None:
    store = sqlite3.connect(database)
    store.execute("CREATE TABLE IF NOT EXISTS photo (chat, message, data, PRIMARY KEY (chat, message))")

    async def keep(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None:
            return
        file = await message.photo[-1].get_file()
        data = bytes(await file.download_as_bytearray())
        await asyncio.sleep(LOOKS_FOR)
        with store:
            row = (message.chat_id, message.message_id, data)
            store.execute("INSERT OR IGNORE INTO photo VALUES (?, ?, ?)", row)
        await message.reply_text("Kept.", do_quote=True)

    builder: Any = Application.builder().token(token).base_url(f"{api}/bot").base_file_url(f"{api}/file/bot")
    application = builder.build()
    application.add_handler(MessageHandler(filters.PHOTO, keep))
    application.run_polling()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main(*sys.argv[1:])
