"""Suspects: the ranked lists of what is in doubt, from which reviewers take one card at a time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, exists, func, or_, select, update

from storage.decisions import SKIPPED_FOR, live_settling, newest_votes, undone
from storage.doubts import Choice, NewSuspect, Suspect, SuspectKind
from storage.errors import NotFound
from storage.guard_tables import alarm_photo
from storage.inserting import insert_row
from storage.moment import Moment
from storage.records import State, Verdict
from storage.review_tables import decision, suspect, suspect_photo
from storage.tables import flag, photo, prediction, standing, vote

# So long a card is one reviewer's; then another may get it.
LEASE = timedelta(minutes=10)
# What has one of these states counts as something, so that it can be one of a group of duplicates.
_COUNTS = (State.TAUGHT, State.TEST)
_GROUPS = (SuspectKind.DUPLICATE, SuspectKind.SIMILAR)
_CHUNK = 5_000


class Suspects:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def renew(self, classifier_id: int, network_id: int | None, kind: SuspectKind, found: Sequence[NewSuspect]) -> None:
        """Make `found`, worst first, the list of the kind. What was found before keeps its number.

        A card that somebody is looking at stays. What is decided stays decided, unless people voted on it since.
        """
        self._one_at_a_time(classifier_id)
        there = photos_there(self._connection, [one for each in found for one in each.photo_ids])
        current = {one.subject: one for one in found if there.issuperset(one.photo_ids)}
        known = self._known(classifier_id, kind)
        gone = [number for key, (number, is_held) in known.items() if key not in current and not is_held]
        for start in range(0, len(gone), _CHUNK):
            self._connection.execute(delete(suspect).where(suspect.c.id.in_(gone[start : start + _CHUNK])))
        decided, kept = self._decided(classifier_id, current), list[dict[str, Any]]()
        for place, (subject, one) in enumerate(current.items()):
            values = {
                "network_id": network_id,
                "given_id": one.given_id,
                "proposal_id": one.proposal_id,
                "place": place,
                "score": one.score,
                "reason": dict(one.reason),
                "decision_id": decided.get(subject),
            }
            if subject in known:
                kept.append({"number": known[subject][0]} | values)
            else:
                self._add(classifier_id, kind, one, values)
        if kept:
            # One statement for all: the lists of a crowd's newcomers have thousands of rows, and all others wait.
            names = [name for name in kept[0] if name != "number"]
            changed = update(suspect).where(suspect.c.id == bindparam("number"))
            self._connection.execute(changed.values({name: bindparam(name) for name in names}), kept)

    def decided(self, classifier_id: int) -> frozenset[str]:
        """The subjects that somebody decided, and nobody took back, whatever was voted since."""
        return frozenset(live_settling(self._connection, classifier_id))

    def get(self, suspect_id: int) -> Suspect:
        """Raises NotFound: the list was renewed without it, or its photo was deleted."""
        row = self._connection.execute(select(suspect).where(suspect.c.id == suspect_id)).one_or_none()
        if row is None:
            raise NotFound("suspect", suspect_id)
        return self._records([row])[0]

    def find(self, classifier_id: int, kind: SuspectKind, subject: str) -> Suspect | None:
        """The suspect of a subject in the list of a kind, where a run found it."""
        key = (suspect.c.classifier_id == classifier_id) & (suspect.c.kind == kind) & (suspect.c.subject == subject)
        row = self._connection.execute(select(suspect).where(key)).one_or_none()
        return self._records([row])[0] if row else None

    def ranked(self, classifier_id: int, kind: SuspectKind, *, limit: int = 1_000) -> list[Suspect]:
        """What is still open of a kind, worst first, whoever holds a card of it."""
        query = _open(classifier_id).where(suspect.c.kind == kind).order_by(suspect.c.place).limit(limit)
        return self._records(self._connection.execute(query).all())

    def next_for(
        self,
        classifier_id: int,
        person_id: int,
        kinds: Sequence[SuspectKind],
        *,
        but: int | None = None,
        behind: int | None = None,
    ) -> Suspect | None:
        """The worst card that is open for a reviewer, of the first of `kinds` that has one; `but` is passed over.

        `behind`: only cards of photos that stand behind this alarm.
        """
        for kind in kinds:
            query = _open(classifier_id).where(suspect.c.kind == kind, self._is_for(person_id), *_behind(behind))
            if but is not None:
                query = query.where(suspect.c.id != but)
            row = self._connection.execute(query.order_by(suspect.c.place).limit(1)).first()
            if row is not None:
                return self._records([row])[0]
        return None

    def counts_for(self, classifier_id: int, person_id: int, *, behind: int | None = None) -> dict[SuspectKind, int]:
        """How many cards of each kind are open for a reviewer; with `behind`, of those behind an alarm."""
        query = _open(classifier_id).where(self._is_for(person_id), *_behind(behind))
        query = query.with_only_columns(suspect.c.kind, func.count()).group_by(suspect.c.kind)
        return {SuspectKind(kind): count for kind, count in self._connection.execute(query)}

    def lease(self, suspect_id: int, person_id: int) -> bool:
        """Make a card one reviewer's for a while, and her others free; False if it is decided, or somebody else's."""
        held = select(suspect).where(suspect.c.id == suspect_id).with_for_update()
        row = self._connection.execute(held).one_or_none()
        if row is None or row.decision_id is not None:
            return False
        if row.leased_by_id not in (None, person_id) and row.leased_until > self._moment.now:
            return False
        self.release(person_id)
        until = self._moment.now + LEASE
        mine = suspect.c.id == suspect_id
        self._connection.execute(update(suspect).where(mine).values(leased_by_id=person_id, leased_until=until))
        return True

    def release(self, person_id: int) -> None:
        """Give a reviewer's cards back."""
        hers = suspect.c.leased_by_id == person_id
        self._connection.execute(update(suspect).where(hers).values(leased_by_id=None, leased_until=None))

    def flagged(self, classifier_id: int, *, limit: int) -> list[tuple[int, int, int]]:
        """Photos whose answer people called wrong and that have no agreed name: photo, prediction and how many flagged.

        Those that most people flagged come first, then the newest.
        """
        people = func.count(flag.c.person_id.distinct())
        query = (
            select(photo.c.id, func.max(prediction.c.id), people)
            .join_from(flag, prediction, prediction.c.id == flag.c.prediction_id)
            .join(photo, photo.c.id == prediction.c.photo_id)
            .outerjoin(standing, standing.c.photo_id == photo.c.id)
            .where(photo.c.classifier_id == classifier_id, flag.c.verdict == Verdict.WRONG)
            .where(or_(standing.c.state.is_(None), standing.c.state.in_((State.UNLABELLED, State.DISPUTED))))
            .group_by(photo.c.id)
            .order_by(people.desc(), photo.c.id.desc())
            .limit(limit)
        )
        return [(row[0], row[1], row[2]) for row in self._connection.execute(query)]

    def disputed(self, classifier_id: int, *, but: Collection[int], limit: int) -> list[int]:
        """Photos that people disagree on, `but` some; what somebody spoke of last comes first."""
        query = (
            select(standing.c.photo_id)
            .join_from(standing, photo, photo.c.id == standing.c.photo_id)
            .join(vote, vote.c.photo_id == standing.c.photo_id)
            .where(standing.c.label_id.is_(None), standing.c.state == State.DISPUTED)
            .where(photo.c.classifier_id == classifier_id, standing.c.photo_id.not_in(but))
            .group_by(standing.c.photo_id)
            .order_by(func.max(vote.c.id).desc())
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def _is_for(self, person_id: int) -> ColumnElement[bool]:
        """Nobody else holds it, and she has not said that she cannot tell, or lately that she would rather not."""
        now = self._moment.now
        free = or_(suspect.c.leased_until.is_(None), suspect.c.leased_until <= now, suspect.c.leased_by_id == person_id)
        newest = select(func.max(vote.c.id)).where(vote.c.photo_id == suspect.c.photo_id).scalar_subquery()
        same_votes = func.coalesce(newest, 0) <= decision.c.newest_vote_id
        put_off = or_(
            (decision.c.choice == Choice.CANNOT_TELL) & same_votes,
            (decision.c.choice == Choice.SKIP) & (decision.c.created_at > now - SKIPPED_FOR),
        )
        mine = (decision.c.person_id == person_id) & (decision.c.classifier_id == suspect.c.classifier_id)
        passed = select(decision.c.id).where(mine, decision.c.subject == suspect.c.subject, put_off, ~undone())
        return free & ~passed.correlate(suspect).exists()

    def _known(self, classifier_id: int, kind: SuspectKind) -> dict[str, tuple[int, bool]]:
        """The subjects of the list until now: the number of each, and whether somebody is looking at it."""
        query = select(suspect.c.id, suspect.c.subject, suspect.c.leased_until)
        query = query.where(suspect.c.classifier_id == classifier_id, suspect.c.kind == kind)
        now = self._moment.now
        return {
            row.subject: (row.id, row.leased_until is not None and row.leased_until > now)
            for row in self._connection.execute(query)
        }

    def _decided(self, classifier_id: int, found: Mapping[str, NewSuspect]) -> dict[str, int]:
        """The decisions that still hold: subject -> its id."""
        settled = live_settling(self._connection, classifier_id)
        asked = {subject: one for subject, one in found.items() if subject in settled}
        newest = newest_votes(self._connection, [one for each in asked.values() for one in each.photo_ids])
        held = {}
        for subject, one in asked.items():
            decision_id, newest_then = settled[subject]
            if max(newest.get(photo_id, 0) for photo_id in one.photo_ids) <= newest_then:
                held[subject] = decision_id
        return held

    def _add(self, classifier_id: int, kind: SuspectKind, one: NewSuspect, values: dict[str, Any]) -> None:
        row = insert_row(
            self._connection,
            suspect,
            classifier_id=classifier_id,
            kind=kind,
            subject=one.subject,
            photo_id=one.photo_ids[0],
            created_at=self._moment.now,
            **values,
        )
        others = enumerate(one.photo_ids[1:], 1)
        rows = [{"suspect_id": row.id, "photo_id": photo_id, "place": place} for place, photo_id in others]
        if rows:
            self._connection.execute(suspect_photo.insert(), rows)

    def _one_at_a_time(self, classifier_id: int) -> None:
        """Two runs that end at once follow each other on PostgreSQL, as on SQLite all writers do."""
        key = suspect.c.classifier_id == classifier_id
        self._connection.execute(select(suspect.c.id).where(key).order_by(suspect.c.id).with_for_update()).all()

    def _records(self, rows: Sequence[Row[Any]]) -> list[Suspect]:
        groups = [row.id for row in rows]
        others: dict[int, list[int]] = {}
        for start in range(0, len(groups), _CHUNK):
            some = suspect_photo.c.suspect_id.in_(groups[start : start + _CHUNK])
            query = select(suspect_photo).where(some).order_by(suspect_photo.c.place)
            for row in self._connection.execute(query):
                others.setdefault(row.suspect_id, []).append(row.photo_id)
        return [_record(row, others.get(row.id, [])) for row in rows]


def photos_there(connection: Connection, photo_ids: Sequence[int]) -> set[int]:
    """Those photos that nobody has deleted meanwhile."""
    asked, there = sorted(set(photo_ids)), set[int]()
    for start in range(0, len(asked), _CHUNK):
        some = photo.c.id.in_(asked[start : start + _CHUNK])
        there.update(connection.execute(select(photo.c.id).where(some)).scalars())
    return there


def _open(classifier_id: int) -> Select[Any]:
    """What nobody decided, and what counts as it did when it was found: else the doubt is about something past."""
    other, counts = suspect_photo.alias(), standing.alias()
    some_other = exists(
        select(other.c.photo_id)
        .join_from(other, counts, counts.c.photo_id == other.c.photo_id)
        .where(other.c.suspect_id == suspect.c.id, counts.c.state.in_(_COUNTS))
        .correlate(suspect)
    )
    return (
        select(suspect)
        .outerjoin(standing, standing.c.photo_id == suspect.c.photo_id)
        .where(
            suspect.c.classifier_id == classifier_id,
            suspect.c.decision_id.is_(None),
            standing.c.label_id.is_not_distinct_from(suspect.c.given_id),
            or_(standing.c.state.is_(None), standing.c.state.not_in((State.NONE, State.ASIDE))),
            or_(suspect.c.kind.not_in(_GROUPS), some_other),
            or_(suspect.c.kind != SuspectKind.DISPUTED, standing.c.state == State.DISPUTED),
        )
    )


def _behind(alarm_id: int | None) -> list[ColumnElement[bool]]:
    if alarm_id is None:
        return []
    return [suspect.c.photo_id.in_(select(alarm_photo.c.photo_id).where(alarm_photo.c.alarm_id == alarm_id))]


def _record(row: Row[Any], others: Sequence[int]) -> Suspect:
    until: datetime | None = row.leased_until
    return Suspect(
        id=row.id,
        classifier_id=row.classifier_id,
        network_id=row.network_id,
        kind=SuspectKind(row.kind),
        subject=row.subject,
        photo_ids=(row.photo_id, *others),
        given_id=row.given_id,
        proposal_id=row.proposal_id,
        place=row.place,
        score=row.score,
        reason=dict(row.reason),
        leased_by_id=row.leased_by_id,
        leased_until=until,
        decision_id=row.decision_id,
    )
