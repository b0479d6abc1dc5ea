"""A small internet on loopback: one good server, a canary that nobody may reach, and names for both."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from bot.fetching.addresses import Reach

GOOD = "127.0.0.2"  # stands for a public address
Talk = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""What a server does once it has read a request: from the request to whatever it writes."""

NAMES = {
    "good.example": [GOOD],
    "xn--gte-hoa.example": [GOOD],
    "inside.example": ["127.0.0.1"],
    "inside6.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "unspecified.example": ["0.0.0.0"],  # noqa: S104 - an answer of a name server, not an address to listen at
    "mixed.example": [GOOD, "127.0.0.1"],
    "mixed6.example": [GOOD, "::1"],
    "mixed-first.example": ["127.0.0.1", GOOD],
    "metadata.example": ["169.254.169.254"],
    "private.example": ["10.0.0.1"],
    "zoned.example": ["::1%1"],
    "nothing.example": [],
    "localhost": ["127.0.0.1", "::1"],
}


def look_up(name: str) -> Sequence[str]:
    """As a system does: names that are known, and numbers in all the ways that C reads them."""
    known = NAMES.get(name.rstrip(".").lower())
    if known is not None:
        return known
    try:
        return [socket.inet_ntoa(socket.inet_aton(name.rstrip(".")))]
    except OSError:
        raise socket.gaierror(socket.EAI_NONAME, "no such name") from None


class Internet:
    """At one port: pages of the good server by path, and how often the canary was reached."""

    def __init__(self) -> None:
        self.pages: dict[str, Talk] = {}
        self.port = 0
        self.canary_reached = 0
        self.asked: list[bytes] = []

    @property
    def reach(self) -> Reach:
        return Reach(ports=frozenset({self.port}), exempt=frozenset({GOOD}))

    def at(self, path: str, *, host: str = "good.example") -> str:
        return f"http://{host}:{self.port}{path}"

    def put(self, path: str, talk: Talk) -> str:
        self.pages[path] = talk
        return self.at(path)

    async def answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.asked.append(request)
        path = request.split(b" ", 2)[1].decode()
        await self.pages.get(path, says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))(request, writer)

    async def bite(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.canary_reached += 1
        await says(ok(b"secret"))(request, writer)


@asynccontextmanager
async def internet() -> AsyncIterator[Internet]:
    made = Internet()
    async with (
        served(made.bite, "127.0.0.1") as made.port,
        served(made.bite, "::1", made.port),
        served(made.answer, GOOD, made.port),
    ):
        yield made


@asynccontextmanager
async def served(talk: Talk, host: str, port: int = 0) -> AsyncIterator[int]:
    """A server that reads one request of each connection and talks; the port that it listens at."""
    under_way: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await talk(await reader.readuntil(b"\r\n\r\n"), writer)
        finally:
            under_way.discard(task)
            writer.transport.abort() if writer.transport.is_closing() else writer.close()

    server = await asyncio.start_server(handle, host, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(under_way):
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def ok(body: bytes, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def says(answer: bytes) -> Talk:
    async def talk(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return talk


def leads_to(link: str, status: int = 302) -> Talk:
    return says(b"HTTP/1.1 %d Elsewhere\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, link.encode()))


def repeats(begin: bytes, again: bytes, *, pause: float = 0.0) -> Talk:
    """Goes on until the other side hangs up."""

    async def talk(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while True:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(pause)

    return talk
