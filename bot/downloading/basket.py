"""What was fetched and not yet taken, never more than some bytes of it: whoever brings more waits."""

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Basket(Generic[T]):
    """A thing that is larger than all room gets in where nothing else is. For one loop, and one who takes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._held = 0
        self._things: deque[tuple[T, int]] = deque()
        self._closed = False
        self._changed = asyncio.Condition()

    async def put(self, thing: T, size: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: not self._things or self._held + size <= self._room)
            self._things.append((thing, size))
            self._held += size
            self._changed.notify_all()

    async def close(self) -> None:
        """Say that nothing more comes."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def take(self) -> T | None:
        """The next thing; None if nothing more comes."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._closed or bool(self._things))
            if not self._things:
                return None
            thing, size = self._things.popleft()
            self._held -= size
            self._changed.notify_all()
            return thing
