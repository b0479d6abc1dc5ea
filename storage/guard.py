"""The guard: whose lessons wait for somebody who agrees, and who says what a photo is taught as.

A newcomer's lessons are not learned until somebody who is none, or a reviewer, says the same. Who waits is computed
from votes and roles whenever it is asked, so nothing can get out of step; that somebody is a newcomer no more is kept.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, func, select

from storage.guard_tables import regular
from storage.inserting import insert_unless_there
from storage.moment import Moment
from storage.records import Person, Reason, Role, State, Vote, VoteKind
from storage.tables import deletion, label, person, photo, standing, vote
from storage.tallying import live
from storage.votes import Votes

_LABEL_NOW = func.coalesce(label.c.root_id, vote.c.label_id)


@dataclass(frozen=True, slots=True)
class Vouched:
    """Newcomers' lessons: photo -> who of them teach it, where it waits; and how many of each are borne out."""

    waiting: Mapping[int, frozenset[int]]
    confirmed: Counter[int]

    def of_person(self, person_id: int) -> list[int]:
        """The photos of hers that wait."""
        return sorted(one for one, people in self.waiting.items() if person_id in people)


class Guard:
    def __init__(self, connection: Connection, moment: Moment, votes: Votes, needed: int) -> None:
        self._connection = connection
        self._moment = moment
        self._votes = votes
        self.needed = needed

    def is_on(self) -> bool:
        """Whether anything waits at all: not where that is switched off, or where there is nobody to decide."""
        deciding = select(person.c.id).where(person.c.role >= int(Role.REVIEWER)).limit(1)
        return self.needed > 0 and self._connection.execute(deciding).first() is not None

    def is_newcomer(self, classifier_id: int, one: Person) -> bool:
        """Whether a person's lessons wait for somebody who agrees."""
        if one.role >= Role.REVIEWER or not self.is_on() or one.id in self._first(classifier_id, else_=one.id):
            return False
        known = select(regular.c.person_id).where(
            regular.c.classifier_id == classifier_id, regular.c.person_id == one.id
        )
        return self._connection.execute(known).first() is None

    def waits(self, classifier_id: int, photo_id: int, one: Person) -> bool:
        """Whether what a person says of a photo is not learned yet because she is new."""
        now = self._votes.standing(photo_id)
        if now.label_id is None or not self.is_newcomer(classifier_id, one):
            return False
        newcomers = self.newcomers(classifier_id) | {one.id}
        return bool(vouch(self._votes.of_photos([photo_id]), {photo_id: now.label_id}, newcomers).waiting)

    def newcomers(self, classifier_id: int) -> frozenset[int]:
        """Everybody whose lessons would wait and who has said something of a photo."""
        if not self.is_on():
            return frozenset()
        known = select(regular.c.person_id).where(
            regular.c.classifier_id == classifier_id, regular.c.person_id == person.c.id
        )
        spoke = select(vote.c.id).where(vote.c.person_id == person.c.id)
        query = select(person.c.id).where(person.c.role < int(Role.REVIEWER), ~known.exists(), spoke.exists())
        return frozenset(self._connection.execute(query).scalars()) - self._first(classifier_id)

    def vouched(self, classifier_id: int, people: Collection[int] | None = None) -> Vouched:
        """What newcomers teach, as it stands now; with `people`, only photos that these have spoken of."""
        newcomers = self.newcomers(classifier_id)
        spoke = newcomers if people is None else newcomers.intersection(people)
        if not spoke:
            return Vouched({}, Counter())
        taught = {row.photo_id: row.label_id for row in self._connection.execute(_taught_by(classifier_id, spoke))}
        return vouch(self._votes.of_photos(sorted(taught)), taught, newcomers)

    def waiting(self, classifier_id: int) -> frozenset[int]:
        """The photos that wait, as `vouched` has them: for each lesson, so votes are read only where it takes them."""
        newcomers = self.newcomers(classifier_id)
        if not newcomers:
            return frozenset()
        other = vote.alias()
        bears_out = other.c.person_id.is_(None) | other.c.person_id.not_in(sorted(newcomers))
        bears_out |= other.c.reason == Reason.REVIEW
        others = exists().where(other.c.photo_id == standing.c.photo_id, bears_out)
        query = _taught_by(classifier_id, newcomers).add_columns(others.label("others"))
        rows = self._connection.execute(query).all()
        # Where nobody but newcomers spoke, nobody else can have agreed.
        asked = {row.photo_id: row.label_id for row in rows if row.others}
        votes = self._votes.of_photos(sorted(asked))
        return frozenset(row.photo_id for row in rows if not row.others) | vouch(votes, asked, newcomers).waiting.keys()

    def welcome(self, classifier_id: int, person_id: int) -> bool:
        """Note that somebody is a newcomer no more, for good; False if she was none."""
        values = {"classifier_id": classifier_id, "person_id": person_id, "created_at": self._moment.now}
        return insert_unless_there(self._connection, regular, **values)

    def senders(self, classifier_id: int) -> dict[int, int | None]:
        """Photo -> the one person who says what it is taught as; None where several do, or an import does."""
        query = (
            select(vote.c.photo_id, vote.c.person_id, standing.c.label_id)
            .join_from(vote, standing, standing.c.photo_id == vote.c.photo_id)
            .join(photo, photo.c.id == vote.c.photo_id)
            .join(label, label.c.id == vote.c.label_id)
            .where(photo.c.classifier_id == classifier_id, standing.c.state == State.TAUGHT)
            .where(vote.c.kind == VoteKind.LABEL, standing.c.label_id == _LABEL_NOW)
            .distinct()
        )
        people: dict[int, set[int | None]] = defaultdict(set)
        taught: dict[int, int] = {}
        for row in self._connection.execute(query):
            people[row.photo_id].add(row.person_id)
            taught[row.photo_id] = row.label_id
        several = [photo_id for photo_id, said in people.items() if len(said) > 1]
        # Some of them may have withdrawn it since.
        for photo_id, votes in self._votes.of_photos(several).items():
            people[photo_id] = {one.person_id for one in live(votes) if one.label_id == taught[photo_id]}
        return {photo_id: next(iter(said)) if len(said) == 1 else None for photo_id, said in people.items()}

    def recent_teachers(self, classifier_id: int, limit: int) -> list[int]:
        """Who spoke of photos last, the newest first."""
        query = (
            select(vote.c.person_id)
            .join(photo, photo.c.id == vote.c.photo_id)
            .where(photo.c.classifier_id == classifier_id, vote.c.person_id.is_not(None))
            .group_by(vote.c.person_id)
            .order_by(func.max(vote.c.id).desc())
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def forget_person(self, person_id: int) -> None:
        """Forget that somebody is known here."""
        self._connection.execute(delete(regular).where(regular.c.person_id == person_id))

    def _first(self, classifier_id: int, else_: int | None = None) -> frozenset[int]:
        """Who taught first, or will be the first, `else_`; nobody where an import came first: its owner teaches.

        Nobody either where whoever was first has had her lessons deleted: the next one was new to her.
        """
        query = select(vote.c.person_id, vote.c.created_at).join(photo, photo.c.id == vote.c.photo_id)
        query = query.where(photo.c.classifier_id == classifier_id).order_by(vote.c.id).limit(1)
        row = self._connection.execute(query).one_or_none()
        if row is not None and self._came_second(classifier_id, row.created_at):
            return frozenset()
        first = else_ if row is None else row.person_id
        return frozenset() if first is None else frozenset({first})

    def _came_second(self, classifier_id: int, moment: datetime) -> bool:
        """Whether somebody had taught before that moment who had it deleted after it."""
        around = (deletion.c.first_lesson_at < moment) & (deletion.c.deleted_at > moment)
        query = select(deletion.c.id).where(deletion.c.classifier_id == classifier_id, around).limit(1)
        return self._connection.execute(query).first() is not None


def _taught_by(classifier_id: int, people: Collection[int]) -> Select[Any]:
    """Photos that these people have spoken of, and what those count as."""
    return (
        select(standing.c.photo_id, standing.c.label_id)
        .join_from(standing, vote, vote.c.photo_id == standing.c.photo_id)
        .join(photo, photo.c.id == standing.c.photo_id)
        .where(photo.c.classifier_id == classifier_id, standing.c.state == State.TAUGHT)
        .where(vote.c.person_id.in_(sorted(people)))
        .distinct()
    )


def vouch(votes: Mapping[int, Iterable[Vote]], taught: Mapping[int, int], newcomers: Collection[int]) -> Vouched:
    """Say what of newcomers' lessons waits, by all votes on the photos and what those count as.

    A word of another newcomer is none: else two strangers could vouch for each other. A lesson is borne out by who
    agrees with it later: whoever repeats what stands below somebody's photo has shown nothing of what she knows.
    """
    waiting: dict[int, frozenset[int]] = {}
    confirmed: Counter[int] = Counter()
    for photo_id, label_id in taught.items():
        agree = [one for one in live(votes[photo_id]) if one.kind is VoteKind.LABEL and one.label_id == label_id]
        new = frozenset(one.person_id for one in agree if one.person_id in newcomers and one.person_id is not None)
        known = [one.id for one in agree if one.person_id not in newcomers or one.reason is Reason.REVIEW]
        if known:
            confirmed.update(new.intersection(one.person_id for one in agree if one.id < max(known)))
        elif new:
            waiting[photo_id] = new
    return Vouched(waiting, confirmed)
