"""The drift alarm: answers that have got worse than their networks had stated are noted, for the owner to be told once.

Each lesson brings another network, so what is watched is the answers one after the other, each against what the network
stated that gave it. News looks now and then; `trainer/change_detection.py` says why looking often does no harm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from storage import AnswerKind, Drift, DriftKind, GivenAnswer, Network, Person, Role, Unit
from trainer.change_detection import Change, Event, detect
from trainer.metrics import wilson

# So many of the newest answers are looked at: a change that is not noticed in these is small.
LOOKED_AT = 400
# Whoever was told knows; what she does about it takes its time.
AGAIN_AFTER = timedelta(days=7)
# Nobody's fingers are better: so many of 100 presses may be slips, however good a network is.
SLIPS = 0.02


@dataclass(frozen=True, slots=True)
class Noticed:
    """Answers have got worse, seen in those up to one prediction, while a network answers."""

    network_id: int
    kind: DriftKind
    change: Change
    prediction_id: int


def look(unit: Unit, classifier_id: int) -> list[Noticed]:
    """The ways in which answers have got worse, that were not noted yet. It only reads, and at most the newest answers.

    Nothing hangs on when it is called: it goes by what is stored, and looking more often finds nothing else.
    """
    found = (_look(unit, classifier_id, kind) for kind in DriftKind)
    return [one for one in found if one is not None]


def note(unit: Unit, noticed: Noticed) -> bool:
    """Note it, to be told; False if that was done already."""
    change = noticed.change
    return unit.drifts.add(
        noticed.network_id,
        noticed.kind,
        n=change.n,
        seen=change.seen,
        expected=change.expected,
        prediction_id=noticed.prediction_id,
    )


def _look(unit: Unit, classifier_id: int, kind: DriftKind) -> Noticed | None:
    network, last = unit.networks.active(classifier_id), unit.drifts.latest(classifier_id, kind)
    if network is None or (last is not None and unit.now - last.created_at < AGAIN_AFTER):
        return None
    after = 0 if last is None else last.prediction_id
    given = unit.predictions.given(classifier_id, after=after, limit=LOOKED_AT)
    change = detect(list(_events(unit, classifier_id, given, kind)))
    return None if change is None else Noticed(network.id, kind, change, given[-1].id)


def _events(unit: Unit, classifier_id: int, given: list[GivenAnswer], kind: DriftKind) -> Iterator[Event]:
    networks = unit.networks.those({one.network_id for one in given})
    labels = set(unit.labels.answerable(classifier_id))
    for one in given:
        made = _event(one, networks[one.network_id], kind, labels)
        if made is not None:
            yield made


def _event(one: GivenAnswer, network: Network, kind: DriftKind, labels: set[int]) -> Event | None:
    """An answer as an event; None where it tells nothing, or its network stated nothing.

    Wrong is what people called so. An answer that nobody judged counts as right: people press “Wrong” more readily than
    “Right”, and of presses alone every network would look bad. What a network stated counts its doubtful answers too,
    which it does not give; so it promised at least as much of those that it gave.
    """
    if one.kind is AnswerKind.REMEMBERED:
        return None
    if kind is DriftKind.WRONG:
        if one.kind is AnswerKind.UNKNOWN or not network.n:
            return None
        return _promised(one.first_right is False, network.wrong, network.n)
    if not network.alarms_of or network.alarms is None or not labels.issuperset(network.labels):
        # Without a label that was deleted, “I don't know” is what it says of that, too.
        return None
    return _promised(one.kind is AnswerKind.UNKNOWN, network.alarms, network.alarms_of)


def _promised(happened: bool, count: int, n: int) -> Event:
    """An event against the upper end of what was stated: few photos promise little."""
    return Event(happened, count / n, min(max(wilson(count, n)[1], SLIPS), 1 - SLIPS))


@dataclass(frozen=True, slots=True)
class Told:
    """A drift, and the owners to tell of it."""

    drift: Drift
    owners: tuple[Person, ...]


def to_tell(unit: Unit) -> list[Told]:
    """What owners are to be told; nothing as long as there is none who can be told."""
    found = unit.drifts.untold()
    owners = tuple(one for one in unit.people.with_role(Role.OWNER) if _is_reachable(unit, one)) if found else ()
    return [Told(one, owners) for one in found] if owners else []


def note_told(unit: Unit, told: Sequence[Told]) -> None:
    """Note, in the transaction that owes the messages, that they are."""
    unit.drifts.told([one.drift.id for one in told])


def _is_reachable(unit: Unit, person: Person) -> bool:
    chat = unit.chats.by_telegram_id(person.telegram_id)
    return chat is not None and chat.reachable
