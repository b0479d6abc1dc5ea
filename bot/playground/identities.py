"""Names and numbers of the playground: ids that real Telegram can never hand out, and the token.

Real user ids are below 2**40 and real chat ids above -2.1e12, so nothing made here can ever be taken for somebody real.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

BOT_ID = 9_000_000_000_000
FIRST_PERSON_ID = 9_000_000_000_001
FIRST_GROUP_ID = 9_000_000_000_001
FIRST_SUPERGROUP_ID = 1_009_000_000_000_001
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
BOT_USERNAME = "pupil_playground_bot"


def is_token(text: str) -> bool:
    return re.fullmatch(r"\d+:[A-Za-z0-9_-]+", text) is not None


def bot_id_of(token: str) -> int:
    return int(token.partition(":")[0])


def keep_token(folder: Path) -> str:
    """The folder's token: made once, readable by its owner only, and made anew where the file holds none.

    The caller has the folder to itself. The file gets its name when all of it is on disk: a kill leaves no half token.
    """
    path = folder / "token"
    found = path.read_text(encoding="ascii", errors="replace").strip() if path.exists() else ""
    if is_token(found):
        return found
    token = f"{BOT_ID}:{secrets.token_urlsafe(26)}"
    aside = folder / "token.new"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    return token


def username_for(name: str, person_id: int) -> str:
    """A username as Telegram allows it: Latin letters, digits, underscores, at least five characters."""
    letters = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:20]
    stem = letters if letters[:1].isalpha() else "person"
    return f"{stem}_{person_id % 1000:03d}"
