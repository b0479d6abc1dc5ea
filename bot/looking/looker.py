"""Where photos are looked at: a few threads of their own, so that a crowd's photos hold up nothing else.

More threads than processors would only make each photo slower, and each holds a decoded picture in memory. Answers to
buttons, texts and lessons need the store alone, and find the threads of that free.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from bot.looking.guesser import Loaded
from bot.looking.twins import Twins
from pictures import Picture
from pictures.decoders import Decoders
from storage import Store
from trainer.predicting import Guess

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that is durable by now, with the digest of its blob, what the network made of it if there is one, and
    the digest of the taught picture that is nearly the same."""

    picture: Picture
    digest: str
    guess: Guess | None = None
    twin: str | None = None


class Looker:
    """Has photos decoded and looked at, a few at a time; in the order in which they come."""

    def __init__(self, store: Store, twins: Twins, decoders: Decoders, *, threads: int) -> None:
        self._store = store
        self._decoders = decoders
        self._twins = twins
        self._lookers = ThreadPoolExecutor(threads, "look")
        # As many: a look ends only when its photo is on the disk.
        self._keepers = ThreadPoolExecutor(threads, "keep")

    async def look(self, data: bytes, loaded: Loaded | None) -> Seen:
        """Verify and keep a photo, and let the network look at it while the disk still writes; raises PictureRefused.

        It is decoded once.
        """
        return await self.run(lambda: self._look(data, loaded))

    async def run(self, work: Callable[[], T]) -> T:
        """Do some other work on a photo when its turn comes."""
        return await asyncio.get_running_loop().run_in_executor(self._lookers, work)

    def close(self) -> None:
        """Drop what has not begun: its updates are still in the inbox."""
        self._lookers.shutdown(wait=False, cancel_futures=True)
        self._keepers.shutdown(wait=False)

    def _look(self, data: bytes, loaded: Loaded | None) -> Seen:
        if loaded is None:
            picture = self._decoders.normalise(data)
            return Seen(picture, self._store.blobs.put(picture.data))
        picture = self._decoders.normalise(data, side=loaded.side)
        keeping = self._keepers.submit(self._store.blobs.put, picture.data)
        try:
            guess = loaded.guess(picture)
            twin = self._twins.of(picture, guess)
        finally:
            digest = keeping.result()
        return Seen(picture, digest, guess, twin)
