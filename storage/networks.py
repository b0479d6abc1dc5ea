"""Networks, the embeddings they stand on, and which of them answers."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, Row, Select, delete, func, select, update

from storage.dataset_tables import dataset_photo
from storage.datasets import in_version
from storage.errors import NotFound
from storage.inserting import insert_row, insert_unless_there
from storage.moment import Moment
from storage.records import ON_REQUEST, Network, NewNetwork, State
from storage.tables import classifier, deletion, embedding, network, photo, standing, vote

# SQLite allows 32,766 variables in a statement; stay far below.
_CHUNK = 5_000


class Embeddings:
    """Vectors of pictures: little-endian float32 bytes, one per (digest, embedder)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def missing(self, classifier_id: int, embedder: str, limit: int = 256, *, dataset: int | None = None) -> list[str]:
        """Digests of taught photos, or those of a version, that this embedder has not seen, oldest photo first."""
        seen = select(embedding.c.digest).where(embedding.c.digest == photo.c.digest, embedding.c.embedder == embedder)
        query = (
            select(photo.c.id, photo.c.digest)
            .where(photo.c.classifier_id == classifier_id, ~seen.exists())
            .order_by(photo.c.id)
            .limit(limit)
        )
        if dataset is None:
            query = query.join(standing, standing.c.photo_id == photo.c.id).where(standing.c.state == State.TAUGHT)
        else:
            query = query.join(dataset_photo, dataset_photo.c.photo_id == photo.c.id).where(in_version(dataset))
        # Twins may make the first rows fewer pictures than are wanted. Grouping them would read all photos each time.
        found: dict[str, None] = {}
        last = 0
        while rows := self._connection.execute(query.where(photo.c.id > last)).all():
            found.update({row.digest: None for row in rows})
            last = rows[-1].id
            if len(found) >= limit:
                break
        return list(found)[:limit]

    def add(self, embedder: str, vectors: Mapping[str, bytes]) -> None:
        for digest, vector in vectors.items():
            insert_unless_there(self._connection, embedding, digest=digest, embedder=embedder, vector=vector)

    def load(self, embedder: str, digests: Sequence[str]) -> dict[str, bytes]:
        """The vectors that are there, by digest."""
        wanted, found = list(dict.fromkeys(digests)), {}
        for start in range(0, len(wanted), _CHUNK):
            query = select(embedding.c.digest, embedding.c.vector).where(
                embedding.c.embedder == embedder, embedding.c.digest.in_(wanted[start : start + _CHUNK])
            )
            found.update({row.digest: row.vector for row in self._connection.execute(query)})
        return found

    def embedders(self) -> set[str]:
        """The embedders that any vector was made by."""
        return set(self._connection.execute(select(embedding.c.embedder).distinct()).scalars())

    def remove(self, embedder: str, limit: int) -> int:
        """Remove up to so many vectors of an embedder; returns how many there were."""
        some = select(embedding.c.digest).where(embedding.c.embedder == embedder).limit(limit)
        # Asked first, not nested: a vector that is added meanwhile stays for the next time.
        digests = self._connection.execute(some).scalars().all()
        theirs = (embedding.c.embedder == embedder) & embedding.c.digest.in_(digests)
        self._connection.execute(delete(embedding).where(theirs))
        return len(digests)


class Networks:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def active(self, classifier_id: int) -> Network | None:
        """The network that answers for the classifier."""
        answering = select(classifier.c.active_network_id).where(classifier.c.id == classifier_id).scalar_subquery()
        return self._one(_asked().where(network.c.id == answering))

    def get(self, network_id: int) -> Network:
        """Raises NotFound."""
        found = self._one(_asked().where(network.c.id == network_id))
        if found is None:
            raise NotFound("network", network_id)
        return found

    def those(self, network_ids: Collection[int]) -> dict[int, Network]:
        """Networks by their ids, as far as they are there."""
        wanted, found = sorted(network_ids), {}
        for start in range(0, len(wanted), _CHUNK):
            query = _asked().where(network.c.id.in_(wanted[start : start + _CHUNK]))
            found.update({row.id: _record(row) for row in self._connection.execute(query)})
        return found

    def numbered(self, classifier_id: int, number: int) -> Network | None:
        """The network of that number."""
        return self._one(_asked().where(network.c.classifier_id == classifier_id, network.c.number == number))

    def all(self, classifier_id: int) -> list[Network]:
        """Every network there ever was, newest first."""
        query = _asked().where(network.c.classifier_id == classifier_id).order_by(network.c.number.desc())
        return [_record(row) for row in self._connection.execute(query)]

    def kept(self) -> list[Network]:
        """The networks of all classifiers whose folders are not let go, newest first."""
        query = _asked().where(network.c.removed_at.is_(None)).order_by(network.c.number.desc())
        return [_record(row) for row in self._connection.execute(query)]

    def held(self, classifier_id: int) -> list[Network]:
        """The networks that were held since the newest that shipped, oldest first."""
        own, shipped = network.c.classifier_id == classifier_id, network.alias()
        newest = select(func.max(shipped.c.number)).where(shipped.c.classifier_id == classifier_id, shipped.c.shipped)
        later = network.c.number > func.coalesce(newest.scalar_subquery(), 0)
        return [_record(row) for row in self._connection.execute(_asked().where(own, later).order_by(network.c.number))]

    def latest(self, classifier_id: int) -> Network | None:
        """The newest network of what was taught then, whether it shipped or was held."""
        ground = func.coalesce(network.c.verdict["ground"].as_string(), "")
        query = _asked().where(network.c.classifier_id == classifier_id, ground != ON_REQUEST)
        return self._one(query.order_by(network.c.number.desc()).limit(1))

    def newest_shipped(self, classifier_id: int) -> Network | None:
        """The newest network that was let answer; after a rollback it is another than the active one."""
        query = _asked().where(network.c.classifier_id == classifier_id, network.c.shipped)
        return self._one(query.order_by(network.c.number.desc()).limit(1))

    def next_number(self, classifier_id: int) -> int:
        query = select(func.max(network.c.number)).where(network.c.classifier_id == classifier_id)
        return (self._connection.execute(query).scalar_one_or_none() or 0) + 1

    def folders(self) -> set[str]:
        """The folders that rows name and have not let go; any other below the networks' folder is left from a kill."""
        return set(self._connection.execute(select(network.c.folder).where(network.c.removed_at.is_(None))).scalars())

    def let_go(self, network_ids: Sequence[int]) -> None:
        """Note that the folders of these networks are no longer kept."""
        for network_id in network_ids:
            row = (network.c.id == network_id) & network.c.removed_at.is_(None)
            self._connection.execute(update(network).where(row).values(removed_at=self._moment.now))

    def note_deletion(self, classifier_id: int, person_id: int) -> int | None:
        """Before the lessons of a person are deleted: note which networks may have learned them.

        Hers are her votes, and whatever was said of her photos. It also holds for a network that is being made now.
        Returns the number of the note; None where nothing was said.
        """
        query = (
            select(func.min(vote.c.created_at))
            .join_from(vote, photo, photo.c.id == vote.c.photo_id)
            .where(photo.c.classifier_id == classifier_id)
            .where((vote.c.person_id == person_id) | (photo.c.owner_id == person_id))
        )
        first = self._connection.execute(query).scalar_one_or_none()
        if first is None:
            return None
        moments = {"first_lesson_at": first, "deleted_at": self._moment.now}
        return int(insert_row(self._connection, deletion, classifier_id=classifier_id, **moments).id)

    def deletes_still(self, deletion_id: int) -> None:
        """Some of those lessons went only now: a network that was made meanwhile may have learned them too."""
        mine = deletion.c.id == deletion_id
        self._connection.execute(update(deletion).where(mine).values(deleted_at=self._moment.now))

    def publish(self, new: NewNetwork, *, activate: bool) -> Network:
        """Record a network whose folder is durable; with `activate` it answers from this commit on."""
        row = insert_row(
            self._connection,
            network,
            classifier_id=new.classifier_id,
            number=new.number,
            folder=new.folder,
            embedder=new.embedder,
            snapshot_digest=new.snapshot_digest,
            labels=list(new.labels),
            photos=new.photos,
            n=new.n,
            wrong=new.wrong,
            low=new.low,
            high=new.high,
            alarms=new.alarms,
            alarms_of=new.alarms_of,
            shipped=activate,
            verdict=new.verdict,
            created_at=self._moment.now,
            lessons_at=new.lessons_at,
        )
        if activate:
            self.activate(new.classifier_id, row.id)
        return self.get(row.id)

    def activate(self, classifier_id: int, network_id: int) -> None:
        """Let a network answer from this commit on."""
        self._connection.execute(update(network).where(network.c.id == network_id).values(shipped=True))
        self._connection.execute(
            update(classifier).where(classifier.c.id == classifier_id).values(active_network_id=network_id)
        )

    def retire(self, classifier_id: int) -> None:
        """Let no network answer for the classifier any more: its lessons were taken back."""
        self._connection.execute(
            update(classifier).where(classifier.c.id == classifier_id).values(active_network_id=None)
        )

    def _one(self, query: Select[tuple[object, ...]]) -> Network | None:
        row = self._connection.execute(query).one_or_none()
        return _record(row) if row else None


def _asked() -> Select[tuple[object, ...]]:
    """Networks, each with the answer to whether it may have learned what was deleted since."""
    lessons_at = func.coalesce(network.c.lessons_at, network.c.created_at)
    since = select(deletion.c.id).where(
        deletion.c.classifier_id == network.c.classifier_id,
        deletion.c.first_lesson_at <= lessons_at,
        deletion.c.deleted_at >= lessons_at,
    )
    return select(network, since.exists().label("lessons_deleted"))


def _record(row: Row[tuple[object, ...]]) -> Network:
    return Network(
        id=row.id,
        classifier_id=row.classifier_id,
        number=row.number,
        folder=row.folder,
        embedder=row.embedder,
        snapshot_digest=row.snapshot_digest,
        labels=tuple(row.labels),
        photos=row.photos,
        n=row.n,
        wrong=row.wrong,
        low=row.low,
        high=row.high,
        shipped=row.shipped,
        verdict=dict(row.verdict),
        created_at=row.created_at,
        lessons_at=row.lessons_at or row.created_at,
        removed_at=row.removed_at,
        lessons_deleted=bool(row.lessons_deleted),
        alarms=row.alarms,
        alarms_of=row.alarms_of,
    )
