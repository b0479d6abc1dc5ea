"""Planted wrong labels: how well the list of suspects finds them, and what cleaning undoes.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.cleaning [--seeds 5] [--peer PYTHON]

A tenth of the labels of each set is made wrong, at random or between look-alikes. A perfect reviewer looks at the first
15 % of the list. `--peer` names a Python that has cleanlab: its rankings are asked about the same probabilities.
Embeddings are kept as `tests.benchmarks.probe` keeps them.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storage import FOLDS
from tests.benchmarks.data import data_folder, sets_there
from tests.benchmarks.noise import KINDS, Kind, average_precision, found_by, planted
from tests.benchmarks.probe import cache_folder, embedded, open_view
from trainer import calibration
from trainer.doubting import doubt
from trainer.doubts import Doubts
from trainer.fitting import out_of_fold
from trainer.head import Floats
from trainer.learning import Sights
from trainer.metrics import Integers, mcnemar
from trainer.planting import Judged, Recall, recall_of
from trainer.recipe import Recipe
from trainer.suspects import suspicion, together

VIEW = "320-balanced"
LOOKED = 0.15


@dataclass(frozen=True)
class Trial:
    """One set with planted labels; `probabilities` are what cleanlab is asked about: by head, and all together."""

    given: Integers
    wrong: NDArray[np.bool_]
    suspicion: Floats
    probabilities: dict[str, Floats]
    errors: tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]
    recall: Recall


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--seeds", type=int, default=5)
    command.add_argument("--peer")
    asked = command.parse_args()
    cache = cache_folder()
    embedder = open_view(cache, VIEW)
    cells: dict[str, list[Trial]] = defaultdict(list)
    for name, files in sets_there(data_folder()):
        embeddings, truth = embedded(cache, embedder, files)
        for kind in KINDS:
            for seed in range(asked.seeds):
                cells[f"{name}, {kind}"].append(_trial(embeddings, truth, kind, seed))
            print(f"{name}, {kind}: {_told(cells[f'{name}, {kind}'])}", flush=True)
    undone = _undone([trial for trials in cells.values() for trial in trials])
    print(f"all: {undone}")
    print(f"said of itself: {_honesty([trial for trials in cells.values() for trial in trials])}")
    if asked.peer:
        _beside(cells, asked.peer)


def _trial(embeddings: NDArray[np.float32], truth: Integers, kind: Kind, seed: int) -> Trial:
    rng = np.random.default_rng(seed)
    given, labels = planted(embeddings, truth, kind, rng), int(truth.max()) + 1
    folds, sights = rng.permutation(len(truth)) % FOLDS, Sights.untuned(embeddings).folds
    doubts = doubt(sights, given, folds, labels, Recipe())
    doubtful = suspicion(together(doubts), given)
    looked = round(LOOKED * len(given))
    cleaned, first = given.copy(), np.argsort(-doubtful, kind="stable")[:looked]
    cleaned[first] = truth[first]
    answers = [out_of_fold(sights, told, folds, labels, Recipe()) for told in (truth, given, cleaned)]
    clean, before, after = (each.answers() != truth for each in answers)
    judged = Judged(sights, given, folds, labels, Recipe(), doubts)
    *_, recall = recall_of(judged, looked=looked, rng=rng)
    if not isinstance(recall, Recall):
        raise TypeError
    plain = calibration.probabilities_of(answers[1], calibration.temperature(answers[1], given, prior=0.5))
    probabilities = {"the answering head's": plain} | _as_asked(doubts)
    return Trial(given, given != truth, doubtful, probabilities, (clean, before, after), recall)


def _as_asked(doubts: Doubts) -> dict[str, Floats]:
    return {"the first witness's": doubts.first, "the second's": doubts.second, "all together": together(doubts)}


def _told(trials: list[Trial]) -> str:
    precision = np.mean([average_precision(one.wrong, one.suspicion) for one in trials])
    found = np.mean([_found(one) for one in trials])
    stated = np.mean([one.recall.found for one in trials])
    alike = np.mean([1 - one.recall.missed_alike.error for one in trials])
    return (
        f"average precision {precision:.3f}, {100 * found:.0f} % in the first 15 % "
        f"(it says {100 * stated:.0f}, of look-alikes {100 * alike:.0f}); {_undone(trials)}"
    )


def _found(trial: Trial) -> float:
    return found_by(trial.wrong, trial.suspicion, round(LOOKED * len(trial.wrong)))


def _undone(trials: list[Trial]) -> str:
    clean, before, after = (np.concatenate([one.errors[place] for one in trials]) for place in range(3))
    damage = before.sum() - clean.sum()
    better, worse = int((before & ~after).sum()), int((after & ~before).sum())
    return (
        f"error {100 * clean.mean():.1f} %, with wrong labels {100 * before.mean():.1f}, "
        f"cleaned {100 * after.mean():.1f}: "
        f"{100 * (before.sum() - after.sum()) / max(damage, 1):.0f} % undone (p = {mcnemar(worse, better):.0e})"
    )


def _honesty(trials: list[Trial]) -> str:
    """How often the true recall lies in the stated interval, widened by what counting the true one costs."""
    inside = []
    for one in trials:
        n = int(one.wrong.sum())
        noise = 1.96 * np.sqrt(max(_found(one) * (1 - _found(one)), 0.25 / n) / n)
        inside.append(1 - one.recall.missed.high - noise <= _found(one) <= 1 - one.recall.missed.low + noise)
    return f"{sum(inside)} of {len(inside)} true recalls within the stated interval (and the noise of counting them)"


def _beside(cells: dict[str, list[Trial]], peer: str) -> None:
    """Print cleanlab's rankings of the same labels by the same probabilities, and by those it cannot make itself."""
    asked: dict[str, NDArray[np.generic]] = {}
    for cell, trials in cells.items():
        for seed, one in enumerate(trials):
            for source, probabilities in one.probabilities.items():
                trial = f"{cell}|{seed}|{source}"
                asked |= {f"labels-{trial}": one.given, f"probabilities-{trial}": probabilities}
    said = ask_peer(peer, asked)
    for cell, trials in cells.items():
        ours = np.mean([average_precision(one.wrong, one.suspicion) for one in trials])
        print(f"{cell}: ours {ours:.3f}")
        for source in trials[0].probabilities:
            means = {
                ranking: np.mean(
                    [
                        average_precision(one.wrong, -said[f"{ranking}|{cell}|{i}|{source}"])
                        for i, one in enumerate(trials)
                    ]
                )
                for ranking in sorted({name.split("|")[0] for name in said})
            }
            best = max(means, key=lambda ranking: means[ranking])
            print(f"  by {source} probabilities: best {best} {means[best]:.3f}, all {_short(means)}")


def _short(means: dict[str, np.floating]) -> str:
    return " / ".join(f"{value:.3f}" for value in means.values())


def ask_peer(peer: str, asked: dict[str, NDArray[np.generic]]) -> dict[str, NDArray[np.float64]]:
    """Have the other Python say what cleanlab makes of the arrays."""
    with tempfile.TemporaryDirectory() as folder:
        question, answer = Path(folder) / "asked.npz", Path(folder) / "said.npz"
        np.savez(question, **asked)  # type: ignore[arg-type]
        script = Path(__file__).with_name("cleanlab_peer.py")
        subprocess.run([peer, str(script), str(question), str(answer)], check=True)
        with np.load(answer) as said:
            return {name: said[name] for name in said.files}


if __name__ == "__main__":
    main()
