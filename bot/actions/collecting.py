"""Lessons from a collection: a zip or a list that somebody sent into a chat.

Its photos and votes are hers. Each thing in it comes to one outcome, written in the transaction that makes it so.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bot.actions.entries import Entry
from bot.actions.layouts import Part
from bot.actions.meanwhile import Meanwhile, meanwhile
from bot.actions.quotas import Allowance, Limit
from bot.actions.shown import remove_photos
from bot.actions.teaching import request_fit
from bot.errors import ArchiveRefused
from bot.looking.copies import Copies, Likeness
from bot.visit import Presence, Visit
from pictures.decoders import Decoders
from storage import (
    TEST_FOLD,
    Collected,
    Collection,
    CollectionKind,
    CollectionState,
    JobKind,
    Label,
    Outcome,
    Photo,
    Picture,
    PictureRefused,
    Quota,
    Reason,
    Role,
    Source,
    Store,
    Unit,
    VoteKind,
    key_of,
)
from trainer.errors import PictureUnreadable
from trainer.twins import SIDE

# So many are taken in one transaction: few, so that nobody's answer waits long for it.
PIECE = 8
TAKEN_BACK_AT_ONCE = 100
# A piece that so many processes ended at is passed over: something in it may be what ended them.
LIVES = 5
# If the work is never gone on with, what was taken is learned after this long; at its end it is learned at once.
LATEST = timedelta(minutes=10)
# Who left the chat is waited for so long.
WAITED_FOR = timedelta(days=7)
# For so long all of it can be taken back.
REMEMBERED = timedelta(days=30)


class Flaw(StrEnum):
    """Why a thing in a collection was refused, beside what is wrong with pictures (`Refusal`) and zips (`ZipFlaw`)."""

    UNNAMED = "unnamed"
    LOOSE = "loose"
    UNREAD = "unread"
    TWICE = "twice"
    TESTED = "tested"
    GONE = "gone"
    DEADLY = "deadly"
    NO_ADDRESS = "no_address"
    NOT_FETCHED = "not_fetched"
    OVER_DAY = "over_day"
    OVER_HOUR = "over_hour"


OVER = {Limit.DAY: Flaw.OVER_DAY, Limit.HOUR: Flaw.OVER_HOUR}


@dataclass(frozen=True, slots=True)
class Embedding:
    """A vector, and the digest of the embedder that made it."""

    embedder: str
    vector: NDArray[np.float32]


Embed = Callable[[bytes], Embedding | None]


@dataclass(frozen=True, slots=True)
class Turned:
    """A thing that cannot be a photo."""

    position: int
    entry: Entry
    flaw: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """A thing that was looked at outside of any transaction; `picture` is None if it was hers already."""

    position: int
    entry: Entry
    received_digest: str
    picture: Picture | None = None
    digest: str = ""
    embedding: Embedding | None = None
    likeness: Likeness | None = None


def begin(
    unit: Unit,
    visit: Visit,
    presence: Presence,
    *,
    file: str,
    kind: CollectionKind,
    name: str,
    label: str | None,
    parcel: str,
    size: int,
) -> Collection:
    """Begin to learn from a collection; `file` is Telegram's unique id: another one in the message is another one."""
    return unit.collections.begin(
        classifier_id=presence.classifier_id,
        person_id=presence.person.id,
        chat_id=presence.chat.id,
        bot_id=visit.bot_id,
        message_id=visit.message_id,
        deed=deed_of(visit, file),
        kind=kind,
        name=name,
        label=label,
        parcel=parcel,
        size=size,
    )


def deed_of(visit: Visit, file: str) -> str:
    return f"{visit.message_deed}:{file}"


def look(
    store: Store, decoders: Decoders, collection: Collection, position: int, entry: Entry, embed: Embed, copies: Copies
) -> Looked | Turned:
    """All that needs no transaction: read, verify, make the blob durable, embed, compare. It blocks."""
    if not entry.label:
        return Turned(position, entry, Flaw.UNNAMED if entry.in_folder else Flaw.LOOSE)
    try:
        data = entry.file.read()
        received = hashlib.sha256(data).hexdigest()
        with store.read() as unit:
            if _of_part(unit.photos.owned(collection.classifier_id, collection.person_id, received), entry):
                return Looked(position, entry, received)
        picture = decoders.normalise(data, side=SIDE)
    except PictureRefused as error:
        return Turned(position, entry, error.refusal, error.given)
    except ArchiveRefused as error:
        return Turned(position, entry, error.flaw)
    except OSError:
        return Turned(position, entry, Flaw.UNREAD)
    kept, embedding = store.blobs.put(picture.data), _embedded(picture, embed)
    return Looked(position, entry, received, picture, kept, embedding, copies.among_read(picture))


def take(
    store: Store, collection_id: int, looked: Sequence[Looked | Turned], quota: Quota, *, promise: bool
) -> CollectionState | None:
    """Write a piece, all of it or nothing, as far as the quota goes, and `promise` to learn it some time.

    Returns the state to go on with: RUNNING if the piece was taken, BARRED if the work has to end so; None if the
    collection is gone.

    Raises:
        NotFound: a blob is gone; the piece must be looked at again.
    """
    with store.write() as unit:
        collection = unit.collections.hold(collection_id)
        state = _state_of(unit, collection)
        if collection is not None and state is CollectionState.RUNNING:
            if promise:
                unit.jobs.request(JobKind.FIT, collection.classifier_id, due_at=unit.now + LATEST)
            _take(unit, collection, looked, quota)
    if state is not CollectionState.RUNNING:
        forget(store, looked)
    return state


def forget(store: Store, looked: Iterable[Looked | Turned]) -> None:
    """Remove what was made durable in vain: nothing of hers stays that no row names."""
    store.discard(one.digest for one in looked if isinstance(one, Looked) and one.digest)


def end(unit: Unit, collection: Collection, state: CollectionState) -> None:
    """End the work: what was taken is learned now."""
    unit.collections.set_state(collection.id, state)
    request_fit(unit, collection.classifier_id)


def pass_over(store: Store, collection: Collection, piece: Sequence[tuple[int, Entry]], quota: Quota) -> None:
    """Give up a piece that process after process ended at."""
    dead = [Turned(position, entry, Flaw.DEADLY) for position, entry in piece]
    take(store, collection.id, dead, quota, promise=False)


def take_back_some(store: Store, collection_id: int) -> bool:
    """Take back some of what a collection taught; False once there is nothing left.

    Photos that it brought go, unless somebody else has her say on them; of all others the vote is withdrawn.
    """
    with store.write() as unit:
        collection = unit.collections.hold(collection_id)
        if collection is None or collection.state is not CollectionState.TAKING_BACK:
            return False
        some = unit.collections.learned(collection_id, TAKEN_BACK_AT_ONCE)
        orphans = _take_back(unit, collection, some)
        unit.collections.note_taken_back(collection_id, [one.position for one in some])
        if not some:
            end(unit, collection, CollectionState.TAKEN_BACK)
    store.discard(orphans)
    return bool(some)


def _state_of(unit: Unit, collection: Collection | None) -> CollectionState | None:
    if collection is None or collection.state is not CollectionState.RUNNING:
        return None if collection is None else collection.state
    may = unit.people.get(collection.person_id).role >= Role.TEACHER
    return CollectionState.RUNNING if may else CollectionState.BARRED


def _take(unit: Unit, collection: Collection, looked: Sequence[Looked | Turned], quota: Quota) -> None:
    first: dict[int, Collected] = {}
    items = []
    allowance = _allowance(unit, collection, quota)
    came = meanwhile(unit, (one.likeness for one in looked if isinstance(one, Looked)))
    for one in looked:
        item = _turned(one) if isinstance(one, Turned) else _keep(unit, collection, one, first, allowance, came)
        if item.photo_id is not None:
            first.setdefault(item.photo_id, item)
        items.append(item)
    unit.collections.note(collection.id, items)
    if items:
        allowance.spend(vote_deed(collection.id, items[0].position))


def _allowance(unit: Unit, collection: Collection, quota: Quota) -> Allowance:
    flaws = unit.collections.tally(collection.id).flaws
    waiting = sum(flaws[flaw] for flaw in OVER.values())
    return Allowance(unit, unit.people.get(collection.person_id), quota, waiting=waiting)


def _turned(one: Turned) -> Collected:
    name, label = one.entry.name, one.entry.label
    return Collected(one.position, name, label, Outcome.REFUSED, one.flaw, one.detail or None)


def _keep(
    unit: Unit,
    collection: Collection,
    one: Looked,
    first: dict[int, Collected],
    allowance: Allowance,
    came: Meanwhile,
) -> Collected:
    entry = one.entry
    owned = unit.photos.owned(collection.classifier_id, collection.person_id, one.received_digest, one.digest)
    photo = next(iter(_of_part(owned, entry)), None)
    if photo is None:
        flaw = Flaw.TESTED if _tests_nothing(unit, collection, one) else Flaw.GONE if one.picture is None else None
        if flaw is not None:
            return _turned(Turned(one.position, entry, flaw))
        # The bytes of a zip came with its message; those of a list come now.
        over = allowance.refuse(entry.file.size() if collection.kind is CollectionKind.LIST else 0)
        if over is not None and over.limit is not None:
            again = over.until.isoformat() if over.until is not None else ""
            return _turned(Turned(one.position, entry, OVER[over.limit], again))
    else:
        before = first.get(photo.id) or unit.collections.first_with(collection.id, photo.id)
        if before is not None and key_of(before.label) != key_of(entry.label):
            return _turned(Turned(one.position, entry, Flaw.TWICE, before.name))
    label = unit.labels.find_or_create(collection.classifier_id, entry.label)
    is_new = photo is None
    photo = photo or _add(unit, collection, one, came)
    outcome = _vote(unit, collection, one.position, photo, label, is_new=is_new)
    return Collected(one.position, entry.name, label.name, outcome, photo_id=photo.id)


def _add(unit: Unit, collection: Collection, one: Looked, came: Meanwhile) -> Photo:
    if one.picture is None:
        raise ValueError("only what was decoded can be added")
    photo = unit.photos.add(
        collection.classifier_id,
        one.digest,
        one.picture,
        source=Source.COLLECTION,
        name=one.entry.name.rpartition("/")[2],
        owner_id=collection.person_id,
        chat_id=collection.chat_id,
        origin=one.entry.origin or one.entry.name,
        folds=one.entry.folds,
        sketch=one.likeness.sketch if one.likeness else None,
        like=() if one.entry.is_placed else came.all_like(one.likeness),
    )
    came.note(photo, one.likeness)
    if one.embedding is not None:
        unit.embeddings.add(one.embedding.embedder, {one.digest: one.embedding.vector.astype("<f4").tobytes()})
    return photo


def _vote(unit: Unit, collection: Collection, position: int, photo: Photo, label: Label, *, is_new: bool) -> Outcome:
    before = unit.votes.live_of(photo.id, collection.person_id)
    if before is not None and before.label_id == label.id:
        return Outcome.KNOWN
    deed = vote_deed(collection.id, position)
    unit.votes.cast(photo.id, collection.person_id, VoteKind.LABEL, label.id, Reason.COLLECTION, deed=deed)
    return Outcome.NEW if is_new else Outcome.CHANGED


def vote_deed(collection_id: int, position: int) -> str:
    return f"collection:{collection_id}:{position}"


def _of_part(photos: Sequence[Photo], entry: Entry) -> list[Photo]:
    """Those that are kept for a test, or learned from, as the thing is to be."""
    return [one for one in photos if one.is_test == (entry.part is Part.TEST)]


def _tests_nothing(unit: Unit, collection: Collection, one: Looked) -> bool:
    """Whether it is to be a test, but its picture is a lesson, or tests already."""
    if one.entry.part is not Part.TEST:
        return False
    same = unit.photos.of_picture(collection.classifier_id, one.digest)
    return any(each.fold == TEST_FOLD or unit.votes.of_photo(each.id) for each in same)


def _take_back(unit: Unit, collection: Collection, some: Sequence[Collected]) -> list[str]:
    """Returns the digests of blobs that nobody needs any more."""
    there = [(one, one.photo_id) for one in some if one.photo_id is not None]
    votes = unit.votes.of_photos([photo_id for _, photo_id in there])
    gone = {
        photo_id
        for one, photo_id in there
        if one.outcome is Outcome.NEW and all(said.person_id == collection.person_id for said in votes[photo_id])
    }
    for one, photo_id in there:
        if photo_id not in gone:
            _withdraw(unit, collection, one, photo_id)
    return remove_photos(unit, sorted(gone))


def _withdraw(unit: Unit, collection: Collection, one: Collected, photo_id: int) -> None:
    given = unit.votes.of_deed(deed := vote_deed(collection.id, one.position))
    mine = unit.votes.live_of(photo_id, collection.person_id)
    # What she has said of it since is another word of hers.
    if given is not None and mine is not None and mine.id == given.id:
        kind, reason = VoteKind.WITHDRAW, Reason.UNDO
        unit.votes.cast(photo_id, collection.person_id, kind, None, reason, deed=f"{deed}:back")


def _embedded(picture: Picture, embed: Embed) -> Embedding | None:
    try:
        return embed(picture.data)
    except PictureUnreadable:  # The trainer will say so once more; the photo is kept for people all the same.
        return None
