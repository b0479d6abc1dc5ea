"""What a person's photos in a chat are called until she is done: kept, so that no restart forgets it."""

from datetime import datetime

from sqlalchemy import Connection, Row, delete, select, update

from storage.arriving_tables import teaching
from storage.inserting import insert_row
from storage.moment import Moment
from storage.records import Teaching


class Teachings:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def begin(self, chat_id: int, person_id: int, name: str, bot_id: int) -> Teaching:
        """Begin one, in place of the one before; `name` must be a label as it is shown."""
        self.end(chat_id, person_id)
        row = insert_row(
            self._connection,
            teaching,
            chat_id=chat_id,
            person_id=person_id,
            name=name,
            photos=0,
            heard_at=self._moment.now,
            bot_id=bot_id,
        )
        return _record(row)

    def find(self, chat_id: int, person_id: int) -> Teaching | None:
        mine = (teaching.c.chat_id == chat_id) & (teaching.c.person_id == person_id)
        row = self._connection.execute(select(teaching).where(mine)).one_or_none()
        return _record(row) if row else None

    def note_photo(self, teaching_id: int) -> None:
        """One more photo was called so, just now."""
        counted = update(teaching).where(teaching.c.id == teaching_id)
        self._connection.execute(counted.values(photos=teaching.c.photos + 1, heard_at=self._moment.now))

    def end(self, chat_id: int, person_id: int) -> None:
        mine = (teaching.c.chat_id == chat_id) & (teaching.c.person_id == person_id)
        self._connection.execute(delete(teaching).where(mine))

    def silent_since(self, bot_id: int, moment: datetime) -> list[Teaching]:
        """Those of a bot in which nothing was heard since a moment."""
        silent = (teaching.c.bot_id == bot_id) & (teaching.c.heard_at <= moment)
        rows = self._connection.execute(select(teaching).where(silent).order_by(teaching.c.id))
        return [_record(row) for row in rows]

    def forget_person(self, person_id: int) -> None:
        self._connection.execute(delete(teaching).where(teaching.c.person_id == person_id))


def _record(row: Row[tuple[object, ...]]) -> Teaching:
    return Teaching(row.id, row.chat_id, row.person_id, row.name, row.photos, row.heard_at)
