"""Votes: what people say of photos. They are only ever added; the label of a photo is computed from them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Row, Select, and_, delete, func, or_, select

from storage.datasets import Datasets
from storage.errors import NotFound
from storage.inserting import insert_row, insert_unless_there
from storage.moment import Moment
from storage.opinion_tables import inquiry
from storage.opinions import Opinions
from storage.prepared import prepared
from storage.records import TEST_FOLD, Reason, Standing, State, Vote, VoteKind
from storage.tables import label, photo, standing, vote
from storage.tallying import in_force, live, tally

# A vote names the label that was said then. It is read as what that is now: what was merged counts as what it became.
_label_now = func.coalesce(label.c.root_id, vote.c.label_id).label("label_id")
_votes: Select[Any] = (
    select(*(column for column in vote.c if column.name != "label_id"), _label_now)
    .select_from(vote)
    .outerjoin(label, label.c.id == vote.c.label_id)
)
# How many photos are counted anew by one query.
_CHUNK = 500


class Votes:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def cast(
        self,
        photo_id: int,
        person_id: int | None,
        kind: VoteKind,
        label_id: int | None,
        reason: Reason,
        *,
        deed: str | None = None,
    ) -> Vote:
        """Add a vote in place of the person's live one on the photo; the same `deed` again returns the first vote.

        Raises:
            NotFound: no such photo.
        """
        known = self.of_deed(deed)
        if known is not None:
            return known
        self._lock(photo_id)
        # Asked again under the lock: on PostgreSQL the same deed may just have been told by another connection.
        known = self.of_deed(deed)
        if known is not None:
            return known
        before = self.live_of(photo_id, person_id)
        row = insert_row(
            self._connection,
            vote,
            photo_id=photo_id,
            person_id=person_id,
            kind=kind,
            label_id=label_id,
            reason=reason,
            replaces_id=before.id if before else None,
            deed=deed,
            created_at=self._moment.now,
        )
        self._recount_one(photo_id)
        return _record(row)

    def newest(self) -> int:
        """The number of the vote that was cast last; 0 before the first."""
        return int(self._connection.execute(select(func.coalesce(func.max(vote.c.id), 0))).scalar_one())

    def since(self, classifier_id: int, vote_id: int, limit: int) -> int:
        """How many votes that may be learned were cast on the classifier's photos after that one, up to a limit."""
        some = (
            select(vote.c.id)
            .join(photo, photo.c.id == vote.c.photo_id)
            .where(vote.c.id > vote_id, photo.c.classifier_id == classifier_id, photo.c.fold != TEST_FOLD)
            .limit(limit)
            .subquery()
        )
        return int(self._connection.execute(select(func.count()).select_from(some)).scalar_one())

    def get(self, vote_id: int) -> Vote:
        """Raises NotFound."""
        row = self._connection.execute(_votes.where(vote.c.id == vote_id)).one_or_none()
        if row is None:
            raise NotFound("vote", vote_id)
        return _record(row)

    def live_of(self, photo_id: int, person_id: int | None) -> Vote | None:
        """The person's vote that counts on this photo."""
        mine = [v for v in live(self.of_photo(photo_id)) if v.person_id == person_id]
        return mine[-1] if mine else None

    def last_of(self, person_id: int, chat_id: int) -> Vote | None:
        """The person's newest vote in this chat that was not withdrawn: what /undo takes back.

        It was said of a photo that came there, or in answer to a question that was put there.
        """
        here = or_(and_(photo.c.chat_id == chat_id, vote.c.reason != Reason.SECOND), _answers_in(chat_id))
        later, latest = vote.alias("later"), vote.alias("latest")
        taken_back = select(latest.c.id).where(latest.c.replaces_id == later.c.id)
        withdrawal = select(later.c.id).where(later.c.replaces_id == vote.c.id, later.c.kind == VoteKind.WITHDRAW)
        withdrawal = withdrawal.where(~taken_back.exists())
        query = (
            _votes.join(photo, photo.c.id == vote.c.photo_id)
            .where(
                vote.c.person_id == person_id,
                here,
                vote.c.kind != VoteKind.WITHDRAW,
                ~withdrawal.exists(),
            )
            .order_by(vote.c.id.desc())
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return _record(row) if row else None

    def of_deed(self, deed: str | None) -> Vote | None:
        """The vote that a deed gave."""
        if deed is None:
            return None
        row = self._connection.execute(*_vote_of_deed(deed)).one_or_none()
        return _record(row) if row else None

    def live(self, photo_id: int) -> list[Vote]:
        """The votes on a photo that still speak, oldest first."""
        return live(self.of_photo(photo_id))

    def of_photo(self, photo_id: int) -> list[Vote]:
        """Every vote ever cast on the photo, oldest first."""
        rows = self._connection.execute(*_votes_on(photo_id))
        return [_record(row) for row in rows]

    def of_photos(self, photo_ids: Sequence[int]) -> dict[int, list[Vote]]:
        """Every vote on some photos, oldest first."""
        cast: dict[int, list[Vote]] = {photo_id: [] for photo_id in photo_ids}
        for some in _chunks(photo_ids):
            for row in self._connection.execute(_votes.where(vote.c.photo_id.in_(some)).order_by(vote.c.id)):
                cast[row.photo_id].append(_record(row))
        return cast

    def of_person(self, person_id: int) -> list[Vote]:
        rows = self._connection.execute(_votes.where(vote.c.person_id == person_id).order_by(vote.c.id))
        return [_record(row) for row in rows]

    def count_spoken_of(self, person_id: int) -> int:
        """Of how many photos the person has said anything."""
        query = select(func.count(vote.c.photo_id.distinct())).where(vote.c.person_id == person_id)
        return int(self._connection.execute(query).scalar_one())

    def named_by(self, person_id: int, label_id: int, chat_id: int) -> list[int]:
        """The photos that the person calls so now, of a chat or asked about there, in the order in which she did."""
        query = (
            select(vote.c.photo_id)
            .join(photo, photo.c.id == vote.c.photo_id)
            .outerjoin(label, label.c.id == vote.c.label_id)
            .where(vote.c.person_id == person_id, _label_now == label_id)
            .where(or_(photo.c.chat_id == chat_id, _answers_in(chat_id)))
            .group_by(vote.c.photo_id)
            .order_by(func.min(vote.c.id))
        )
        said = {one: self.live_of(one, person_id) for one in self._connection.execute(query).scalars()}
        return [one for one, mine in said.items() if mine is not None and mine.label_id == label_id]

    def said_last(self, person_id: int, chat_id: int, limit: int) -> list[int]:
        """The labels that the person gave photos of a chat, the newest first."""
        query = (
            select(_label_now)
            .join_from(vote, photo, photo.c.id == vote.c.photo_id)
            .join(label, label.c.id == vote.c.label_id)
            .where(vote.c.person_id == person_id, photo.c.chat_id == chat_id)
            .group_by(_label_now)
            .order_by(func.max(vote.c.id).desc())
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def teachers(self, classifier_id: int, *, until: datetime) -> tuple[int, bool]:
        """How many people had said by then what a photo is taught as now, and whether an import had."""
        query = (
            select(func.count(vote.c.person_id.distinct()), func.count(), func.count(vote.c.person_id))
            .join_from(standing, vote, vote.c.photo_id == standing.c.photo_id)
            .join(photo, photo.c.id == standing.c.photo_id)
            .join(label, label.c.id == vote.c.label_id)
            .where(photo.c.classifier_id == classifier_id, standing.c.state == State.TAUGHT)
            .where(standing.c.label_id == _label_now, vote.c.created_at <= until)
        )
        people, votes, votes_of_people = self._connection.execute(query).one()
        return int(people), votes > votes_of_people

    def weigh(self, photo_id: int, votes: Iterable[Vote]) -> Standing:
        """What these votes on a photo add up to, or would."""
        fold = self._connection.execute(*_fold_of(photo_id)).scalar_one()
        retired = set(self._connection.execute(*_retired()).scalars())
        opinion = Opinions(self._connection).kept_of(photo_id)
        return tally(photo_id, votes, is_test=fold == TEST_FOLD, retired=retired, opinion=opinion)

    def standing(self, photo_id: int) -> Standing:
        row = self._connection.execute(*_standing_of(photo_id)).one_or_none()
        return _unlabelled(photo_id) if row is None else _counted(row)

    def standings(self, photo_ids: Sequence[int]) -> dict[int, Standing]:
        """The same of some photos."""
        found = {photo_id: _unlabelled(photo_id) for photo_id in photo_ids}
        for some in _chunks(photo_ids):
            query = select(standing).where(standing.c.photo_id.in_(some))
            found |= {row.photo_id: _counted(row) for row in self._connection.execute(query)}
        return found

    def counting(self, photo_ids: Sequence[int]) -> dict[int, int | None]:
        """The labels that some photos count as; photos of which nobody said anything are left out."""
        found: dict[int, int | None] = {}
        for some in _chunks(photo_ids):
            query = select(standing.c.photo_id, standing.c.label_id).where(standing.c.photo_id.in_(some))
            found |= {row[0]: row[1] for row in self._connection.execute(query.order_by(standing.c.photo_id))}
        return found

    def recount_naming(self, label_ids: Sequence[int]) -> int:
        """Count anew the photos of which a vote names one of these labels; returns how many.

        Called in the transaction that changes what the labels are.
        """
        named = select(vote.c.photo_id).where(vote.c.label_id.in_(label_ids)).distinct().order_by(vote.c.photo_id)
        photo_ids = list(self._connection.execute(named).scalars())
        for some in _chunks(photo_ids):
            held = select(photo.c.id).where(photo.c.id.in_(some)).order_by(photo.c.id)
            self._connection.execute(held.with_for_update(key_share=True))
            self.recount(some)
        return len(photo_ids)

    def _recount_one(self, photo_id: int) -> None:
        now = self.weigh(photo_id, self.of_photo(photo_id))
        self._connection.execute(*_no_standing(photo_id))
        self._connection.execute(
            standing.insert().values(photo_id=photo_id, label_id=now.label_id, state=now.state, voters=now.voters)
        )

    def recount(self, photo_ids: Sequence[int]) -> None:
        """Write what the votes on these photos add up to. The caller holds the photos, and names a few hundred."""
        run = self._connection.execute
        folds = run(select(photo.c.id, photo.c.fold).where(photo.c.id.in_(photo_ids))).all()
        retired = set(run(*_retired()).scalars())
        cast: dict[int, list[Vote]] = defaultdict(list)
        for row in run(_votes.where(vote.c.photo_id.in_(photo_ids)).order_by(vote.c.id)):
            cast[row.photo_id].append(_record(row))
        kept = Opinions(self._connection).kept(photo_ids)
        now = [
            tally(one.id, cast[one.id], is_test=one.fold == TEST_FOLD, retired=retired, opinion=kept.get(one.id))
            for one in folds
        ]
        if not now:
            return
        run(standing.delete().where(standing.c.photo_id.in_(photo_ids)))
        run(
            standing.insert(),
            [
                {"photo_id": one.photo_id, "label_id": one.label_id, "state": one.state, "voters": one.voters}
                for one in now
            ],
        )

    def withdraw(self, vote_ids: Sequence[int], reason: Reason, deed: str) -> int:
        """Withdraw votes or withdrawals, whosever they are, in nobody's name; returns how many were in force.

        Telling the same `deed` again changes nothing.
        """
        photo_of = {one.id: one.photo_id for vote_id in vote_ids for one in [self.get(vote_id)]}
        touched, withdrawn = sorted(set(photo_of.values())), 0
        for photo_id in touched:
            self._lock(photo_id)
            standing_votes = {one.id for one in in_force(self.of_photo(photo_id))}
            for vote_id in sorted(each for each, on in photo_of.items() if on == photo_id and each in standing_votes):
                values = {"photo_id": photo_id, "person_id": None, "kind": VoteKind.WITHDRAW, "label_id": None}
                told = {"reason": reason, "replaces_id": vote_id, "deed": f"{deed}:{vote_id}"}
                withdrawn += insert_unless_there(self._connection, vote, **values, **told, created_at=self._moment.now)
            self._recount_one(photo_id)
        return withdrawn

    def of_deeds(self, beginning: str) -> list[Vote]:
        """The votes whose deeds begin so, oldest first."""
        query = _votes.where(vote.c.deed.startswith(beginning, autoescape=True)).order_by(vote.c.id)
        return [_record(row) for row in self._connection.execute(query)]

    def forget_person(self, person_id: int, *, limit: int | None = None) -> int:
        """Remove a person's votes, as she may ask of us: the one way in which a vote ever leaves.

        With `limit` only those on so many photos. Returns on how many photos there were any.
        """
        spoken_of = select(vote.c.photo_id).where(vote.c.person_id == person_id).distinct()
        touched = list(self._connection.execute(spoken_of.order_by(vote.c.photo_id).limit(limit)).scalars())
        for some in _chunks(touched):
            held = select(photo.c.id).where(photo.c.id.in_(some)).order_by(photo.c.id)
            self._connection.execute(held.with_for_update(key_share=True))
            self._connection.execute(delete(vote).where(vote.c.person_id == person_id, vote.c.photo_id.in_(some)))
            # They had weighed her words too.
            Opinions(self._connection).drop(some)
            self.recount(some)
        Datasets(self._connection, self._moment).forget_unnamed(touched)
        return len(touched)

    def _lock(self, photo_id: int) -> None:
        """Two votes on one photo wait for each other on PostgreSQL; on SQLite every writer does anyway."""
        if self._connection.execute(*_held_photo(photo_id)).first() is None:
            raise NotFound("photo", photo_id)


def _chunks(photo_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (photo_ids[start : start + _CHUNK] for start in range(0, len(photo_ids), _CHUNK))


def _answers_in(chat_id: int) -> ColumnElement[bool]:
    """Whether a vote answers what its person was asked in a chat: of each photo she is asked once."""
    asked = (inquiry.c.photo_id == vote.c.photo_id) & (inquiry.c.person_id == vote.c.person_id)
    return (vote.c.reason == Reason.SECOND) & select(inquiry.c.id).where(asked, inquiry.c.chat_id == chat_id).exists()


def _unlabelled(photo_id: int) -> Standing:
    return Standing(photo_id, None, State.UNLABELLED, 0)


def _counted(row: Row[Any]) -> Standing:
    return Standing(row.photo_id, row.label_id, State(row.state), row.voters)


def _record(row: Row[Any]) -> Vote:
    return Vote(
        id=row.id,
        photo_id=row.photo_id,
        person_id=row.person_id,
        kind=VoteKind(row.kind),
        label_id=row.label_id,
        reason=Reason(row.reason),
        replaces_id=row.replaces_id,
        created_at=row.created_at,
    )


@prepared
def _vote_of_deed(deed: str) -> Executable:
    return _votes.where(vote.c.deed == deed)


@prepared
def _votes_on(photo_id: int) -> Executable:
    return _votes.where(vote.c.photo_id == photo_id).order_by(vote.c.id)


@prepared
def _standing_of(photo_id: int) -> Executable:
    return select(standing).where(standing.c.photo_id == photo_id)


@prepared
def _no_standing(photo_id: int) -> Executable:
    return standing.delete().where(standing.c.photo_id == photo_id)


@prepared
def _fold_of(photo_id: int) -> Executable:
    return select(photo.c.fold).where(photo.c.id == photo_id)


@prepared
def _retired() -> Executable:
    return select(label.c.id).where(label.c.retired_at.is_not(None))


@prepared
def _held_photo(photo_id: int) -> Executable:
    return select(photo.c.id).where(photo.c.id == photo_id).with_for_update(key_share=True)
