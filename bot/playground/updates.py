"""The queue of updates a bot takes its news from: getUpdates with Telegram's offset rules, kept for 24 hours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.playground.errors import conflict
from bot.playground.ledger import Json, Ledger

KINDS = (
    "message", "edited_message", "channel_post", "edited_channel_post", "business_connection", "business_message",
    "edited_business_message", "deleted_business_messages", "message_reaction", "message_reaction_count",
    "inline_query", "chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query",
    "purchased_paid_media", "poll", "poll_answer", "my_chat_member", "chat_member", "chat_join_request", "chat_boost",
    "removed_chat_boost",
)  # fmt: skip
ONLY_WHEN_ASKED_FOR = {"chat_member", "message_reaction", "message_reaction_count"}
KEPT_SECONDS = 24 * 3600
FIRST_UPDATE_ID = 700_000_001


class UpdateQueue:
    def __init__(self, ledger: Ledger, clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._poller: asyncio.Future[None] | None = None
        self._arrival = asyncio.Event()
        self.polled_at = 0.0

    def push(self, kind: str, payload: Json) -> None:
        """Queue an update, unless the bot has not asked for its kind."""
        allowed = self.allowed
        if kind in ONLY_WHEN_ASKED_FOR if not allowed else kind not in allowed:
            return
        update_id = self._ledger.next_number("update", start=FIRST_UPDATE_ID)
        update = {"update_id": update_id, kind: payload}
        self._ledger.put("update", update_id, body={"at": self._clock(), "update": update})
        self._arrival.set()
        if self._poller is not None and self.is_awaited:
            self._poller.set_result(None)

    @property
    def allowed(self) -> list[str]:
        """Kinds asked for; an empty list is Telegram's default."""
        return self._ledger.get("setting", "allowed_updates") or []

    def allow(self, kinds: list[object]) -> None:
        known = [kind for kind in KINDS if kind in kinds]
        self._ledger.put("setting", "allowed_updates", body=known)

    @property
    def is_awaited(self) -> bool:
        """Whether a bot hangs on a long poll at this moment."""
        return self._poller is not None and not self._poller.done()

    @property
    def pending(self) -> int:
        return self._ledger.count("update")

    def drop_all(self) -> None:
        self._ledger.delete_below("update", 2**62)

    def confirm_below(self, update_id: int) -> None:
        self._ledger.delete_below("update", update_id)

    def waiting(self, limit: int) -> list[Json]:
        """The oldest unconfirmed updates."""
        too_old = self._clock() - KEPT_SECONDS
        rows = self._ledger.first("update", limit)
        expired = [row for row in rows if row["at"] < too_old]
        if not expired:
            return [row["update"] for row in rows]
        self.confirm_below(expired[-1]["update"]["update_id"] + 1)
        return self.waiting(limit)

    async def arrival(self) -> None:
        """Wait until an update is there (for webhook delivery)."""
        while not self.pending:
            self._arrival.clear()
            await self._arrival.wait()

    async def poll(self, *, offset: int, limit: int, seconds: float) -> list[Json]:
        self.end_poll()
        self.polled_at = self._clock()
        self._forget(offset)
        updates = self.waiting(limit)
        if updates or seconds <= 0:
            return updates
        poller = asyncio.get_running_loop().create_future()
        self._poller = poller
        await asyncio.wait([poller], timeout=seconds)
        if self._poller is poller:
            self._poller = None
        if poller.done():
            poller.result()
        return self.waiting(limit)

    def end_poll(self) -> None:
        """A newer poll, or a webhook, ends the poll that is waiting."""
        if self._poller is not None and self.is_awaited:
            self._poller.set_exception(
                conflict("terminated by other getUpdates request; make sure that only one bot instance is running")
            )
        self._poller = None

    def release(self) -> None:
        """Let a waiting poll return empty-handed: the server is closing."""
        if self._poller is not None and self.is_awaited:
            self._poller.set_result(None)

    def _forget(self, offset: int) -> None:
        if offset >= 0:
            self.confirm_below(offset)
        else:
            ids = self._ledger.keys("update")
            if len(ids) > -offset:
                self.confirm_below(ids[offset])
