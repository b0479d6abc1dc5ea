"""Networks are published while two processes load whatever answers: each is whole, and of one piece.

python -m tests.chaos.publishing --publishes 400 [--in-place] [--folder DIR]

Everything in a network tells its number: labels, head, golden answers, and by turns one of two embedders. `--in-place`
publishes as nobody should, row first, and then one file after the other on a slow disk: the readers must notice.
Exit code 1 if a load was torn (refused) or mixed (of two networks).
"""

from __future__ import annotations

import argparse
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from storage import Network, NewNetwork, Store, open_store, utc_now
from tests.chaos.homes import REPOSITORY, bare_environment, colour_eyes
from tests.chaos.running import parser, room, told
from trainer import artefact
from trainer.artefact import Golden
from trainer.embedders import embedder_path, store_embedder
from trainer.embedding import Embedder
from trainer.errors import TrainerError
from trainer.gate import Answers
from trainer.golden import make_golden
from trainer.head import Head
from trainer.keeping import keep_house
from trainer.making import embedders_folder
from trainer.manifest import Manifest
from trainer.metrics import score
from trainer.predicting import Predictor
from trainer.references import References, refer

READERS = 2
LABELS = 3
# Of so many networks one is held, and let go in time.
HELD = 3
SAME_EMBEDDER = 5
SLOW = 0.05


@dataclass(frozen=True)
class Report:
    """What the readers have seen. `networks` are how many different ones."""

    publishes: int
    loads: int
    networks: int
    torn: int
    mixed: int


Made = tuple[Manifest, Head, Golden, Answers, References]


class Publisher:
    """Publishes networks that tell their number in all they hold."""

    def __init__(self, store: Store) -> None:
        self._store = store
        folder = embedders_folder(store.home)
        digests = [store_embedder(folder, data) for data in (colour_eyes(), colour_eyes(cell=8))]
        self._embedders = [Embedder.open(embedder_path(folder, digest), threads=1) for digest in digests]

    def publish(self, number: int, *, in_place: bool) -> None:
        embedder = self._embedders[number // SAME_EMBEDDER % 2]
        network = manifest, *_ = _network(number, embedder)
        networks = self._store.home / "networks"
        if in_place:
            self._publish_in_place(networks, network)
        else:
            folder = artefact.publish(networks, *network)
            self._record(manifest, folder.name, activate=number % HELD != 0)
        keep_house(self._store, self._embedders[0].digest)

    def _publish_in_place(self, networks: Path, network: Made) -> None:
        with tempfile.TemporaryDirectory() as aside:
            made = artefact.publish(Path(aside), *network)
            self._record(network[0], made.name, activate=True)
            (networks / made.name).mkdir(parents=True)
            for part in sorted(made.iterdir()):
                time.sleep(SLOW)
                (networks / made.name / part.name).write_bytes(part.read_bytes())

    def _record(self, manifest: Manifest, folder: str, *, activate: bool) -> Network:
        row = NewNetwork(
            classifier_id=manifest.classifier,
            number=manifest.number,
            folder=folder,
            embedder=manifest.embedder,
            snapshot_digest=manifest.snapshot,
            labels=tuple(label_id for label_id, _ in manifest.labels),
            photos=manifest.scores.n,
            n=manifest.scores.n,
            wrong=manifest.scores.wrong,
            low=manifest.scores.low,
            high=manifest.scores.high,
            verdict={"ground": "not_worse"},
            lessons_at=manifest.created_at,
        )
        with self._store.write() as unit:
            return unit.networks.publish(row, activate=activate)


def run(home: Path, *, publishes: int, in_place: bool = False) -> Report:
    """Publish so many networks while readers load; count what they saw."""
    store = open_store(home)
    publisher = Publisher(store)
    publisher.publish(1, in_place=False)
    with _readers(home) as readers:
        for number in range(2, publishes + 2):
            publisher.publish(number, in_place=in_place)
    store.close()
    seen, ends = Counter[str](), Counter[str]()
    for reader in readers:
        for line in reader:
            end, _, network = line.partition(" ")
            ends[end] += 1
            seen[network] += 1
    return Report(publishes, ends.total(), len(seen), ends["torn"], ends["mixed"])


@contextmanager
def _readers(home: Path) -> Iterator[list[list[str]]]:
    """Readers at work during the block; after it, the lines that each has said."""
    said: list[list[str]] = []
    logs = [home.with_name(f"reader-{number}.txt") for number in range(READERS)]
    processes = []
    for log in logs:
        with log.open("w") as out:
            command = [sys.executable, "-m", "tests.chaos.publishing", "--read", str(home)]
            environment = bare_environment(home)
            processes.append(
                subprocess.Popen(command, env=environment, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=out)
            )
    for process, log in zip(processes, logs, strict=True):
        while not log.read_text() and process.poll() is None:
            time.sleep(0.02)
    yield said
    for process, log in zip(processes, logs, strict=True):
        process.communicate(b"enough\n")
        if process.returncode:
            raise AssertionError(f"a reader ended with {process.returncode}")
        said.append(log.read_text().splitlines())


def read(home: Path) -> None:
    """Load the network that answers, as the bot does, until there is a word on stdin; say what each load came to."""
    store, before = open_store(home), None
    while not select.select([sys.stdin], [], [], 0)[0]:
        with store.read() as unit:
            active = unit.networks.active(1)
        if active is None:
            raise AssertionError("a network answers all the time")
        predictor = _load(store, active, before)
        print(_judge(predictor, active) if predictor else "torn", active.number, flush=True)
        before = predictor or before
    store.close()


def _load(store: Store, active: Network, before: Predictor | None) -> Predictor | None:
    folder, embedders = store.home / "networks" / active.folder, embedders_folder(store.home)
    try:
        return before.successor(folder, embedders) if before else Predictor.open(folder, embedders, threads=1)
    except (TrainerError, OSError) as error:
        sys.stderr.write(f"network {active.number}: {error}\n")
        return None


def _judge(predictor: Predictor, active: Network) -> str:
    """Say whether all of a predictor is of the network that it should be."""
    expected = _head(active.number, predictor.embedder.dimension)
    vector = np.random.default_rng(0).random(predictor.embedder.dimension, dtype=np.float32)
    found = predictor.guess_embedding(vector).probabilities
    logits = expected.logits(vector[None])[0]
    is_whole = (
        predictor.number == active.number
        and predictor.embedder.digest == active.embedder
        and predictor.labels == _labels(active.number)
        and [label_id for label_id, *_ in found] == [1 + int(row) for row in np.argsort(-logits, kind="stable")]
    )
    return "whole" if is_whole else "mixed"


def _network(number: int, embedder: Embedder) -> Made:
    head = _head(number, embedder.dimension)
    vectors = np.random.default_rng(number).random((6, embedder.dimension), dtype=np.float32)
    manifest = Manifest(
        number=number,
        created_at=utc_now(),
        classifier=1,
        labels=_labels(number),
        embedder=embedder.digest,
        dimension=embedder.dimension,
        preprocessing=embedder.preprocessing,
        temperature=1.0,
        threshold=0.0,
        recipe={},
        snapshot=f"{number:064x}",
        scores=score(0, 6),
        calibration=0.0,
    )
    probabilities = np.full((6, LABELS), 1 / LABELS, dtype=np.float32)
    answers = Answers(tuple(f"{row:064x}" for row in range(6)), (1, 2, 3), probabilities, (1, 2, 3, 1, 2, 3))
    references = refer(answers.digests, answers.taught or (), vectors)
    return manifest, head, make_golden(head, 1.0, embedder, vectors), answers, references


def _head(number: int, dimension: int) -> Head:
    rng = np.random.default_rng(number)
    return Head(rng.standard_normal((LABELS, dimension)).astype(np.float32), np.zeros(LABELS, dtype=np.float32))


def _labels(number: int) -> tuple[tuple[int, str], ...]:
    return tuple((1 + row, f"label {row} of network {number}") for row in range(LABELS))


def main() -> int:
    command = parser(__doc__, seeded=False)
    command.add_argument("--publishes", type=int, default=400)
    command.add_argument("--in-place", action="store_true")
    command.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = command.parse_args()
    if options.read is not None:
        read(options.read)
        return 0
    with room(options.folder) as folder:
        report = run(folder / "home", publishes=options.publishes, in_place=options.in_place)
    told(report)
    return 1 if report.torn or report.mixed else 0


if __name__ == "__main__":
    sys.exit(main())
