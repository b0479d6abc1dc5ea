"""Versions of the data set: how two differ, and putting one back as new votes that can be taken back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.actions.teaching import request_fit
from storage import Reason, Reversal, ReversalKind, State, Store, Unit, said_since

# So many photos are changed in one transaction: others wait for it.
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """Photos by id: `added` and `gone` with their label's id, `renamed` with both. `left` counts those that stayed."""

    added: Mapping[int, int]
    gone: Mapping[int, int]
    renamed: Mapping[int, tuple[int, int]]
    left: int


def difference(before: Mapping[int, int], after: Mapping[int, int]) -> Difference:
    """What became of one version (label ids by photo id) in another."""
    both = before.keys() & after.keys()
    return Difference(
        added={photo: after[photo] for photo in sorted(after.keys() - before.keys())},
        gone={photo: before[photo] for photo in sorted(before.keys() - after.keys())},
        renamed={photo: (before[photo], after[photo]) for photo in sorted(both) if before[photo] != after[photo]},
        left=sum(before[photo] == after[photo] for photo in both),
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """What putting a version back would change: from the labels of now, and to those of then, both by photo id.

    `stuck` photos would not come to stand as they did, and are left as they are; `deleted` ones are gone for good.
    """

    number: int
    changes: Difference
    stuck: int
    deleted: int

    @property
    def photos(self) -> list[int]:
        """Whom it is about."""
        changes = self.changes
        return sorted(changes.added.keys() | changes.gone.keys() | changes.renamed.keys())


def plan_restore(unit: Unit, classifier_id: int, number: int, *, keep_new: bool = False) -> Plan:
    """Say what putting back a version would change; with `keep_new` photos that were taught later stay.

    Raises:
        NotFound: there is no such version.
    """
    version = unit.datasets.numbered(classifier_id, number)
    wanted = unit.datasets.members(classifier_id, number)
    now = {one.photo_id: one.label_id for one in unit.photos.labelled(classifier_id)}
    differ = [photo for photo in sorted(now.keys() | wanted.keys()) if now.get(photo) != wanted.get(photo)]
    if keep_new:
        differ = [photo for photo in differ if photo in wanted]
    able: list[int] = []
    for photo, votes in unit.votes.of_photos(differ).items():
        then = unit.votes.weigh(photo, [one for one in votes if one.id <= version.newest_vote_id])
        label = then.label_id if then.state is State.TAUGHT else None
        if label == wanted.get(photo) and said_since(votes, version.newest_vote_id):
            able.append(photo)
    changes = difference(
        {photo: now[photo] for photo in able if photo in now},
        {photo: wanted[photo] for photo in able if photo in wanted},
    )
    return Plan(number, changes, stuck=len(differ) - len(able), deleted=version.deleted)


def restore(store: Store, classifier_id: int, plan: Plan) -> Iterator[int]:
    """Put a version back, and yield how many photos are done. Killed and begun again, it goes on where it was.

    What was said since then is withdrawn, in nobody's name; nothing is removed, and `undo_restore` takes it back.
    """
    photos = plan.photos
    with store.write() as unit:
        boundary = unit.datasets.numbered(classifier_id, plan.number).newest_vote_id
        reversal = unit.reversals.begin(classifier_id, ReversalKind.RESTORE, dataset_number=plan.number)
    for start in range(0, len(photos), AT_ONCE):
        some = photos[start : start + AT_ONCE]
        with store.write() as unit:
            votes = unit.votes.of_photos(some)
            later = [vote for photo in some for vote in said_since(votes[photo], boundary)]
            unit.votes.withdraw(later, Reason.REVERSAL, reversal.deed)
        yield start + len(some)
    with store.write() as unit:
        unit.reversals.finish(reversal.id)
        request_fit(unit, classifier_id)


def undo_restore(store: Store, classifier_id: int) -> tuple[int, int] | None:
    """Undo the last restoration: the number of its version, and how many votes speak again; None if there is none.

    What people said meanwhile stays.
    """
    with store.read() as unit:
        last = unit.reversals.last(classifier_id, ReversalKind.RESTORE)
    if last is None:
        return None
    votes, _ = give_back(store, classifier_id, last)
    return last.dataset_number or 0, votes


def give_back(store: Store, classifier_id: int, reversal: Reversal) -> tuple[int, int]:
    """Let speak again what a reversal withdrew: so many votes, on so many photos. Begun again, it goes on."""
    with store.read() as unit:
        cast = unit.votes.of_deeds(f"{reversal.deed}:")
    take_back(store, [one.id for one in cast], reversal.undoing)
    with store.write() as unit:
        unit.reversals.note_undone(reversal.id)
        request_fit(unit, classifier_id)
        # Not what was done just now: whoever goes on after a kill tells of all of it.
        done = len(unit.votes.of_deeds(f"{reversal.undoing}:"))
    return done, len({one.photo_id for one in cast})


def take_back(store: Store, votes: Sequence[int], deed: str) -> int:
    """Withdraw votes some at a time; returns how many were in force."""
    done = 0
    for start in range(0, len(votes), AT_ONCE):
        with store.write() as unit:
            done += unit.votes.withdraw(votes[start : start + AT_ONCE], Reason.REVERSAL, deed)
    return done
