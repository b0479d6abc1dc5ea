"""Votes: what people say of photos. They are only ever added; the label of a photo is computed from them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Executable, Row, delete, func, select

from storage.datasets import Datasets
from storage.errors import NotFound
from storage.inserting import insert_row, insert_unless_there
from storage.moment import Moment
from storage.prepared import prepared
from storage.records import TEST_FOLD, Reason, Standing, State, Vote, VoteKind
from storage.tables import photo, standing, vote

# SQLite allows 32,766 variables in a statement; stay far below.
_CHUNK = 5_000


def in_force(votes: Iterable[Vote]) -> list[Vote]:
    """The votes and withdrawals that were not withdrawn themselves, oldest first."""
    left, withdrawn = [], set()
    # A withdrawal is newer than what it withdraws, and may itself have been withdrawn since.
    for one in sorted(votes, key=lambda v: v.id, reverse=True):
        if one.id not in withdrawn:
            left.append(one)
            withdrawn |= {one.replaces_id} if one.kind is VoteKind.WITHDRAW else set()
    return left[::-1]


def live(votes: Iterable[Vote]) -> list[Vote]:
    """The votes that still speak: neither withdrawn nor replaced. What a withdrawn vote had replaced speaks again."""
    standing_votes = [v for v in in_force(votes) if v.kind is not VoteKind.WITHDRAW]
    replaced = {v.replaces_id for v in standing_votes if v.replaces_id is not None}
    return [v for v in standing_votes if v.id not in replaced]


def tally(photo_id: int, votes: Iterable[Vote], *, is_test: bool = False) -> Standing:
    """What the votes on one photo add up to; the label of one that is kept for a test is not taught.

    Each person has one voice, her newest; an import has one too. What a reviewer decided settles it, the newest such
    decision where there are several. Otherwise most voices win. A tie is a dispute, and a disputed photo has no label.
    """
    voices: dict[int | None, Vote] = {}
    for one in sorted(live(votes), key=lambda v: v.id):
        voices[one.person_id] = one
    if not voices:
        return Standing(photo_id, None, State.UNLABELLED, 0)
    reviews = [v for v in voices.values() if v.reason is Reason.REVIEW]
    if reviews:
        return _settled(photo_id, max(reviews, key=lambda v: v.id), len(voices), is_test=is_test)
    ranked = Counter(v.label_id if v.kind is VoteKind.LABEL else None for v in voices.values()).most_common(2)
    if len(ranked) == 2 and ranked[0][1] == ranked[1][1]:
        return Standing(photo_id, None, State.DISPUTED, len(voices))
    winner = ranked[0][0]
    labelled = State.TEST if is_test else State.TAUGHT
    return Standing(photo_id, winner, State.NONE if winner is None else labelled, len(voices))


def _settled(photo_id: int, decided: Vote, voters: int, *, is_test: bool) -> Standing:
    """What a photo counts as by a reviewer's vote alone."""
    states = {
        VoteKind.LABEL: State.TEST if is_test else State.TAUGHT,
        VoteKind.NONE: State.NONE,
        VoteKind.ASIDE: State.ASIDE,
    }
    return Standing(photo_id, decided.label_id, states[decided.kind], voters)


def most_said(labels: Iterable[int]) -> int | None:
    """The label id that comes most often; None where two tie, or there is none."""
    ranked = Counter(labels).most_common(2)
    tied = len(ranked) == 2 and ranked[0][1] == ranked[1][1]
    return None if not ranked or tied else ranked[0][0]


def said_since(votes: Iterable[Vote], vote_id: int) -> list[int]:
    """Which of a photo's votes to withdraw, so that it stands as it did when `vote_id` was the newest of all votes.

    What was withdrawn since speaks again; what was said since does not.
    """
    return [
        one.id
        for one in in_force(votes)
        if one.id > vote_id and (one.kind is not VoteKind.WITHDRAW or (one.replaces_id or 0) <= vote_id)
    ]


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
        self._recount(photo_id)
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
        row = self._connection.execute(select(vote).where(vote.c.id == vote_id)).one_or_none()
        if row is None:
            raise NotFound("vote", vote_id)
        return _record(row)

    def live_of(self, photo_id: int, person_id: int | None) -> Vote | None:
        """The person's vote that counts on this photo."""
        mine = [v for v in live(self.of_photo(photo_id)) if v.person_id == person_id]
        return mine[-1] if mine else None

    def last_of(self, person_id: int, chat_id: int) -> Vote | None:
        """The person's newest vote on a photo of this chat that was not withdrawn: what /undo takes back."""
        later, latest = vote.alias("later"), vote.alias("latest")
        taken_back = select(latest.c.id).where(latest.c.replaces_id == later.c.id)
        withdrawal = select(later.c.id).where(later.c.replaces_id == vote.c.id, later.c.kind == VoteKind.WITHDRAW)
        withdrawal = withdrawal.where(~taken_back.exists())
        query = (
            select(vote)
            .join(photo, photo.c.id == vote.c.photo_id)
            .where(
                vote.c.person_id == person_id,
                photo.c.chat_id == chat_id,
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

    def of_person(self, person_id: int) -> list[Vote]:
        rows = self._connection.execute(select(vote).where(vote.c.person_id == person_id).order_by(vote.c.id))
        return [_record(row) for row in rows]

    def teachers(self, classifier_id: int, *, until: datetime) -> tuple[int, bool]:
        """How many people had said by then what a photo is taught as now, and whether an import had."""
        query = (
            select(func.count(vote.c.person_id.distinct()), func.count(), func.count(vote.c.person_id))
            .join_from(standing, vote, vote.c.photo_id == standing.c.photo_id)
            .join(photo, photo.c.id == standing.c.photo_id)
            .where(photo.c.classifier_id == classifier_id, standing.c.state == State.TAUGHT)
            .where(vote.c.label_id == standing.c.label_id, vote.c.created_at <= until)
        )
        people, votes, votes_of_people = self._connection.execute(query).one()
        return int(people), votes > votes_of_people

    def weigh(self, photo_id: int, votes: Iterable[Vote]) -> Standing:
        """What these votes on a photo add up to, or would."""
        fold = self._connection.execute(*_fold_of(photo_id)).scalar_one()
        return tally(photo_id, votes, is_test=fold == TEST_FOLD)

    def standing(self, photo_id: int) -> Standing:
        row = self._connection.execute(*_standing_of(photo_id)).one_or_none()
        if row is None:
            return Standing(photo_id, None, State.UNLABELLED, 0)
        return Standing(row.photo_id, row.label_id, State(row.state), row.voters)

    def _recount(self, photo_id: int) -> None:
        now = self.weigh(photo_id, self.of_photo(photo_id))
        self._connection.execute(*_no_standing(photo_id))
        self._connection.execute(
            standing.insert().values(photo_id=photo_id, label_id=now.label_id, state=now.state, voters=now.voters)
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
            self._recount(photo_id)
        return withdrawn

    def of_deeds(self, beginning: str) -> list[Vote]:
        """The votes whose deeds begin so, oldest first."""
        query = select(vote).where(vote.c.deed.startswith(beginning, autoescape=True)).order_by(vote.c.id)
        return [_record(row) for row in self._connection.execute(query)]

    def of_photos(self, photo_ids: Sequence[int]) -> dict[int, list[Vote]]:
        """Every vote ever cast on these photos, oldest first, by photo."""
        found: dict[int, list[Vote]] = {photo_id: [] for photo_id in photo_ids}
        for start in range(0, len(photo_ids), _CHUNK):
            some = vote.c.photo_id.in_(photo_ids[start : start + _CHUNK])
            for row in self._connection.execute(select(vote).where(some).order_by(vote.c.id)):
                found[row.photo_id].append(_record(row))
        return found

    def forget_person(self, person_id: int) -> None:
        """Remove a person's votes, as she may ask of us: the one way in which a vote ever leaves."""
        touched = {one.photo_id for one in self.of_person(person_id)}
        for photo_id in sorted(touched):
            self._lock(photo_id)
        self._connection.execute(delete(vote).where(vote.c.person_id == person_id))
        for photo_id in touched:
            self._recount(photo_id)
        Datasets(self._connection, self._moment).forget_unnamed(sorted(touched))

    def _lock(self, photo_id: int) -> None:
        """Two votes on one photo wait for each other on PostgreSQL; on SQLite every writer does anyway."""
        if self._connection.execute(*_held_photo(photo_id)).first() is None:
            raise NotFound("photo", photo_id)


def _record(row: Row[tuple[object, ...]]) -> Vote:
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
    return select(vote).where(vote.c.deed == deed)


@prepared
def _votes_on(photo_id: int) -> Executable:
    return select(vote).where(vote.c.photo_id == photo_id).order_by(vote.c.id)


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
def _held_photo(photo_id: int) -> Executable:
    return select(photo.c.id).where(photo.c.id == photo_id).with_for_update(key_share=True)
