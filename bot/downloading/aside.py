"""Downloads in a thread with a loop of its own, for whoever is no coroutine or must not be held up.

What a hostile server sends can keep a loop busy for a tenth of a second at a time; in the loop of the bot, all chats
would wait for it.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, Protocol, TypeVar

from bot.downloading.download import Fetches, Outcome, Pace, download
from bot.downloading.lists import Item

T = TypeVar("T")
FetcherMaker = Callable[[], AbstractAsyncContextManager[Fetches]]


class Runs(Protocol):
    """Has a coroutine run in the other thread, and waits for what it returns."""

    def __call__(self, coroutine: Coroutine[Any, Any, T], /) -> T: ...


def download_aside(items: Sequence[Item], make_fetcher: FetcherMaker, pace: Pace) -> Generator[Outcome, None, None]:
    """The outcome of each item, in the order in which they come. It goes on fetching while nobody asks for the next.

    Closed before its end, it stops what is under way.
    """
    with _loop_aside() as run:
        outcomes = _entered(items, make_fetcher, pace)
        while (one := run(_next_of(outcomes))) is not None:
            yield one


async def _entered(items: Sequence[Item], make_fetcher: FetcherMaker, pace: Pace) -> AsyncIterator[Outcome]:
    async with make_fetcher() as fetcher:
        async for outcome in download(items, fetcher, pace):
            yield outcome


async def _next_of(outcomes: AsyncIterator[Outcome]) -> Outcome | None:
    return await anext(outcomes, None)


@contextmanager
def _loop_aside() -> Iterator[Runs]:
    """A thread with a loop. At the end its tasks are cancelled and its generators closed, as `asyncio.run` does."""
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    running = threading.Event()

    async def until_ended() -> None:
        ended = asyncio.Event()
        begun.append((asyncio.get_running_loop(), ended))
        running.set()
        await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(until_ended()), name="downloading", daemon=True)
    thread.start()
    running.wait()
    ((loop, ended),) = begun
    try:
        yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result()
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
