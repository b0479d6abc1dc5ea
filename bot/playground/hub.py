"""News for the open chat pages: whatever happens is told to every listener, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bot.playground.ledger import Json

# A page that reads this slowly is gone or asleep; it reloads everything when it comes back.
MAX_BACKLOG = 2_000


class Hub:
    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Json | None]] = set()

    def publish(self, kind: str, **facts: object) -> None:
        event: Json = {"type": kind, **facts}
        for listener in list(self._listeners):
            if listener.qsize() >= MAX_BACKLOG:
                self._end(listener)
            else:
                listener.put_nowait(event)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[Json | None]]:
        """A queue of events; None in it means: this is the end, come back later."""
        listener: asyncio.Queue[Json | None] = asyncio.Queue()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        for listener in list(self._listeners):
            self._end(listener)

    def _end(self, listener: asyncio.Queue[Json | None]) -> None:
        self._listeners.discard(listener)
        listener.put_nowait(None)
