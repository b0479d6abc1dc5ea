"""Downloads in a thread with a loop of its own, for whoever is no coroutine or must not be held up.

What a hostile server sends can keep a loop busy for a tenth of a second at a time; in the loop of the bot, all chats
would wait for it.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager

from bot.downloading.download import Fetches, Outcome, Pace, download
from bot.downloading.lists import Item

FetcherMaker = Callable[[], AbstractAsyncContextManager[Fetches]]


def download_aside(items: Sequence[Item], make_fetcher: FetcherMaker, pace: Pace) -> Generator[Outcome, None, None]:
    """The outcome of each item, in the order in which they come. It goes on fetching while nobody asks for the next.

    Closed before its end, it stops what is under way.
    """
    with _loop_aside() as loop:
        outcomes = _entered(items, make_fetcher, pace)
        while (one := asyncio.run_coroutine_threadsafe(_next_of(outcomes), loop).result()) is not None:
            yield one


async def download_beside(
    items: Sequence[Item], make_fetcher: FetcherMaker, pace: Pace
) -> AsyncGenerator[Outcome, None]:
    """The same for a coroutine, whose own loop is not held up."""
    until_done = ExitStack()
    loop = await asyncio.to_thread(until_done.enter_context, _loop_aside())
    try:
        outcomes = _entered(items, make_fetcher, pace)
        while True:
            coming = asyncio.run_coroutine_threadsafe(_next_of(outcomes), loop)
            one = await asyncio.wrap_future(coming)
            if one is None:
                return
            yield one
    finally:
        await asyncio.to_thread(until_done.close)


async def _entered(items: Sequence[Item], make_fetcher: FetcherMaker, pace: Pace) -> AsyncIterator[Outcome]:
    async with make_fetcher() as fetcher:
        async for outcome in download(items, fetcher, pace):
            yield outcome


async def _next_of(outcomes: AsyncIterator[Outcome]) -> Outcome | None:
    return await anext(outcomes, None)


@contextmanager
def _loop_aside() -> Iterator[asyncio.AbstractEventLoop]:
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
        yield loop
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
