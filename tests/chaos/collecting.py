"""Collecting in any order: sent, edited, sent again, albums, taken back, deleted, one name for many, and told of twice.

The whole bot against a model that says in a few lines what each photo must be called after all that.

python -m tests.chaos.collecting [--runs 500] [--steps 50] [--seed N]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from storage import RawUpdate
from storage.tables import inbox
from tests.chaos.running import parser
from tests.support.bots import Message, Person, World, picture, running_bot

NAMES = ("apple", "leaf", "plum")
CAPTIONS = st.sampled_from((*NAMES, "", "", "what is it?"))
PICTURES = st.integers(0, 4)


@dataclass
class Shown:
    """A photo as the model has it: what its sender called it, newest last, and whether her caption spoke last."""

    album: str | None
    said: list[tuple[int, str]] = field(default_factory=list)
    by_caption: bool = False

    @property
    def name(self) -> str | None:
        return self.said[-1][1] if self.said else None


@dataclass
class Model:
    """What one person's photos are called, by message."""

    photos: dict[int, Shown] = field(default_factory=dict)
    mode: str | None = None
    deed: Iterator[int] = field(default_factory=lambda: count(1))

    def send(self, message_id: int, caption: str, album: str | None = None) -> None:
        photo = self.photos[message_id] = Shown(album)
        name = caption if caption in NAMES else None
        if not caption:
            mates = [one for _, one in sorted(self.photos.items()) if album and one.album == album and one.name]
            name = mates[0].name if mates else self.mode
        if name:
            self._say(photo, name)

    def edit(self, message_id: int, caption: str) -> None:
        photo = self.photos.get(message_id)
        if photo is None:
            return
        mine = photo.name if photo.by_caption else ""
        mates = [
            one
            for key, one in sorted(self.photos.items())
            if photo.album and key != message_id and one.album == photo.album
            if photo.by_caption and one.by_caption and one.name == mine
        ]
        if caption not in NAMES:
            for one in (*mates, photo):
                one.by_caption = one.by_caption or bool(one.said)
                one.said.clear()
        elif photo.name != caption:
            for one in (*mates, photo):
                self._say(one, caption)

    def undo(self) -> None:
        said = [(one.said[-1][0], one) for one in self.photos.values() if one.said]
        if said:
            _, photo = max(said, key=lambda pair: pair[0])
            photo.said.pop()
            photo.by_caption = False

    def forget(self) -> None:
        self.photos.clear()
        self.mode = None

    def names(self) -> dict[int, str | None]:
        return {key: one.name for key, one in self.photos.items()}

    def _say(self, photo: Shown, name: str) -> None:
        photo.said.append((next(self.deed), name))
        photo.by_caption = True


@dataclass
class Stage:
    """A bot that several runs share, each with a person of its own."""

    world: World
    runner: asyncio.Runner
    people: Iterator[int] = field(default_factory=lambda: count(1))

    def do(self, what: Any) -> Any:
        return self.runner.run(what)


class Collecting(RuleBasedStateMachine):
    """One person's acts, and what must be true after each."""

    stage: ClassVar[Stage]

    @initialize()
    def arrive(self) -> None:
        self.world = self.stage.world
        self.me: Person = self.stage.do(self.world.people.add(f"P{next(self.stage.people)}"))
        self.model = Model()
        self.sent: list[Message] = []

    @rule(caption=CAPTIONS, number=PICTURES)
    def send(self, caption: str, number: int) -> None:
        self._took([self.stage.do(self.me.send_photo(picture("apple", number), caption=caption))])

    @rule(caption=CAPTIONS, number=PICTURES)
    def send_a_file(self, caption: str, number: int) -> None:
        self._took([self.stage.do(self.me.send_document(picture("leaf", number), caption=caption))])

    @rule(captions=st.lists(CAPTIONS, min_size=2, max_size=4))
    def send_an_album(self, captions: list[str]) -> None:
        photos = [picture("leaf", 10 + place) for place in range(len(captions))]
        self._took(self.stage.do(self.me.send_album(photos, captions=captions)))

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), caption=CAPTIONS)
    def edit(self, data: st.DataObject, caption: str) -> None:
        place = data.draw(st.integers(0, len(self.sent) - 1))
        message = self.sent[place]
        if message.text == caption:
            return
        self.sent[place] = self.stage.do(self.me.edit_caption(message, caption))
        self.model.edit(message.id, caption)

    @rule()
    def take_back(self) -> None:
        self.stage.do(self.me.send_text("/undo"))
        self.model.undo()

    @rule(name=st.sampled_from(NAMES))
    def teach(self, name: str) -> None:
        self.stage.do(self.me.send_text(f"/teach {name}"))
        self.model.mode = name

    @rule()
    def done(self) -> None:
        self.stage.do(self.me.send_text("/done"))
        self.model.mode = None

    @rule()
    def restart(self) -> None:
        """Whatever was in memory is gone."""
        self.stage.do(self._restart())

    @rule(share=st.integers(1, 8))
    def tell_again(self, share: int) -> None:
        """Telegram tells of updates a second time: those that it was not heard to confirm."""
        with self.world.store._engine.connect() as connection:
            query = select(inbox).where(inbox.c.lane == self.me.id).order_by(inbox.c.update_id.desc())
            rows = connection.execute(query.limit(share)).all()
        with self.world.store.write() as unit:
            for row in rows:
                unit.inbox.receive(row.bot_id, [RawUpdate(row.update_id, row.lane, row.raw)])

    @precondition(lambda self: len(self.sent) > 3)
    @rule()
    def forget(self) -> None:
        self.stage.do(self._forget())
        self.model.forget()
        self.sent.clear()

    @invariant()
    def photos_are_called_as_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        self.stage.do(self.world.settled())
        assert self._names() == self.model.names()

    @invariant()
    def nothing_straddles(self) -> None:
        """Photos of one group share a fold, and the same picture a group."""
        if not hasattr(self, "model"):
            return
        photos = self._photos()
        for key in ("digest", "group_key"):
            homes: dict[str, set[int]] = {}
            for one in photos:
                homes.setdefault(getattr(one, key), set()).add(one.fold)
            assert all(len(folds) == 1 for folds in homes.values()), key

    def _took(self, messages: list[Message]) -> None:
        self.sent += messages
        for one in messages:
            self.model.send(one.id, one.text, one.album)

    def _photos(self) -> list[Any]:
        person = self.world.look(lambda unit: unit.people.by_telegram_id(self.me.id))
        return list(self.world.look(lambda unit: unit.photos.of_person(person.id))) if person else []

    def _names(self) -> dict[int, str | None]:
        def ask(unit: Any) -> dict[int, str | None]:
            found: dict[int, str | None] = {}
            person = unit.people.by_telegram_id(self.me.id)
            for photo in unit.photos.of_person(person.id) if person else []:
                vote = unit.votes.live_of(photo.id, person.id)
                found[photo.message_id] = unit.labels.get(vote.label_id).name if vote else None
            return found

        names: dict[int, str | None] = self.world.look(ask)
        return names

    async def _restart(self) -> None:
        await self.world.settled()
        await self.world.stop_bot()
        await self.world.start_bot()

    async def _forget(self) -> None:
        await self.world.settled()
        asked = await self.me.send_text("/mydata")
        told = await self.world.hears(self.me, "Of you I keep", after=asked)
        await self.me.press(told, "Delete all of it")
        await self.world.settled()
        await self.me.press(await self.me.refreshed(told), "Delete for good")
        await self.world.settled()


@contextmanager
def stage(folder: Path) -> Iterator[None]:
    """Set up the bot that all runs share."""
    with asyncio.Runner() as runner:
        entered = running_bot(folder)
        world = runner.run(entered.__aenter__())
        Collecting.stage = Stage(world, runner)
        try:
            yield
        finally:
            runner.run(entered.__aexit__(None, None, None))


def run(runs: int, steps: int, *, number: int) -> None:
    """Go through so many runs; raises AssertionError with the shortest that diverges."""
    limits = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(Collecting), settings=limits)


def main() -> int:
    command = parser(__doc__)
    command.add_argument("--runs", type=int, default=500)
    command.add_argument("--steps", type=int, default=50)
    options = command.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="pupil-chaos-") as passing, stage(options.folder or Path(passing)):
        run(options.runs, options.steps, number=options.seed)
    print(f"{options.runs} runs of up to {options.steps} steps, seed {options.seed}: no divergence, "
          f"{time.monotonic() - began:.0f} s")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
