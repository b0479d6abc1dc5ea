"""What travels between bot and server: a clock to turn, raw calls, and a client that remembers every answer."""

from __future__ import annotations

import io
import json
from typing import Any

import aiohttp
from PIL import Image
from telegram.request import HTTPXRequest

Json = dict[str, Any]


class Clock:
    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class RecordingRequest(HTTPXRequest):
    """PTB's own HTTP client, plus a list of (method, answer)."""

    def __init__(self, answers: list[tuple[str, Json]] | None = None) -> None:
        super().__init__()
        self.answers: list[tuple[str, Json]] = [] if answers is None else answers

    async def do_request(self, url: str, method: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        status, payload = await super().do_request(url, method, *args, **kwargs)
        if "/file/bot" not in url:
            self.answers.append((url.rpartition("/")[2], json.loads(payload)))
        return status, payload


class RawBot:
    """Calls without a client library in between."""

    def __init__(self, url: str, token: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.token = token
        self.http = http

    async def __call__(self, method: str, **values: Any) -> Json:
        async with self.http.post(f"{self.url}/bot{self.token}/{method}", json=values) as answer:
            body: Json = await answer.json()
            assert answer.status == (200 if body["ok"] else body["error_code"])
            return body

    async def result(self, method: str, **values: Any) -> Any:
        body = await self(method, **values)
        assert body["ok"], body
        return body["result"]

    async def refusal(self, method: str, **values: Any) -> str:
        body = await self(method, **values)
        assert not body["ok"], body
        return str(body["description"])

    async def updates(self, **values: Any) -> list[Json]:
        updates: list[Json] = await self.result("getUpdates", **values)
        return updates

    async def upload(self, method: str, files: dict[str, bytes], **values: Any) -> Json:
        form = aiohttp.FormData()
        for name, value in values.items():
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        for name, data in files.items():
            form.add_field(name, io.BytesIO(data), filename=f"{name}.jpg")
        async with self.http.post(f"{self.url}/bot{self.token}/{method}", data=form) as answer:
            body: Json = await answer.json()
            return body


def picture(width: int = 64, height: int = 48, colour: str = "teal", kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, kind)
    return buffer.getvalue()
