"""What people called albums whose captioned photo could not be kept: the name is for the photos that come after it."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from storage.inserting import insert_unless_there
from storage.moment import Moment
from storage.tables import album


class Albums:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def call(self, chat_id: int, person_id: int, album_id: str, name: str) -> None:
        """Remember the first name that the person gives an album; it must be a label as it is shown."""
        key = {"chat_id": chat_id, "person_id": person_id, "album": album_id}
        insert_unless_there(self._connection, album, **key, name=name, created_at=self._moment.now)

    def name_of(self, chat_id: int, person_id: int, album_id: str) -> str | None:
        query = select(album.c.name).where(
            album.c.chat_id == chat_id, album.c.person_id == person_id, album.c.album == album_id
        )
        found: str | None = self._connection.execute(query).scalar_one_or_none()
        return found

    def forget_person(self, person_id: int) -> None:
        self._connection.execute(delete(album).where(album.c.person_id == person_id))

    def forget_before(self, moment: datetime) -> int:
        """Remove names given before a moment: an album has long arrived by then."""
        return self._connection.execute(delete(album).where(album.c.created_at < moment)).rowcount
