"""Whether "Why?" points at what was asked about, and what it costs beside the answer alone.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.why HOME [--set flowers5] [--photos 200]

HOME has learned the set. Each photo is pasted into one quadrant of a canvas of blurred noise; the hottest place of the
heat map should lie in that quadrant.
"""

from __future__ import annotations

import io
import time

import numpy as np
from PIL import Image, ImageFilter

from bot.collage import collage
from bot.looking.guesser import Guesser, Loaded
from storage import open_store
from tests.benchmarks.answering import copied, parser, spread
from tests.benchmarks.data import data_folder
from tests.benchmarks.data import photos as photos_in
from trainer.metrics import score
from trainer.preprocessing import decode

CANVAS = 640
EXAMPLE_SIDE = 200


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--set", default="flowers5")
    command.add_argument("--photos", type=int, default=200)
    options = command.parse_args()
    files = photos_in(data_folder() / options.set)
    rng = np.random.default_rng(0)
    with copied(options.home) as home:
        store = open_store(home)
        loaded = Guesser(store, threads=2).look()
        if not isinstance(loaded, Loaded):
            raise SystemExit("The network of this home is damaged.")
        found, answers, whys = [], [], []
        for number in rng.permutation(len(files))[: options.photos]:
            quadrant = int(rng.integers(4))
            data = _pasted(files[number][0].read_bytes(), quadrant, rng)
            found.append(_peak_in(loaded, data, quadrant))
            answers.append(_seconds(loaded, data, explained=False))
            whys.append(_seconds(loaded, data, explained=True))
        store.close()
    told = score(sum(found), len(found))
    interval = f"{100 * told.low:.0f} to {100 * told.high:.0f} %"
    print(f"peak in the quadrant of what was pasted: {told.wrong} of {told.n} ({interval})")
    print(f"answer alone     {spread(answers)}\nanswer and why   {spread(whys)}")
    print(f"why costs {1000 * (np.median(whys) - np.median(answers)):.1f} ms more")


def _pasted(data: bytes, quadrant: int, rng: np.random.Generator) -> bytes:
    noise = Image.fromarray(rng.integers(0, 256, (CANVAS, CANVAS, 3), dtype=np.uint8))
    canvas = noise.filter(ImageFilter.GaussianBlur(6))
    half = CANVAS // 2
    with Image.open(io.BytesIO(data)) as photo:
        canvas.paste(photo.convert("RGB").resize((half, half)), (half * (quadrant % 2), half * (quadrant // 2)))
    stream = io.BytesIO()
    canvas.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _peak_in(loaded: Loaded, data: bytes, quadrant: int) -> bool:
    peak = loaded.predictor.explain(data).peak
    if peak is None:
        raise SystemExit("This network cannot tell: its embedder has no features.")
    return (peak.across >= 0.5) + 2 * (peak.down >= 0.5) == quadrant


def _seconds(loaded: Loaded, data: bytes, *, explained: bool) -> float:
    started = time.perf_counter()
    if explained:
        examples = [decode(data, EXAMPLE_SIDE)] * 3
        collage(loaded.predictor.explain(data).picture, examples)
    else:
        loaded.predictor.guess(data)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
