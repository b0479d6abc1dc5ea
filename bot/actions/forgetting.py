"""Deletes most of what somebody sent and said, piece by piece, before `self_service.forget` deletes what is left.

All at once, many photos would keep everybody else from writing for seconds. Nothing is said to be deleted here: killed
in between, the press that asked for it is in the inbox still, is handled again, and finds less to do.
"""

import time
from dataclasses import dataclass

from bot.actions.shown import remove_photos
from bot.visit import Presence
from storage import Store, Unit

# So many photos go in one transaction: some tenths of a second with a slow disk.
AT_ONCE = 500
# Between two pieces another process finds the store free.
GIVES_WAY = 0.01


@dataclass(frozen=True, slots=True)
class Begun:
    """Who is forgotten, and how many photos she had at first.

    `key` is what she is told as that it takes a while, where it does; `deletion_id` the note for networks that may have
    learned it; `parcels` are files to remove once this is committed.
    """

    person_id: int
    photos: int
    key: str | None = None
    deletion_id: int | None = None
    parcels: tuple[str, ...] = ()


def begin(unit: Unit, presence: Presence, deed: str) -> Begun:
    """Prepare to delete all of a person's, or to go on with it: the same `deed` is the same deletion.

    Where it is much, what brings her new photos ends first.
    """
    person_id = presence.person.id
    photos, spoken_of = unit.photos.count_of_person(person_id), unit.votes.count_spoken_of(person_id)
    known = unit.outbox.known_as(f"forgetting:{deed}:")
    # The key says how many there were: after a kill nothing else does.
    photos = photos if known is None else int(known.rpartition(":")[2])
    if known is None and max(photos, spoken_of) <= AT_ONCE:
        return Begun(person_id, photos)
    parcels = unit.collections.forget_person(person_id) + unit.quarantine.forget_person(person_id)
    note = unit.networks.note_deletion(presence.classifier_id, person_id)
    return Begun(person_id, photos, f"forgetting:{deed}:{photos}", note, tuple(parcels))


def forget_some(store: Store, begun: Begun) -> bool:
    """Delete some of it, if it is much; False once the rest goes in one transaction."""
    if begun.key is None:
        return False
    with store.write() as unit:
        photos = unit.photos.of_person(begun.person_id, limit=AT_ONCE)
        unit.photos.note_deleted(photos)
        orphans = remove_photos(unit, [one.id for one in photos])
        is_much = len(photos) == AT_ONCE or unit.votes.forget_person(begun.person_id, limit=AT_ONCE) == AT_ONCE
        if begun.deletion_id is not None:
            unit.networks.deletes_still(begun.deletion_id)
    store.discard(orphans)
    time.sleep(GIVES_WAY)
    return is_much
