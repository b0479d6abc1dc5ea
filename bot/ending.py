"""The end of tasks that nobody awaits one by one."""

import asyncio
from collections.abc import Iterable

LAST_CHANCE = 2.0


async def farewell(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Let tasks end by themselves for a moment, then end them: what they leave undone is a row that stays pending."""
    running = set(tasks)
    if not running:
        return
    _, late = await asyncio.wait(running, timeout=LAST_CHANCE)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
