"""Tasks that end when they are told to: waits that can be cancelled, and the end of tasks that nobody awaits."""

import asyncio
from collections.abc import Iterable

LAST_CHANCE = 2.0


async def wait_for_news(event: asyncio.Event, seconds: float) -> None:
    """Wait until an event is set, and clear it; or until the time is over.

    Not by asyncio.wait_for: on Python 3.11 it swallows a cancellation that comes together with the event, and the
    task then runs on for ever while everybody waits for its end.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
    event.clear()


async def farewell(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Let tasks end by themselves for a moment, then end them: what they leave undone is a row that stays pending."""
    running = set(tasks)
    if not running:
        return
    _, late = await asyncio.wait(running, timeout=LAST_CHANCE)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
