"""The Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`."""

from __future__ import annotations

import asyncio
import hmac
import logging
from typing import Any

from aiohttp import web

from bot.playground.arguments import Arguments, Said
from bot.playground.errors import ApiError, bad_request
from bot.playground.faults import Fault
from bot.playground.files import MAX_DOWNLOAD_BYTES
from bot.playground.forms import TooLarge, Unreadable, read_arguments
from bot.playground.identities import is_token
from bot.playground.methods import METHODS
from bot.playground.playground import Playground

log = logging.getLogger(__name__)


class ConnectionCut(Exception):
    """A planned fault: the caller gets no answer at all."""


class BotApi:
    def __init__(self, playground: Playground) -> None:
        self._playground = playground

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/bot{token:[^/]+}/{method}", self.call),
            web.get("/file/bot{token:[^/]+}/{path:.+}", self.download),
        ]

    async def call(self, request: web.Request) -> web.Response:
        """Answer one call with Telegram's JSON; its HTTP status is the error code."""
        try:
            self._check_token(request.match_info["token"])
            arguments = await read_arguments(request)
            answer = _success(await self.perform(request.match_info["method"], arguments))
        except TooLarge:
            answer = ApiError(413, "Request Entity Too Large").body()
        except Unreadable:
            answer = bad_request("strings must be encoded in UTF-8").body()
        except ApiError as error:
            answer = error.body()
        except ConnectionCut:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        except Exception:
            # The border of the process: whatever broke, the bot gets an answer and the log gets no token.
            log.exception("a method of the local Bot API failed")
            answer = ApiError(500, "Internal Server Error").body()
        return web.json_response(answer, status=200 if answer["ok"] else answer["error_code"])

    async def perform(self, method: str, arguments: Arguments) -> Any:
        """Carry out a method, through whatever faults are planned. Raises ApiError and ConnectionCut."""
        playground = self._playground
        playground.faults.record(method, arguments, playground.clock())
        work = METHODS.get(method.lower())
        if work is None:
            raise ApiError(404, "Not Found: method not found")
        fault = playground.faults.next_for(method)
        if fault is not None and not fault.after_work:
            await _suffer(fault)
        playground.faults.check_flood(method, arguments, playground.clock())
        result = await work(playground, arguments)
        if fault is not None and fault.after_work:
            await _suffer(fault)
        return result

    async def download(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request.match_info["token"])
            file = self._playground.files.find_by_path(request.match_info["path"])
            if file is None or file["file_size"] > MAX_DOWNLOAD_BYTES:
                raise ApiError(404, "Not Found")
            if (fault := self._playground.faults.next_for("download")) is not None:
                await _suffer(fault)
        except ApiError as error:
            return web.json_response(error.body(), status=error.code)
        except ConnectionCut:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        location = self._playground.files.location(file)
        return web.FileResponse(location, headers={"Content-Type": "application/octet-stream"})

    def _check_token(self, token: str) -> None:
        if hmac.compare_digest(token.encode(), self._playground.token.encode()):
            return
        raise ApiError(401, "Unauthorized") if is_token(token) else ApiError(404, "Not Found")


async def _suffer(fault: Fault) -> None:
    await asyncio.sleep(fault.delay)
    if fault.drop:
        raise ConnectionCut
    if fault.error is not None:
        raise fault.error


def _success(result: Any) -> dict[str, Any]:
    if isinstance(result, Said):
        return {"ok": True, "result": result.result, "description": result.description}
    return {"ok": True, "result": result}
