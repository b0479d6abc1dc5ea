"""Credit: what people taught and flagged, and what became of it by what everybody says."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, select

from storage.moment import Moment
from storage.records import Flag, State, Verdict, VoteKind
from storage.tables import flag, person, photo, prediction, standing, vote


@dataclass(frozen=True, slots=True)
class Flagged:
    """An answer that somebody called wrong: what it had said, what its photo counts as now, and who else says so.

    `others` counts other people and imports that say what counts.
    """

    said_id: int | None
    state: State
    shows_id: int | None
    others: int


@dataclass(frozen=True, slots=True)
class Taught:
    """So many photos that count as a label were called so by a person, whose word stands."""

    label_id: int
    person_id: int
    photos: int


class Credits:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def flagged_by(self, classifier_id: int, person_id: int) -> list[Flagged]:
        """The answers that a person called wrong, oldest first."""
        agrees = and_(vote.c.photo_id == photo.c.id, vote.c.label_id.is_not_distinct_from(standing.c.label_id))
        speaks = ~_was_replaced() & (vote.c.kind != VoteKind.WITHDRAW)
        other = agrees & speaks & vote.c.person_id.is_distinct_from(person_id)
        others = select(func.count()).select_from(vote).where(other).correlate(photo, standing).scalar_subquery()
        query = (
            select(
                prediction.c.label_id, standing.c.state, standing.c.label_id.label("shows_id"), others.label("others")
            )
            .join_from(flag, prediction, prediction.c.id == flag.c.prediction_id)
            .join(photo, photo.c.id == prediction.c.photo_id)
            .outerjoin(standing, standing.c.photo_id == photo.c.id)
            .where(flag.c.person_id == person_id, flag.c.verdict == Verdict.WRONG)
            .where(photo.c.classifier_id == classifier_id)
            .order_by(flag.c.id)
        )
        return [
            Flagged(row.label_id, State(row.state or State.UNLABELLED), row.shows_id, row.others)
            for row in self._connection.execute(query)
        ]

    def taught(self, classifier_id: int, person_id: int | None = None) -> list[Taught]:
        """Who taught how many photos of which label, most first; of one person alone where she is given."""
        photos = func.count(vote.c.photo_id.distinct())
        query = (
            select(vote.c.label_id, vote.c.person_id, photos)
            .join_from(vote, standing, and_(standing.c.photo_id == vote.c.photo_id, standing.c.state == State.TAUGHT))
            .join(photo, photo.c.id == vote.c.photo_id)
            .join(person, person.c.id == vote.c.person_id)
            .where(photo.c.classifier_id == classifier_id, vote.c.label_id == standing.c.label_id, ~_was_replaced())
            .group_by(vote.c.label_id, vote.c.person_id)
            .order_by(photos.desc(), vote.c.person_id)
        )
        if person_id is not None:
            query = query.where(vote.c.person_id == person_id)
        return [Taught(*row) for row in self._connection.execute(query)]

    def answered_flags(self, classifier_id: int) -> list[Flag]:
        """Flags without a name of the flagger's own whose photo got an agreed name since; untold ones, oldest first."""
        query = (
            select(flag)
            .join(prediction, prediction.c.id == flag.c.prediction_id)
            .join(photo, photo.c.id == prediction.c.photo_id)
            .join(standing, standing.c.photo_id == photo.c.id)
            .where(photo.c.classifier_id == classifier_id, standing.c.state == State.TAUGHT)
            .where(flag.c.verdict == Verdict.WRONG, flag.c.vote_id.is_(None), flag.c.told_network_id.is_(None))
            .order_by(flag.c.id)
        )
        return [
            Flag(
                id=row.id,
                prediction_id=row.prediction_id,
                person_id=row.person_id,
                verdict=Verdict(row.verdict),
                vote_id=row.vote_id,
                told_network_id=row.told_network_id,
                created_at=row.created_at,
            )
            for row in self._connection.execute(query)
        ]


def _was_replaced() -> ColumnElement[bool]:
    """Whether a vote was replaced or withdrawn; one that speaks again after an undo is not counted either."""
    later = vote.alias("later")
    return select(later.c.id).where(later.c.replaces_id == vote.c.id).correlate(vote).exists()
