"""The whole bot for tests: the real service on the local Bot API server, a real store, people, and a tiny network.

Use it as `async with running_bot(tmp_path) as world:`, or through the fixture `world`.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import select

from bot.context import Scene
from bot.errors import CannotStart
from bot.playground import Playground
from bot.service import BotService
from bot.settings import BotSettings
from bot.telling.news import News
from storage import JobKind, Role, Store, Unit, open_store, utc_now
from storage.tables import inbox
from tests.support.decoding import shared_decoders
from tests.support.homes import with_tables
from tests.support.networks import give_embedder, picture, trainer_running
from tests.support.people import Message, People, Person, served

PATIENCE = 25.0
TOKEN = "7000000001:" + "Canary-0123456789_abcdefghijklmnop"[:35]
__all__ = ["PATIENCE", "TOKEN", "Message", "Person", "Scene", "World", "picture", "quick_settings", "running_bot"]


class Time:
    """The store's clock: real, but it can be turned forward."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def advance(self, **span: float) -> None:
        self._ahead += timedelta(**span)


class World:
    """One bot with everybody around it."""

    def __init__(self, home: Path, playground: Playground, url: str, people: People, settings: BotSettings) -> None:
        self.home = home
        self.playground = playground
        self.url = url
        self.people = people
        self.settings = settings
        self.time = Time()
        self.store: Store = open_store(with_tables(home), clock=self.time)
        self.service: BotService
        # What each look for networks and trainings came to: only tests need to know that one is over.
        self.looks: list[bool] = []
        self._running: asyncio.Task[None] | None = None

    @property
    def ann(self) -> Person:
        return self.people.person("Ann")

    @property
    def bo(self) -> Person:
        return self.people.person("Bo")

    @property
    def owner(self) -> Person:
        return self.people.person("Owner")

    @property
    def mention(self) -> str:
        return f"@{self.service.app.bot.username}"

    async def start_bot(self) -> None:
        """Start the service and wait until it hangs on its first poll."""
        await self.launch()
        await self.until(lambda: self.playground.updates.is_awaited, "the bot polls")

    async def launch(self) -> None:
        """Start the service, whatever becomes of it."""
        self.service = BotService(self.playground.token, self.url, self.settings, self.store, shared_decoders())
        self._running = asyncio.create_task(self.service.run(), name="service")

    async def stop_bot(self) -> None:
        """End the service as SIGTERM does. Raises what it ended with, if it had ended by itself."""
        if self._running is None:
            return
        running, self._running = self._running, None
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    async def ended(self) -> None:
        """Wait until the service ends by itself, and raise what it ends with."""
        assert self._running is not None
        running, self._running = self._running, None
        await asyncio.wait_for(running, PATIENCE)

    async def close(self) -> None:
        await self.stop_bot()
        self.store.close()

    async def until(self, true: Callable[[], Any], what: str, *, patience: float = PATIENCE) -> Any:
        """Wait until something holds; whatever it returns then."""
        deadline = time.monotonic() + patience
        while not (found := true()):
            if self._running is not None and self._running.done():
                self._running.result()
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {patience:g} s until {what}")
            await asyncio.sleep(0.01)
        return found

    async def settled(self) -> None:
        """Wait until every update is handled and every reply sent."""
        await self.until(self._is_quiet, "all is handled and said")

    async def hears(
        self, person: Person, *parts: str, chat: int | None = None, after: Message | None = None
    ) -> Message:
        """The newest message of the bot to a person that says all of `parts`."""
        return await person.wait_for(
            lambda one: all(part in one.text for part in parts), chat=chat, after=after, timeout=PATIENCE
        )

    async def said_to(self, person: Person, *, chat: int | None = None) -> list[str]:
        """Everything that the bot has said in a chat, oldest first, once it has nothing more to say."""
        await self.settled()
        return [one.text for one in await person.history(chat=chat) if one.from_bot]

    async def presses(self, person: Person, message: Message, button: str) -> str:
        """Press a button; the toast that comes up."""
        query = await person.press(message, button)
        return (await person.wait_for_toast(query, timeout=PATIENCE)).text

    async def teach(self, person: Person, thing: str, count: int, *, label: str = "", first: int = 0) -> list[Message]:
        """Send captioned photos and wait until they are lessons."""
        sent = [
            await person.send_photo(picture(thing, seed), caption=label or thing)
            for seed in range(first, first + count)
        ]
        await self.settled()
        return sent

    async def deletes_all(self, person: Person) -> None:
        """Let a person delete all that is kept of her."""
        await person.send_text("/mydata")
        shown = await self.hears(person, "Of you I keep")
        await self.presses(person, shown, "Delete all of it")
        await self.presses(person, await self.hears(person, "for good?"), "Delete for good")
        await self.settled()

    async def group(self) -> int:
        """The group of Ann, Bo and the owner, with the bot let in; Telegram's privacy mode is on."""
        group = await self.people.group()
        await self.owner.add_to_group(group, self.service.app.bot.id)
        await self.hears(self.ann, "Hello! I am Pupil", chat=group)
        return group

    async def train(self) -> int | None:
        """Let the trainer do all that is asked of it, and the bot all that follows; the number that answers then."""
        self.time.advance(seconds=2)
        async with trainer_running(self.store):
            await self.until(lambda: not self.look(_unfinished), "the trainer is done")
        await self.until(self._answers_with_active, "the new network answers")
        looks = len(self.looks)
        await self.until(lambda: len(self.looks) >= looks + 2, "people are told")
        await self.settled()
        return self.service.network_number

    async def train_lists(self) -> None:
        """Let the trainer list what is in doubt, and the bot tell who waits for that."""

        def is_listed() -> bool:
            jobs = self.look(lambda unit: unit.jobs.unfinished(unit.classifiers.default().id))
            return not [one for one in jobs if one.kind == JobKind.SUSPECTS]

        self.time.advance(minutes=1)
        async with trainer_running(self.store):
            await self.until(is_listed, "suspects are listed")
        await self.settled()

    async def knows_apples_and_leaves(self, person: Person | None = None) -> None:
        """Teach two labels and train: the bot answers from here on."""
        await self.teach(person or self.ann, "apple", 4, first=100)
        await self.teach(person or self.ann, "leaf", 4, first=100)
        assert await self.train() is not None

    def look(self, question: Callable[[Unit], Any]) -> Any:
        with self.store.read() as unit:
            return question(unit)

    def counts(self) -> dict[str, int]:
        """Photos per label, as people are told."""
        counts = self.look(lambda unit: unit.labels.counts(unit.classifiers.default().id))
        return {one.label.name: one.photos for one in counts if one.photos}

    def raw_of(self, lane: int) -> list[str]:
        """The updates of a chat as the inbox still has them."""
        with self.store._engine.connect() as connection:
            return list(connection.execute(select(inbox.c.raw).where(inbox.c.lane == lane)).scalars())

    def give_role(self, person: Person, role: Role) -> None:
        with self.store.write() as unit:
            known = unit.people.meet(person.id, person.name, role)
            unit.people.set_role(known.id, role)

    def _is_quiet(self) -> bool:
        updates = self.playground.updates
        if updates.pending or not updates.is_awaited:
            return False
        return bool(self.look(lambda unit: not (unit.inbox.counts() | unit.outbox.counts()).get("pending")))

    def _answers_with_active(self) -> bool:
        active = self.look(lambda unit: unit.networks.active(unit.classifiers.default().id))
        return self.service.network_number == (active.number if active else None)


def quick_settings(**changes: Any) -> BotSettings:
    """Settings of a bot that need not be slow for Telegram's sake."""
    fast = {
        "messages_per_second": 100_000,
        "messages_per_second_per_chat": 100_000,
        "messages_per_minute_per_group": 100_000,
        "photos_per_minute": 0,
        "photos_per_day": 0,
        "megabytes_per_hour": 0,
        "bot_threads": 1,
    }
    return BotSettings(_env_file=None, telegram_token=None, **(fast | changes))


@asynccontextmanager
async def running_bot(folder: Path, *, start: bool = True, **settings: Any) -> AsyncIterator[World]:
    """A world with a bot in it; with `start=False` the bot is still to be started."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    give_embedder(home)
    playground = Playground(home / "playground", token=TOKEN)
    async with AsyncExitStack() as stack:
        # As the command line sets it: PTB warns of its old waiting times, and warnings are errors here.
        stack.enter_context(mock.patch.dict(os.environ, PTB_TIMEDELTA="true"))
        stack.callback(playground.ledger.close)
        url = await stack.enter_async_context(served(playground))
        people = await stack.enter_async_context(People(url))
        world = World(home, playground, url, people, quick_settings(**settings))
        stack.enter_context(mock.patch.object(News, "step", _noted(News.step, world.looks)))
        stack.push_async_callback(world.close)
        if start:
            await world.start_bot()
        yield world


def _noted(step: Callable[[News], bool], looks: list[bool]) -> Callable[[News], bool]:
    def noted(news: News) -> bool:
        told = step(news)
        looks.append(told)
        return told

    return noted


def _unfinished(unit: Unit) -> list[Any]:
    """What lessons ask of the trainer; suspects are listed some time after."""
    return [one for one in unit.jobs.unfinished(unit.classifiers.default().id) if one.kind != JobKind.SUSPECTS]


__all__ += ["CannotStart", "Time"]
