"""Credit: what one person taught and flagged, what became of it, and who knows which label best."""

from dataclasses import dataclass

from bot.actions.remembering import agrees
from bot.visit import Presence
from storage import Label, State, Unit

CHAMPIONS = 10
# Fewer photos make nobody a champion.
LEAST_PHOTOS = 3


@dataclass(frozen=True, slots=True)
class Champion:
    """Who taught most photos of a label, of those who let others see their name."""

    label: Label
    name: str
    photos: int
    is_you: bool


@dataclass(frozen=True, slots=True)
class Credit:
    """What a person did. `taught` photos count as she said, of `labels` labels.

    Of her flags, others say as she does of `confirmed`, only she of `alone`, the answer turned out right of `refuted`,
    and `open` have no agreed name. `decided` are her decisions as a reviewer that stand.
    """

    taught: int
    labels: int
    confirmed: int
    alone: int
    refuted: int
    open: int
    decided: int
    is_named: bool
    champions: tuple[Champion, ...]

    @property
    def flagged(self) -> int:
        return self.confirmed + self.alone + self.refuted + self.open


def credit(unit: Unit, presence: Presence) -> Credit:
    """What the person did, and the champions of labels."""
    classifier_id, person = presence.classifier_id, presence.person
    mine = unit.credits.taught(classifier_id, person.id)
    became = {"confirmed": 0, "alone": 0, "refuted": 0, "open": 0}
    for one in unit.credits.flagged_by(classifier_id, person.id):
        became[_became(one.state, one.said_id, one.shows_id, one.others)] += 1
    return Credit(
        taught=sum(one.photos for one in mine),
        labels=len(mine),
        **became,
        decided=len(unit.decisions.of_person(classifier_id, person.id)),
        is_named=agrees(unit, person),
        champions=tuple(_champions(unit, presence)),
    )


def _became(state: State, said_id: int | None, shows_id: int | None, others: int) -> str:
    """What became of a flag: the answer had said `said_id`, the photo counts as `shows_id`."""
    if state is State.NONE or (state in (State.TAUGHT, State.TEST) and shows_id != said_id):
        return "confirmed" if others else "alone"
    return "refuted" if state in (State.TAUGHT, State.TEST) else "open"


def _champions(unit: Unit, presence: Presence) -> list[Champion]:
    labels = {one.id: one for one in unit.labels.all(presence.classifier_id)}
    best: dict[int, Champion] = {}
    agreed: dict[int, str | None] = {}
    for one in unit.credits.taught(presence.classifier_id):
        if one.label_id in best or one.photos < LEAST_PHOTOS or one.label_id not in labels:
            continue
        if one.person_id not in agreed:
            who = unit.people.get(one.person_id)
            agreed[one.person_id] = who.name if who.name and agrees(unit, who) else None
        name = agreed[one.person_id]
        if name is not None:
            label = labels[one.label_id]
            best[one.label_id] = Champion(label, name, one.photos, one.person_id == presence.person.id)
    return list(best.values())[:CHAMPIONS]
