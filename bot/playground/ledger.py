"""The playground's own durable memory: small JSON documents in one SQLite file.

Telegram is another party than Pupil, so this file knows nothing of Pupil's database. One process, one connection:
the write-ahead log with relaxed sync loses at most the last moments in a power cut and is never corrupt.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.playground.errors import FolderInUse

Json = dict[str, Any]
Key = int | str


class Ledger:
    """Documents by (kind, a, b, c); keys left out are empty strings, so a prefix of the key selects a range."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "playground.sqlite", isolation_level=None, timeout=0.5)
        self._depth = 0
        try:
            # Exclusive: two servers handing out the same ids from one folder would be worse than a refusal.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS document (kind TEXT, a, b, c, body TEXT NOT NULL,"
                " PRIMARY KEY (kind, a, b, c)) WITHOUT ROWID"
            )
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._db.close()
            raise FolderInUse(folder) from error

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is kept or nothing is; may be nested, the outermost decides."""
        if self._depth == 0:
            self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self._db.execute("COMMIT")

    def get(self, kind: str, *key: Key) -> Any:
        row = self._db.execute(
            "SELECT body FROM document WHERE kind = ? AND a = ? AND b = ? AND c = ?", (kind, *_padded(key))
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, kind: str, *key: Key, body: Any) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?, ?)",
            (kind, *_padded(key), json.dumps(body)),
        )

    def delete(self, kind: str, *key: Key) -> None:
        self._db.execute("DELETE FROM document WHERE kind = ? AND a = ? AND b = ? AND c = ?", (kind, *_padded(key)))

    def all(self, kind: str, *prefix: Key) -> list[Any]:
        clause = "".join(f" AND {column} = ?" for column in "abc"[: len(prefix)])
        rows = self._db.execute(
            f"SELECT body FROM document WHERE kind = ?{clause} ORDER BY a, b, c",  # noqa: S608 - column names only
            (kind, *prefix),
        )
        return [json.loads(body) for (body,) in rows]

    def first(self, kind: str, limit: int) -> list[Any]:
        rows = self._db.execute("SELECT body FROM document WHERE kind = ? ORDER BY a LIMIT ?", (kind, limit))
        return [json.loads(body) for (body,) in rows]

    def last(self, kind: str, a: Key, *, before: int | None = None, limit: int = 1) -> list[Any]:
        """The newest documents under (kind, a), oldest of them first."""
        rows = self._db.execute(
            "SELECT body FROM document WHERE kind = ? AND a = ? AND b < ? ORDER BY b DESC LIMIT ?",
            (kind, a, before if before is not None else 2**62, limit),
        ).fetchall()
        return [json.loads(body) for (body,) in reversed(rows)]

    def count(self, kind: str) -> int:
        return int(self._db.execute("SELECT count(*) FROM document WHERE kind = ?", (kind,)).fetchone()[0])

    def keys(self, kind: str) -> list[int]:
        return [a for (a,) in self._db.execute("SELECT a FROM document WHERE kind = ? ORDER BY a", (kind,))]

    def delete_below(self, kind: str, a: int) -> None:
        self._db.execute("DELETE FROM document WHERE kind = ? AND a < ?", (kind, a))

    def unread(self, chat_id: int, *, above: int, reader: int) -> int:
        row = self._db.execute(
            "SELECT count(*) FROM document WHERE kind = 'message' AND a = ? AND b > ?"
            " AND json_extract(body, '$.from.id') <> ?",
            (chat_id, above, reader),
        ).fetchone()
        return int(row[0])

    def next_number(self, counter: str, *, start: int = 1) -> int:
        """The next value of a counter; never handed out twice, also not after a restart."""
        number = int(self.get("counter", counter) or start)
        self.put("counter", counter, body=number + 1)
        return number


def _padded(key: tuple[Key, ...]) -> tuple[Key, Key, Key]:
    a, b, c = (*key, "", "", "")[:3]
    return a, b, c
