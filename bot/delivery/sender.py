"""The outbox's way out: each chat in order, none faster than Telegram allows, nothing given up that may still go."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from telegram import Message
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import ExtBot

from bot.actions import dataset_zips
from bot.actions.packing import pack
from bot.delivery.calls import CALLS
from bot.delivery.pacing import Pacer
from bot.delivery.poller import seconds_of
from bot.ending import farewell, wait_for_news
from bot.errors import FileGone, FileNotMade
from bot.replies import Said, message
from bot.speech import export_texts, guides
from bot.speech.dataset_notes import notes
from storage import Outgoing, Store, StoreUnavailable, Unit, WriteNotDurable

log = logging.getLogger(__name__)
LOOK_EVERY = 0.5
AT_ONCE = 16
LONGEST_BACKOFF = 30.0
# The one fault that python-telegram-bot counts as of the network and that no waiting mends.
TOO_LARGE = "Request Entity Too Large"
_QUIET = frozenset(("setMessageReaction",))
_HARMLESS = (
    "message is not modified",
    "message to edit not found",
    "message can't be edited",
    "reaction_invalid",
    "message to react not found",
    "reactions are not available",
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A call that was made, in which chat, and the message that it became."""

    call_id: int
    lane: int
    message_id: int | None


class Sender:
    """Sends what the outbox owes."""

    def __init__(self, store: Store, bot: ExtBot[None], pacer: Pacer, mail_waits: asyncio.Event) -> None:
        self._store = store
        self._bot = bot
        self._pacer = pacer
        self._mail_waits = mail_waits
        # Chats with a call on its way, or one whose receipt is not written down yet.
        self._busy: set[int] = set()
        self._receipts: list[Receipt] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._outage = Outage()
        self._broken: WriteNotDurable | None = None
        # Networks are packed one at a time: each takes some 90 MB of memory meanwhile.
        self._packing = asyncio.Lock()

    async def run(self) -> None:
        """Send for ever; cancelled, it lets the calls end that are on their way: what is unsent stays owed.

        Raises:
            WriteNotDurable: the disk did not confirm a write, and the process must end.
        """
        try:
            while True:
                try:
                    wait = await self._send_what_is_due()
                except StoreUnavailable as error:
                    log.warning("outbox cannot be read: %s", type(error).__name__)
                    wait = LOOK_EVERY
                if self._broken is not None:
                    raise self._broken
                await self._sleep(wait)
        finally:
            await farewell(self._tasks)
            if self._receipts:
                await asyncio.to_thread(self._note_last)

    async def _sleep(self, seconds: float) -> None:
        await wait_for_news(self._mail_waits, max(0.005, min(seconds, LOOK_EVERY)))

    async def _send_what_is_due(self) -> float:
        """Note what went out, and start sending the first owed call of every chat that may be sent to.

        Returns the seconds until more may go. All that in one transaction, however many calls it is about: each on its
        own would wait for the disk twice a call.
        """
        self._pacer.forget(time.monotonic())
        taken, self._receipts = self._receipts, []
        busy = frozenset(self._busy.difference(receipt.lane for receipt in taken))
        try:
            calls, soonest = await asyncio.to_thread(self._turn_over, taken, busy)
        except BaseException:
            # They went out, and their chats wait until that is written down: nothing overtakes, nothing goes twice.
            self._receipts = taken + self._receipts
            raise
        self._busy.difference_update(receipt.lane for receipt in taken)
        for call in calls:
            self._start(call)
        return soonest

    def _turn_over(self, receipts: Sequence[Receipt], busy: frozenset[int]) -> tuple[list[Outgoing], float]:
        """Write receipts down; returns the calls to be made now, and the seconds until others may be."""
        if not receipts:
            with self._store.read() as unit:
                if len(busy) >= AT_ONCE or not unit.outbox.due(self._bot.id, busy=tuple(busy), limit=1):
                    return [], LOOK_EVERY
        with self._store.write() as unit:
            self._note(unit, receipts)
            picked, soonest = self._picked(unit.outbox.due(self._bot.id, busy=tuple(busy)), AT_ONCE - len(busy))
            return [call for call in picked if unit.outbox.start(call.id)], soonest

    def _note(self, unit: Unit, receipts: Sequence[Receipt]) -> None:
        for receipt in receipts:
            unit.outbox.sent(receipt.call_id, receipt.message_id)

    def _note_last(self) -> None:
        with suppress(StoreUnavailable), self._store.write() as unit:
            self._note(unit, self._receipts)

    def _picked(self, due: list[Outgoing], free: int) -> tuple[list[Outgoing], float]:
        """What may go now, at most so many, and the seconds until more may."""
        now, soonest, picked = time.monotonic(), LOOK_EVERY, list[Outgoing]()
        for call in due:
            counts = call.method not in _QUIET
            wait = self._pacer.wait(call.lane, now, counts_for_chat=counts)
            if wait > 0:
                soonest = min(soonest, wait)
            elif len(picked) < free:
                self._pacer.take(call.lane, now, counts_for_chat=counts)
                picked.append(call)
        return picked, soonest

    def _start(self, call: Outgoing) -> None:
        self._busy.add(call.lane)
        task = asyncio.create_task(self._send(call), name=f"send {call.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, call: Outgoing) -> None:
        receipt = None
        try:
            receipt = await self._try(call)
        except StoreUnavailable as error:
            # The call may have been made, and will be made again: owed twice is better than never.
            log.warning("outbox cannot be written: %s", type(error).__name__)
            await asyncio.sleep(LOOK_EVERY)
        except WriteNotDurable as error:
            self._broken = error
        except Exception:
            # The border of this process: a call that breaks its sending must not be tried without end or pause.
            log.exception("call failed id=%s method=%s", call.id, call.method)
            with suppress(StoreUnavailable):
                await self._later(call, LOOK_EVERY, "broken", blameless=False)
        finally:
            # A chat stays busy until its receipt is written down.
            if receipt is None:
                self._busy.discard(call.lane)
            else:
                self._receipts.append(receipt)
            self._mail_waits.set()

    async def _try(self, call: Outgoing) -> Receipt | None:
        """Make the call; returns what is to be noted if it was made, and sees to the rest."""
        try:
            sent = await CALLS[call.method](self._bot, await self._made(call))
        except FileNotMade as error:
            await asyncio.to_thread(self._say_instead, call, error)
        except FileGone as error:
            log.info("not sent id=%s: %s", call.id, error)
            await asyncio.to_thread(self._give_up, call, str(error), unreachable=False)
        except RetryAfter as error:
            seconds = seconds_of(error)
            self._pacer.hold(call.lane, time.monotonic() + seconds)
            await self._later(call, seconds, f"told to wait {seconds} s", blameless=True)
        except ChatMigrated as error:
            await asyncio.to_thread(self._migrate, call, error.new_chat_id)
        except Forbidden as error:
            await asyncio.to_thread(self._give_up, call, str(error), unreachable=True)
        except BadRequest as error:
            return await self._rejected(call, error)
        except InvalidToken:
            # The poller ends the process for it, but notices only with its next poll: tried sooner, the call would be
            # given up by then. It is not blameless, since PTB takes any “not found” for a fault of the token.
            await self._later(call, LONGEST_BACKOFF, "token not accepted", blameless=False)
        except (TimedOut, NetworkError) as error:
            if TOO_LARGE in error.message and call.payload.keys() & {"network", "data_set"}:
                await asyncio.to_thread(self._say_instead, call, FileNotMade("too_big"))
                return None
            wait = self._outage.wait(time.monotonic())
            log.warning("telegram unreachable wait=%.1f error=%s", wait, type(error).__name__)
            await self._later(call, wait, type(error).__name__, blameless=True)
        else:
            self._outage.over()
            return Receipt(call.id, call.lane, sent.message_id if isinstance(sent, Message) else None)
        return None

    async def _made(self, call: Outgoing) -> Outgoing:
        """The call with the file that was promised for it; raises FileNotMade or FileGone."""
        if (picture := call.payload.get("picture")) is not None:
            return replace(call, attachment=await asyncio.to_thread(_bytes_of, Path(picture)))
        if (network_id := call.payload.get("network")) is not None:
            async with self._packing:
                return replace(call, attachment=await asyncio.to_thread(pack, self._store, network_id))
        if (which := call.payload.get("data_set")) is not None:
            async with self._packing:
                return replace(call, attachment=await asyncio.to_thread(_zip_of, self._store, which))
        return call

    def _say_instead(self, call: Outgoing, error: FileNotMade) -> None:
        log.error("file not made id=%s reason=%s", call.id, error.reason, exc_info=error.__cause__)
        why = export_texts.not_made if "data_set" in call.payload else guides.not_packed
        payload = message(call.payload["chat_id"], Said(why(error.reason)))
        with self._store.write() as unit:
            unit.outbox.give_up(call.id, str(error))
            unit.outbox.owe(self._bot.id, call.lane, "sendMessage", payload, dedupe=f"unmade:{call.id}")

    async def _rejected(self, call: Outgoing, error: TelegramError) -> Receipt | None:
        said = error.message.lower()
        if any(harmless in said for harmless in _HARMLESS):
            return Receipt(call.id, call.lane, None)
        log.error("call given up id=%s method=%s error=%s", call.id, call.method, error.message)
        await asyncio.to_thread(self._give_up, call, error.message, unreachable="chat not found" in said)
        return None

    async def _later(self, call: Outgoing, seconds: float, error: str, *, blameless: bool) -> None:
        def write() -> None:
            with self._store.write() as unit:
                unit.outbox.later(call.id, seconds, error, blameless=blameless)

        await asyncio.to_thread(write)

    def _give_up(self, call: Outgoing, error: str, *, unreachable: bool) -> None:
        with self._store.write() as unit:
            unit.outbox.give_up(call.id, error)
            if unreachable:
                unit.chats.set_unreachable(call.lane)

    def _migrate(self, call: Outgoing, new_chat_id: int) -> None:
        with self._store.write() as unit:
            unit.chats.migrate(call.lane, new_chat_id)
            unit.outbox.migrate(self._bot.id, call.lane, new_chat_id)


class Outage:
    """How long to wait while Telegram cannot be reached: longer with every round, however many calls fail in one."""

    def __init__(self) -> None:
        self._rounds = 0
        self._until = 0.0

    def wait(self, now: float) -> float:
        """Seconds until a call that failed at `now` is tried again."""
        if now >= self._until:
            self._rounds += 1
            self._until = now + min(LONGEST_BACKOFF, 0.5 * 2 ** min(self._rounds, 8))
        return self._until - now

    def over(self) -> None:
        self._rounds, self._until = 0, 0.0


def _zip_of(store: Store, which: Mapping[str, Any]) -> bytes:
    key = bytes.fromhex(which["key"])
    return dataset_zips.pack(store, which["classifier"], which["number"], which["of"], key, notes)


def _bytes_of(picture: Path) -> bytes:
    try:
        return picture.read_bytes()
    except OSError as error:
        raise FileGone(picture.name) from error
