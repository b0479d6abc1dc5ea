"""Fetches one file from a link that somebody named, or says of what kind the reason is why not.

Nothing that a server sends is believed: bytes are counted as they come, and what they are is for the decoder to find
out.
"""

import asyncio
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from ssl import SSLContext
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.http_exceptions import BadHttpMessage, PayloadEncodingError
from yarl import URL

from bot.delivery.authorities import trusted
from bot.fetching.addresses import Reach
from bot.fetching.courtesy import Courtesy
from bot.fetching.dialling import AddressRefused, CheckedResolver, Lookup, checked_sockets, look_up
from bot.fetching.errors import NotFetched, Reason
from bot.fetching.links import LinkRefused, read_link

REDIRECTS = frozenset({301, 302, 303, 307, 308})
HEADERS = {"User-Agent": "Pupil", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes, and bytes a second; `line` is the longest line of a header, `headers` how many there may be."""

    total: float = 30.0  # with all redirects
    per_host: int = 2  # requests at once, counted where redirects lead to
    connect: float = 5.0  # with looking up the name
    grace: float = 5.0  # how long a body may be slower than `slowest`
    slowest: float = 10_000.0
    size: int = 20_000_000
    hops: int = 3
    line: int = 8_190
    headers: int = 100


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was at a link; `claimed_type` is what the server calls it, lower case and without parameters, or empty."""

    content: bytes
    claimed_type: str


class Fetcher:
    """Fetches any number of links at once, while it is entered: whoever calls it says how many.

    Connections are made anew for each hop, so that each is checked; it keeps no cookies, knows no passwords and uses no
    proxy, since behind one the addresses would be looked up by somebody else.
    """

    def __init__(self, *, reach: Reach | None = None, limits: Limits | None = None, lookup: Lookup = look_up) -> None:
        self._reach = reach or Reach()
        self._limits = limits or Limits()
        self._lookup = lookup
        self._courtesy = Courtesy(self._limits.per_host)

    async def __aenter__(self) -> Self:
        limits = self._limits
        connector = aiohttp.TCPConnector(
            resolver=CheckedResolver(self._reach, self._lookup),
            socket_factory=checked_sockets(self._reach),
            use_dns_cache=False,
            force_close=True,
            limit=0,  # else a few slow servers would keep all others waiting
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers=HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            # The total is counted by `fetch`, over all hops.
            timeout=aiohttp.ClientTimeout(total=None, connect=limits.connect, sock_connect=limits.connect),
            trust_env=False,
            auto_decompress=False,
            max_line_size=limits.line,
            max_field_size=limits.line,
            max_headers=limits.headers,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def fetch(self, link: str) -> Fetched:
        """What is at a link, after at most so many redirects.

        Raises:
            NotFetched: nothing that may be had. It has no cause and no context, in which aiohttp names addresses.
        """
        outcome = await self._outcome(link)
        if isinstance(outcome, NotFetched):
            raise outcome
        return outcome

    async def _outcome(self, link: str) -> Fetched | NotFetched:
        try:
            async with asyncio.timeout(self._limits.total) as deadline:
                return await self._follow(read_link(link, self._reach), deadline)
        except (LinkRefused, aiohttp.ClientError, OSError) as error:
            return NotFetched(_reason(error))

    async def _follow(self, link: URL, deadline: asyncio.Timeout) -> Fetched | NotFetched:
        for hop in range(self._limits.hops + 1):
            async with (
                self._courtesy.place_at(link.host or "", deadline, redirected=hop > 0),
                self._session.get(link, allow_redirects=False, ssl=self._trust_for(link)) as answer,
            ):
                if answer.status not in REDIRECTS:
                    return await self._take(answer)
                target = answer.headers.get("Location")
            if target is None:
                return NotFetched(Reason.UNUSABLE)
            link = read_link(target, self._reach, seen_from=link)
        return NotFetched(Reason.MANY_REDIRECTS)

    async def _take(self, answer: aiohttp.ClientResponse) -> Fetched | NotFetched:
        if answer.status != 200:
            return NotFetched(_reason_of_status(answer.status), wait=_wait(answer))
        if _is_encoded(answer):
            return NotFetched(Reason.ENCODED)
        content = await self._read(answer)
        if content is None:
            return NotFetched(Reason.TOO_LARGE)
        return Fetched(content, answer.headers.get("Content-Type", "").partition(";")[0].strip().lower())

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes | None:
        """The body, or None if it is too large.

        Raises:
            TimeoutError: from its beginning on it came in at less than the slowest rate, and the grace is over.
        """
        limits = self._limits
        begun = asyncio.get_running_loop().time()
        if (answer.content_length or 0) > limits.size:
            return None
        # One growing piece of memory: a list of pieces costs forty times its bytes where each has one.
        body = bytearray()
        while len(body) <= limits.size:
            async with asyncio.timeout_at(begun + max(limits.grace, len(body) / limits.slowest)):
                piece = await answer.content.readany()
            if not piece:
                return bytes(body)
            body += piece
        return None

    def _trust_for(self, link: URL) -> SSLContext | bool:
        return self._trust if link.scheme == "https" else True

    @cached_property
    def _trust(self) -> SSLContext:
        return trusted()


def _is_encoded(answer: aiohttp.ClientResponse) -> bool:
    content = ",".join(answer.headers.getall("Content-Encoding", []))
    transfer = ",".join(answer.headers.getall("Transfer-Encoding", []))
    return content.strip().lower() not in ("", "identity") or transfer.strip().lower() not in ("", "chunked")


def _reason_of_status(status: int) -> Reason:
    if status in (404, 410):
        return Reason.NOT_FOUND
    if status == 429:
        return Reason.BUSY
    if 400 <= status < 500:
        return Reason.DENIED
    return Reason.SERVER_FAILED if 500 <= status < 600 else Reason.UNUSABLE


def _wait(answer: aiohttp.ClientResponse) -> float | None:
    """Seconds until the server wants to be asked again. A moment is measured by the server's own clock, not by ours."""
    told = answer.headers.get("Retry-After", "").strip()
    # What has more digits is no wait but a way to say never.
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        until, now = (parsedate_to_datetime(one) for one in (told, answer.headers.get("Date", "")))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, OverflowError):  # No date, or one of two with a time zone.
        return None


def _reason(error: Exception) -> Reason:
    match error:
        case LinkRefused() | aiohttp.InvalidURL():
            return Reason.NOT_ALLOWED
        case aiohttp.ClientConnectorDNSError() | aiohttp.ServerTimeoutError():
            return Reason.NO_ANSWER
        case aiohttp.ClientConnectorError(os_error=AddressRefused()):
            return Reason.NOT_ALLOWED
        case aiohttp.ClientPayloadError(__cause__=BadHttpMessage() as wrong):
            # Something is missing, or wrong: that is a `ClientResponseError` if it came with the head.
            return Reason.CUT_OFF if isinstance(wrong, PayloadEncodingError) else Reason.UNUSABLE
        case aiohttp.ClientPayloadError():
            return Reason.CUT_OFF
        case aiohttp.ClientResponseError():
            return Reason.UNUSABLE
        case TimeoutError():
            return Reason.TOO_SLOW
        case _:
            return Reason.NO_ANSWER
