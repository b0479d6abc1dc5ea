"""Updates that are put off: they wait here and in the inbox, and with them what the same person says after them.

Only hers: a group does not wait for one who sends too much, and buttons work at once. In memory alone: after a
restart the handlers put them off again, until the same moment.
"""

import json
from collections import deque
from datetime import datetime
from typing import Any

from storage import Incoming

Parked = tuple[Incoming, datetime]


class Parking:
    """Who waits in which chat, and until when; in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: dict[int, dict[int | None, deque[Parked]]] = {}

    def __len__(self) -> int:
        return sum(len(row) for rows in self._waiting.values() for row in rows.values())

    def put_off(self, incoming: Incoming, until: datetime) -> None:
        row = self._waiting.setdefault(incoming.lane, {}).setdefault(author_of(incoming), deque())
        row.append((incoming, until))

    def takes(self, incoming: Incoming) -> bool:
        """Whether an update has to wait behind others of its author, and does so from now on.

        A word waits for the photo before it. A photo does not: its handler gives it a moment of its own, a later one.
        """
        rows = self._waiting.get(incoming.lane)
        author = author_of(incoming) if rows and not _is_new_photo(incoming) else None
        if rows is None or author not in rows:
            return False
        rows[author].append((incoming, rows[author][-1][1]))
        return True

    def due(self, now: datetime) -> list[Incoming]:
        """Those whose time has come, who wait no more."""
        found = []
        for lane, rows in list(self._waiting.items()):
            for author, row in list(rows.items()):
                while row and row[0][1] <= now:
                    found.append(row.popleft()[0])
                if not row:
                    del rows[author]
            if not rows:
                del self._waiting[lane]
        return found


def _is_new_photo(incoming: Incoming) -> bool:
    said = _read(incoming).get("message") or {}
    return "photo" in said or "document" in said


def author_of(incoming: Incoming) -> int | None:
    """Who wrote a message, or edited one; None for presses and all else."""
    update = _read(incoming)
    said = update.get("message") or update.get("edited_message") or {}
    try:
        return int(said["from"]["id"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _read(incoming: Incoming) -> dict[str, Any]:
    try:
        update = json.loads(incoming.raw)
    except ValueError:
        return {}
    return update if isinstance(update, dict) else {}
