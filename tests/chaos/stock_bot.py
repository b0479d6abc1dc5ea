"""The control: the bot that python-telegram-bot's own examples would have one write. It keeps every photo and answers.

`python -m tests.chaos.stock_bot TOKEN API DATABASE`
"""

from __future__ import annotations

import logging
import sqlite3
import sys
from typing import Any

from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters


def main(token: str, api: str, database: str) -> None:
    store = sqlite3.connect(database)
    store.execute("CREATE TABLE IF NOT EXISTS photo (chat, message, data, PRIMARY KEY (chat, message))")

    async def keep(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None:
            return
        file = await message.photo[-1].get_file()
        data = bytes(await file.download_as_bytearray())
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
