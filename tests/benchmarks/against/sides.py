"""The ways to learn that are compared. Pupil's are its own commands on a home; the others get that home's folds."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from storage import open_store
from tests.benchmarks.against.records import Result
from tests.benchmarks.probe import embedded, open_view, plain_answers
from trainer.artefact import verify
from trainer.making import open_embedder
from trainer.predicting import Predictor
from trainer.settings import TrainerSettings

FASTAI = Path(__file__).with_name("fastai_side.py")
ASKED = 30


@dataclass(frozen=True)
class Taught:
    """A set in a home: files with labels, and digest and fold of each as they were fixed on arrival."""

    home: Path
    files: list[tuple[Path, str]]
    digests: list[str]
    folds: list[int]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process used: CPU and wall seconds, peak memory in megabytes."""

    cpu: float
    wall: float
    megabytes: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.cpu + other.cpu, self.wall + other.wall, max(self.megabytes, other.megabytes))


def teach(home: Path, folder: Path, files: list[tuple[Path, str]]) -> tuple[Taught, Cost]:
    """Import a set, as people do; the embedder is there already, as it is from a home's first start on.

    Making it takes some 16 s of CPU, once. Neither are fastai's import and the building of its network counted.
    """
    open_embedder(home, TrainerSettings())
    _, cost = run([sys.executable, "-m", "bot", "import", str(folder)], home)
    store, digests, folds = open_store(home), [], []
    with store.read() as unit:
        for path, _ in files:
            photo = unit.photos.imported(1, hashlib.sha256(path.read_bytes()).hexdigest())
            if photo is None:
                raise SystemExit(f"{path} was not taken in")
            digests.append(photo.digest)
            folds.append(photo.fold)
    store.close()
    return Taught(home, files, digests, folds), cost


def pupil_frozen(taught: Taught, importing: Cost) -> Result:
    """Only the head learns. `importing` embedded the photos, so it is part of the cost."""
    _, cost = run([sys.executable, "-m", "trainer", "train", "--json"], taught.home)
    return _result("pupil frozen", taught, importing + cost)


def pupil_tuned(taught: Taught, importing: Cost) -> Result:
    """Head first, then deeper."""
    _, cost = run([sys.executable, "-m", "trainer", "tune", "--json"], taught.home)
    return _result("pupil tuned", taught, importing + cost)


def plain_probe(taught: Taught, cache: Path) -> Result:
    """Frozen, 224 pixels, middle square, ordinary logistic regression on raw embeddings."""
    began, before = time.perf_counter(), time.process_time()
    embeddings, truth = embedded(cache, open_view(cache, "224-centre"), taught.files)
    answers = plain_answers(embeddings, truth, np.array(taught.folds), int(truth.max()) + 1)
    cost = Cost(time.process_time() - before, time.perf_counter() - began, 0.0)
    return Result("plain probe", tuple((answers == truth).tolist()), cost.cpu, cost.wall, cost.megabytes)


def fastai(taught: Taught, python: Path, *, frozen: int, unfrozen: int, size: int, folds: list[int]) -> Result:
    """fastai's learner on the same photos, without each of `folds` in turn; other folds' photos are left unanswered."""
    both = zip(taught.files, taught.folds, strict=True)
    photos = [[str(path.resolve()), label, fold] for (path, label), fold in both]
    order = {"photos": photos, "size": size, "frozen": frozen, "unfrozen": unfrozen, "folds": folds}
    out, cost = run([str(python.absolute()), "-W", "ignore", str(FASTAI)], taught.home, json.dumps(order))
    told: dict[str, Any] = json.loads(out.splitlines()[-1])
    way = "fastai frozen" if not unfrozen else "fastai tuned"
    if told["photo_epoch"] is not None:
        print(f"  fastai unfrozen: {1000 * told['photo_epoch']:.1f} ms of CPU per photo and epoch at {size} px")
    right = tuple(bool(one) for one in told["right"] if one is not None)
    return Result(way, right, told["cpu"], told["wall"], cost.megabytes, told["answer_ms"])


def _result(way: str, taught: Taught, cost: Cost) -> Result:
    """Read how the newest network answered each photo out of fold."""
    store = open_store(taught.home)
    with store.read() as unit:
        network = unit.networks.latest(1)
    store.close()
    if network is None:
        raise SystemExit("no network")
    folder = taught.home / "networks" / network.folder
    answers, labels = verify(folder).answers, dict(verify(folder).manifest.labels)
    said = {
        digest: labels[answers.labels[int(row.argmax())]]
        for digest, row in zip(answers.digests, answers.probabilities, strict=True)
    }
    right = tuple(said[digest] == label for digest, (_, label) in zip(taught.digests, taught.files, strict=True))
    predictor, times = Predictor.open(folder, taught.home / "embedders"), []
    for path, _ in taught.files[:ASKED]:
        began = time.perf_counter()
        predictor.guess(path.read_bytes())
        times.append(1000 * (time.perf_counter() - began))
    return Result(way, right, cost.cpu, cost.wall, cost.megabytes, float(np.median(times[5:])))


def run(command: list[str], home: Path, said: str = "") -> tuple[str, Cost]:
    """Run a command on a home; return what it printed and what it used, its children included."""
    began = time.perf_counter()
    environment = os.environ | {"PUPIL_HOME": str(home), "PUPIL_TUNE_LESSONS": "0", "PUPIL_TUNE_HOURS": "0"}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit("no pipes")
        process.stdin.write(said)
        process.stdin.close()
        out = process.stdout.read()
        # Not `wait`: this one also says what the process used.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command} ended with code {process.returncode}")
    return out, Cost(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss / 1024)
