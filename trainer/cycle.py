"""One cycle: from what people taught to a network that answers.

    embed what is missing -> snapshot -> out of fold, temperature, threshold, fit -> gate -> publish -> record

`run` is a generator: it says what it is about to do, so that its caller can beat, renew, report or stop, and ends
with an `Outcome`. Killed anywhere, it leaves at worst embeddings (kept) and a folder that no row names (swept).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from storage import Network, NewNetwork, Store, Unit
from trainer import artefact
from trainer.artefact import Artefact
from trainer.errors import ArtefactError, LessonsGone
from trainer.eyes import Eyes, knows_deleted
from trainer.gate import GateVerdict, Ground, check_head, compare
from trainer.golden import make_golden
from trainer.guarding import LeftOut
from trainer.learning import Learned, learn
from trainer.manifest import Manifest
from trainer.material import Material, embed_missing, read_material, readiness_of
from trainer.readiness import PHOTOS_NEEDED, Readiness, readiness
from trainer.recipe import Recipe
from trainer.references import refer

logger = logging.getLogger(__name__)


class End(StrEnum):
    """How a cycle can end."""

    PUBLISHED = "published"
    HELD = "held"
    UNCHANGED = "unchanged"
    NOT_READY = "not_ready"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a cycle. `network` is the new one, or for `unchanged` the newest; `answers` says if it does now."""

    end: End
    photos: int
    labels: int
    seconds: float
    network: Network | None = None
    readiness: Readiness | None = None
    answers: bool = False
    left_out: LeftOut = field(default_factory=LeftOut)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values: a job's result, which stays, and so without names of labels."""
        made = self.network
        return {
            "end": self.end.value,
            "network": made.number if made else None,
            "network_id": made.id if made else None,
            "active": self.answers,
            "photos": self.photos,
            "labels": self.labels,
            "wrong": made.wrong if made else None,
            "n": made.n if made else None,
            "low": made.low if made else None,
            "high": made.high if made else None,
            "verdict": made.verdict if made else None,
            "missing": self.readiness.as_dict() if self.readiness else None,
            "left_out": self.left_out.as_dict(),
            "seconds": round(self.seconds, 3),
        }


def run(
    store: Store,
    classifier_id: int,
    eyes: Eyes,
    recipe: Recipe,
    unreadable: set[str] | None = None,
    *,
    force: bool = False,
    dataset: int | None = None,
) -> Iterator[str | Outcome]:
    """Run a cycle; yield what it is about to do, and last its Outcome. `force` learns again from the same snapshot.

    A network of an older version, `dataset`, answers nobody until its owner says so.
    """
    started = time.perf_counter()
    unread = set() if unreadable is None else unreadable
    for embedded in embed_missing(store, classifier_id, eyes, unread, dataset=dataset):
        yield f"looking at new photos ({embedded})"
    yield "reading the lessons"
    material = read_material(store, classifier_id, eyes, recipe, dataset=dataset)
    ready = readiness_of(material.snapshot)
    if not ready.ready:
        if dataset is None:
            _retire(store, classifier_id)
        yield _outcome(End.NOT_READY, material, started, ready=ready)
        return
    if not force and dataset is None and _is_unchanged(store, material):
        yield _outcome(End.UNCHANGED, material, started, material.latest)
        return
    yield f"learning from {len(material.snapshot.lessons)} photos"
    learned = learn(material.snapshot, material.sights, recipe)
    yield "comparing with the network that answers now"
    verdict = judge(store, material, learned, recipe, eyes)
    yield "publishing"
    network = publish(store, classifier_id, eyes, recipe, material, learned, verdict)
    yield _outcome(End.PUBLISHED if network.shipped else End.HELD, material, started, network)


def judge(store: Store, material: Material, learned: Learned, recipe: Recipe, eyes: Eyes) -> GateVerdict:
    """Put the candidate, which sees through `eyes`, through the gate."""
    embeddings, significance = material.sights.whole.embeddings, recipe.significance
    refusal = check_head(learned.head, embeddings, learned.answers, significance=significance)
    if refusal is not None:
        return refusal
    if material.dataset is not None:
        return GateVerdict(ships=False, ground=Ground.ON_REQUEST)
    truth = {lesson.digest: lesson.label_id for lesson in material.snapshot.lessons}
    active = _read(store, material.active)
    if material.active is not None and (material.active.lessons_deleted or (active and knows_deleted(store, active))):
        # However good it was: what somebody had deleted must not go on answering.
        return GateVerdict(ships=True, ground=Ground.LESSONS_DELETED)
    tuning = eyes.tuning_digest
    newly_tuned = tuning is not None and active is not None and active.manifest.tuning != tuning
    return compare(
        learned.answers,
        active.answers if active is not None else None,
        truth,
        significance=significance,
        changes_meant=material.changes_meant,
        must_gain=newly_tuned,
    )


def publish(
    store: Store,
    classifier_id: int,
    eyes: Eyes,
    recipe: Recipe,
    material: Material,
    learned: Learned,
    verdict: GateVerdict,
) -> Network:
    """Write the folder, then its row; the network answers from that commit on if the verdict lets it.

    It does not if another network was put back, or the last one retired, since the lessons were read: that is newer.
    Raise LessonsGone if photos that its eyes learned from were deleted meanwhile.
    """
    embedder = eyes.answering
    manifest = Manifest(
        number=material.number,
        created_at=material.read_at,
        classifier=classifier_id,
        labels=material.snapshot.labels,
        embedder=embedder.digest,
        dimension=embedder.dimension,
        preprocessing=embedder.preprocessing,
        temperature=learned.temperature,
        threshold=learned.threshold,
        recipe=recipe.as_dict(),
        snapshot=material.digest,
        scores=learned.scores,
        calibration=learned.calibration,
        tuning=eyes.tuning_digest,
        known=learned.known,
        sets=learned.sets,
    )
    embeddings, lessons = material.sights.whole.embeddings, material.snapshot.lessons
    golden = make_golden(learned.head, learned.temperature, embedder, embeddings)
    references = refer([one.digest for one in lessons], [one.label_id for one in lessons], embeddings)
    folder = artefact.publish(networks_folder(store.home), manifest, learned.head, golden, learned.answers, references)
    with store.read() as unit:
        changes = unit.datasets.compare(classifier_id, material.members)
    with store.write() as unit:
        if eyes.tuning is not None and unit.photos.gone(eyes.tuning.lessons):
            raise LessonsGone("photos were deleted that its embedder learned from")
        if verdict.ships and _id(unit.networks.active(classifier_id)) != _id(material.active):
            verdict = replace(verdict, ships=False, ground=Ground.OVERTAKEN)
        row = _row(manifest, len(material.snapshot.lessons), folder, verdict)
        network = unit.networks.publish(row, activate=verdict.ships)
        version = material.dataset or unit.datasets.record(classifier_id, changes, material.newest_vote_id)
        unit.datasets.note_learned(classifier_id, network.id, version)
        return network


def _id(network: Network | None) -> int | None:
    return None if network is None else network.id


def networks_folder(home: Path) -> Path:
    """Return where networks are published."""
    return home / "networks"


def _row(manifest: Manifest, photos: int, folder: Path, verdict: GateVerdict) -> NewNetwork:
    return NewNetwork(
        classifier_id=manifest.classifier,
        number=manifest.number,
        folder=folder.name,
        embedder=manifest.embedder,
        snapshot_digest=manifest.snapshot,
        labels=tuple(label_id for label_id, _ in manifest.labels),
        photos=photos,
        n=manifest.scores.n,
        wrong=manifest.scores.wrong,
        low=manifest.scores.low,
        high=manifest.scores.high,
        alarms=None if manifest.known is None else manifest.known.false_alarms.wrong,
        alarms_of=None if manifest.known is None else manifest.known.false_alarms.n,
        verdict=verdict.as_dict(),
        lessons_at=manifest.created_at,
    )


def _retire(store: Store, classifier_id: int) -> None:
    """Let no network answer that learned from lessons which were taken back since.

    The votes are asked, not the snapshot: photos that only cannot be read at this moment are lessons still. So are
    those that it learned and that wait by now, but none that waited all along.
    """
    with store.write() as unit:
        active = unit.networks.active(classifier_id)
        if active is None:
            return
        waiting = _never_learned(unit, active)
        pictures = unit.labels.pictures(classifier_id, PHOTOS_NEEDED, waiting=waiting)
        if not readiness((label.id, label.name, count) for label, count in pictures).ready:
            unit.networks.retire(classifier_id)


def _never_learned(unit: Unit, network: Network) -> frozenset[int]:
    """Return the waiting photos that a network did not learn; of networks older than versions that is not known."""
    version = unit.datasets.of_network(network.id)
    if version is None:
        return frozenset()
    learned = unit.datasets.members(network.classifier_id, version)
    return unit.guard.waiting(network.classifier_id) - learned.keys()


def _is_unchanged(store: Store, material: Material) -> bool:
    """Say whether the newest network was made of the same; after a rollback the same lessons are learned no more.

    A network whose files are damaged answers nobody, so it is made anew; so is one that was retired, once its lessons
    are back, one that may have learned what was deleted since, and one that was held for changes that have stood since.
    """
    latest = material.latest
    if latest is None or material.active is None or latest.snapshot_digest != material.digest:
        return False
    if latest.lessons_deleted:
        return False
    if not latest.shipped:
        return not (material.changes_meant and latest.verdict.get("ground") == Ground.CHANGES_DOUBTED)
    return _read(store, latest) is not None


def _read(store: Store, active: Network | None) -> Artefact | None:
    """Read the active network; a damaged one answers nobody, so nothing is lost against it."""
    if active is None:
        return None
    try:
        return artefact.verify(networks_folder(store.home) / active.folder)
    except ArtefactError as error:
        logger.warning("active network %s cannot be compared with: %s", active.number, error)
        return None


def _outcome(
    end: End, material: Material, started: float, network: Network | None = None, ready: Readiness | None = None
) -> Outcome:
    photos, labels = len(material.snapshot.lessons), len(material.snapshot.labels)
    answers = end is End.PUBLISHED or (network is not None and network.id == _id(material.active))
    return Outcome(end, photos, labels, time.perf_counter() - started, network, ready, answers, material.left_out)
