"""The bot as a process: everything that runs beside each other, started and ended together."""

import asyncio
import logging
import os

from telegram import BotCommand
from telegram.error import InvalidToken, TelegramError

from bot.actions.self_service import KEEP_MAIL
from bot.app import build
from bot.buttons import load_signer
from bot.collecting.collector import Collector
from bot.context import App, Services
from bot.delivery.drain import Drain
from bot.delivery.pacing import Pacer
from bot.delivery.poller import Poller
from bot.delivery.sender import Sender
from bot.errors import CannotStart
from bot.handlers.commands import COMMANDS
from bot.looking.guesser import Guesser
from bot.looking.looker import Looker
from bot.looking.twins import Twins
from bot.settings import BotSettings
from bot.telling.news import News
from pictures.decoders import Decoders
from storage import StorageError, Store, StoreUnavailable

log = logging.getLogger(__name__)
HOUSEKEEPING_EVERY = 3600.0
HEARTBEAT_EVERY = 10.0


class BotService:
    """One bot on one Bot API server."""

    def __init__(self, token: str, api: str, settings: BotSettings, store: Store, decoders: Decoders) -> None:
        self._settings = settings
        self._store = store
        self._decoders = decoders
        guesser = Guesser(store, threads=settings.bot_threads)
        looker = Looker(store, Twins(store), decoders, threads=settings.bot_threads)
        self.services = Services(store, settings, load_signer(store.home), guesser, looker)
        self._polling = False
        self.app: App = build(token, api, settings, self.services)

    @property
    def polling(self) -> bool:
        """Whether Telegram has been asked for updates."""
        return self._polling

    @property
    def network_number(self) -> int | None:
        """The number of the network that answers."""
        loaded = self.services.guesser.loaded
        return loaded.network.number if loaded else None

    async def run(self) -> None:
        """Run until cancelled.

        Raises:
            CannotStart: the token is not valid, or another program uses it.
            WriteNotDurable: the disk did not confirm a write.
        """
        try:
            await self._meet_telegram()
        except BaseException:
            await self.app.bot.shutdown()
            raise
        pacer = Pacer(
            self._settings.messages_per_second,
            self._settings.messages_per_second_per_chat,
            self._settings.messages_per_minute_per_group / 60,
        )
        bot, work_waits = self.app.bot, asyncio.Event()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(Poller(self._store, bot, self._settings, work_waits).run(), name="poller")
                tasks.create_task(Sender(self._store, bot, pacer, self.services.mail_waits).run(), name="sender")
                news = News(self.services, bot.id)
                tasks.create_task(self._drain(news, work_waits), name="drain")
                tasks.create_task(news.run(), name="news")
                collector = Collector(self.services, self._decoders, bot)
                tasks.create_task(self._collect(news, collector), name="collector")
                tasks.create_task(self._introduce(), name="introduce")
                tasks.create_task(self._keep_house(collector), name="housekeeping")
                tasks.create_task(self._beat(), name="heartbeat")
                self._polling = True
        except BaseExceptionGroup as group:
            # Not `except*`: what that raises is a group again, which nobody up there waits for.
            raise _told(group) from None
        finally:
            self.services.looker.close()
            await self.app.shutdown()

    async def _meet_telegram(self) -> None:
        """Ask who we are; as long as Telegram is out of reach, wait for it."""
        wait = 0.5
        while True:
            try:
                await self.app.initialize()
                return
            except InvalidToken:
                # The error's own text holds the token.
                raise CannotStart("Telegram does not know this token. Check PUPIL_TELEGRAM_TOKEN.") from None
            except TelegramError as error:
                log.warning("telegram unreachable wait=%.1f error=%s", wait, type(error).__name__)
                await asyncio.sleep(wait)
                wait = min(30.0, wait * 2)

    async def _drain(self, news: News, work_waits: asyncio.Event) -> None:
        """Handle updates once the network is loaded: what waited for a restart needs no “I can't answer yet”."""
        await news.looked.wait()
        await Drain(self.app, self.services, work_waits).run()

    async def _collect(self, news: News, collector: Collector) -> None:
        """Work through collections once the network is loaded: its eyes look at the photos."""
        await news.looked.wait()
        await collector.run()

    async def _introduce(self) -> None:
        """Set the menu of commands; polling must not wait for it, and it may fail."""
        menu = [BotCommand(command.name, command.menu) for command in COMMANDS if command.menu]
        try:
            await self.app.bot.delete_webhook()
            await self.app.bot.set_my_commands(menu)
            await self.app.bot.set_my_short_description("Teach me to see: send a photo with its name.")
        except TelegramError as error:
            log.warning("menu not set error=%s", type(error).__name__)

    async def _keep_house(self, collector: Collector) -> None:
        """Forget words that are no longer needed, and files that a kill left behind."""
        while True:
            try:
                await asyncio.to_thread(self._tidy)
                await asyncio.to_thread(collector.forget_old)
            except StoreUnavailable as error:
                log.warning("housekeeping waits: %s", type(error).__name__)
            await asyncio.sleep(HOUSEKEEPING_EVERY)

    def _tidy(self) -> None:
        with self._store.write() as unit:
            unit.inbox.forget_before(unit.now - KEEP_MAIL)
            unit.card_messages.note_numbers()
            unit.outbox.forget_before(unit.now - KEEP_MAIL)
            unit.albums.forget_before(unit.now - KEEP_MAIL)
            unit.arrivals.forget_old()
        self._store.sweep()

    async def _beat(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._say_alive)
            except StoreUnavailable as error:
                log.warning("heartbeat waits: %s", type(error).__name__)
            await asyncio.sleep(HEARTBEAT_EVERY)

    def _say_alive(self) -> None:
        with self._store.write() as unit:
            unit.heartbeats.beat("bot", f"answering, process {os.getpid()}")


def _told(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error of a group that says what to do; the whole group where none does."""
    for error in group.exceptions:
        found = _told(error) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(found, (CannotStart, StorageError)):
            return found
    return group
