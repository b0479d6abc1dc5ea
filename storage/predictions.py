"""Predictions (stored guesses) and the flags people put on them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, case, delete, func, select, update

from storage.errors import NotFound
from storage.inserting import insert_row, insert_unless_there
from storage.moment import Moment
from storage.records import TEST_FOLD, AnswerKind, Flag, GivenAnswer, Prediction, State, Verdict
from storage.tables import chat, flag, label, photo, prediction, standing


class Predictions:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def add(
        self,
        photo_id: int,
        network_id: int,
        label_id: int | None,
        probabilities: Sequence[tuple[int, float]],
        *,
        asked_by_id: int | None,
        milliseconds: float,
        candidates: Sequence[int] = (),
        coverage: float | None = None,
        remembered_id: int | None = None,
    ) -> Prediction:
        """Store an answer; `label_id` None means “I don't know”. `remembered_id`: people said it of that photo."""
        row = insert_row(
            self._connection,
            prediction,
            photo_id=photo_id,
            network_id=network_id,
            label_id=label_id,
            probabilities=[[key, round(p, 6)] for key, p in probabilities],
            asked_by_id=asked_by_id,
            milliseconds=milliseconds,
            candidates=list(candidates) or None,
            coverage=coverage,
            remembered_id=remembered_id,
            created_at=self._moment.now,
        )
        return _prediction(row)

    def get(self, prediction_id: int) -> Prediction:
        """Raises NotFound: never made, or its photo was deleted."""
        row = self._connection.execute(select(prediction).where(prediction.c.id == prediction_id)).one_or_none()
        if row is None:
            raise NotFound("prediction", prediction_id)
        return _prediction(row)

    def of_photo(self, photo_id: int) -> list[Prediction]:
        rows = self._connection.execute(
            select(prediction).where(prediction.c.photo_id == photo_id).order_by(prediction.c.id)
        )
        return [_prediction(row) for row in rows]

    def of_asker(self, person_id: int) -> list[Prediction]:
        """The guesses that answered a person's questions."""
        hers = select(prediction).where(prediction.c.asked_by_id == person_id).order_by(prediction.c.id)
        return [_prediction(row) for row in self._connection.execute(hers)]

    def given(
        self, classifier_id: int, *, since: datetime | None = None, after: int = 0, limit: int
    ) -> list[GivenAnswer]:
        """The answers given since a moment and later than the prediction `after`, oldest first.

        No more are looked at than the newest `limit` of all classifiers: by number, so that the query reads no more
        rows than that, whatever is asked for. Where nobody pressed anything, what people call the photo by now judges
        the answer. Left out are answers whose name was deleted since: what had been said is not known.
        """
        newest = select(prediction.c.id).where(prediction.c.id > after)
        newest = newest.order_by(prediction.c.id.desc()).limit(limit)
        # Right presses less Wrong presses: each person has one of them.
        pressed = select(func.sum(case((flag.c.verdict == Verdict.RIGHT, 1), else_=-1)))
        presses = pressed.where(flag.c.prediction_id == prediction.c.id).scalar_subquery()
        likeliest = prediction.c.probabilities[(0, 0)].as_integer()
        query = (
            # Not all of it: reading the probabilities of every label would take most of the time.
            select(prediction.c.id, prediction.c.network_id, prediction.c.label_id, prediction.c.created_at)
            .add_columns(prediction.c.candidates, prediction.c.remembered_id)
            .add_columns(standing.c.label_id.label("shows_id"), standing.c.state)
            .add_columns(presses.label("presses"), likeliest.label("likeliest_id"), label.c.id.label("known_id"))
            .join(photo, photo.c.id == prediction.c.photo_id)
            .outerjoin(standing, standing.c.photo_id == photo.c.id)
            .outerjoin(label, label.c.id == likeliest)
            .where(prediction.c.id.in_(newest), photo.c.classifier_id == classifier_id)
            .order_by(prediction.c.id)
        )
        if since is not None:
            query = query.where(prediction.c.created_at >= since)
        merged = select(label.c.id, label.c.root_id).where(label.c.root_id.is_not(None))
        now = {row.id: row.root_id for row in self._connection.execute(merged)}
        rows = self._connection.execute(query)
        return [_given(row, now) for row in rows if not _has_lost_its_name(row)]

    def are_more_than(self, count: int, *, since: datetime) -> bool:
        """Whether more answers than so many, of all classifiers, were given since a moment."""
        query = select(prediction.c.created_at).order_by(prediction.c.id.desc()).offset(count).limit(1)
        given_at = self._connection.execute(query).scalar_one_or_none()
        return given_at is not None and given_at >= since

    def open_questions(
        self, classifier_id: int, since: datetime, *, not_of: int, limit: int, photo_id: int | None = None
    ) -> list[Prediction]:
        """The newest answers to questions in private chats that nobody judged or taught since, newest first.

        Left out are those of the network `not_of`, those that people had given, and those whose asker heard of a
        change already.
        """
        later, said = prediction.alias(), flag.alias()
        newest = select(later.c.id).where(later.c.photo_id == prediction.c.photo_id, later.c.id > prediction.c.id)
        judged = select(said.c.id).where(said.c.prediction_id == prediction.c.id)
        query = (
            select(prediction)
            .join(photo, photo.c.id == prediction.c.photo_id)
            .join(chat, chat.c.id == photo.c.chat_id)
            .outerjoin(standing, standing.c.photo_id == photo.c.id)
            .where(
                photo.c.classifier_id == classifier_id,
                chat.c.kind == "private",
                chat.c.reachable.is_(True),
                prediction.c.network_id != not_of,
                prediction.c.created_at >= since,
                prediction.c.asked_by_id.is_not(None),
                prediction.c.remembered_id.is_(None),
                prediction.c.told_network_id.is_(None),
                standing.c.photo_id.is_(None),
                ~newest.exists(),
                ~judged.exists(),
            )
            .order_by(prediction.c.id.desc())
            .limit(limit)
        )
        if photo_id is not None:
            query = query.where(prediction.c.photo_id == photo_id)
        return [_prediction(row) for row in self._connection.execute(query)]

    def unnamed(self, chat_id: int, *, limit: int) -> list[Prediction]:
        """The newest answer to each question of a chat that nobody has named since, the newest question first.

        Left out are photos for a test, pictures that were taught in another photo, answers that people had given, and
        questions of somebody who is not known any more.
        """
        later, twin, taught = prediction.alias(), photo.alias(), standing.alias()
        newest = select(later.c.id).where(later.c.photo_id == prediction.c.photo_id, later.c.id > prediction.c.id)
        named = (
            select(twin.c.id)
            .join_from(twin, taught, taught.c.photo_id == twin.c.id)
            .where(twin.c.classifier_id == photo.c.classifier_id, twin.c.digest == photo.c.digest)
            .where(taught.c.state != State.UNLABELLED)
        )
        query = (
            select(prediction)
            .join(photo, photo.c.id == prediction.c.photo_id)
            .where(
                photo.c.chat_id == chat_id,
                photo.c.fold != TEST_FOLD,
                prediction.c.asked_by_id.is_not(None),
                prediction.c.remembered_id.is_(None),
                ~newest.exists(),
                ~named.exists(),
            )
            .order_by(prediction.c.id.desc())
            .limit(limit)
        )
        return [_prediction(row) for row in self._connection.execute(query)]

    def told_of_change(self, prediction_id: int, network_id: int) -> None:
        """Note that the asker was told how that network sees the photo: she is told once."""
        mine = prediction.c.id == prediction_id
        self._connection.execute(update(prediction).where(mine).values(told_network_id=network_id))

    def flag(self, prediction_id: int, person_id: int, verdict: Verdict, vote_id: int | None = None) -> Flag:
        """Set what a person says of a prediction. A second press changes the flag; it never makes two."""
        insert_unless_there(
            self._connection,
            flag,
            prediction_id=prediction_id,
            person_id=person_id,
            verdict=verdict,
            created_at=self._moment.now,
        )
        mine = (flag.c.prediction_id == prediction_id) & (flag.c.person_id == person_id)
        change = {"verdict": verdict} | ({"vote_id": vote_id, "told_network_id": None} if vote_id is not None else {})
        self._connection.execute(update(flag).where(mine).values(**change))
        return _flag(self._connection.execute(select(flag).where(mine)).one())

    def flag_of(self, prediction_id: int, person_id: int) -> Flag | None:
        """What the person said of a prediction."""
        query = select(flag).where(flag.c.prediction_id == prediction_id, flag.c.person_id == person_id)
        row = self._connection.execute(query).one_or_none()
        return _flag(row) if row else None

    def corrected_with(self, vote_id: int) -> int | None:
        """The prediction that a vote corrected."""
        query = select(flag.c.prediction_id).where(flag.c.vote_id == vote_id).limit(1)
        found: int | None = self._connection.execute(query).scalar_one_or_none()
        return found

    def flags_of_person(self, person_id: int) -> list[Flag]:
        rows = self._connection.execute(select(flag).where(flag.c.person_id == person_id).order_by(flag.c.id))
        return [_flag(row) for row in rows]

    def forget_person(self, person_id: int) -> None:
        """Remove a person's flags; who asked her questions about photos of others is not known any more."""
        self._connection.execute(delete(flag).where(flag.c.person_id == person_id))
        hers = prediction.c.asked_by_id == person_id
        self._connection.execute(update(prediction).where(hers).values(asked_by_id=None))

    def untold(self, classifier_id: int) -> list[Flag]:
        """Corrections whose sender has not yet been told what became of them, oldest first."""
        query = (
            select(flag)
            .join(prediction, prediction.c.id == flag.c.prediction_id)
            .join(photo, photo.c.id == prediction.c.photo_id)
            .where(
                photo.c.classifier_id == classifier_id,
                flag.c.verdict == Verdict.WRONG,
                flag.c.vote_id.is_not(None),
                flag.c.told_network_id.is_(None),
            )
            .order_by(flag.c.id)
        )
        return [_flag(row) for row in self._connection.execute(query)]

    def told(self, flag_id: int, network_id: int) -> None:
        self._connection.execute(update(flag).where(flag.c.id == flag_id).values(told_network_id=network_id))


def _prediction(row: Row[tuple[object, ...]]) -> Prediction:
    return Prediction(
        id=row.id,
        photo_id=row.photo_id,
        network_id=row.network_id,
        label_id=row.label_id,
        probabilities=tuple((int(key), float(p)) for key, p in row.probabilities),
        asked_by_id=row.asked_by_id,
        milliseconds=row.milliseconds,
        created_at=row.created_at,
        candidates=tuple(row.candidates or ()),
        coverage=row.coverage,
        remembered_id=row.remembered_id,
        told_network_id=row.told_network_id,
    )


def _flag(row: Row[tuple[object, ...]]) -> Flag:
    return Flag(
        id=row.id,
        prediction_id=row.prediction_id,
        person_id=row.person_id,
        verdict=Verdict(row.verdict),
        vote_id=row.vote_id,
        told_network_id=row.told_network_id,
        created_at=row.created_at,
    )


def _has_lost_its_name(row: Row[tuple[object, ...]]) -> bool:
    """Whether an answer names nothing because its label went: what was thought likeliest went, too."""
    return row.label_id is None and row.likeliest_id is not None and row.known_id is None


def _given(row: Row[tuple[object, ...]], now: Mapping[int, int]) -> GivenAnswer:
    """An answer by the labels of today: `now` says what merged ones became."""
    candidates = tuple(dict.fromkeys(now.get(one, one) for one in row.candidates or ()))
    label_id = now.get(row.label_id, row.label_id)
    is_between = len(candidates) > 1 and candidates[0] == label_id
    shows = row.shows_id if row.state == State.TAUGHT else None
    if row.remembered_id is not None:
        kind = AnswerKind.REMEMBERED
    elif label_id is None:
        kind = AnswerKind.UNKNOWN
    else:
        kind = AnswerKind.FEW if is_between else AnswerKind.NAMED
    return GivenAnswer(
        id=row.id,
        network_id=row.network_id,
        kind=kind,
        candidates=candidates if kind is AnswerKind.FEW else () if label_id is None else (label_id,),
        first_right=_judged(row.presses, row.state, shows == label_id),
        shows_id=shows,
        none_fits=row.state == State.NONE,
        created_at=row.created_at,
    )


def _judged(presses: int | None, state: str | None, is_shown: bool) -> bool | None:
    """What people say of an answer: by what they pressed, or else by what they call the photo."""
    if presses is not None:
        return None if presses == 0 else presses > 0
    return is_shown if state in (State.TAUGHT, State.NONE) else None
