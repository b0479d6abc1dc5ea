"""Requests to the Bot API by aiohttp: what is sent, how long is waited, and what errors tell."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from telegram import Bot, InputFile
from telegram.error import NetworkError, TimedOut

from bot.delivery.http import Requests, proxy_for
from bot.errors import CannotStart
from tests.chaos.processes import free_port

SECRET = "123456:" + "A" * 35
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[str]:
    """A server on loopback that answers everything in one way."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner, port = web.AppRunner(app), free_port()
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def requests(timeout: float = 5.0) -> AsyncIterator[Requests]:
    made = Requests(connections=2, timeout=timeout)
    try:
        yield made
    finally:
        await made.shutdown()


async def test_what_is_fetched_may_take_longer_than_any_piece_of_it_may() -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(request)
        for _ in range(8):
            await asyncio.sleep(0.1)
            await stream.write(b"x")
        return stream

    async with server(trickle) as url, requests() as made:
        got = await made.do_request(
            url, "GET", read_timeout=0.4, connect_timeout=0.1, pool_timeout=0.05, write_timeout=0.05
        )

    assert got == (200, b"x" * 8)


async def test_an_answer_that_does_not_come_is_timed_out() -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(2)
        return web.Response()

    async with server(hang) as url, requests() as made:
        with pytest.raises(TimedOut):
            await made.do_request(f"{url}/bot{SECRET}/getMe", "POST", read_timeout=0.1)


async def test_errors_do_not_tell_the_address_with_the_token_in_it() -> None:
    async def nonsense(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async with server(nonsense) as url, requests() as made:
        for address in (f"http://127.0.0.1:{free_port()}/bot{SECRET}/getMe", f"{url}/bot{SECRET}/getMe"):
            with pytest.raises(NetworkError) as raised:
                await made.do_request(address, "POST")
            error = raised.value
            assert SECRET not in f"{error!r} {error} {error.__cause__!r}"


async def test_a_file_goes_with_its_name_and_kind() -> None:
    seen: list[tuple[str, str | None, str, bytes]] = []

    async def take(request: web.Request) -> web.StreamResponse:
        form = await request.post()
        file = form["document"]
        assert isinstance(file, web.FileField)
        seen.append((str(form["chat_id"]), file.filename, file.content_type, file.file.read()))
        message = {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}}
        return web.json_response({"ok": True, "result": message})

    async with server(take) as url, requests() as made:
        bot = Bot(SECRET, base_url=f"{url}/bot", request=made)
        await bot.send_document(7, InputFile(io.BytesIO(b"bytes"), filename="mésange à tête.txt"))

    assert seen == [("7", "mésange à tête.txt", "text/plain", b"bytes")]


async def test_redirects_are_not_followed() -> None:
    async def elsewhere(request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})

    async with server(elsewhere) as url, requests() as made:
        assert (await made.do_request(url, "GET"))[0] == 302


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_the_proxy_is_the_one_that_the_environment_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _no_proxies(monkeypatch)
    monkeypatch.setenv(name, "http://proxy.example:3128")

    assert proxy_for("https://api.telegram.org") == "http://proxy.example:3128"


def test_no_proxy_is_asked_for_what_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    _no_proxies(monkeypatch)
    assert proxy_for("https://api.telegram.org") is None
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")

    assert proxy_for("http://127.0.0.1:8081") is None


def test_a_proxy_of_another_kind_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    _no_proxies(monkeypatch)
    monkeypatch.setenv("ALL_PROXY", "socks5://user:word@proxy.example:1080")

    with pytest.raises(CannotStart, match="http:// proxy") as raised:
        proxy_for("https://api.telegram.org")
    assert "word" not in str(raised.value)


def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{kind}_proxy", raising=False)
        monkeypatch.delenv(f"{kind.upper()}_PROXY", raising=False)
