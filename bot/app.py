"""The bot, put together: which handler hears what, in which order."""

from collections.abc import Iterator
from typing import Any, cast

from telegram import Update
from telegram.ext import (
    Application,
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.context import App, Context, Services
from bot.delivery.http import Requests, proxy_for
from bot.handlers import anonymous, collections, commands, membership, photos, presses, typed
from bot.settings import BotSettings

Handler = BaseHandler[Update, Context, None]


def handlers() -> Iterator[Handler]:
    """Every handler, the first that fits is the only one called. Each callback declares its permission."""
    new, edited = filters.UpdateType.MESSAGE, filters.UpdateType.EDITED_MESSAGE
    yield CallbackQueryHandler(presses.on_press)
    yield ChatMemberHandler(membership.on_my_membership, ChatMemberHandler.MY_CHAT_MEMBER)
    yield MessageHandler((new | edited) & anonymous.Anonymous(), anonymous.on_anonymous)
    yield MessageHandler(new & filters.StatusUpdate.MIGRATE, membership.on_migration)
    # Photos before text, so that a caption which looks like a command is still a caption.
    yield MessageHandler(new & filters.PHOTO, photos.on_photo)
    yield MessageHandler(new & collections.IsCollection(), collections.on_collection)
    yield MessageHandler(edited & collections.IsCollection(), collections.on_edited_collection)
    yield MessageHandler(new & filters.Document.ALL, photos.on_document)
    yield MessageHandler(edited & (filters.PHOTO | filters.Document.ALL), photos.on_edited_caption)
    for command in commands.COMMANDS:
        yield CommandHandler(command.name, command.callback, filters=new | edited)
    # After the known commands: whatever else begins with a slash.
    yield MessageHandler((new | edited) & filters.COMMAND, commands.unknown)
    yield MessageHandler(new & filters.TEXT, typed.on_text)
    yield MessageHandler(edited & filters.TEXT, typed.on_edited_text)
    yield MessageHandler(new & filters.ATTACHMENT, photos.on_document)


def build(token: str, api: str, settings: BotSettings, services: Services) -> App:
    """The application for a bot token at a Bot API server, without PTB's own updater (see poller.py).

    Raises:
        CannotStart: the environment names a proxy that cannot be used.
    """

    class BoundContext(Context):
        """The context with this application's services."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.services = services

    api = api.rstrip("/")
    proxy = proxy_for(api)
    builder = (
        Application.builder()
        .token(token)
        .base_url(f"{api}/bot")
        .base_file_url(f"{api}/file/bot")
        .updater(None)
        .job_queue(None)
        .context_types(ContextTypes(context=BoundContext))
        .request(Requests(connections=32, timeout=settings.request_timeout, proxy=proxy))
        .get_updates_request(Requests(connections=1, timeout=settings.request_timeout, proxy=proxy))
    )
    app = cast(App, builder.build())
    app.add_handlers(list(handlers()))
    app.add_error_handler(_remember_failure)
    return app


async def _remember_failure(update: object, context: Context) -> None:
    """PTB swallows what handlers raise; the drain must know, to try again."""
    if isinstance(update, Update) and context.error is not None:
        context.services.failures[update.update_id] = context.error
