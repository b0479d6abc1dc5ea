"""What the trainer does once, when asked at the command line; each returns plain values to print."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from storage import JobKind, JobState, Store
from trainer import cycle
from trainer.cycle import Outcome
from trainer.embedding import Embedder
from trainer.errors import AlreadyRunning, DatasetUnknown, NetworkUnknown, NothingToExport, TrainerError
from trainer.eyes import Eyes, eyes_of, tuned_eyes, tunings_folder
from trainer.guarding import learnable
from trainer.keeping import keep_house
from trainer.locking import only_trainer
from trainer.making import embedders_folder, open_embedder
from trainer.material import embed_missing
from trainer.recipe import Recipe
from trainer.schedule import Asked
from trainer.settings import TrainerSettings
from trainer.snapshot import take
from trainer.tune_jobs import TRIES
from trainer.tuning.steps import Progress
from trainer.tuning.workplace import clear

LOOK_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 600.0


def train(
    store: Store, settings: TrainerSettings, *, force: bool = False, dataset: int | None = None
) -> dict[str, Any]:
    """Run one cycle and return its outcome; if a trainer is running in this home, ask it to and wait.

    From a version of the data set, `dataset`, it learns only where no trainer is running. Raise TrainerError.
    """
    try:
        with only_trainer(store.home):
            return _train_here(store, settings, force=force, dataset=dataset)
    except AlreadyRunning:
        if force or dataset is not None:
            raise
        return _train_there(store)


def tune(
    store: Store, settings: TrainerSettings, *, go_on: bool = False, dataset: int | None = None
) -> Iterator[Progress | str | dict[str, Any]]:
    """Fine-tune, put the network through the gate, and yield the outcome last; before it, how far that is.

    If a trainer is running in this home, ask it to and wait. `go_on` (from where the last fine-tuning ended) and
    `dataset` (from a version of the data set) are only to be had without one. Raise TrainerError.
    """
    try:
        with only_trainer(store.home):
            if dataset is not None:
                yield from _tune_on(store, settings, dataset, go_on=go_on)
            else:
                yield from _tune_here(store, settings, go_on=go_on)
    except AlreadyRunning:
        if go_on or dataset is not None:
            raise
        yield from _tune_there(store)


def _tune_here(store: Store, settings: TrainerSettings, *, go_on: bool) -> Iterator[Progress | dict[str, Any]]:
    from trainer.tuning.command import carry_out

    started, classifier_id = time.perf_counter(), _classifier(store)
    first = _train_here(store, settings, force=False)
    if first["end"] == "not_ready":
        yield first
        return
    untuned = _untuned(store, settings)
    start = _eyes(store, settings, classifier_id, untuned).tuning_digest if go_on else None
    with store.read() as unit:
        snapshot = take(learnable(unit, classifier_id)[0], unit.labels.all(classifier_id))
        asked = Asked.of(unit, snapshot, untuned.digest, Recipe(), settings)
    for step in carry_out(store, classifier_id, untuned, settings, start=start):
        if isinstance(step, Progress):
            yield step
            continue
        eyes = tuned_eyes(store.home, step.digest, threads=settings.threads)
        for end in cycle.run(store, classifier_id, eyes, Recipe()):
            if isinstance(end, Outcome):
                clear(tunings_folder(store.home))
                result = end.as_dict() | {"tuning": step.digest, "seconds": round(time.perf_counter() - started, 1)}
                _note_tuning(store, classifier_id, result | asked.as_dict())
                yield result


def _tune_on(
    store: Store, settings: TrainerSettings, dataset: int, *, go_on: bool
) -> Iterator[Progress | dict[str, Any]]:
    """Fine-tune on a version of the data set; what comes of it answers nobody until its owner says so."""
    from trainer.tuning.command import carry_out

    started, classifier_id = time.perf_counter(), _classifier(store)
    _check_version(store, classifier_id, dataset)
    untuned = _untuned(store, settings)
    start = _eyes(store, settings, classifier_id, untuned).tuning_digest if go_on else None
    for step in carry_out(store, classifier_id, untuned, settings, start=start, dataset=dataset):
        if isinstance(step, Progress):
            yield step
            continue
        eyes = tuned_eyes(store.home, step.digest, threads=settings.threads)
        for end in cycle.run(store, classifier_id, eyes, Recipe(), dataset=dataset):
            if isinstance(end, Outcome):
                clear(tunings_folder(store.home))
                told = {"tuning": step.digest, "seconds": round(time.perf_counter() - started, 1), "dataset": dataset}
                yield _named(store, end.as_dict()) | told


def _check_version(store: Store, classifier_id: int, dataset: int | None) -> None:
    """Raise DatasetUnknown if there is no such version."""
    with store.read() as unit:
        if dataset is not None and dataset not in {one.number for one in unit.datasets.all(classifier_id)}:
            raise DatasetUnknown(dataset)


def _note_tuning(store: Store, classifier_id: int, result: dict[str, Any]) -> None:
    """Leave what a job would have left: a service must not tune on the same lessons again, and may be asked for it.

    All jobs that wait for a tuning end with it, however often they were killed: this one was not.
    """
    worker = f"command-{os.getpid()}"
    with store.write() as unit:
        unit.jobs.request(JobKind.TUNE, classifier_id, due_at=unit.now)
        while (job := unit.jobs.claim((JobKind.TUNE,), worker, LONGEST_WAIT_SECONDS, tries=TRIES + 1)) is not None:
            unit.jobs.finish(job.id, worker, result)


def _tune_there(store: Store) -> Iterator[str | dict[str, Any]]:
    classifier_id = _classifier(store)
    with store.write() as unit:
        job = unit.jobs.request(JobKind.TUNE, classifier_id, due_at=unit.now)
    while True:
        time.sleep(LOOK_SECONDS)
        with store.read() as unit:
            asked, beat = unit.jobs.get(job.id), unit.heartbeats.of("tuning")
        if asked.finished_at is None:
            if beat is not None and asked.state is JobState.RUNNING:
                yield beat.doing
            continue
        if asked.result is None:
            raise TrainerError(f"the running trainer did not finish the job: {asked.error}")
        yield asked.result
        return


def report(
    store: Store, folder: Path | None, *, number: int | None = None, dark: bool = False, chats: Sequence[int] = ()
) -> dict[str, Any]:
    """Report on a network, by default the one that answers; return the facts and where the pictures are.

    Without a folder they go below the home. For each of `chats` there is one with that chat's own photos alone. Raise
    NothingToReport or ArtefactError.
    """
    from trainer.report_files import drop_others, write_report
    from trainer.reporting import report_of, reports_folder

    found = report_of(store, _classifier(store), number)
    home = reports_folder(store.home) / f"{found.number:06d}-{'dark' if dark else 'light'}"
    written = write_report(found, store, folder or home, dark=dark, chats=chats)
    if folder is None:
        drop_others(store.home, home)
    return found.facts() | written.facts()


def effect(store: Store, first: int, second: int) -> dict[str, Any]:
    """Say what cleaning did between two versions of the data set. Raise DatasetUnknown, NothingToReport or worse."""
    from trainer.effect import effect_of, in_words

    facts = effect_of(store, _classifier(store), first, second).facts()
    return facts | {"from": first, "to": second, "sentence": in_words(facts)}


def embed(store: Store, settings: TrainerSettings) -> dict[str, Any]:
    """Embed all taught photos that have no vector yet."""
    started, embedded, classifier_id = time.perf_counter(), 0, _classifier(store)
    eyes = _eyes(store, settings, classifier_id, _untuned(store, settings))
    for done in embed_missing(store, classifier_id, eyes, set()):
        embedded = done
    return {"embedded": embedded, "embedder": eyes.answering.digest, "seconds": round(time.perf_counter() - started, 3)}


def export(store: Store, file: Path) -> dict[str, Any]:
    """Write the active network as one ONNX file. Raise NothingToExport, ArtefactError or EmbedderError."""
    from trainer.composing import export_network

    classifier_id = _classifier(store)
    with store.read() as unit:
        active = unit.networks.active(classifier_id)
        # As they were when it learned: neither merged, nor at rest.
        known = {label.id: label.name for label in unit.labels.all(classifier_id)}
    if active is None:
        raise NothingToExport("no network has been published yet: teach two labels with two photos each, then train")
    if not known.keys() >= set(active.labels):
        raise NothingToExport("the network still knows a name that is gone: train, then export again")
    folder = cycle.networks_folder(store.home) / active.folder
    manifest = export_network(folder, embedders_folder(store.home), file, known)
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "network": manifest.number,
        "labels": [name for _, name in manifest.labels],
        "wrong": manifest.scores.wrong,
        "n": manifest.scores.n,
    }


def report_in_words(facts: dict[str, Any]) -> str:
    """Say a report's facts in some lines."""
    quality = f"{facts['wrong']} of {facts['n']} wrong out of fold ({facts['low']:.1%} to {facts['high']:.1%})"
    lines = [f"Network {facts['network']}, {facts['photos']} photos, {facts['labels']} labels: {quality}."]
    if (before := facts["before"]) is not None:
        lines.append(
            f"Network {before['network']} before it, on the {before['n']} photos that both were asked: "
            f"{before['wrong']} wrong, now {before['now_wrong']}."
        )
    if (test := facts["test"]) is not None:
        lines.append(_test_in_words(test))
    if facts["cleaning"] is not None:
        lines.append(f"Since labels were cleaned: {facts['cleaning']}")
    lines.extend(f"{one['truth']} taken for {one['answer']}: {one['count']} of {one['of']}." for one in facts["pairs"])
    lines += [f"{facts['sentence']} {facts['advice']}", *facts["pictures"]]
    return "\n".join(lines)


def _test_in_words(test: dict[str, Any]) -> str:
    told = "On test photos, which nothing learns from: "
    told += f"{test['wrong']} of {test['n']} wrong ({test['low']:.1%} to {test['high']:.1%})."
    if not test["n"]:
        told = "No test photo tells anything of it."
    if test["left_out"]:
        told += f" Left out: {test['left_out']}, which are taught as well, unknown to it by label, or unreadable."
    return told


def sentence(result: dict[str, Any]) -> str:
    """Say a training's result in a line or two."""
    if result["end"] == "not_ready":
        missing = result.get("missing")
        if missing is None:
            return "Not enough photos can be read: look into the log for which, then teach more."
        wanted = [f"{short['missing']} more of {short['name']}" for short in missing["shortages"]]
        if missing["labels_missing"]:
            wanted.append(f"{missing['labels_missing']} more label(s) with 2 photos each")
        return f"Not enough photos yet: {', '.join(wanted)}."
    if result["network"] is None:
        return "Nothing changed since the last fine-tuning, and no network answers: teach more, then train."
    quality = f"{result['wrong']} of {result['n']} wrong out of fold ({result['low']:.1%} to {result['high']:.1%})"
    if not result["n"]:
        quality = "its error cannot be measured yet (each label's photos came in one album)"
    known = f"{result['photos']} photos, {result['labels']} labels"
    if result.get("dataset") is not None and result["end"] == "held":
        waits = f"It answers nobody until you say so: pupil rollback {result['network']}."
        made = f"Network {result['network']} was made of version {result['dataset']} of the data set"
        return f"{made}: {known}, {quality}, {result['seconds']:.1f} s. {waits}"
    ends = {
        "published": f"Network {result['network']} answers from now on",
        "held": f"Network {result['network']} was held back: {(result['verdict'] or {}).get('ground')}",
        "unchanged": f"Nothing changed since network {result['network']}",
    }
    return f"{ends[result['end']]}: {known}, {quality}, {result['seconds']:.1f} s."


def _named(store: Store, result: dict[str, Any]) -> dict[str, Any]:
    """Return a training's result with the names that labels have now: what is kept has their ids alone."""
    missing = result.get("missing")
    if missing is None:
        return result
    with store.read() as unit:
        labels = unit.labels.named(unit.classifiers.default().id)
        names = {key: label.name for key, label in labels.items()}
    short = [one | {"name": names[one["label_id"]]} for one in missing["shortages"] if one["label_id"] in names]
    return result | {"missing": missing | {"shortages": short}}


def _train_here(store: Store, settings: TrainerSettings, *, force: bool, dataset: int | None = None) -> dict[str, Any]:
    classifier_id = _classifier(store)
    _check_version(store, classifier_id, dataset)
    untuned = _untuned(store, settings)
    eyes = _eyes(store, settings, classifier_id, untuned)
    with store.write() as unit:
        unit.jobs.release_all()
    keep_house(store, untuned.digest)
    for step in cycle.run(store, classifier_id, eyes, Recipe(), force=force, dataset=dataset):
        if isinstance(step, Outcome):
            keep_house(store, untuned.digest)
            return _named(store, step.as_dict()) | ({} if dataset is None else {"dataset": dataset})
    raise TrainerError("the cycle ended without an outcome")


def _train_there(store: Store) -> dict[str, Any]:
    classifier_id = _classifier(store)
    with store.write() as unit:
        job = unit.jobs.request(JobKind.FIT, classifier_id, due_at=unit.now)
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        with store.read() as unit:
            asked = unit.jobs.get(job.id)
        if asked.result is not None:
            return _named(store, asked.result)
        if asked.finished_at is not None:
            break
        time.sleep(LOOK_SECONDS)
    raise TrainerError(f"the running trainer did not finish the job: {asked.error}")


def _classifier(store: Store) -> int:
    with store.write() as unit:
        return unit.classifiers.default().id


def _untuned(store: Store, settings: TrainerSettings) -> Embedder:
    opened = open_embedder(store.home, settings)
    if opened is None:
        raise NetworkUnknown(settings.backbone, "stopped before it was made")
    return opened


def _eyes(store: Store, settings: TrainerSettings, classifier_id: int, untuned: Embedder) -> Eyes:
    with store.read() as unit:
        active = unit.networks.active(classifier_id)
    return eyes_of(store, active, untuned, threads=settings.threads)
