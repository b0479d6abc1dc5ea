"""How many requests a host has to answer at once, also where redirects lead to it.

Who asks for a list spreads what it begins over the hosts that the list names. Where those send us nobody knows before:
a redirect waits until the host that it leads to has a free place, and its time stands still meanwhile.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Courtesy:
    """Counts what is under way at each host. A redirect waits for a place; what was asked for by name does not."""

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._busy = Counter[str]()
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def place_at(self, host: str, deadline: asyncio.Timeout, *, redirected: bool) -> AsyncIterator[None]:
        """A place at a host for one request; what is waited for it is added to the deadline."""
        if redirected and self._busy[host] >= self._per_host:
            await self._wait(host, deadline)
        self._busy[host] += 1
        try:
            yield
        finally:
            self._busy[host] -= 1
            if not self._busy[host]:
                del self._busy[host]
            async with self._changed:
                self._changed.notify_all()

    async def _wait(self, host: str, deadline: asyncio.Timeout) -> None:
        clock, until = asyncio.get_running_loop().time, deadline.when()
        begun = clock()
        deadline.reschedule(None)
        async with self._changed:
            await self._changed.wait_for(lambda: self._busy[host] < self._per_host)
        if until is not None:
            deadline.reschedule(until + clock() - begun)
