"""Downloads the items of a list: several at once, few from one host, again what may pass, and within a time.

Each item comes to one outcome. What is fetched and not yet taken is bounded in bytes: if nobody takes, nobody fetches.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.downloading.basket import Basket
from bot.downloading.lists import Item
from bot.downloading.schedule import Schedule, Try
from bot.fetching.errors import NotFetched, Reason
from bot.fetching.fetch import Fetched

_MB = 1024 * 1024


class Fetches(Protocol):
    """What fetches one link: `bot.fetching.fetch.Fetcher`, once it is entered."""

    async def fetch(self, link: str, /) -> Fetched:
        """Raises NotFetched."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast, how often and how long: counts, seconds, and bytes of `room`.

    `tries` are all together, and `pause` is before the second one; it doubles. It is `short_pause` where the connection
    failed: that spares no server anything, and a list of dead links should not wait for each at its end. A server that
    wants to be left in peace for longer than `patience` is not waited for. One that gives no answer `unanswered` times
    in a row is not asked for the rest of its items.
    """

    at_once: int
    total: float
    per_host: int = 2
    tries: int = 3
    pause: float = 1.0
    short_pause: float = 0.3
    patience: float = 60.0
    unanswered: int = 5
    room: int = 64 * _MB


CHAT = Pace(at_once=8, total=600.0, room=32 * _MB)
COMMAND_LINE = Pace(at_once=32, total=24 * 3600.0)


class NotAsked(StrEnum):
    """Why an item was not asked for, or not to the end: its server may well have it."""

    OUT_OF_TIME = "out of time"
    SILENT = "silent"
    """Its server gave no answer several times in a row."""


PASSING = frozenset(
    {
        Reason.NO_ANSWER,
        Reason.CUT_OFF,
        Reason.TOO_SLOW,
        Reason.BUSY,
        Reason.SERVER_FAILED,
        NotAsked.OUT_OF_TIME,
        NotAsked.SILENT,
    }
)
"""What may be otherwise another time."""

OF_THE_CONNECTION = frozenset({Reason.NO_ANSWER, Reason.CUT_OFF})


@dataclass(frozen=True, slots=True)
class Arrived:
    """An item that was fetched: bytes of whatever there was."""

    item: Item
    content: bytes


@dataclass(frozen=True, slots=True)
class Missed:
    """An item that nothing was fetched of."""

    item: Item
    why: Reason | NotAsked

    @property
    def may_pass(self) -> bool:
        return self.why in PASSING


Outcome = Arrived | Missed


async def download(items: Sequence[Item], fetcher: Fetches, pace: Pace) -> AsyncGenerator[Outcome, None]:
    """The outcome of each item, in the order in which they come."""
    run = _Run(items, fetcher, pace)
    fetching = asyncio.create_task(run.fetch_all())
    try:
        while (one := await run.basket.take()) is not None:
            yield one
        await fetching
    finally:
        fetching.cancel()
        with suppress(asyncio.CancelledError):
            await fetching


class _Run:
    """One list, from its first item to its last."""

    def __init__(self, items: Sequence[Item], fetcher: Fetches, pace: Pace) -> None:
        self._fetcher = fetcher
        self._pace = pace
        self._schedule = Schedule(items, pace.per_host)
        self._open = len(items)
        self._clock = asyncio.get_running_loop().time
        self._ends = self._clock() + pace.total
        self._changed = asyncio.Condition()
        self.basket: Basket[Outcome] = Basket(pace.room)

    async def fetch_all(self) -> None:
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(self._pace.at_once, self._open)):
                    workers.create_task(self._work())
        finally:
            await self.basket.close()

    async def _work(self) -> None:
        while (one := await self._next()) is not None:
            outcome = await self._try(one)
            async with self._changed:
                if isinstance(outcome, float):
                    self._schedule.again(one, outcome)
                else:
                    self._schedule.done(one)
                    self._open -= 1
                self._changed.notify_all()
            if isinstance(outcome, Arrived):
                await self.basket.put(outcome, len(outcome.content))
            elif isinstance(outcome, Missed):
                await self.basket.put(outcome, 0)

    async def _next(self) -> Try | None:
        """The next item to fetch, waited for; None if all have come to something."""
        async with self._changed:
            while self._open:
                now = self._clock()
                if now >= self._ends:
                    await self._end()
                elif (one := self._schedule.take(now)) is not None:
                    return one
                else:
                    due = self._schedule.next_due()
                    await self._wait(min(self._ends, self._ends if due is None else due) - now)
        return None

    async def _wait(self, seconds: float) -> None:
        # Not `wait_for`: before Python 3.12 it may lose a cancellation that comes with what it waits for.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _end(self) -> None:
        """The time is over: what nobody has begun will not be."""
        for one in self._schedule.rest():
            self._open -= 1
            await self.basket.put(Missed(one.item, NotAsked.OUT_OF_TIME), 0)
        if self._open:
            await self._changed.wait()

    async def _try(self, one: Try) -> Outcome | float:
        """What came of it, or the moment at which to try again."""
        if one.host.unanswered >= self._pace.unanswered:
            return Missed(one.item, Reason.NO_ANSWER if one.tries else NotAsked.SILENT)
        try:
            async with asyncio.timeout_at(self._ends):
                fetched = await self._fetcher.fetch(one.item.address)
        except NotFetched as refusal:
            return self._after(one, refusal)
        except TimeoutError:
            return Missed(one.item, NotAsked.OUT_OF_TIME)
        one.host.unanswered = 0
        return Arrived(one.item, fetched.content)

    def _after(self, one: Try, refusal: NotFetched) -> Missed | float:
        pace, host, reason = self._pace, one.host, refusal.reason
        host.unanswered = host.unanswered + 1 if reason is Reason.NO_ANSWER else 0
        pause = pace.short_pause if reason in OF_THE_CONNECTION else pace.pause
        wait = max(refusal.wait or 0.0, pause * 2.0**one.tries)
        at = self._clock() + wait
        if reason not in PASSING or one.tries + 1 >= pace.tries or wait > pace.patience or at >= self._ends:
            return Missed(one.item, reason)
        if reason is Reason.BUSY or refusal.wait is not None:
            # It is the server that wants a rest, not this one item.
            host.not_before = max(host.not_before, at)
        return at
