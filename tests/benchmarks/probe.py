"""Out-of-fold error of the head on whole sets, for several ways to look at photos.

    PUPIL_BENCHMARK_DATA=... python -m tests.benchmarks.probe [SIZE-MODE ...] [--plain]

Embedders and embeddings are kept in the folder named by PUPIL_BENCHMARK_CACHE (default: bench-results/probe).
`--plain` adds what one would do without thinking: raw embeddings, ordinary logistic regression with C = 1.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from tests.benchmarks.data import data_folder, sets_there
from trainer.embedders import EmbedderSpec, embedder_path, find_embedder
from trainer.embedding import Embedder
from trainer.fitting import loss_and_gradient, out_of_fold
from trainer.learning import Sights
from trainer.metrics import score
from trainer.preprocessing import Mode, Preprocessing
from trainer.recipe import Recipe

SEEDS = (0, 1, 2)
DEFAULT = ("224-centre", "320-balanced")


def main(arguments: list[str]) -> None:
    views = [argument for argument in arguments if not argument.startswith("--")] or list(DEFAULT)
    root, cache = data_folder(), cache_folder()
    sets = list(sets_there(root))
    for view in views:
        embedder = open_view(cache, view)
        errors = [_report(view, name, embedded(cache, embedder, files), "--plain" in arguments) for name, files in sets]
        print(f"{view:14} sum of errors: " + "  ".join(f"{sum(column):.1f} %" for column in zip(*errors, strict=True)))


def _report(
    view: str, name: str, material: tuple[NDArray[np.float32], NDArray[np.int64]], plain: bool
) -> tuple[float, ...]:
    """Print the line of one set; return errors in percent (ours, and the plain probe's if asked)."""
    embeddings, truth = material
    labels = int(truth.max()) + 1
    wrong, plainly = [], []
    for seed in SEEDS:
        folds = np.random.default_rng(seed).permutation(len(truth)) % 5
        wrong.append(
            int(
                (out_of_fold(Sights.untuned(embeddings).folds, truth, folds, labels, Recipe()).answers() != truth).sum()
            )
        )
        if plain:
            plainly.append(int((plain_answers(embeddings, truth, folds, labels) != truth).sum()))
    middle = score(round(float(np.mean(wrong))), len(truth))
    told = f"{middle.wrong} of {middle.n} wrong, {middle.error:.1%} ({middle.low:.1%} to {middle.high:.1%})"
    shares = tuple(100 * float(np.mean(each)) / len(truth) for each in (wrong, plainly) if each)
    print(f"{view:14} {name:12} {told}" + (f"; plain probe {shares[1]:.1f} %" if plain else ""), flush=True)
    return shares


def plain_answers(
    embeddings: NDArray[np.float32], truth: NDArray[np.int64], folds: NDArray[np.int64], labels: int
) -> NDArray[np.int64]:
    features = embeddings.astype(np.float64)
    answers = np.empty_like(truth)
    for fold in range(5):
        seen, asked = folds != fold, folds == fold
        found = minimize(
            loss_and_gradient,
            np.zeros((features.shape[1] + 1) * labels),
            args=(features[seen], truth[seen], labels, 1.0),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 200},
        ).x.reshape(-1, labels)
        answers[asked] = (features[asked] @ found[:-1] + found[-1]).argmax(axis=1)
    return answers


def cache_folder() -> Path:
    """Return where embedders and embeddings are kept between measurements."""
    return Path(os.environ.get("PUPIL_BENCHMARK_CACHE", "bench-results/probe"))


def open_view(cache: Path, view: str) -> Embedder:
    """Open the embedder for a view such as `320-balanced`, made first if need be."""
    size, _, named = view.partition("-")
    modes: dict[str, Mode] = {"balanced": "balanced", "whole": "whole", "centre": "centre"}
    spec = EmbedderSpec(preprocessing=Preprocessing(size=int(size), mode=modes[named]))
    if find_embedder(cache, spec) is None:
        from trainer.exporting import make_embedder

        make_embedder(spec, cache, threads=2)
    return Embedder.open(embedder_path(cache, find_embedder(cache, spec)), threads=2)


def embedded(
    cache: Path, embedder: Embedder, files: list[tuple[Path, str]]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return embeddings (n, d) and label indices (n,), from the cache where they are there."""
    listed = hashlib.sha256("\n".join(str(path) for path, _ in files).encode()).hexdigest()
    kept = cache / f"{embedder.digest[:16]}-{listed[:16]}.npy"
    if not kept.exists():
        np.save(kept, np.stack([embedder.embed_bytes(path.read_bytes()) for path, _ in files]))
    names = sorted({label for _, label in files})
    return np.load(kept), np.array([names.index(label) for _, label in files], dtype=np.int64)


if __name__ == "__main__":
    main(sys.argv[1:])
