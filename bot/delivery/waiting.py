"""Whose turn it is: photos a few at a time, a chat's next one behind everybody else's first; and a word to who waits.

However many photos one person sends, hers are one in the row: another's question waits for one of them, not for all.
Words and presses have a row of their own, since they need no look. What Telegram calls “typing” says that a photo is
being worked on; it is shown and forgotten, so it goes past the outbox.
"""

import asyncio
import json
import logging
import math
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from telegram.constants import ChatAction
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.replies import Said, message
from bot.speech import texts
from storage import Incoming, Store, StoreUnavailable, WriteNotDurable

log = logging.getLogger(__name__)
PHOTOS_AT_ONCE = 8
OTHERS_AT_ONCE = 8
LOOK_EVERY = 0.5
TYPES_AFTER = 0.6
# Telegram shows it for five seconds, or until a message comes.
TYPES_EVERY = 4.5
# In a crowd each would cost as much as an answer does; there, people are told how many are before them.
TYPING_AT_ONCE = 1
TELLS_AFTER = 2.0
TELLS_EVERY = 60.0
PACE_OF = 10.0


@dataclass(slots=True)
class Place:
    """A photo that is waited for: in which chat, in answer to which message, since when (monotonic seconds)."""

    lane: int
    message_id: int
    since: float
    typed_at: float = -math.inf

    @property
    def private(self) -> bool:
        """Whether somebody waits for it alone: in a group, a word about waiting would disturb all others."""
        return self.lane > 0


@dataclass
class Rows:
    """Who is being seen to, who waits, and how many were seen to lately."""

    served: dict[int, Place] = field(default_factory=dict)
    # In the order in which they will be served.
    waiting: dict[int, Place] = field(default_factory=dict)
    _done: deque[float] = field(default_factory=deque)

    def before(self, lane: int) -> int:
        """How many photos are seen to before the one that a chat waits for."""
        return len(self.served) + list(self.waiting).index(lane)

    def note_done(self, now: float) -> None:
        self._done.append(now)
        self._forget(now)

    def seconds_for(self, photos: int, now: float) -> float | None:
        """How long so many photos take at the pace of the last seconds; None where none was seen to."""
        self._forget(now)
        return photos * PACE_OF / len(self._done) if self._done else None

    def _forget(self, now: float) -> None:
        while self._done and now - self._done[0] > PACE_OF:
            self._done.popleft()


class WaitingRoom:
    """Gives each update its turn, and tells those who wait for theirs."""

    def __init__(self, store: Store, bot: ExtBot[None], mail_waits: asyncio.Event) -> None:
        self._store = store
        self._bot = bot
        self._mail_waits = mail_waits
        self._photos = asyncio.Semaphore(PHOTOS_AT_ONCE)
        self._others = asyncio.Semaphore(OTHERS_AT_ONCE)
        self._rows = Rows()
        self._told: dict[int, float] = {}

    @asynccontextmanager
    async def admit(self, incoming: Incoming) -> AsyncIterator[None]:
        """Wait for an update's turn, and hold it."""
        message_id = photo_in(incoming)
        if message_id is None:
            async with self._others:
                yield
            return
        place, lane = Place(incoming.lane, message_id, time.monotonic()), incoming.lane
        self._rows.waiting[lane] = place
        try:
            await self._photos.acquire()
        finally:
            del self._rows.waiting[lane]
        self._rows.served[lane] = place
        try:
            yield
        finally:
            del self._rows.served[lane]
            self._rows.note_done(time.monotonic())
            self._photos.release()

    async def run(self) -> None:
        """Tell those who wait, for ever; what cannot be told is no reason to stop.

        Raises:
            WriteNotDurable: the disk did not confirm a write, and the process must end.
        """
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look_around(time.monotonic())
            except StoreUnavailable as error:
                log.warning("nobody told of waiting: %s", type(error).__name__)
            except WriteNotDurable:
                raise
            except Exception:
                # A border: people are answered, whether or not they are told that they wait.
                log.exception("nobody told of waiting")

    async def look_around(self, now: float) -> None:
        """Show that photos are being worked on, and say how many are before those that wait for long."""
        await self._show_typing(now)
        await self._tell_late(now)

    async def _show_typing(self, now: float) -> None:
        rows = (*self._rows.served.values(), *self._rows.waiting.values())
        due = [
            place
            for place in rows
            if place.private and now - place.since > TYPES_AFTER and now - place.typed_at > TYPES_EVERY
        ][:TYPING_AT_ONCE]
        for place in due:
            place.typed_at = now
        await asyncio.gather(*(self._type(place) for place in due))

    async def _tell_late(self, now: float) -> None:
        self._told = {lane: at for lane, at in self._told.items() if now - at < TELLS_EVERY}
        late = [
            place
            for place in self._rows.waiting.values()
            if place.private and now - place.since > TELLS_AFTER and place.lane not in self._told
        ]
        if not late:
            return
        counted = [(place, self._rows.before(place.lane)) for place in late]
        await asyncio.to_thread(self._owe, [(place, n, self._rows.seconds_for(n, now)) for place, n in counted])
        self._told.update((place.lane, now) for place in late)
        self._mail_waits.set()

    async def _type(self, place: Place) -> None:
        try:
            await self._bot.send_chat_action(place.lane, ChatAction.TYPING)
        except TelegramError as error:
            log.debug("typing not shown: %s", type(error).__name__)

    def _owe(self, told: list[tuple[Place, int, float | None]]) -> None:
        with self._store.write() as unit:
            for place, photos, seconds in told:
                said = Said(texts.photos_before_yours(photos, seconds))
                payload = message(place.lane, said, to_message=place.message_id, quiet=True)
                unit.outbox.owe(self._bot.id, place.lane, "sendMessage", payload, coalesce="waiting")


def photo_in(incoming: Incoming) -> int | None:
    """The id of the message, if it may need a look; None for words, presses, and what cannot be read."""
    try:
        update = json.loads(incoming.raw)
        said = update.get("message") or update.get("edited_message") or {}
        shown = said if "photo" in said or "document" in said else said.get("reply_to_message", {})
        return int(said["message_id"]) if "photo" in shown or "document" in shown else None
    except (ValueError, AttributeError, KeyError, TypeError):
        return None
