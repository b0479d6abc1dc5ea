"""What a network is, for its card: from its manifest, its own answers, and what the store knows of its lessons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.actions.scoring import strangers
from storage import Label, Network, State, Unit
from trainer.embedders import backbone_of, licence_of
from trainer.errors import TrainerError
from trainer.label_scores import LabelScore
from trainer.manifest import Manifest
from trainer.metrics import Score
from trainer.tunings import read_tuning


@dataclass(frozen=True, slots=True)
class Weights:
    """What a network sees with: the backbone's name, None where nobody noted it, and the licence of its weights."""

    backbone: str | None
    licence: str


@dataclass(frozen=True, slots=True)
class Described:
    """A network and its lessons.

    `labels` are those that it knows, by the names that they have now, with the photos of each and the score on those
    that it had not learned from; the photos are None where an older Pupil did not note them. `teachers` people stand
    behind its lessons, and an import if there are `imported` ones. `disputed` photos and `contradicted` pictures are
    left out, and so are `newer` labels. Of `untaught` more labels nobody teaches a photo any more, and their names are
    not told. `strangers` are photos of other things; wrong are those that were named.
    """

    network: Network
    manifest: Manifest
    weights: Weights
    labels: tuple[tuple[Label, LabelScore | None], ...]
    teachers: int
    imported: bool
    disputed: int
    contradicted: int
    newer: int
    untaught: int
    strangers: Score


def weights_of(home: Path, manifest: Manifest) -> Weights:
    """Read what is written beside an embedder; of a tuned one, beside the one that it began with."""
    embedders, digest = home / "embedders", manifest.embedder
    if manifest.tuning is not None:
        try:
            digest = read_tuning(home / "tunings", manifest.tuning).base
        except (TrainerError, OSError):
            digest = manifest.embedder
    return Weights(backbone_of(embedders, digest), licence_of(embedders, digest))


def describe(
    unit: Unit, network: Network, manifest: Manifest, scores: Sequence[LabelScore], weights: Weights
) -> Described:
    """Describe the network. Of a label that was deleted since, or of which no photo is taught, no name is told."""
    counts = unit.labels.counts(network.classifier_id)
    names = {one.label.id: one.label for one in counts if one.photos}
    of_label: Mapping[int, LabelScore] = {one.label_id: one for one in scores}
    now = unit.labels.named(network.classifier_id)
    # By what they are now: two that were merged since are one, with the score of the first.
    known = {now[key]: of_label.get(key) for key in reversed(network.labels) if key in now and now[key].id in names}
    teachers, imported = unit.votes.teachers(network.classifier_id, until=network.lessons_at)
    return Described(
        network=network,
        manifest=manifest,
        weights=weights,
        labels=tuple(reversed(known.items())),
        teachers=teachers,
        imported=imported,
        disputed=unit.photos.count(network.classifier_id, State.DISPUTED),
        contradicted=unit.photos.contradicted(network.classifier_id),
        untaught=len(network.labels) - sum(key in now and now[key].id in names for key in network.labels),
        newer=sum(one.photos > 0 and one.label not in known for one in counts),
        strangers=strangers(unit, network.classifier_id),
    )
