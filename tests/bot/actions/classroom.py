"""A store and somebody in it, for actions called plainly: no Telegram, no bot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.actions.teaching import Received
from bot.visit import Presence, Visit, enter
from storage import Photo, Role, Store, Unit, normalise
from tests.support.networks import picture


@dataclass
class Classroom:
    """Visits count up, so that each deed is another one."""

    store: Store
    visits: int = 0

    @contextmanager
    def visit(self, person: int = 1, chat: int = 1) -> Iterator[tuple[Unit, Visit, Presence]]:
        self.visits += 1
        kind = "private" if chat > 0 else "supergroup"
        visit = Visit(1, self.visits, chat, kind, "Chat", person, f"Person {person}", self.visits)
        with self.store.write() as unit:
            yield unit, visit, enter(unit, visit, Role.TEACHER)

    def received(self, seed: int, *, album: str | None = None) -> Received:
        made = normalise(picture("apple", seed))
        return Received(self.store.blobs.put(made.data), made, 1000 + seed, album=album)

    def photo(self, seed: int, *, person: int = 1, chat: int = 1, album: str | None = None) -> Photo:
        from bot.actions.teaching import keep

        with self.visit(person, chat) as (unit, visit, presence):
            return keep(unit, visit, presence, self.received(seed, album=album))
