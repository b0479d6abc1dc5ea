"""Works through collections beside everything else: one thing after the other, and whoever waits for an answer first.

All that it does is in the store with the piece that was done last; killed at any moment, it goes on behind that.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import TypeVar

from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.actions import collecting
from bot.actions.collecting import LIVES, PIECE, REMEMBERED, WAITED_FOR, Embedding, Looked, Turned
from bot.collecting.listing import Listed, fetched, open_list, unlooked
from bot.collecting.opening import Opened, Piece, open_parcel
from bot.collecting.progress import Progress
from bot.collecting.reports import finish
from bot.context import Services
from bot.downloading.errors import ListRefused
from bot.ending import farewell
from bot.errors import ArchiveRefused, LayoutUnclear
from bot.fetching.fetch import Fetcher
from bot.speech import texts
from pictures.decoders import Decoders
from storage import (
    Collection,
    CollectionKind,
    CollectionState,
    NotFound,
    StoreFull,
    StoreReadOnly,
    StoreUnavailable,
    WriteNotDurable,
)

log = logging.getLogger(__name__)
LOOK_EVERY = 0.5
WAIT = 2.0
# For one thing a crowd is given way for so long, and no longer: a collection comes to an end all the same.
GIVES_WAY = 1.0
GIVES_WAY_BY = 0.004
T = TypeVar("T")


class Collector:
    """Has every collection that is at work worked on, each by a task of its own, all by one thread."""

    def __init__(self, services: Services, decoders: Decoders, bot: ExtBot[None]) -> None:
        self._services = services
        self._store = services.store
        self._decoders = decoders
        self._bot = bot
        self._progress = Progress(services.store, services.signer, bot.id)
        # One thread: what is poured in takes no more of the machine than one more person would.
        self._hands = ThreadPoolExecutor(1, "collect")
        self._tasks: dict[int, asyncio.Task[None]] = {}
        # Those that this process has counted as taken up: waiting for a full disk is no other life.
        self._taken_up: set[int] = set()

    async def run(self) -> None:
        """Work for ever.

        Raises:
            WriteNotDurable: the disk did not confirm a write, and the process must end.
        """
        try:
            while True:
                try:
                    await self._look_around()
                except StoreUnavailable as error:
                    log.warning("collections wait: %s", type(error).__name__)
                await asyncio.sleep(LOOK_EVERY)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await farewell(self._tasks.values())
            self._hands.shutdown(wait=False, cancel_futures=True)

    def forget_old(self) -> None:
        """End what nobody waits for any more, and forget what ended long ago. It blocks."""
        parcels: list[str] = []
        with self._store.write() as unit:
            for one in unit.collections.abandoned(unit.now - WAITED_FOR):
                if one.state is CollectionState.RUNNING:
                    finish(unit, one, CollectionState.ABANDONED)
                    parcels += [one.parcel] if one.parcel is not None else []
            unit.collections.forget_before(unit.now - REMEMBERED)
            parcels += unit.quarantine.forget_old()
        self._store.let_go(parcels)

    async def _look_around(self) -> None:
        """Begin what is to be worked on, end what is not, and tell how far it all is."""
        at_work = {one.id: one for one in await asyncio.to_thread(self._at_work)}
        for key, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[key]
                # One that was cancelled before it began would seem to be this one's own end.
                if not task.cancelled():
                    task.result()
            elif key not in at_work:
                task.cancel()
        for key, one in at_work.items():
            if key not in self._tasks:
                self._tasks[key] = asyncio.create_task(self._see_through(one), name=f"collection {key}")
        if await asyncio.to_thread(self._progress.step):
            self._services.mail_waits.set()

    def _at_work(self) -> list[Collection]:
        with self._store.read() as unit:
            return unit.collections.at_work(self._bot.id)

    async def _see_through(self, collection: Collection) -> None:
        """Work on one until it is over; what fails is tried again a little later, by another task."""
        try:
            if collection.state is CollectionState.TAKING_BACK:
                while await self._do(collecting.take_back_some, self._store, collection.id):
                    pass
            else:
                await self._learn(collection)
            self._services.mail_waits.set()
        except (StoreFull, StoreReadOnly) as error:
            await self._wait_out(collection, error)
        except StoreUnavailable as error:
            log.warning("collection waits id=%s for=%s", collection.id, type(error).__name__)
            await asyncio.sleep(WAIT)
        except WriteNotDurable:
            raise
        except asyncio.CancelledError:
            # It is over, or the process is: either way nothing is left to be said of it here.
            return
        except Exception:
            # A border: one collection that breaks keeps no other from being worked on.
            log.exception("collection failed id=%s", collection.id)
            self._taken_up.discard(collection.id)
            await asyncio.sleep(WAIT)

    async def _learn(self, collection: Collection) -> None:
        try:
            opened = await self._do(self._open, collection)
        except (ArchiveRefused, LayoutUnclear, ListRefused, OSError) as error:
            log.error("collection lost id=%s error=%s", collection.id, type(error).__name__)
            await self._do(self._finish, collection, CollectionState.LOST)
            return
        state, promise = CollectionState.DONE, True
        async with aclosing(_poured(opened) if isinstance(opened, Opened) else fetched(opened, Fetcher)) as pieces:
            async for piece in pieces:
                taken = await self._do(self._take, collection, piece, promise)
                promise = False
                if taken is CollectionState.BARRED:
                    state = taken
                    break
                if taken is not CollectionState.RUNNING:
                    return
        await self._do(self._finish, collection, state)

    def _open(self, collection: Collection) -> Opened | Listed:
        """Open its file, and note that; what the processes before this one ended at is passed over."""
        is_zip = collection.kind is CollectionKind.ZIP
        opened = open_parcel(self._store, collection) if is_zip else open_list(self._store, collection)
        with self._store.write() as unit:
            held = unit.collections.hold(collection.id)
            if collection.id not in self._taken_up:
                unit.collections.take_up(collection.id)
        self._taken_up.add(collection.id)
        if held is not None and held.lives >= LIVES:
            log.error("piece passed over collection=%s", collection.id)
            left = opened.left if isinstance(opened, Opened) else opened.items
            first = opened.left[:PIECE] if isinstance(opened, Opened) else unlooked(opened.items[:PIECE])
            collecting.pass_over(self._store, collection, first, self._services.settings.quota())
            del left[:PIECE]
        return opened

    def _take(self, collection: Collection, piece: Piece, promise: bool) -> CollectionState | None:
        looked: list[Looked | Turned] = []
        copies = self._services.looker.copies
        copies.read_on()
        try:
            for thing in piece:
                self._give_way()
                if isinstance(thing, Turned):
                    looked.append(thing)
                else:
                    seen = collecting.look(self._store, self._decoders, collection, *thing, self._embed, copies)
                    looked.append(seen)
        except BaseException:
            # Who deletes all of hers ends the work, which closes the file that is being read here.
            collecting.forget(self._store, looked)
            raise
        return collecting.take(self._store, collection.id, looked, self._services.settings.quota(), promise=promise)

    def _finish(self, collection: Collection, state: CollectionState) -> None:
        with self._store.write() as unit:
            held = unit.collections.hold(collection.id)
            if held is None or held.state is not CollectionState.RUNNING:
                return
            finish(unit, held, state)
        if collection.parcel is not None:
            self._store.let_go([collection.parcel])

    def _give_way(self) -> None:
        until = time.monotonic() + GIVES_WAY
        while self._services.looker.busy and time.monotonic() < until:
            time.sleep(GIVES_WAY_BY)

    def _embed(self, data: bytes) -> Embedding | None:
        """With the eyes that answer; before there are any, the trainer looks at the photos."""
        loaded = self._services.guesser.loaded
        return None if loaded is None else Embedding(loaded.network.embedder, loaded.predictor.embed(data))

    async def _wait_out(self, collection: Collection, error: StoreUnavailable) -> None:
        """A disk that is full is told to who waits, past the outbox, which is on it; and waited for."""
        log.warning("collection waits id=%s for=%s", collection.id, type(error).__name__)
        if collection.id not in self._services.told_of_outage:
            self._services.told_of_outage.add(collection.id)
            try:
                chat = await asyncio.to_thread(self._chat_of, collection)
                await self._bot.send_message(chat, texts.cannot_store(full=isinstance(error, StoreFull)))
            except (TelegramError, StoreUnavailable, NotFound) as failure:  # The outage stands, told or not.
                log.warning("cannot tell of outage: %s", type(failure).__name__)
        await asyncio.sleep(WAIT)

    def _chat_of(self, collection: Collection) -> int:
        with self._store.read() as unit:
            return unit.chats.get(collection.chat_id).telegram_id

    async def _do(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._hands, work, *arguments)


async def _poured(opened: Opened) -> AsyncGenerator[Piece, None]:
    """What is left in a zip, piece by piece."""
    with opened:
        for at in range(0, len(opened.left), PIECE):
            yield opened.left[at : at + PIECE]
