"""Messages of reviews: which photos the card in each shows now, so that it can be taken from there with any of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from storage.inserting import insert_row
from storage.moment import Moment
from storage.review_tables import card_message, card_photo
from storage.tables import outbox

_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class CardMessage:
    """A message of a review. `mode` is which lists it goes through, as buttons say it; `alarm_id` of which alarm.

    `message_id` is None until it is known. `outdated_at`: since when it shows a photo that was deleted.
    """

    id: int
    bot_id: int
    lane: int
    key: str
    message_id: int | None
    mode: int
    alarm_id: int | None
    outdated_at: datetime | None


class CardMessages:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def begin(self, bot_id: int, lane: int, key: str, *, mode: int, alarm_id: int | None = None) -> CardMessage:
        """A new message, owed as `key`; it shows nothing yet. The same key again is the same message."""
        row = self._row(card_message.c.key == key) or insert_row(
            self._connection,
            card_message,
            bot_id=bot_id,
            lane=lane,
            key=key,
            message_id=None,
            mode=mode,
            alarm_id=alarm_id,
            outdated_at=None,
        )
        return _record(row)

    def at(self, bot_id: int, lane: int, message_id: int) -> CardMessage | None:
        """The message with this number; None for one that nothing is known of."""
        mine = (card_message.c.bot_id == bot_id) & (card_message.c.lane == lane)
        row = self._row(mine & (card_message.c.message_id == message_id))
        if row is None:
            known = select(outbox.c.dedupe).where(
                outbox.c.bot_id == bot_id, outbox.c.lane == lane, outbox.c.message_id == message_id
            )
            row = self._row(mine & card_message.c.key.in_(known))
        return None if row is None else _record(row)

    def show(self, card_message_id: int, photo_ids: Sequence[int], *, message_id: int | None = None) -> None:
        """Its picture is of these photos from now on, and of no others."""
        self._empty(card_message_id)
        shown: dict[str, Any] = {"outdated_at": None}
        if message_id is not None:
            shown["message_id"] = message_id
        self._change(card_message_id, **shown)
        rows = [{"card_message_id": card_message_id, "photo_id": one} for one in sorted(set(photo_ids))]
        if rows:
            self._connection.execute(card_photo.insert(), rows)

    def showing(self, photo_ids: Sequence[int]) -> list[CardMessage]:
        """The messages that show one of these photos."""
        found: dict[int, CardMessage] = {}
        for start in range(0, len(photo_ids), _CHUNK):
            some = card_photo.c.photo_id.in_(photo_ids[start : start + _CHUNK])
            query = select(card_message).join(card_photo, card_photo.c.card_message_id == card_message.c.id)
            found.update({row.id: _record(row) for row in self._connection.execute(query.where(some))})
        return [found[one] for one in sorted(found)]

    def outdate(self, card_message_id: int, message_id: int | None) -> None:
        """A photo of it goes; `message_id` is its number, None if it has none and is sent no more."""
        self._change(card_message_id, message_id=message_id, outdated_at=self._moment.now)

    def outdated(self, bot_id: int) -> list[CardMessage]:
        """Those that still show a photo that was deleted, or never came for it, the first of them first."""
        query = select(card_message).where(card_message.c.outdated_at.is_not(None), card_message.c.bot_id == bot_id)
        return [_record(row) for row in self._connection.execute(query.order_by(card_message.c.outdated_at))]

    def replaced(self, card_message_id: int, key: str) -> None:
        """It shows no photo any more; owed as `key`, where it was sent anew."""
        self._empty(card_message_id)
        self._change(card_message_id, key=key, outdated_at=None)

    def note_numbers(self) -> None:
        """Keep the numbers of messages longer than the outbox does."""
        number = select(outbox.c.message_id).where(outbox.c.dedupe == card_message.c.key).scalar_subquery()
        unknown = card_message.c.message_id.is_(None)
        self._connection.execute(update(card_message).where(unknown).values(message_id=number))

    def forget(self, lane: int) -> None:
        """Forget the messages of a chat."""
        self._connection.execute(delete(card_message).where(card_message.c.lane == lane))

    def _row(self, which: ColumnElement[bool]) -> Row[Any] | None:
        return self._connection.execute(select(card_message).where(which).order_by(card_message.c.id).limit(1)).first()

    def _empty(self, card_message_id: int) -> None:
        self._connection.execute(delete(card_photo).where(card_photo.c.card_message_id == card_message_id))

    def _change(self, card_message_id: int, **values: Any) -> None:
        self._connection.execute(update(card_message).where(card_message.c.id == card_message_id).values(**values))


def _record(row: Row[Any]) -> CardMessage:
    return CardMessage(
        id=row.id,
        bot_id=row.bot_id,
        lane=row.lane,
        key=row.key,
        message_id=row.message_id,
        mode=row.mode,
        alarm_id=row.alarm_id,
        outdated_at=row.outdated_at,
    )
