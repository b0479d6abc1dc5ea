"""Photos: a picture that somebody sent, with its group and fold fixed on arrival."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select

from pictures import Picture
from storage.blobs import Blobs
from storage.errors import NotFound
from storage.inserting import insert_row, insert_those_not_there, insert_unless_there
from storage.moment import Moment
from storage.photo_statements import album_in, first_of_picture, held_blob, photo_in, photo_with, sketches_after
from storage.records import TEST_FOLD, LabelledPhoto, Photo, Source, State, VoteKind
from storage.tables import blob, deleted_photo, photo, prediction, standing, vote

FOLDS = 5
EVERY_FOLD = tuple(range(FOLDS))
# SQLite allows 32,766 variables in a statement; stay far below.
_CHUNK = 5_000


def fold_of(group_key: str, among: Sequence[int] = EVERY_FOLD) -> int:
    """The fold of a group, from a hash of its key: the same for ever, whatever else comes or goes."""
    hashed = int.from_bytes(hashlib.sha256(group_key.encode()).digest()[:8], "big")
    return among[hashed % len(among)]


class Photos:
    def __init__(self, connection: Connection, moment: Moment, blobs: Blobs) -> None:
        self._connection = connection
        self._moment = moment
        self._blobs = blobs

    def add(
        self,
        classifier_id: int,
        digest: str,
        picture: Picture,
        *,
        source: str,
        name: str = "",
        owner_id: int | None = None,
        chat_id: int | None = None,
        message_id: int | None = None,
        album: str | None = None,
        file: str | None = None,
        origin: str | None = None,
        folds: Sequence[int] = EVERY_FOLD,
        group: str | None = None,
        sketch: bytes | None = None,
        like: Sequence[str] = (),
        flaws: Sequence[str] | None = None,
    ) -> Photo:
        """Add a photo whose blob `digest` is on disk already, or return it if this message added it before.

        Its fold is that of the same picture that came before, or one of `folds`: that of one of `like`, if among them.
        Nothing learns from `(TEST_FOLD,)`. Raises NotFound if the blob is not on disk, or not any more: store it again.
        """
        if known := self._known(chat_id, message_id):
            return known
        self._add_blob(digest, picture, sketch)
        own = group or (f"album:{chat_id}:{album}" if album else digest)
        group, fold, is_new = self._home(classifier_id, digest, like, own, folds)
        row = insert_row(
            self._connection,
            photo,
            classifier_id=classifier_id,
            digest=digest,
            received_digest=picture.received_digest,
            owner_id=owner_id,
            chat_id=chat_id,
            message_id=message_id,
            album=album,
            file=file,
            source=source,
            name=name[:512],
            origin=origin,
            created_at=self._moment.now,
            flaws=_listed(flaws),
            group_key=group,
            fold=fold,
        )
        return replace(_record(row), is_new_picture=is_new)

    def get(self, photo_id: int) -> Photo:
        """Raises NotFound."""
        row = self._connection.execute(*photo_with(photo_id)).one_or_none()
        if row is None:
            raise NotFound("photo", photo_id)
        return _record(row)

    def those(self, photo_ids: Sequence[int]) -> dict[int, Photo]:
        """Some photos by their ids, as far as they are there."""
        found: dict[int, Photo] = {}
        for start in range(0, len(photo_ids), _CHUNK):
            some = select(photo).where(photo.c.id.in_(photo_ids[start : start + _CHUNK]))
            found |= {row.id: _record(row) for row in self._connection.execute(some)}
        return found

    def by_message(self, chat_id: int, message_id: int) -> Photo | None:
        row = self._connection.execute(*photo_in(chat_id, message_id)).one_or_none()
        return _record(row) if row else None

    def _known(self, chat_id: int | None, message_id: int | None) -> Photo | None:
        return None if chat_id is None or message_id is None else self.by_message(chat_id, message_id)

    def of_album(self, chat_id: int, album: str) -> list[Photo]:
        """The photos of an album that have arrived, in the order of their messages."""
        return [_record(row) for row in self._connection.execute(*album_in(chat_id, album))]

    def chats_of(self, classifier_id: int, *, until: datetime) -> list[int]:
        """The chats that photos of the classifier had come from until then."""
        query = select(photo.c.chat_id).where(
            photo.c.classifier_id == classifier_id, photo.c.chat_id.is_not(None), photo.c.created_at <= until
        )
        return sorted(self._connection.execute(query.distinct()).scalars())

    def unanswered(self, classifier_id: int, since: datetime, limit: int = 20) -> list[Photo]:
        """Questions that came when no network could answer: no guess and no vote yet; oldest first."""
        query = (
            select(photo)
            .outerjoin(prediction, prediction.c.photo_id == photo.c.id)
            .outerjoin(standing, standing.c.photo_id == photo.c.id)
            .where(
                photo.c.classifier_id == classifier_id,
                photo.c.created_at >= since,
                photo.c.source == Source.CHAT,
                photo.c.chat_id.is_not(None),
                photo.c.owner_id.is_not(None),
                prediction.c.id.is_(None),
                standing.c.photo_id.is_(None),
            )
            .order_by(photo.c.id.desc())
            .limit(limit)
        )
        return [_record(row) for row in self._connection.execute(query)][::-1]

    def gone(self, digests: Sequence[str]) -> frozenset[str]:
        """Those pictures that no photo is of any more."""
        asked = sorted(set(digests))
        there: set[str] = set()
        for start in range(0, len(asked), _CHUNK):
            some = blob.c.digest.in_(asked[start : start + _CHUNK])
            there.update(self._connection.execute(select(blob.c.digest).where(some)).scalars())
        return frozenset(asked) - there

    def pixels(self, digests: Sequence[str]) -> dict[str, int]:
        """How many pixels each of those pictures has."""
        asked, found = sorted(set(digests)), dict[str, int]()
        for start in range(0, len(asked), _CHUNK):
            some = blob.c.digest.in_(asked[start : start + _CHUNK])
            query = select(blob.c.digest, blob.c.width * blob.c.height).where(some)
            found.update({row[0]: int(row[1]) for row in self._connection.execute(query)})
        return found

    def sent_in(self, chat_id: int, digests: Sequence[str]) -> frozenset[str]:
        """Those pictures that came from this chat."""
        query = select(photo.c.digest).where(photo.c.chat_id == chat_id)
        return frozenset(digests) & frozenset(self._connection.execute(query).scalars())

    def sketches(self, after: int, limit: int) -> list[tuple[int, str, bytes]]:
        """(id, digest, sketch) of photos that may be learned from, in order of id, from above `after`."""
        rows = self._connection.execute(*sketches_after(after, limit))
        return [(row.id, row.digest, row.sketch) for row in rows]

    def imported(self, classifier_id: int, received_digest: str) -> Photo | None:
        """The photo that an import made of these very bytes."""
        query = (
            select(photo)
            .where(
                photo.c.classifier_id == classifier_id,
                photo.c.received_digest == received_digest,
                photo.c.source == Source.IMPORT,
            )
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return _record(row) if row else None

    def owned(self, classifier_id: int, owner_id: int, received_digest: str, digest: str = "") -> list[Photo]:
        """A person's own photos of these very bytes, or of the picture `digest` that they hold; oldest first."""
        same = (photo.c.received_digest == received_digest) | (photo.c.digest == digest)
        query = select(photo).where(photo.c.classifier_id == classifier_id, photo.c.owner_id == owner_id, same)
        return [_record(row) for row in self._connection.execute(query.order_by(photo.c.id))]

    def of_picture(self, classifier_id: int, digest: str) -> list[Photo]:
        """The photos of one picture, oldest first."""
        query = select(photo).where(photo.c.classifier_id == classifier_id, photo.c.digest == digest)
        return [_record(row) for row in self._connection.execute(query.order_by(photo.c.id))]

    def taught_as(self, classifier_id: int, digest: str, *, limit: int = 50) -> list[tuple[Photo, int]]:
        """The photos of one picture that are taught, newest first, each with its label's id."""
        query = (
            select(photo, standing.c.label_id)
            .join(standing, standing.c.photo_id == photo.c.id)
            .where(photo.c.classifier_id == classifier_id, photo.c.digest == digest)
            .where(standing.c.state == State.TAUGHT)
            .order_by(photo.c.id.desc())
            .limit(limit)
        )
        return [(_record(row), int(row.label_id)) for row in self._connection.execute(query)]

    def contradicted(self, classifier_id: int) -> int:
        """How many pictures are taught under more than one name."""
        names = func.count(standing.c.label_id.distinct())
        query = (
            select(photo.c.digest)
            .join(standing, standing.c.photo_id == photo.c.id)
            .where(photo.c.classifier_id == classifier_id, standing.c.state == State.TAUGHT)
            .group_by(photo.c.digest)
            .having(names > 1)
            .subquery()
        )
        return int(self._connection.execute(select(func.count()).select_from(query)).scalar_one())

    def labelled(self, classifier_id: int) -> list[LabelledPhoto]:
        """All taught photos, in order of id: what may be learned from."""
        return [LabelledPhoto(*row) for row in self._connection.execute(_labelled(classifier_id, State.TAUGHT))]

    def for_test(self, classifier_id: int) -> list[LabelledPhoto]:
        """The labelled photos that are kept for a test, in order of id, without those that anybody ever taught too."""
        twin, said = photo.alias(), vote.alias()
        taught = (
            select(said.c.id)
            .join_from(twin, said, said.c.photo_id == twin.c.id)
            .where(twin.c.classifier_id == classifier_id, twin.c.digest == photo.c.digest, twin.c.fold != TEST_FOLD)
            .where(said.c.kind == VoteKind.LABEL)
        )
        query = _labelled(classifier_id, State.TEST).where(~taught.exists())
        return [LabelledPhoto(*row) for row in self._connection.execute(query)]

    def weight(self, classifier_id: int) -> tuple[int, int]:
        """How many labelled pictures there are, those of the test too, and their bytes."""
        labelled = (
            select(photo.c.digest)
            .join(standing, standing.c.photo_id == photo.c.id)
            .where(photo.c.classifier_id == classifier_id, standing.c.state.in_((State.TAUGHT, State.TEST)))
        )
        query = select(func.count(), func.coalesce(func.sum(blob.c.size), 0)).where(blob.c.digest.in_(labelled))
        pictures, size = self._connection.execute(query).one()
        return int(pictures), int(size)

    def of_person(self, person_id: int, *, limit: int | None = None) -> list[Photo]:
        """A person's photos, or some of them, oldest first."""
        query = select(photo).where(photo.c.owner_id == person_id).order_by(photo.c.id).limit(limit)
        return [_record(row) for row in self._connection.execute(query)]

    def count_of_person(self, person_id: int) -> int:
        """How many photos a person has."""
        query = select(func.count()).select_from(photo).where(photo.c.owner_id == person_id)
        return int(self._connection.execute(query).scalar_one())

    def count(self, classifier_id: int, state: State | None = None) -> int:
        """How many photos there are, or how many whose votes add up to `state`."""
        query = select(func.count()).select_from(photo).where(photo.c.classifier_id == classifier_id)
        if state is not None:
            query = query.join(standing, standing.c.photo_id == photo.c.id).where(standing.c.state == state)
        return int(self._connection.execute(query).scalar_one())

    def note_deleted(self, photos: Sequence[Photo]) -> None:
        """Remember the messages of photos whose sender has them deleted."""
        came = [(one.chat_id, one.message_id) for one in photos if one.chat_id is not None]
        rows = [{"chat_id": chat_id, "message_id": message} for chat_id, message in came if message is not None]
        insert_those_not_there(self._connection, deleted_photo, rows)

    def was_deleted(self, chat_id: int, message_id: int) -> bool:
        """Whether its sender had the photo of a message deleted."""
        key = (deleted_photo.c.chat_id == chat_id) & (deleted_photo.c.message_id == message_id)
        return self._connection.execute(select(deleted_photo.c.chat_id).where(key)).first() is not None

    def remove(self, photo_ids: Sequence[int]) -> list[str]:
        """Remove photos with all that hangs off them; returns the digests of blobs that no photo needs any more.

        The caller gives them to Store.discard after the commit.
        """
        orphans: list[str] = []
        for start in range(0, len(photo_ids), _CHUNK):
            orphans += self._remove_some(photo_ids[start : start + _CHUNK])
        return orphans

    def _remove_some(self, photo_ids: Sequence[int]) -> list[str]:
        those = photo.c.id.in_(photo_ids)
        there = {
            row.id: row.digest for row in self._connection.execute(select(photo.c.id, photo.c.digest).where(those))
        }
        for photo_id in photo_ids:
            if photo_id not in there:
                raise NotFound("photo", photo_id)
        digests = sorted(set(there.values()))
        of_these = blob.c.digest.in_(digests)
        # In one order, or two who delete would each hold what the other waits for.
        self._connection.execute(select(blob.c.digest).where(of_these).order_by(blob.c.digest).with_for_update())
        self._connection.execute(delete(photo).where(those))
        needed = select(photo.c.digest).where(photo.c.digest.in_(digests))
        orphans = sorted(set(digests).difference(self._connection.execute(needed).scalars()))
        self._connection.execute(delete(blob).where(blob.c.digest.in_(orphans)))
        return orphans

    def names(self, digest: str) -> bool:
        """Whether a row names the blob."""
        return self._connection.execute(select(blob.c.digest).where(blob.c.digest == digest)).first() is not None

    def _add_blob(self, digest: str, picture: Picture, sketch: bytes | None = None) -> None:
        """Make sure of the blob's row and hold it, so that nobody removes it before this transaction ends."""
        while True:
            is_new = insert_unless_there(
                self._connection,
                blob,
                digest=digest,
                size=len(picture.data),
                kind="jpeg",
                width=picture.width,
                height=picture.height,
                created_at=self._moment.now,
                sketch=sketch,
            )
            # A row of our own is held already; on PostgreSQL another may be removed between the two statements.
            if is_new or self._lock_blob(digest):
                break
        # Asked under the lock that Store.discard respects: what is there now is there when this commits.
        if not self._blobs.has(digest):
            raise NotFound("blob", digest)

    def _lock_blob(self, digest: str) -> bool:
        """Photos of the same picture come and go one after the other on PostgreSQL, as on SQLite all writers do."""
        return self._connection.execute(*held_blob(digest)).first() is not None

    def _twin_of(self, classifier_id: int, digest: str) -> tuple[str, int] | None:
        """Group and fold of the same picture, where somebody sent it before."""
        twin = self._connection.execute(*first_of_picture(classifier_id, digest)).first()
        return (twin.group_key, twin.fold) if twin else None

    def _home(
        self, classifier_id: int, digest: str, like: Sequence[str], own_group: str, folds: Sequence[int]
    ) -> tuple[str, int, bool]:
        """Group and fold of a photo that comes, and whether its picture is new.

        The same picture joins its twin's group whoever sent it, but nothing joins or leaves the tests.
        """
        may_join = TEST_FOLD not in folds
        twin = self._twin_of(classifier_id, digest) if may_join else None
        near = self._near_twin_of(classifier_id, like, folds) if may_join and like and twin is None else None
        return *(twin or near or (own_group, fold_of(own_group, folds))), twin is None and may_join

    def _near_twin_of(self, classifier_id: int, digests: Sequence[str], folds: Sequence[int]) -> tuple[str, int] | None:
        """The same of the first photo of any of these pictures that stands in one of the folds."""
        query = (
            select(photo.c.group_key, photo.c.fold)
            .where(photo.c.classifier_id == classifier_id, photo.c.digest.in_(digests), photo.c.fold.in_(folds))
            .order_by(photo.c.id)
            .limit(1)
        )
        near = self._connection.execute(query).first()
        return (near.group_key, near.fold) if near else None


def _labelled(classifier_id: int, state: State) -> Select[Any]:
    return (
        select(photo.c.id, photo.c.digest, photo.c.group_key, photo.c.fold, standing.c.label_id)
        .join(standing, standing.c.photo_id == photo.c.id)
        .where(photo.c.classifier_id == classifier_id, standing.c.state == state)
        .order_by(photo.c.id)
    )


def _listed(flaws: Sequence[str] | None) -> str | None:
    return None if flaws is None else ",".join(flaws)


def _record(row: Row[tuple[object, ...]]) -> Photo:
    return Photo(
        id=row.id,
        classifier_id=row.classifier_id,
        digest=row.digest,
        owner_id=row.owner_id,
        chat_id=row.chat_id,
        message_id=row.message_id,
        source=row.source,
        name=row.name,
        group_key=row.group_key,
        fold=row.fold,
        created_at=row.created_at,
        file=row.file,
        origin=row.origin,
    )
