"""What the trainer does once, when asked at the command line; each returns plain values to print."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from storage import Store
from trainer import artefact, cycle
from trainer.cycle import Outcome
from trainer.errors import AlreadyRunning, NetworkUnknown, NothingToExport, TrainerError
from trainer.eyes import Eyes, eyes_of
from trainer.locking import only_trainer
from trainer.making import embedders_folder, open_embedder
from trainer.material import embed_missing
from trainer.recipe import Recipe
from trainer.settings import TrainerSettings

LOOK_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 600.0


def train(store: Store, settings: TrainerSettings, *, force: bool = False) -> dict[str, Any]:
    """Run one cycle and return its outcome; if a trainer is running in this home, ask it to and wait."""
    try:
        with only_trainer(store.home):
            return _train_here(store, settings, force=force)
    except AlreadyRunning:
        if force:
            raise
        return _train_there(store)


def embed(store: Store, settings: TrainerSettings) -> dict[str, Any]:
    """Embed all taught photos that have no vector yet."""
    started, embedded, classifier_id = time.perf_counter(), 0, _classifier(store)
    eyes = _eyes(store, settings, classifier_id)
    for done in embed_missing(store, classifier_id, eyes, set()):
        embedded = done
    return {"embedded": embedded, "embedder": eyes.answering.digest, "seconds": round(time.perf_counter() - started, 3)}


def export(store: Store, file: Path) -> dict[str, Any]:
    """Write the active network as one ONNX file. Raise NothingToExport, ArtefactError or EmbedderError."""
    from trainer.composing import export_network

    classifier_id = _classifier(store)
    with store.read() as unit:
        active = unit.networks.active(classifier_id)
        known = {label.id for label in unit.labels.all(classifier_id)}
    if active is None:
        raise NothingToExport("no network has been published yet: teach two labels with two photos each, then train")
    if not known.issuperset(active.labels):
        raise NothingToExport("the network still knows a name that was deleted: train, then export again")
    folder = cycle.networks_folder(store.home) / active.folder
    manifest = export_network(folder, embedders_folder(store.home), file)
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "network": manifest.number,
        "labels": [name for _, name in manifest.labels],
        "wrong": manifest.scores.wrong,
        "n": manifest.scores.n,
    }


def sentence(result: dict[str, Any]) -> str:
    """Say a training's result in a line or two."""
    if result["end"] == "not_ready":
        missing = result["missing"]
        wanted = [f"{short['missing']} more of {short['name']}" for short in missing["shortages"]]
        if missing["labels_missing"]:
            wanted.append(f"{missing['labels_missing']} more label(s) with 2 photos each")
        return f"Not enough photos yet: {', '.join(wanted)}."
    quality = f"{result['wrong']} of {result['n']} wrong out of fold ({result['low']:.1%} to {result['high']:.1%})"
    if not result["n"]:
        quality = "its error cannot be measured yet (each label's photos came in one album)"
    known = f"{result['photos']} photos, {result['labels']} labels"
    ends = {
        "published": f"Network {result['network']} answers from now on",
        "held": f"Network {result['network']} was held back: {(result['verdict'] or {}).get('ground')}",
        "unchanged": f"Nothing changed since network {result['network']}",
    }
    return f"{ends[result['end']]}: {known}, {quality}, {result['seconds']:.1f} s."


def _train_here(store: Store, settings: TrainerSettings, *, force: bool) -> dict[str, Any]:
    classifier_id = _classifier(store)
    eyes = _eyes(store, settings, classifier_id)
    with store.write() as unit:
        unit.jobs.release_all()
        keep = unit.networks.folders()
    artefact.sweep(cycle.networks_folder(store.home), keep)
    for step in cycle.run(store, classifier_id, eyes, Recipe(), force=force):
        if isinstance(step, Outcome):
            return step.as_dict()
    raise TrainerError("the cycle ended without an outcome")


def _train_there(store: Store) -> dict[str, Any]:
    classifier_id = _classifier(store)
    with store.write() as unit:
        job = unit.jobs.request("fit", classifier_id, due_at=unit.now)
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        with store.read() as unit:
            asked = unit.jobs.get(job.id)
        if asked.result is not None:
            return asked.result
        if asked.finished_at is not None:
            break
        time.sleep(LOOK_SECONDS)
    raise TrainerError(f"the running trainer did not finish the job: {asked.error}")


def _classifier(store: Store) -> int:
    with store.write() as unit:
        return unit.classifiers.default().id


def _eyes(store: Store, settings: TrainerSettings, classifier_id: int) -> Eyes:
    opened = open_embedder(store.home, settings)
    if opened is None:
        raise NetworkUnknown(settings.backbone, "stopped before it was made")
    with store.read() as unit:
        active = unit.networks.active(classifier_id)
    return eyes_of(store, active, opened, threads=settings.threads)
