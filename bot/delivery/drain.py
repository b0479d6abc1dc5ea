"""From the inbox to the handlers: in order within a chat, side by side across chats, again after a failure."""

import asyncio
import json
import logging
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime

from telegram import Update
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bot.context import App, Services, visit_of
from bot.delivery.parking import Parking
from bot.delivery.waiting import WaitingRoom
from bot.ending import farewell, wait_for_news
from bot.errors import PutOff
from bot.replies import Said, message
from bot.speech import texts
from bot.visit import Visit
from storage import Incoming, Role, StoreFull, StoreReadOnly, StoreUnavailable, WriteNotDurable

log = logging.getLogger(__name__)
LOOK_EVERY = 1.0
HELD_AT_MOST = 5000
PAGE = 500
BACKOFF = (0.5, 1.0, 2.0, 4.0)
WAIT = 2.0
# So long a photo is waited for without a word.
TELLS_AFTER = 60.0


class Drain:
    """Hands every pending update to the application and sees it through."""

    def __init__(self, app: App, services: Services, work_waits: asyncio.Event) -> None:
        self._app = app
        self._services = services
        self._work_waits = work_waits
        self._lanes: dict[int, deque[Incoming]] = {}
        self._held: set[int] = set()
        self._room = WaitingRoom(services.store, app.bot, services.mail_waits)
        self._parking = Parking()
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken: asyncio.Future[None] | None = None
        self._told_of_outage: set[int] = set()
        self._last_seen = -1
        self._now = datetime.min.replace(tzinfo=UTC)
        self._from_the_start = True
        self._ending = False

    async def run(self) -> None:
        """Work for ever.

        Raises:
            WriteNotDurable: the disk did not confirm a write, and the process must end.
        """
        self._broken = asyncio.get_running_loop().create_future()
        telling = asyncio.create_task(self._room.run(), name="waiting room")
        try:
            while True:
                try:
                    for incoming in await self._pending():
                        self._queue(incoming)
                    self._take_up(self._now)
                except StoreUnavailable as error:
                    log.warning("inbox cannot be read: %s", type(error).__name__)
                for ended in (self._broken, telling):
                    if ended.done():
                        ended.result()
                await self._wait()
        finally:
            # Lanes that are cut short are taken up again from the inbox.
            self._ending = True
            telling.cancel()
            await farewell((*self._tasks, telling))

    async def _wait(self) -> None:
        await wait_for_news(self._work_waits, LOOK_EVERY)

    async def _pending(self) -> list[Incoming]:
        """Updates not yet held. Reads on from the last: one chat with a thousand photos must not hide the others."""
        if self._from_the_start or not self._held:
            # After a failure; and after a silent week Telegram may count on from a lower number.
            self._last_seen, self._from_the_start = -1, False
        # Noted before the rows are read: what ends in between is no longer pending in them, or is still held here.
        held, room = frozenset(self._held), HELD_AT_MOST - len(self._held) + len(self._parking)
        found, self._last_seen, self._now = await asyncio.to_thread(self._read, held, self._last_seen, room)
        return found

    def _read(self, held: frozenset[int], after: int, room: int) -> tuple[list[Incoming], int, datetime]:
        found: list[Incoming] = []
        with self._services.store.read() as unit:
            now = unit.now
            while len(found) < room:
                page = unit.inbox.pending(self._app.bot.id, after=after, limit=PAGE)
                found += [row for row in page if row.update_id not in held]
                after = page[-1].update_id if page else after
                if len(page) < PAGE:
                    break
        return found, after, now

    def _take_up(self, now: datetime) -> None:
        """Queue what was put off until now."""
        for incoming in self._parking.due(now):
            self._queue(incoming)

    def _queue(self, incoming: Incoming) -> None:
        self._held.add(incoming.update_id)
        if incoming.lane in self._lanes:
            self._lanes[incoming.lane].append(incoming)
            return
        self._lanes[incoming.lane] = deque([incoming])
        task = asyncio.create_task(self._work(incoming.lane), name=f"lane {incoming.lane}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, lane: int) -> None:
        """Empty one lane; a lane that is empty is forgotten."""
        waiting = self._lanes[lane]
        try:
            while waiting and not self._ending:
                if self._parking.takes(waiting[0]) or await self._is_put_off(waiting[0]):
                    waiting.popleft()  # and stays held
                else:
                    self._held.discard(waiting.popleft().update_id)
        except WriteNotDurable as error:
            if self._broken is not None and not self._broken.done():
                self._broken.set_exception(error)
        except Exception:
            # The border of this process: the lane is put down, and taken up again from the inbox.
            log.exception("lane failed lane=%s", lane)
            await asyncio.sleep(BACKOFF[-1])
            self._from_the_start = True
        finally:
            del self._lanes[lane]
            self._held.difference_update(one.update_id for one in waiting)
            # More may be waiting than was held at once.
            self._work_waits.set()

    async def _is_put_off(self, incoming: Incoming) -> bool:
        """Handle one update until it is done or given up, or until it is said to be for later."""
        try:
            await self._see_through(incoming)
        except PutOff as put_off:
            self._parking.put_off(incoming, put_off.until)
            return True
        return False

    async def _see_through(self, incoming: Incoming) -> None:
        """Handle one update until it is done or given up; raises PutOff."""
        tries, again, waits_since = incoming.tries, False, time.monotonic()
        while True:
            async with self._room.admit(incoming):
                failure = await self._handle(incoming, again=again)
            again = True
            if failure is None:
                self._told_of_outage.discard(incoming.lane)
                return
            if isinstance(failure, (WriteNotDurable, PutOff)):
                raise failure
            if _passes(failure):
                await self._wait_out(incoming, failure)
                if isinstance(failure, TelegramError) and time.monotonic() - waits_since > TELLS_AFTER:
                    await asyncio.to_thread(self._tell_of_waiting, incoming)
                continue
            waits_since = time.monotonic()
            log.error("update failed id=%s tries=%s", incoming.update_id, tries + 1, exc_info=failure)
            if await self._failed(incoming, failure):
                return
            await asyncio.sleep(BACKOFF[min(tries, len(BACKOFF) - 1)])
            tries += 1

    async def _handle(self, incoming: Incoming, *, again: bool) -> BaseException | None:
        """Run the handlers; what they leave undone on purpose is done too. Returns what went wrong."""
        try:
            # What failed after its commit has happened: done again, a setting would turn back.
            if again and not await asyncio.to_thread(self._is_pending, incoming):
                return None
            update = Update.de_json(json.loads(incoming.raw), self._app.bot)
            await self._app.process_update(update)
            failure = self._services.failures.pop(incoming.update_id, None)
            if failure is None and incoming.update_id not in self._services.handled:
                await asyncio.to_thread(self._finish, incoming)
        except Exception as error:  # The border of this process: whatever it is, the update is tried again.
            return error
        finally:
            self._services.handled.discard(incoming.update_id)
        return failure

    def _finish(self, incoming: Incoming) -> None:
        if not self._is_pending(incoming):
            return
        with self._services.store.write() as unit:
            unit.inbox.done(incoming.bot_id, incoming.update_id)

    def _is_pending(self, incoming: Incoming) -> bool:
        with self._services.store.read() as unit:
            return unit.inbox.is_pending(incoming.bot_id, incoming.update_id)

    async def _wait_out(self, incoming: Incoming, failure: BaseException) -> None:
        """An outage is nobody's fault: it counts as no try, and is told to a chat once."""
        log.warning("update waits id=%s for=%s", incoming.update_id, type(failure).__name__)
        if isinstance(failure, (StoreFull, StoreReadOnly)) and incoming.lane not in self._told_of_outage:
            self._told_of_outage.add(incoming.lane)
            try:
                await self._app.bot.send_message(incoming.lane, texts.cannot_store(full=isinstance(failure, StoreFull)))
            except Exception as error:  # The outage stands, told or not.
                log.warning("cannot tell of outage: %s", type(error).__name__)
        await asyncio.sleep(WAIT)

    def _tell_of_waiting(self, incoming: Incoming) -> None:
        """Say once why a photo stays unanswered, and with it all that was sent after it."""
        visit = self._visit(incoming)
        if visit is None:
            return
        payload = message(visit.chat_id, Said(texts.photo_not_handed_out()), to_message=visit.message_id or None)
        with suppress(StoreUnavailable), self._services.store.write() as unit:
            unit.outbox.owe(incoming.bot_id, visit.chat_id, "sendMessage", payload, dedupe=f"waits:{visit.deed}")
        self._services.mail_waits.set()

    async def _failed(self, incoming: Incoming, failure: BaseException) -> bool:
        """Count the try; after the last one, tell the person and the owner. True if there is nothing to try again."""
        try:
            return await asyncio.to_thread(self._count_failure, incoming, failure)
        except StoreUnavailable:
            return False

    def _count_failure(self, incoming: Incoming, failure: BaseException) -> bool:
        reference = f"{incoming.update_id:x}"
        visit = self._visit(incoming)
        with self._services.store.write() as unit:
            if not unit.inbox.is_pending(incoming.bot_id, incoming.update_id):
                return True
            if not unit.inbox.failed(incoming.bot_id, incoming.update_id, repr(type(failure))):
                return False
            log.error("update given up reference=%s", reference)
            if visit is not None:
                payload = message(visit.chat_id, Said(texts.went_wrong(reference)), to_message=visit.message_id or None)
                unit.outbox.owe(incoming.bot_id, visit.chat_id, "sendMessage", payload, dedupe=f"dead:{visit.deed}")
            for owner in unit.people.with_role(Role.OWNER):
                chat = unit.chats.by_telegram_id(owner.telegram_id)
                if chat is not None and chat.reachable:
                    payload = message(chat.telegram_id, Said(texts.for_owner_went_wrong(reference)))
                    dedupe = f"dead:{incoming.bot_id}:{incoming.update_id}:{owner.id}"
                    unit.outbox.owe(incoming.bot_id, chat.telegram_id, "sendMessage", payload, dedupe=dedupe)
        self._services.mail_waits.set()
        return True

    def _visit(self, incoming: Incoming) -> Visit | None:
        """Who is to be told; None for an update that cannot even be read."""
        try:
            return visit_of(Update.de_json(json.loads(incoming.raw), self._app.bot), self._app.bot)
        except Exception:  # Reading it may be the very thing that failed.
            return None


def _passes(failure: BaseException) -> bool:
    """Whether waiting mends it. What Telegram calls a bad request stays one, though PTB counts it as of the network."""
    return isinstance(failure, (StoreUnavailable, NetworkError, RetryAfter)) and not isinstance(failure, BadRequest)
