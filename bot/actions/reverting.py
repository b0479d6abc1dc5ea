"""All that one person said, taken back at once, and given back at once: for whoever taught what is not so."""

from dataclasses import dataclass

from bot.actions.datasets import give_back, take_back
from bot.actions.teaching import request_fit
from storage import NotFound, Reversal, ReversalKind, Store, Unit, Vote, VoteKind, in_force


@dataclass(frozen=True, slots=True)
class Reverted:
    """How many of a person's votes count no longer, or count again, on how many photos."""

    votes: int
    photos: int


def revert(store: Store, classifier_id: int, person_id: int) -> Reverted:
    """Withdraw all that a person said of photos; what others say of them counts as before.

    Nothing is removed, and she may go on teaching: her role says whether she may. Killed and begun again, it goes on.
    """
    with store.write() as unit:
        wanted = _in_force(unit, classifier_id, person_id)
        begun = unit.reversals.begin(classifier_id, ReversalKind.PERSON, of_id=person_id) if wanted else None
    if begun is None:
        return Reverted(0, 0)
    done = take_back(store, [one.id for one in wanted], begun.deed)
    with store.write() as unit:
        unit.reversals.finish(begun.id)
        request_fit(unit, classifier_id)
    return Reverted(done, len({one.photo_id for one in wanted}))


def would_revert(unit: Unit, classifier_id: int, person_id: int) -> Reverted:
    """How much there is to take back."""
    wanted = _in_force(unit, classifier_id, person_id)
    return Reverted(len(wanted), len({one.photo_id for one in wanted}))


def last_reverted(unit: Unit, classifier_id: int, person_id: int) -> tuple[Reversal, Reverted] | None:
    """The last reversal of a person that stands, and how much it took back; None if there is none."""
    last = unit.reversals.last(classifier_id, ReversalKind.PERSON, of_id=person_id)
    if last is None:
        return None
    cast = unit.votes.of_deeds(f"{last.deed}:")
    return last, Reverted(len(cast), len({one.photo_id for one in cast}))


def find(unit: Unit, classifier_id: int, reversal_id: int) -> Reversal:
    """A reversal of somebody's lessons here. Raises NotFound."""
    found = unit.reversals.get(reversal_id)
    if found.classifier_id != classifier_id or found.kind is not ReversalKind.PERSON:
        raise NotFound("reversal", reversal_id)
    return found


def _in_force(unit: Unit, classifier_id: int, person_id: int) -> list[Vote]:
    said = [one for one in unit.votes.of_person(person_id) if one.kind is not VoteKind.WITHDRAW]
    photos = unit.photos.those(sorted({one.photo_id for one in said}))
    mine = [one.id for one in photos.values() if one.classifier_id == classifier_id]
    votes = unit.votes.of_photos(sorted(mine))
    counted = {one.id for each in votes.values() for one in in_force(each)}
    return [one for one in said if one.photo_id in votes and one.id in counted]


def undo_revert(store: Store, reversal: Reversal) -> Reverted:
    """Let speak again what a reversal took back. What came later stays; begun again, it tells the same."""
    return Reverted(*give_back(store, reversal.classifier_id, reversal))
