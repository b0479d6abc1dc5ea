"""Delivery of updates to a bot's webhook: in order, again and again until the bot says 2xx."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from bot.playground.arguments import Arguments, as_argument
from bot.playground.errors import ApiError
from bot.playground.ledger import Json
from bot.playground.playground import Playground

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
LONGEST_PAUSE_SECONDS = 60.0
PATIENCE = aiohttp.ClientTimeout(total=60)

Perform = Callable[[str, Arguments], Awaitable[Any]]


class Refused(Exception):
    """The bot did not take the update; maybe it said when to come again."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class WebhookDelivery:
    def __init__(self, playground: Playground, perform: Perform) -> None:
        self._playground = playground
        self._perform = perform

    async def run(self) -> None:
        """Deliver for ever; cancelled when the server closes."""
        failures = 0
        async with aiohttp.ClientSession(timeout=PATIENCE) as session:
            while True:
                if not self._webhook():
                    await self._until_changed(None)
                    continue
                await self._playground.updates.arrival()
                failures = await self._try_one(session, failures)

    async def _try_one(self, session: aiohttp.ClientSession, failures: int) -> int:
        webhook, waiting = self._webhook(), self._playground.updates.waiting(1)
        if not webhook or not waiting:
            return 0
        try:
            await self._deliver(session, webhook, waiting[0])
        except Refused as refusal:
            self._note(refusal.reason)
            pause = min(self._playground.retry_seconds * 2**failures, LONGEST_PAUSE_SECONDS)
            await self._until_changed(pause if refusal.retry_after is None else refusal.retry_after)
            return failures + 1
        return 0

    async def _deliver(self, session: aiohttp.ClientSession, webhook: Json, update: Json) -> None:
        headers = {SECRET_HEADER: webhook["secret_token"]} if webhook["secret_token"] else {}
        try:
            async with session.post(webhook["url"], json=update, headers=headers, allow_redirects=False) as answer:
                if not 200 <= answer.status < 300:
                    reason = f"Wrong response from the webhook: {answer.status} {answer.reason}"
                    raise Refused(reason, _seconds(answer.headers.get("Retry-After")))
                reply = await answer.json(content_type=None) if answer.content_type == "application/json" else None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Refused("Connection refused" if isinstance(error, aiohttp.ClientError) else "Read timeout") from error
        self._playground.updates.confirm_below(update["update_id"] + 1)
        if isinstance(reply, dict) and "method" in reply:
            await self._execute(reply)

    async def _execute(self, reply: Json) -> None:
        """A bot may answer with a call of a method; nobody is told how that went."""
        values = {name: as_argument(value) for name, value in reply.items() if name != "method"}
        try:
            await self._perform(str(reply["method"]), Arguments(values))
        except ApiError as error:
            self._note(error.description)

    def _webhook(self) -> Json:
        return self._playground.directory.setting("webhook") or {}

    def _note(self, reason: str) -> None:
        if webhook := self._webhook():
            facts = {"last_error_date": self._playground.messenger.now(), "last_error_message": reason}
            self._playground.directory.set_setting("webhook", {**webhook, **facts})

    async def _until_changed(self, seconds: float | None) -> None:
        self._playground.webhook_changed.clear()
        try:
            await asyncio.wait_for(self._playground.webhook_changed.wait(), seconds)
        except TimeoutError:
            return


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdecimal() else None
