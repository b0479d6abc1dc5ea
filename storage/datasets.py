"""Versions of the data set: what each network learned, numbered, and kept as what changed from one to the next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, or_, select, update

from storage.dataset_tables import dataset, dataset_photo, learned
from storage.errors import NotFound
from storage.inserting import insert_row, insert_unless_there
from storage.moment import Moment
from storage.records import LabelledPhoto, VoteKind
from storage.tables import network, photo, vote

_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Dataset:
    """A version. It had `photos`, of which `left` are there; the others were deleted since, as their owners may.

    `newest_vote_id` is the newest vote when its lessons were read; `networks` are the numbers of those that learned it.
    """

    id: int
    number: int
    photos: int
    left: int
    newest_vote_id: int
    created_at: datetime
    networks: tuple[int, ...] = ()

    @property
    def deleted(self) -> int:
        return self.photos - self.left


@dataclass(frozen=True, slots=True)
class Changes:
    """What is learned, and how it differs from version `newest`: photos that `ended`, and pairs that `begun`."""

    newest: int
    members: Mapping[int, int]
    ended: tuple[int, ...]
    begun: tuple[tuple[int, int], ...]


class Datasets:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def compare(self, classifier_id: int, members: Mapping[int, int]) -> Changes:
        """Find how what is learned (label ids by photo id) differs from the newest version.

        It reads all of that, so it is done before the transaction that others wait for.
        """
        newest = self._newest(classifier_id)
        before = self.members(classifier_id, newest) if newest else {}
        return Changes(
            newest=newest,
            members=members,
            ended=tuple(photo_id for photo_id, label_id in before.items() if members.get(photo_id) != label_id),
            begun=tuple(pair for pair in members.items() if before.get(pair[0]) != pair[1]),
        )

    def record(self, classifier_id: int, changes: Changes, newest_vote_id: int) -> int:
        """Keep what is learned as a version, and return its number: the newest, if that is the same, or a new one.

        Left out is what was deleted while it was learned.
        """
        newest = self._newest(classifier_id)
        if newest != changes.newest:
            changes = self.compare(classifier_id, changes.members)
        begun = self._backed(changes.begun)
        if newest and not changes.ended and not begun:
            return newest
        insert_row(
            self._connection,
            dataset,
            classifier_id=classifier_id,
            number=newest + 1,
            photos=len(changes.members) - len(changes.begun) + len(begun),
            newest_vote_id=newest_vote_id,
            created_at=self._moment.now,
        )
        self._end(changes.ended, newest + 1)
        if begun:
            values = [{"photo_id": one, "since": newest + 1, "label_id": label} for one, label in sorted(begun)]
            self._connection.execute(insert(dataset_photo), values)
        return newest + 1

    def note_learned(self, classifier_id: int, network_id: int, number: int) -> None:
        """Note that a network learned a version."""
        own = (dataset.c.classifier_id == classifier_id) & (dataset.c.number == number)
        dataset_id = self._connection.execute(select(dataset.c.id).where(own)).scalar_one()
        insert_unless_there(self._connection, learned, network_id=network_id, dataset_id=dataset_id)

    def all(self, classifier_id: int) -> list[Dataset]:
        """Every version, newest first."""
        query = select(dataset).where(dataset.c.classifier_id == classifier_id).order_by(dataset.c.number.desc())
        rows = self._connection.execute(query).all()
        left, networks = self._left(classifier_id), self._networks(classifier_id)
        return [_record(row, left.get(row.number, 0), networks.get(row.id, ())) for row in rows]

    def numbered(self, classifier_id: int, number: int) -> Dataset:
        """Raises NotFound."""
        found = (dataset.c.classifier_id == classifier_id) & (dataset.c.number == number)
        row = self._connection.execute(select(dataset).where(found)).one_or_none()
        if row is None:
            raise NotFound("dataset", number)
        counted = select(func.count()).select_from(_of(classifier_id, number).subquery())
        left = int(self._connection.execute(counted).scalar_one())
        return _record(row, left, self._networks(classifier_id).get(row.id, ()))

    def of_network(self, network_id: int) -> int | None:
        """The number of the version that a network learned; None of networks older than versions."""
        query = select(dataset.c.number).join(learned, learned.c.dataset_id == dataset.c.id)
        return self._connection.execute(query.where(learned.c.network_id == network_id)).scalar_one_or_none()

    def members(self, classifier_id: int, number: int) -> dict[int, int]:
        """Label ids by photo id, as far as the photos are still there."""
        return {row.photo_id: row.label_id for row in self._connection.execute(_of(classifier_id, number))}

    def photos(self, classifier_id: int, number: int) -> list[LabelledPhoto]:
        """What may be learned from a version, in order of id."""
        those = _of(classifier_id, number).subquery()
        query = (
            select(photo.c.id, photo.c.digest, photo.c.group_key, photo.c.fold, those.c.label_id)
            .join(those, those.c.photo_id == photo.c.id)
            .order_by(photo.c.id)
        )
        return [LabelledPhoto(*row) for row in self._connection.execute(query)]

    def forget_unnamed(self, photo_ids: Sequence[int]) -> None:
        """Of these photos, keep in the versions only labels that a vote on the photo still names.

        Whoever had her votes deleted is not to be found again in an old version.
        """
        named = select(vote.c.id).where(vote.c.photo_id == dataset_photo.c.photo_id)
        named = named.where(vote.c.label_id == dataset_photo.c.label_id)
        for start in range(0, len(photo_ids), _CHUNK):
            some = dataset_photo.c.photo_id.in_(photo_ids[start : start + _CHUNK])
            self._connection.execute(delete(dataset_photo).where(some, ~named.exists()))

    def _newest(self, classifier_id: int) -> int:
        query = select(func.coalesce(func.max(dataset.c.number), 0)).where(dataset.c.classifier_id == classifier_id)
        return int(self._connection.execute(query).scalar_one())

    def _end(self, photo_ids: Sequence[int], number: int) -> None:
        for start in range(0, len(photo_ids), _CHUNK):
            some = dataset_photo.c.photo_id.in_(photo_ids[start : start + _CHUNK]) & dataset_photo.c.until.is_(None)
            self._connection.execute(update(dataset_photo).where(some).values(until=number))

    def _backed(self, pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
        """Those pairs of photo and label that a vote names, held until this transaction ends."""
        wanted, found = sorted(pairs), set()
        for start in range(0, len(wanted), _CHUNK):
            ids = [photo_id for photo_id, _ in wanted[start : start + _CHUNK]]
            # Whoever deletes votes holds their photos too: on PostgreSQL one waits for the other.
            held = select(photo.c.id).where(photo.c.id.in_(ids)).order_by(photo.c.id).with_for_update(key_share=True)
            self._connection.execute(held).all()
            named = select(vote.c.photo_id, vote.c.label_id).where(
                vote.c.photo_id.in_(ids), vote.c.kind == VoteKind.LABEL
            )
            found |= {(row.photo_id, row.label_id) for row in self._connection.execute(named.distinct())}
        return found & set(wanted)

    def _left(self, classifier_id: int) -> dict[int, int]:
        """How many photos are left of each version."""
        changes = (
            select(dataset_photo.c.since, dataset_photo.c.until, func.count().label("photos"))
            .join(photo, photo.c.id == dataset_photo.c.photo_id)
            .where(photo.c.classifier_id == classifier_id)
            .group_by(dataset_photo.c.since, dataset_photo.c.until)
        )
        counted: dict[int, int] = {}
        for row in self._connection.execute(changes):
            counted[row.since] = counted.get(row.since, 0) + row.photos
            if row.until is not None:
                counted[row.until] = counted.get(row.until, 0) - row.photos
        left, total = {}, 0
        for number in range(1, self._newest(classifier_id) + 1):
            total += counted.get(number, 0)
            left[number] = total
        return left

    def _networks(self, classifier_id: int) -> dict[int, tuple[int, ...]]:
        query = (
            select(learned.c.dataset_id, network.c.number)
            .join(network, network.c.id == learned.c.network_id)
            .where(network.c.classifier_id == classifier_id)
            .order_by(network.c.number)
        )
        found: dict[int, tuple[int, ...]] = {}
        for row in self._connection.execute(query):
            found[row.dataset_id] = (*found.get(row.dataset_id, ()), row.number)
        return found


def in_version(number: int) -> ColumnElement[bool]:
    """Say of a row of `dataset_photo` whether it belongs to the version of that number."""
    return (dataset_photo.c.since <= number) & or_(dataset_photo.c.until.is_(None), dataset_photo.c.until > number)


def _of(classifier_id: int, number: int) -> Select[tuple[int, int]]:
    return (
        select(dataset_photo.c.photo_id, dataset_photo.c.label_id)
        .join(photo, photo.c.id == dataset_photo.c.photo_id)
        .where(photo.c.classifier_id == classifier_id, in_version(number))
    )


def _record(row: Row[tuple[object, ...]], left: int, networks: tuple[int, ...]) -> Dataset:
    return Dataset(row.id, row.number, row.photos, left, row.newest_vote_id, row.created_at, networks)
