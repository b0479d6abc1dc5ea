"""Where photos are looked at: a few threads of their own, so that a crowd's photos hold up nothing else.

More threads than processors would only make each photo slower, and each holds a decoded picture in memory. Answers to
buttons, texts and lessons need the store alone, and find the threads of that free.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from bot.looking.copies import Copies, Likeness
from bot.looking.guesser import Loaded
from bot.looking.twins import Twins
from pictures import Picture
from pictures.decoders import Decoders
from storage import Store
from trainer.errors import PictureUnreadable
from trainer.predicting import Guess
from trainer.preprocessing import Pixels, decode
from trainer.quality import SIDE, flaws

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that is durable by now, with the digest of its blob, what the network made of it if there is one, and
    the digest of the taught picture that is nearly the same. `likeness` is how it looks and of what it
    is a copy, `flaws` what is odd about it where that was asked."""

    picture: Picture
    digest: str
    guess: Guess | None = None
    twin: str | None = None
    likeness: Likeness | None = None
    flaws: tuple[str, ...] | None = None


class Looker:
    """Has photos decoded and looked at, a few at a time; in the order in which they come."""

    def __init__(self, store: Store, twins: Twins, decoders: Decoders, *, threads: int) -> None:
        self._store = store
        self._decoders = decoders
        self._twins = twins
        self._copies = Copies(store, twins)
        self._lookers = ThreadPoolExecutor(threads, "look")
        # Two each: while the network looks at a photo, one writes it to the disk and one compares it with all others.
        self._keepers = ThreadPoolExecutor(2 * threads, "keep")
        self._in_hand = 0

    @property
    def copies(self) -> Copies:
        """What compares photos with all others: for those too that are looked at elsewhere."""
        return self._copies

    @property
    def busy(self) -> bool:
        """Whether somebody waits for a photo: what can wait itself gives way."""
        return self._in_hand > 0

    async def look(self, data: bytes, loaded: Loaded | None, *, judge: bool = False) -> Seen:
        """Verify and keep a photo, and let the network look at it while the disk still writes; raises PictureRefused.

        It is decoded once. With `judge` it is also said what is odd about it.
        """
        return await self.run(lambda: self._look(data, loaded, judge))

    async def forgive(self, data: bytes, *, side: int) -> Picture:
        """Whatever can be seen of what was refused, with pixels; raises PictureRefused."""
        return await self.run(lambda: self._decoders.forgive(data, side=side))

    async def compare(self, picture: Picture) -> Likeness | None:
        """How a picture looks that nobody looked at when it came, and what it is a copy of."""
        return await self.run(lambda: self._compare(picture))

    async def run(self, work: Callable[[], T]) -> T:
        """Do some other work on a photo when its turn comes."""
        self._in_hand += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._lookers, work)
        finally:
            self._in_hand -= 1

    def close(self) -> None:
        """Drop what has not begun: its updates are still in the inbox."""
        self._lookers.shutdown(wait=False, cancel_futures=True)
        self._keepers.shutdown(wait=False)

    def _look(self, data: bytes, loaded: Loaded | None, judge: bool) -> Seen:
        picture = self._decoders.normalise(data, side=loaded.side if loaded else SIDE)
        keeping = self._keepers.submit(self._store.blobs.put, picture.data)
        try:
            pixels = self._pixels(picture)
            comparing = self._keepers.submit(self._copies.of, pixels) if pixels is not None else None
            guess = loaded.guess(picture) if loaded else None
            twin = self._twins.of(picture, guess) if guess else None
            likeness = comparing.result() if comparing else None
            found = flaws(pixels, picture.width, picture.height) if judge and pixels is not None else None
        finally:
            digest = keeping.result()
        return Seen(picture, digest, guess, twin, likeness, found)

    def _compare(self, picture: Picture) -> Likeness | None:
        pixels = self._pixels(picture)
        return None if pixels is None else self._copies.of(pixels)

    def _pixels(self, picture: Picture) -> Pixels | None:
        try:
            return decode(picture.data, SIDE) if picture.pixels is None else picture.pixels
        except PictureUnreadable:
            # What was verified can be read; should it not, it has no likeness.
            return None
