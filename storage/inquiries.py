"""Inquiries: who was asked what a photo of somebody else's shows, and what she said."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, delete, func, or_, select, update

from storage.considered import Inquiry, Reply
from storage.errors import NotFound
from storage.inserting import insert_row
from storage.moment import Moment
from storage.opinion_tables import inquiry, opinion
from storage.records import VoteKind
from storage.tables import chat, inbox, person, photo, vote

# So long a question is one person's; then another may be asked. An answer that comes later still counts.
LEASE = timedelta(days=1)
_CHUNK = 5_000
# More updates do not come while somebody is awake; of more, the newest are looked at.
_LOOKED_BACK = 2_000


class Inquiries:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def heard_of(self, bot_id: int, since: datetime, until: datetime) -> list[int]:
        """The private chats (Telegram ids) of which a bot heard last between two moments, among its newest updates.

        All mail of a week is kept, and this is asked every half minute.
        """
        newest = select(inbox.c.lane, inbox.c.received_at).where(inbox.c.bot_id == bot_id)
        lately = newest.order_by(inbox.c.update_id.desc()).limit(_LOOKED_BACK).subquery()
        last = func.max(lately.c.received_at)
        query = select(lately.c.lane).where(lately.c.lane > 0).group_by(lately.c.lane)
        return list(self._connection.execute(query.having(last >= since, last <= until)).scalars())

    def wanted(
        self, classifier_id: int, person_id: int, first: Sequence[str], *, limit: int, lent: str | None = None
    ) -> list[int]:
        """Photos of others of which one more opinion is worth having from this person: those for `first` come first.

        Not what she sent or judged in any photo of the same picture, was asked before, or somebody else is asked now.
        With `lent` only photos of people in whose private chats that setting is on.
        """
        newest = select(func.max(vote.c.id)).where(vote.c.photo_id == opinion.c.photo_id).scalar_subquery()
        order = case({ask: place for place, ask in enumerate(first)}, value=opinion.c.ask, else_=len(first))
        query = (
            select(photo.c.id)
            .join_from(opinion, photo, photo.c.id == opinion.c.photo_id)
            .where(photo.c.classifier_id == classifier_id, opinion.c.ask.is_not(None), opinion.c.vote_id == newest)
            .where(~self._knows(person_id), ~self._is_asked())
            .order_by(order, photo.c.id.desc())
            .limit(limit)
        )
        if lent is not None:
            # Asked here and not of what was found: else those who lend nothing fill the limit, and nobody is asked.
            query = query.where(photo.c.owner_id.in_(_with_setting(lent)))
        return list(self._connection.execute(query).scalars())

    def taught(self, classifier_id: int, person_id: int) -> int:
        """How many labels a person gave."""
        mine = (vote.c.person_id == person_id) & (vote.c.kind == VoteKind.LABEL)
        query = select(func.count()).select_from(vote).join(photo, photo.c.id == vote.c.photo_id)
        return int(self._connection.execute(query.where(mine, photo.c.classifier_id == classifier_id)).scalar_one())

    def open(self, photo_id: int, person_id: int, chat_id: int, ask: str) -> Inquiry:
        """Ask a person about a photo. She is asked about each once: StoreConflict the second time."""
        row = insert_row(
            self._connection,
            inquiry,
            photo_id=photo_id,
            person_id=person_id,
            chat_id=chat_id,
            ask=ask,
            asked_at=self._moment.now,
            lease_until=self._moment.now + LEASE,
            reply=None,
            replied_at=None,
            vote_id=None,
        )
        return _record(row)

    def get(self, inquiry_id: int) -> Inquiry:
        """Raises NotFound: its photo was deleted."""
        row = self._connection.execute(select(inquiry).where(inquiry.c.id == inquiry_id)).one_or_none()
        if row is None:
            raise NotFound("inquiry", inquiry_id)
        return _record(row)

    def reply(self, inquiry_id: int, reply: Reply, vote_id: int | None = None) -> None:
        """Note what a person said; from now on another may be asked."""
        said = {"reply": reply, "vote_id": vote_id, "replied_at": self._moment.now, "lease_until": self._moment.now}
        self._connection.execute(update(inquiry).where(inquiry.c.id == inquiry_id).values(**said))

    def of_person(self, person_id: int, *, limit: int = 1_000) -> list[Inquiry]:
        """What a person was asked, newest first."""
        query = select(inquiry).where(inquiry.c.person_id == person_id).order_by(inquiry.c.id.desc()).limit(limit)
        return [_record(row) for row in self._connection.execute(query)]

    def about(self, photo_ids: Sequence[int]) -> list[Inquiry]:
        """What others were asked about some photos."""
        found: list[Inquiry] = []
        for start in range(0, len(photo_ids), _CHUNK):
            some = inquiry.c.photo_id.in_(photo_ids[start : start + _CHUNK])
            found += [_record(row) for row in self._connection.execute(select(inquiry).where(some))]
        return found

    def drop_open(self, photo_ids: Sequence[int]) -> list[int]:
        """Remove the questions about some photos that nobody answered; returns their numbers."""
        dropped = [one.id for one in self.about(photo_ids) if one.reply in (None, Reply.LATER)]
        for start in range(0, len(dropped), _CHUNK):
            self._connection.execute(delete(inquiry).where(inquiry.c.id.in_(dropped[start : start + _CHUNK])))
        return dropped

    def asked_for(self, classifier_id: int, ask: str) -> set[int]:
        """The photos of which people were asked for this reason."""
        query = select(inquiry.c.photo_id).join(photo, photo.c.id == inquiry.c.photo_id)
        query = query.where(photo.c.classifier_id == classifier_id, inquiry.c.ask == ask)
        return set(self._connection.execute(query).scalars())

    def forget_person(self, person_id: int) -> None:
        self._connection.execute(delete(inquiry).where(inquiry.c.person_id == person_id))

    def _knows(self, person_id: int) -> ColumnElement[bool]:
        """The picture is hers in some photo, or she said something of it, or was asked about it."""
        twin, said, asked = photo.alias(), vote.alias(), inquiry.alias()
        query = (
            select(twin.c.id)
            .outerjoin(said, (said.c.photo_id == twin.c.id) & (said.c.person_id == person_id))
            .outerjoin(asked, (asked.c.photo_id == twin.c.id) & (asked.c.person_id == person_id))
            .where(twin.c.classifier_id == photo.c.classifier_id, twin.c.digest == photo.c.digest)
            .where(or_(twin.c.owner_id == person_id, said.c.id.is_not(None), asked.c.id.is_not(None)))
        )
        return query.correlate(photo).exists()

    def _is_asked(self) -> ColumnElement[bool]:
        """Somebody is asked about the photo just now."""
        asked = inquiry.alias()
        query = select(asked.c.id).where(asked.c.photo_id == photo.c.id, asked.c.lease_until > self._moment.now)
        return query.where(asked.c.reply.is_(None)).correlate(photo).exists()


def _with_setting(name: str) -> Select[Any]:
    """The people in whose private chats a setting was turned on."""
    private = (chat.c.telegram_id == person.c.telegram_id) & (chat.c.kind == "private")
    return select(person.c.id).join(chat, private).where(chat.c.settings[name].as_boolean().is_(True))


def _record(row: Row[Any]) -> Inquiry:
    return Inquiry(
        id=row.id,
        photo_id=row.photo_id,
        person_id=row.person_id,
        chat_id=row.chat_id,
        ask=row.ask,
        asked_at=row.asked_at,
        lease_until=row.lease_until,
        reply=None if row.reply is None else Reply(row.reply),
        replied_at=row.replied_at,
        vote_id=row.vote_id,
    )
