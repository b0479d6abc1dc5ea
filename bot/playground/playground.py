"""Telegram in miniature: everything the local server knows and can do, wired once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from bot.playground.directory import Directory
from bot.playground.faults import Faults
from bot.playground.files import FileStore
from bot.playground.groups import Groups
from bot.playground.hub import Hub
from bot.playground.identities import bot_id_of, is_token, keep_token
from bot.playground.ledger import Ledger
from bot.playground.membership import Membership
from bot.playground.messenger import Messenger
from bot.playground.people import People
from bot.playground.updates import UpdateQueue


class Playground:
    """One bot, its people and chats, in one folder that survives restarts.

    `token` defaults to the folder's own, made at the first start. `query_seconds` is how long a pressed button may
    wait for its answer; `retry_seconds` the first pause after a webhook that failed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        token: str | None = None,
        clock: Callable[[], float] = time.time,
        query_seconds: float = 15.0,
        retry_seconds: float = 1.0,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.ledger = Ledger(folder)
        self.token = token or keep_token(folder)
        if not is_token(self.token):
            raise ValueError("the playground's token must look like 123456:letters")
        self.clock = clock
        self.query_seconds = query_seconds
        self.retry_seconds = retry_seconds
        self.started_at = clock()
        self.webhook_changed = asyncio.Event()
        self.hub = Hub()
        self.faults = Faults()
        self.files = FileStore(folder / "files", self.ledger)
        self.directory = Directory(self.ledger, bot_id_of(self.token))
        self.updates = UpdateQueue(self.ledger, clock)
        self.messenger = Messenger(self.ledger, self.directory, self.updates, self.hub, clock)
        self.membership = Membership(self.ledger, self.directory, self.messenger, self.updates, self.hub)
        self.people = People(
            self.ledger,
            self.directory,
            self.messenger,
            self.membership,
            self.updates,
            self.files,
            self.hub,
            clock,
        )
        self.groups = Groups(self.directory, self.people, self.membership, self.hub)

    def __repr__(self) -> str:
        return f"Playground(bot_id={self.directory.bot_id})"

    def quiet(self) -> None:
        """Let everybody who waits for news go: the server is closing."""
        self.hub.close()
        self.updates.release()

    def close(self) -> None:
        self.quiet()
        self.ledger.close()
