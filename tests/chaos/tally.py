"""What became of everything that people did: on their screens, in the rows, on the disk."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.engine import URL

from storage import StoreDamaged, open_store
from storage.engine import open_engine
from storage.tables import blob, chat, inbox, outbox, photo, prediction, vote
from tests.chaos.crowd import Crowd, Deed
from tests.support.people import Message

# Not true here: the network was there before any of these people.
FIRST_NEWS = "I can answer now"


@dataclass
class Tally:
    """Counts that must all be 0, but for `answered_twice`, which at-least-once sending may cause."""

    updates_lost: int = 0
    stored_twice: int = 0
    photos_without_blob: int = 0
    unanswered: int = 0
    told_stale_news: int = 0
    rows_damaged: int = 0
    undone_or_given_up: int = 0
    answered_twice: int = 0

    @property
    def violations(self) -> list[str]:
        names = [one.name for one in fields(self) if one.name != "answered_twice"]
        return [f"{name} {getattr(self, name)}" for name in names if getattr(self, name)]


async def look_at_screens(crowd: Crowd, tally: Tally) -> list[Deed]:
    """Count what people see; returns the deeds that nothing refers to."""
    screens = {}
    for person in {deed.person for deed in crowd.deeds}:
        screens[person.id] = await person.history()
        replies = Counter((one.reply_to, one.text) for one in screens[person.id] if one.from_bot and one.reply_to)
        tally.told_stale_news += sum(one.text.startswith(FIRST_NEWS) for one in screens[person.id])
        tally.answered_twice += sum(count - 1 for count in replies.values())
    unanswered = [deed for deed in crowd.deeds if not _is_answered(deed, screens[deed.person.id])]
    tally.unanswered = len(unanswered)
    return unanswered


def _is_answered(deed: Deed, screen: list[Message]) -> bool:
    mine = next(one for one in screen if one.id == deed.message.id)
    replies = [one for one in screen if one.from_bot and one.reply_to == mine.id]
    if deed.kind == "press":
        return mine.is_edited
    if deed.kind == "edit":
        return any(f"to {deed.label}" in one.text for one in replies)
    if deed.kind == "command":
        return any(one.from_bot and not one.reply_to and not one.text.startswith(FIRST_NEWS) for one in screen)
    return bool(replies or mine.reactions)


def is_drained(home: Path, updates: int) -> bool:
    """Whether so many updates have come in, and nothing is pending in the inbox and the outbox."""
    with open_engine(_url(home)).connect() as connection:
        waiting = [_count(connection, table, table.c.state == "pending") for table in (inbox, outbox)]
        return sum(waiting) == 0 and _count(connection, inbox) >= updates


def look_at_rows(home: Path, playground: Path, crowd: Crowd, tally: Tally) -> None:
    """Count what is stored; the bot and the playground must have ended."""
    store = open_store(home)
    try:
        store.check()
    except StoreDamaged:
        tally.rows_damaged += 1
    with open_engine(_url(home)).connect() as connection:
        tally.updates_lost = _updates_given_out(playground) - _count(connection, inbox)
        tally.undone_or_given_up = _count(connection, inbox, inbox.c.state != "done")
        tally.undone_or_given_up += _count(connection, outbox, outbox.c.state != "sent")
        _look_at_deeds(connection, crowd, tally)
        digests = connection.execute(select(photo.c.digest)).scalars().all()
        tally.photos_without_blob = sum(not _is_intact(store.blobs.path(digest), digest) for digest in digests)
        tally.photos_without_blob += _count(connection, blob) - len(set(digests))
    store.close()


def _look_at_deeds(connection: Connection, crowd: Crowd, tally: Tally) -> None:
    """Compare rows with deeds one by one: too few are lost, too many are stored twice."""
    kinds = crowd.counts()
    query = select(chat.c.telegram_id, photo.c.message_id).join_from(photo, chat, photo.c.chat_id == chat.c.id)
    stored = Counter((row.telegram_id, row.message_id) for row in connection.execute(query))
    shown = {(deed.person.id, deed.message.id) for deed in crowd.deeds if deed.kind in ("lesson", "question")}
    _compare(sum(stored[one] == 0 for one in shown), stored.total() - len(stored), tally)
    deeds = Counter(connection.execute(select(vote.c.deed).where(vote.c.deed.is_not(None))).scalars())
    wanted = kinds["lesson"] + kinds["edit"] + kinds["press"]
    _compare(wanted - deeds.total(), deeds.total() - wanted, tally)
    answers = _count(connection, prediction)
    _compare(kinds["question"] - answers, answers - kinds["question"], tally)


def _compare(too_few: int, too_many: int, tally: Tally) -> None:
    tally.updates_lost += max(0, too_few)
    tally.stored_twice += max(0, too_many)


def _is_intact(file: Path, digest: str) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == digest


def _updates_given_out(playground: Path) -> int:
    """How many updates the playground ever made: its numbers are given out one by one."""
    from bot.playground.updates import FIRST_UPDATE_ID

    with sqlite3.connect(playground / "playground.sqlite") as ledger:
        row = ledger.execute("SELECT body FROM document WHERE kind = 'counter' AND a = 'update'").fetchone()
    return int(row[0]) - FIRST_UPDATE_ID


def _count(connection: Connection, table: Table, *where: object) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())  # type: ignore[arg-type]


def _url(home: Path) -> URL:
    return URL.create("sqlite", database=str(home / "pupil.db"))
