"""Newcomers: whose lessons wait is listed for reviewers, who may agree with all of one person's at once."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from bot.actions.teaching import request_fit
from bot.visit import Presence, Visit
from storage import (
    Choice,
    Decision,
    NewSuspect,
    NotFound,
    Person,
    Reason,
    Suspect,
    SuspectKind,
    Unit,
    VoteKind,
    Vouched,
    subject_of,
)


def list_waiting(unit: Unit, classifier_id: int, waiting: Mapping[int, frozenset[int]]) -> None:
    """Make the waiting lessons the list that reviewers go through, the oldest first.

    Also before any network: where all that is there waits, none would ever come.
    """
    network = unit.networks.latest(classifier_id)
    found, given = [], unit.votes.counting(sorted(waiting))
    for photo_id, people in sorted(waiting.items()):
        reason = {"cause": "newcomer", "person": min(people)}
        found.append(NewSuspect((photo_id,), given.get(photo_id), None, 0.0, reason))
    unit.suspects.renew(classifier_id, None if network is None else network.id, SuspectKind.NEWCOMER, found)


def relist(unit: Unit, classifier_id: int) -> None:
    """Make that list anew."""
    list_waiting(unit, classifier_id, unit.guard.vouched(classifier_id).waiting)


def waiting_like(unit: Unit, found: Suspect) -> list[int]:
    """The photos of the same newcomer that wait; none for a card of another kind."""
    person_id = found.reason.get("person")
    if found.kind is not SuspectKind.NEWCOMER or person_id is None:
        return []
    return unit.guard.vouched(found.classifier_id, {person_id}).of_person(person_id)


def agree_with_all(unit: Unit, visit: Visit, presence: Presence, suspect_id: int, until: int) -> Decision:
    """Decide that all lessons of a card's newcomer are right that waited when the vote `until` was the newest.

    What came later, she was not told of: a button lies around for weeks, and its newcomer goes on teaching. The same
    press again decides nothing more. One decision, so that it is undone as one. Raises NotFound if none waits any more.
    """
    deed = f"{visit.deed}:review"
    known = unit.decisions.of_deed(deed)
    if known is not None:
        return known
    found = unit.suspects.get(suspect_id)
    photos = waiting_like(unit, found) if found.classifier_id == presence.classifier_id else []
    said = unit.votes.of_photos(photos)
    photos = [one for one in photos if said[one][-1].id <= until]
    if not photos:
        raise NotFound("suspect", suspect_id)
    votes: dict[int, int | None] = {}
    for photo_id, label_id in unit.votes.counting(photos).items():
        told = {"deed": f"{visit.deed}:{photo_id}"}
        votes[photo_id] = unit.votes.cast(
            photo_id, presence.person.id, VoteKind.LABEL, label_id, Reason.REVIEW, **told
        ).id
    about = replace(found, photo_ids=tuple(photos), subject=subject_of(photos))
    made = unit.decisions.add(about, presence.person.id, Choice.KEEP, votes=votes, deed=deed)
    unit.suspects.release(presence.person.id)
    relist(unit, presence.classifier_id)
    request_fit(unit, presence.classifier_id)
    return made


def settled(vouched: Vouched, needed: int) -> list[int]:
    """Newcomers of whose lessons so many are borne out."""
    return sorted(one for one, count in vouched.confirmed.items() if count >= needed)


def who_wait(unit: Unit, waiting: Mapping[int, frozenset[int]]) -> list[Person]:
    """Whose lessons wait, of those who have not had themselves deleted meanwhile."""
    found = []
    for one in sorted({one for people in waiting.values() for one in people}):
        with suppress(NotFound):
            found.append(unit.people.get(one))
    return found


def welcome(unit: Unit, classifier_id: int, person: Person) -> bool:
    """Let all that somebody teaches count at once from now on; False if it did already."""
    if not unit.guard.welcome(classifier_id, person.id):
        return False
    request_fit(unit, classifier_id)
    return True
