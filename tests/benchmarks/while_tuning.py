"""Answers while a fine-tuning goes on, beside answers in peace: bytes of a 1280x960 JPEG to committed prediction.

python -m tests.benchmarks.while_tuning HOME [--times 150]
"""

from __future__ import annotations

import asyncio
import time

import numpy as np

from bot.looking.guesser import Guesser, Loaded
from bot.looking.looker import Looker
from bot.looking.twins import Twins
from pictures.decoders import Decoders
from storage import Store, open_store
from tests.benchmarks.answering import copied, parser, photos, spread
from tests.benchmarks.one_prediction import WARM_UP, answer_once
from trainer.tuner import Tuner
from trainer.tuning.steps import Failed, Part, Progress

# People do not ask without pause; back to back, each answer would meet the caches of the last.
PAUSE = 0.05
PATIENCE = 600.0


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--times", type=int, default=150)
    options = command.parse_args()
    with copied(options.home) as home:
        store = open_store(home)
        loaded = Guesser(store, threads=2).look()
        if not isinstance(loaded, Loaded):
            raise SystemExit("The network of this home is damaged.")
        alone = _ask(store, loaded, options.times, first=0)
        print(f"in peace         {spread(alone)}")
        tuner = Tuner(home)
        try:
            for part in (Part.LOOKING, Part.LEARNING):
                _wait_for(tuner, part)
                meanwhile = _ask(store, loaded, options.times, first=int(part is Part.LEARNING) * 10_000 + 10_000)
                ratio = np.percentile(meanwhile, 95) / np.percentile(alone, 95)
                print(f"{part.value:16} {spread(meanwhile)}   p95 {ratio:.2f} times that in peace", flush=True)
        finally:
            tuner.stop()
        store.close()


def _wait_for(tuner: Tuner, part: Part) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        step = tuner.look()
        if isinstance(step, Failed):
            raise SystemExit(f"the tuning failed: {step}")
        if isinstance(step, Progress) and step.part is part:
            return
        time.sleep(0.1)
    raise SystemExit(f"no {part.value} in {PATIENCE:g} s")


def _ask(store: Store, loaded: Loaded, times: int, *, first: int) -> list[float]:
    seconds: list[float] = []
    with Decoders() as decoders, asyncio.Runner() as runner:
        looker = Looker(store, Twins(store), decoders, threads=2)
        for number, data in enumerate(photos(times + WARM_UP)):
            taken = runner.run(answer_once(store, loaded, looker, data, first + number))
            time.sleep(PAUSE)
            if number >= WARM_UP:
                seconds.append(taken)
    return seconds


if __name__ == "__main__":
    main()
