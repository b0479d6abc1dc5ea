"""All that one person said, taken back at once, and given back at once: for whoever taught what is not so."""

from dataclasses import dataclass

from bot.actions.datasets import give_back, take_back
from bot.actions.teaching import request_fit
from storage import ReversalKind, Store, VoteKind, in_force


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
        said = [one for one in unit.votes.of_person(person_id) if one.kind is not VoteKind.WITHDRAW]
        mine = {one.photo_id for one in said if unit.photos.get(one.photo_id).classifier_id == classifier_id}
        votes = unit.votes.of_photos(sorted(mine))
        counted = {one.id for each in votes.values() for one in in_force(each)}
        wanted = [one for one in said if one.photo_id in mine and one.id in counted]
        begun = unit.reversals.begin(classifier_id, ReversalKind.PERSON, of_id=person_id) if wanted else None
    if begun is None:
        return Reverted(0, 0)
    done = take_back(store, [one.id for one in wanted], begun.deed)
    with store.write() as unit:
        unit.reversals.finish(begun.id)
        request_fit(unit, classifier_id)
    return Reverted(done, len({one.photo_id for one in wanted}))


def undo_revert(store: Store, classifier_id: int, person_id: int) -> Reverted | None:
    """Let speak again what the last reversal of a person took back; None if there is none. What came later stays."""
    with store.read() as unit:
        last = unit.reversals.last(classifier_id, ReversalKind.PERSON, of_id=person_id)
    return None if last is None else Reverted(*give_back(store, classifier_id, last))
