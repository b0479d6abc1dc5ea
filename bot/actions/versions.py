"""The networks that there have been, and letting an earlier one answer again."""

from dataclasses import dataclass
from enum import StrEnum

from bot.actions.teaching import readiness_of
from storage import ON_REQUEST, Network, Unit


class Obstacle(StrEnum):
    """Why a network cannot be put back."""

    UNKNOWN = "unknown"
    ANSWERS = "answers"
    HELD = "held"
    LESSONS_DELETED = "lessons_deleted"
    REMOVED = "removed"
    LABEL_GONE = "label_gone"
    TOO_LITTLE = "too_little"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Version:
    """A network among those that there have been; `obstacle` is None if it can be put back."""

    network: Network
    obstacle: Obstacle | None

    @property
    def answers(self) -> bool:
        return self.obstacle is Obstacle.ANSWERS


@dataclass(frozen=True, slots=True)
class Versions:
    """All of them, newest first, with the names that labels have now."""

    all: tuple[Version, ...]
    names: dict[int, str]


def versions(unit: Unit, classifier_id: int) -> Versions:
    """Every network, held ones too, and whether it can be put back as far as rows tell."""
    active_id = unit.classifiers.get(classifier_id).active_network_id
    names = {key: one.name for key, one in unit.labels.named(classifier_id).items()}
    enough = readiness_of(unit, classifier_id).ready
    found = unit.networks.all(classifier_id)
    return Versions(tuple(Version(one, _obstacle(one, active_id, names, enough)) for one in found), names)


def find(unit: Unit, classifier_id: int, number: int) -> Network | Obstacle:
    """The network to put back; its files are still to be checked, outside of any transaction."""
    for version in versions(unit, classifier_id).all:
        if version.network.number == number:
            return version.obstacle or version.network
    return Obstacle.UNKNOWN


def put_back(unit: Unit, classifier_id: int, number: int) -> Network | Obstacle:
    """Let a network whose files were checked answer from this commit on; say why not if that changed meanwhile."""
    found = find(unit, classifier_id, number)
    if isinstance(found, Network):
        unit.networks.activate(classifier_id, found.id)
    return found


def _obstacle(network: Network, active_id: int | None, names: dict[int, str], enough: bool) -> Obstacle | None:
    obstacles = {
        Obstacle.ANSWERS: network.id == active_id,
        Obstacle.HELD: not network.shipped and network.verdict.get("ground") != ON_REQUEST,
        Obstacle.LESSONS_DELETED: network.lessons_deleted,
        Obstacle.REMOVED: network.removed_at is not None,
        Obstacle.LABEL_GONE: not names.keys() >= set(network.labels),
        # Where nothing answers for want of lessons, nothing may answer.
        Obstacle.TOO_LITTLE: not enough,
    }
    return next((obstacle for obstacle, holds in obstacles.items() if holds), None)
