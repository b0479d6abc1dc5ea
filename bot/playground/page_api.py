"""What the chat page may ask for: the state, the history, the files, news as it happens, and every act of a person."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

from aiohttp import WSCloseCode, web
from pydantic import ValidationError

from bot.playground import acts
from bot.playground.arguments import whole_number
from bot.playground.errors import PersonError
from bot.playground.forms import TooLarge, Unreadable, read_arguments
from bot.playground.ledger import Json
from bot.playground.page_state import state_of
from bot.playground.people import Item
from bot.playground.playground import Playground

HEARTBEAT_SECONDS = 15.0
PAGE_OF_HISTORY = 60
INLINE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
TOO_BIG = "This is too much at once: 50 MB a file and 100 MB in all. Send less in one go."
UNREADABLE = "The page and the server do not understand each other. Reload the page."


class PageApi:
    def __init__(self, playground: Playground) -> None:
        self._playground = playground

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/state", self.state),
            web.get("/api/chats/{chat_id:-?[0-9]{1,18}}/messages", self.history),
            web.get("/api/files/{file_id}", self.file),
            web.get("/api/events", self.events),
            web.post("/api/show", self.show),
            web.post("/api/{act}", self.act),
        ]

    async def state(self, request: web.Request) -> web.Response:
        return web.json_response(state_of(self._playground))

    async def history(self, request: web.Request) -> web.Response:
        chat_id, person_id = int(request.match_info["chat_id"]), _number(request, "me")
        if person_id is None or not (person_id == chat_id or self._playground.directory.is_inside(chat_id, person_id)):
            return _sorry(PersonError("You are not a member of this chat.", status=403))
        limit = min(_number(request, "limit") or PAGE_OF_HISTORY, 200)
        messages = self._playground.messenger.history(chat_id, before=_number(request, "before"), limit=limit)
        return web.json_response({"messages": messages})

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A photo to look at, anything else only to save: an uploaded page must never run here."""
        file = self._playground.files.find(request.match_info["file_id"])
        if file is None:
            return _sorry(PersonError("This file is gone.", status=404))
        mime = "image/jpeg" if file["kind"] == "photo" else file["mime_type"]
        safe = mime in INLINE_TYPES and "download" not in request.query
        headers = {
            "Content-Type": mime if safe else "application/octet-stream",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=31536000, immutable",
        }
        if not safe:
            name = quote(file.get("file_name") or "photo.jpg", safe="")
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return web.FileResponse(self._playground.files.location(file), headers=headers)

    async def events(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await socket.prepare(request)
        with self._playground.hub.listen() as news:
            reader = asyncio.create_task(_until_closed(socket))
            reader.add_done_callback(lambda _: news.put_nowait(None))
            await socket.send_json({"type": "hello"})
            while (event := await news.get()) is not None:
                await socket.send_json(event)
            await socket.close(code=WSCloseCode.GOING_AWAY)
            await reader
        return socket

    async def act(self, request: web.Request) -> web.Response:
        """One act of a person: a small JSON body, a JSON answer, or a sentence that says what to do."""
        known = acts.ACTS.get(request.match_info["act"])
        if known is None or request.content_type != "application/json":
            return _sorry(PersonError(UNREADABLE, status=404))
        try:
            result = known.perform(self._playground, await request.read())
        except ValidationError:
            return _sorry(PersonError(UNREADABLE))
        except PersonError as error:
            return _sorry(error)
        return web.json_response({"ok": True, "result": result})

    async def show(self, request: web.Request) -> web.Response:
        """Files of one person: a multipart form of `me`, `chat_id`, `captions` (a JSON list) and files in order."""
        try:
            form = await read_arguments(request)
            captions = _captions(form.text("captions"), len(form.uploads))
            items = [
                Item(upload.data, upload.name, upload.mime, caption)
                for upload, caption in zip(form.uploads.values(), captions, strict=True)
            ]
            messages = await self._playground.people.show(
                form.number("me"),
                form.number("chat_id"),
                items,
                as_files=form.flag("as_files"),
                reply_to=form.number("reply_to") or None,
            )
        except TooLarge:
            return _sorry(PersonError(TOO_BIG, status=413))
        except Unreadable:
            return _sorry(PersonError(UNREADABLE))
        except PersonError as error:
            return _sorry(error)
        return web.json_response({"ok": True, "result": messages})


async def _until_closed(socket: web.WebSocketResponse) -> None:
    async for _ in socket:
        pass


def _captions(source: str, count: int) -> list[str]:
    try:
        given: Any = json.loads(source) if source else []
    except ValueError as error:
        raise Unreadable from error
    texts = [str(each) for each in given] if isinstance(given, list) else []
    return (texts + [""] * count)[:count]


def _number(request: web.Request, name: str) -> int | None:
    return whole_number(request.query.get(name, ""))


def _sorry(error: PersonError) -> web.Response:
    body: Json = {"ok": False, "sentence": error.sentence}
    return web.json_response(body, status=error.status)
