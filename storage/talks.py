"""What the bot asked a person to type next, kept so that a restart does not forget the question."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from storage.moment import Moment
from storage.tables import awaited

LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a person was asked to type."""

    chat_id: int
    person_id: int
    kind: str
    prediction_id: int
    expires_at: datetime


class Talks:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def await_text(self, chat_id: int, person_id: int, kind: str, prediction_id: int) -> None:
        """The next plain text of the person in the chat is the answer; a newer question replaces an older one."""
        self.settle(chat_id, person_id)
        self._connection.execute(
            awaited.insert().values(
                chat_id=chat_id,
                person_id=person_id,
                kind=kind,
                prediction_id=prediction_id,
                expires_at=self._moment.now + LIFETIME,
            )
        )

    def awaited(self, chat_id: int, person_id: int) -> Awaited | None:
        query = select(awaited).where(
            awaited.c.chat_id == chat_id,
            awaited.c.person_id == person_id,
            awaited.c.expires_at > self._moment.now,
        )
        row = self._connection.execute(query).one_or_none()
        return Awaited(row.chat_id, row.person_id, row.kind, row.prediction_id, row.expires_at) if row else None

    def settle(self, chat_id: int, person_id: int) -> None:
        self._connection.execute(delete(awaited).where(awaited.c.chat_id == chat_id, awaited.c.person_id == person_id))
