"""The inbox and the outbox: what Telegram gave us and what we owe it, durable before it is acted on or sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Row, delete, func, select, update

from storage.errors import NotFound
from storage.inserting import insert_unless_there
from storage.moment import Moment
from storage.prepared import prepared
from storage.records import Incoming, Outgoing
from storage.tables import inbox, outbox

PENDING, DONE, SENT, DEAD = "pending", "done", "sent", "dead"
MAX_TRIES = 5
OFFSET_LIFETIME = timedelta(days=6)
# SQLite allows 32,766 variables in a statement; stay far below.
_CHUNK = 5_000
# Stands for what a call that is taken back while it is made would have made outdated.
_TAKEN_BACK = "taken back"


@dataclass(frozen=True, slots=True)
class RawUpdate:
    update_id: int
    lane: int
    raw: str


class Inbox:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def receive(self, bot_id: int, updates: Iterable[RawUpdate]) -> int:
        """Keep updates; those that are known already are passed over. Returns how many were new."""
        return sum(
            insert_unless_there(
                self._connection,
                inbox,
                bot_id=bot_id,
                update_id=one.update_id,
                lane=one.lane,
                raw=one.raw,
                state=PENDING,
                tries=0,
                not_before=self._moment.now,
                received_at=self._moment.now,
            )
            for one in updates
        )

    def next_offset(self, bot_id: int) -> int | None:
        """The offset that confirms all that was received; None where Telegram should choose.

        After a week without updates Telegram goes on from a number of its choice, which may be lower: an old offset
        would then pass over everything new.
        """
        # The highest, not the last received: the machine's clock may have been set back in between.
        newest = _newest_update(bot_id, self._moment.now - OFFSET_LIFETIME)
        last: int | None = self._connection.execute(*newest).scalar_one_or_none()
        return None if last is None else last + 1

    def pending(self, bot_id: int, *, after: int = -1, limit: int = 500) -> list[Incoming]:
        """Updates still to be handled, oldest first, with numbers above `after`."""
        rows = self._connection.execute(*_pending_updates(bot_id, after, limit))
        return [Incoming(row.bot_id, row.update_id, row.lane, row.raw, row.tries) for row in rows]

    def is_pending(self, bot_id: int, update_id: int) -> bool:
        state: str | None = self._connection.execute(*_state_of_update(bot_id, update_id)).scalar_one_or_none()
        return state == PENDING

    def done(self, bot_id: int, update_id: int) -> None:
        self._connection.execute(*_update_done(bot_id, update_id))

    def failed(self, bot_id: int, update_id: int, error: str) -> bool:
        """Count a failed try; True if it was the last one and the update is given up. Raises NotFound."""
        row = self._connection.execute(
            select(inbox.c.tries).where(inbox.c.bot_id == bot_id, inbox.c.update_id == update_id)
        ).one_or_none()
        if row is None:
            raise NotFound("update", update_id)
        dead: bool = row.tries + 1 >= MAX_TRIES
        state = DEAD if dead else PENDING
        self._change(bot_id, update_id, state=state, tries=row.tries + 1, error=error[:2000])
        return dead

    def forget_before(self, moment: datetime) -> int:
        """Remove updates received before a moment that are done or given up: they hold people's words.

        Of each bot the newest stays, emptied, for its number.
        """
        newer = inbox.alias("newer")
        is_newest = (
            ~select(newer.c.update_id)
            .where(newer.c.bot_id == inbox.c.bot_id, newer.c.update_id > inbox.c.update_id)
            .exists()
        )
        old = inbox.c.state.in_((DONE, DEAD)) & (inbox.c.received_at < moment)
        self._connection.execute(update(inbox).where(old, is_newest).values(raw="", error=None))
        return self._connection.execute(delete(inbox).where(old, ~is_newest)).rowcount

    def empty(self, lane: int) -> None:
        """Forget the words of a chat's updates that are done or given up; their numbers stay."""
        handled = (inbox.c.lane == lane) & inbox.c.state.in_((DONE, DEAD))
        self._connection.execute(update(inbox).where(handled).values(raw="", error=None))

    def counts(self) -> dict[str, int]:
        query = select(inbox.c.state, func.count()).group_by(inbox.c.state)
        return {state: count for state, count in self._connection.execute(query)}

    def _change(self, bot_id: int, update_id: int, **values: Any) -> None:
        key = (inbox.c.bot_id == bot_id) & (inbox.c.update_id == update_id)
        self._connection.execute(update(inbox).where(key).values(**values))


class Outbox:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def owe(
        self,
        bot_id: int,
        lane: int,
        method: str,
        payload: dict[str, Any],
        *,
        dedupe: str | None = None,
        coalesce: str | None = None,
        attachment: bytes | None = None,
        attachment_name: str | None = None,
    ) -> bool:
        """Owe a chat a call of the Bot API; False if this very message was owed before.

        With `coalesce`, an unsent row of the lane with the same word is dropped: it would only say what is outdated.
        """
        if dedupe is not None and self.is_known(dedupe):
            return False
        if coalesce is not None:
            self._connection.execute(*_outdated(bot_id, lane, coalesce))
        return insert_unless_there(
            self._connection,
            outbox,
            bot_id=bot_id,
            lane=lane,
            method=method,
            payload=payload,
            dedupe=dedupe,
            coalesce=coalesce,
            attachment=attachment,
            attachment_name=attachment_name,
            state=PENDING,
            tries=0,
            not_before=self._moment.now,
            created_at=self._moment.now,
        )

    def due(self, bot_id: int, *, busy: Sequence[int] = (), limit: int = 100) -> list[Outgoing]:
        """The oldest owed call of each lane that is due, except lanes that are busy: order in a lane is kept."""
        calls = _due_calls(bot_id, busy, self._moment.now, limit)
        return [_outgoing(row) for row in self._connection.execute(*calls)]

    def start(self, outgoing_id: int) -> bool:
        """Note that a call is about to be made, so that nothing coalesces it away; False if it is gone."""
        return self._connection.execute(*_one_more_try(outgoing_id)).rowcount == 1

    def sent(self, outgoing_id: int, message_id: int | None) -> None:
        """What was sent is emptied: the words are with Telegram now and need not stay here."""
        row = self._connection.execute(*_call_sent(outgoing_id, message_id, self._moment.now)).one_or_none()
        if row is not None and row.coalesce == _TAKEN_BACK and message_id is not None:
            self._owe_removal(row, message_id)

    def is_known(self, dedupe: str) -> bool:
        """Whether this very message was owed before, and its traces are there still."""
        return self._connection.execute(*_owed_as(dedupe)).first() is not None

    def known_as(self, beginning: str) -> str | None:
        """What a message was owed as that began so."""
        query = select(outbox.c.dedupe).where(outbox.c.dedupe.startswith(beginning, autoescape=True)).limit(1)
        found: str | None = self._connection.execute(query).scalar_one_or_none()
        return found

    def message_of(self, dedupe: str) -> int | None:
        """The message that an owed call became, where Telegram told us."""
        query = select(outbox.c.message_id).where(outbox.c.dedupe == dedupe)
        found: int | None = self._connection.execute(query).scalar_one_or_none()
        return found

    def dedupe_of(self, bot_id: int, lane: int, message_id: int) -> str | None:
        """What was owed as the message with this number."""
        query = select(outbox.c.dedupe).where(
            outbox.c.bot_id == bot_id, outbox.c.lane == lane, outbox.c.message_id == message_id
        )
        # It was sent before it was edited.
        found: str | None = self._connection.execute(query.order_by(outbox.c.id).limit(1)).scalar_one_or_none()
        return found

    def take_back(self, *dedupes: str) -> None:
        """What was owed is sent no more; where it was sent, its message is to be removed from the chat."""
        for start in range(0, len(dedupes), _CHUNK):
            self._take_back(outbox.c.dedupe.in_(dedupes[start : start + _CHUNK]))

    def take_back_all(self, beginning: str) -> None:
        """The same of all that was owed as something that begins so."""
        self._take_back(outbox.c.dedupe.startswith(beginning, autoescape=True))

    def drop_unsent(self, bot_id: int, lane: int, coalesce: str) -> None:
        """What is owed with this word is made no more, nor tried again where it may be on its way."""
        self._connection.execute(*_outdated(bot_id, lane, coalesce))
        alike = (outbox.c.bot_id == bot_id) & (outbox.c.lane == lane) & (outbox.c.coalesce == coalesce)
        ended: dict[str, Any] = {"state": DEAD, "payload": {}, "attachment": None}
        self._connection.execute(update(outbox).where(alike, outbox.c.state == PENDING).values(**ended))

    def _take_back(self, which: ColumnElement[bool]) -> None:
        # A removal that is owed already stays owed.
        for row in self._connection.execute(select(outbox).where(which, outbox.c.method != "deleteMessage")).all():
            if row.state == PENDING and not row.tries:
                self._connection.execute(delete(outbox).where(outbox.c.id == row.id))
            elif row.state == PENDING:
                # It may be on its way: once it is there, its number tells what to remove.
                self._change(row.id, state=DEAD, payload={}, attachment=None, coalesce=_TAKEN_BACK)
            elif row.message_id is not None:
                self._owe_removal(row, row.message_id)

    def _owe_removal(self, row: Row[Any], message_id: int) -> None:
        payload = {"chat_id": row.lane, "message_id": message_id}
        self.owe(row.bot_id, row.lane, "deleteMessage", payload, dedupe=f"{row.dedupe}:gone")

    def later(self, outgoing_id: int, seconds: float, error: str, *, blameless: bool = False) -> bool:
        """Try again after a while; True if it was the last try. Being told to wait is `blameless`."""
        row = self._connection.execute(select(outbox.c.tries).where(outbox.c.id == outgoing_id)).one_or_none()
        if row is None:
            raise NotFound("message", outgoing_id)
        if row.tries >= MAX_TRIES and not blameless:
            self.give_up(outgoing_id, error)
            return True
        tries = row.tries - 1 if blameless else row.tries
        moment = self._moment.now + timedelta(seconds=seconds)
        self._change(outgoing_id, tries=max(0, tries), not_before=moment, error=error[:2000])
        return False

    def migrate(self, bot_id: int, old_lane: int, new_lane: int) -> None:
        """A group became a supergroup: what is owed to it goes to its new id."""
        mine = (outbox.c.bot_id == bot_id) & (outbox.c.lane == old_lane) & (outbox.c.state == PENDING)
        for row in self._connection.execute(select(outbox.c.id, outbox.c.payload).where(mine)).all():
            self._change(row.id, lane=new_lane, payload=dict(row.payload) | {"chat_id": new_lane})

    def give_up(self, outgoing_id: int, error: str) -> None:
        """Send a call never; what was attached to it is of no use any more."""
        self._change(outgoing_id, state=DEAD, error=error[:2000], attachment=None)

    def forget_before(self, moment: datetime) -> int:
        """Remove the traces of what was sent before a moment."""
        gone = delete(outbox).where(outbox.c.state != PENDING, outbox.c.created_at < moment)
        return self._connection.execute(gone).rowcount

    def empty(self, lane: int) -> None:
        """Forget the words of what was owed to a chat and is not to be sent any more."""
        ended = (outbox.c.lane == lane) & (outbox.c.state != PENDING)
        self._connection.execute(update(outbox).where(ended).values(payload={}, attachment=None, error=None))

    def counts(self) -> dict[str, int]:
        query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        return {state: count for state, count in self._connection.execute(query)}

    def _change(self, outgoing_id: int, **values: Any) -> None:
        self._connection.execute(update(outbox).where(outbox.c.id == outgoing_id).values(**values))


def _outgoing(row: Row[tuple[object, ...]]) -> Outgoing:
    return Outgoing(
        id=row.id,
        lane=row.lane,
        method=row.method,
        payload=dict(row.payload),
        attachment=row.attachment,
        attachment_name=row.attachment_name,
        tries=row.tries,
    )


@prepared
def _newest_update(bot_id: int, since: datetime) -> Executable:
    mine = select(inbox.c.update_id).where(inbox.c.bot_id == bot_id, inbox.c.received_at >= since)
    return mine.order_by(inbox.c.update_id.desc()).limit(1)


@prepared
def _pending_updates(bot_id: int, after: int, limit: int) -> Executable:
    pending = select(inbox).where(inbox.c.state == PENDING, inbox.c.bot_id == bot_id, inbox.c.update_id > after)
    return pending.order_by(inbox.c.update_id).limit(limit)


@prepared
def _state_of_update(bot_id: int, update_id: int) -> Executable:
    return select(inbox.c.state).where(inbox.c.bot_id == bot_id, inbox.c.update_id == update_id)


@prepared
def _update_done(bot_id: int, update_id: int) -> Executable:
    return update(inbox).where(inbox.c.bot_id == bot_id, inbox.c.update_id == update_id).values(state=DONE)


@prepared
def _outdated(bot_id: int, lane: int, coalesce: str) -> Executable:
    alike = (outbox.c.bot_id == bot_id) & (outbox.c.lane == lane) & (outbox.c.coalesce == coalesce)
    return delete(outbox).where(alike, outbox.c.state == PENDING, outbox.c.tries == 0)


@prepared
def _due_calls(bot_id: int, busy: Sequence[int], moment: datetime, limit: int) -> Executable:
    pending = (outbox.c.state == PENDING) & (outbox.c.bot_id == bot_id)
    first = select(func.min(outbox.c.id)).where(pending, outbox.c.lane.not_in(busy)).group_by(outbox.c.lane)
    due = select(outbox).where(outbox.c.id.in_(first), outbox.c.not_before <= moment)
    return due.order_by(outbox.c.id).limit(limit)


@prepared
def _one_more_try(outgoing_id: int) -> Executable:
    pending = (outbox.c.id == outgoing_id) & (outbox.c.state == PENDING)
    return update(outbox).where(pending).values(tries=outbox.c.tries + 1)


@prepared
def _call_sent(outgoing_id: int, message_id: int | None, moment: datetime) -> Executable:
    sent: dict[str, Any] = {
        "state": SENT,
        "message_id": message_id,
        "sent_at": moment,
        "payload": {},
        "attachment": None,
    }
    call = update(outbox).where(outbox.c.id == outgoing_id).values(**sent)
    return call.returning(outbox.c.bot_id, outbox.c.lane, outbox.c.dedupe, outbox.c.coalesce)


@prepared
def _owed_as(dedupe: str) -> Executable:
    return select(outbox.c.id).where(outbox.c.dedupe == dedupe)
