"""Requests to arguments: query, urlencoded, multipart or JSON, with a limit on what is taken in."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import BodyPartReader, web

from bot.playground.arguments import Arguments, Upload, as_argument
from bot.playground.files import MAX_UPLOAD_BYTES

MAX_REQUEST_BYTES = 110 * 1024 * 1024
MAX_VALUE_BYTES = 4 * 1024 * 1024
CHUNK = 256 * 1024


class TooLarge(Exception):
    """More bytes than Telegram takes."""


class Unreadable(Exception):
    """The body is not what its content type says."""


async def read_arguments(request: web.Request) -> Arguments:
    """Everything a caller sent. Raises TooLarge and Unreadable."""
    values = dict(request.query)
    if request.content_length is not None and request.content_length > MAX_REQUEST_BYTES:
        raise TooLarge
    try:
        if request.content_type == "application/json":
            return Arguments({**values, **_from_json(await request.read())})
        if request.content_type.startswith("multipart/"):
            return await _from_multipart(request, values)
        form = await request.post() if request.can_read_body else {}
    except web.HTTPRequestEntityTooLarge as error:
        raise TooLarge from error
    except (ValueError, LookupError) as error:
        raise Unreadable from error
    return Arguments({**values, **{name: value for name, value in form.items() if isinstance(value, str)}})


def _from_json(body: bytes) -> dict[str, str]:
    decoded: Any = json.loads(body) if body.strip() else {}
    if not isinstance(decoded, dict):
        raise ValueError("a JSON object is expected")
    # Half a surrogate pair is legal JSON and no text; it ends here, as it does in Telegram.
    return {name: _whole_text(as_argument(value)) for name, value in decoded.items() if value is not None}


def _whole_text(text: str) -> str:
    text.encode()
    return text


async def _from_multipart(request: web.Request, values: dict[str, str]) -> Arguments:
    uploads: dict[str, Upload] = {}
    room = MAX_REQUEST_BYTES
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        data = await _read_part(part, min(room, MAX_UPLOAD_BYTES if part.filename is not None else MAX_VALUE_BYTES))
        room -= len(data)
        if part.filename is None:
            values[part.name] = data.decode()
        else:
            uploads[part.name] = Upload(part.filename, data, part.headers.get("Content-Type"))
    return Arguments(values, uploads)


async def _read_part(part: BodyPartReader, most: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        data += chunk
        if len(data) > most:
            raise TooLarge
    return bytes(data)
