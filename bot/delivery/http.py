"""Requests to the Bot API by aiohttp: a question takes four of them, and python-telegram-bot's own way of making them
takes more of the processor than all else that the bot does for it but looking (measured: see ARCHITECTURE.md)."""

from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.delivery.authorities import trusted
from bot.errors import CannotStart
from bot.redaction import redact

CONNECT_TIMEOUT = 10.0
MEDIA_TIMEOUT = 120.0


class Requests(BaseRequest):
    """Makes requests over at most so many connections, which are kept and used again; by a proxy, if one is named.

    `timeout` is how many seconds may pass between two pieces of an answer where a call does not say otherwise, and how
    long a request may take to be sent, or to find a free connection; for one with files `MEDIA_TIMEOUT`.
    """

    def __init__(self, *, connections: int, timeout: float, proxy: str | None = None) -> None:
        self._connections = connections
        self._timeout = timeout
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds between two pieces of an answer."""
        return self._timeout

    async def initialize(self) -> None:
        """Nothing yet: what is cancelled while it is initialized is not shut down by python-telegram-bot."""

    async def shutdown(self) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The status and body of the answer.

        Raises:
            TimedOut, NetworkError: none came. Neither tells the address, which has the token in it.
        """
        has_files = request_data is not None and request_data.contains_files
        read = self._or(read_timeout, self._timeout)
        write = self._or(write_timeout, MEDIA_TIMEOUT if has_files else self._timeout)
        connect = self._or(connect_timeout, CONNECT_TIMEOUT)
        free = self._or(pool_timeout, self._timeout)
        # aiohttp knows no time for the sending alone: a stalled one ends with the sum of all that is allowed. What is
        # only fetched may take as long as it comes in at all: on a slow line a file would else be begun for ever.
        total = None if request_data is None else free + connect + write + read
        timeout = aiohttp.ClientTimeout(total=total, connect=free + connect, sock_connect=connect, sock_read=read)
        try:
            async with self._opened(url).request(
                method, url, data=_body(request_data), proxy=self._proxy, timeout=timeout, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except TimeoutError:
            raise TimedOut from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"{type(error).__name__}: {redact(str(error))}") from None

    def _opened(self, url: str) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._connections, ssl=trusted() if url.startswith("https:") else True
            )
            headers = {"User-Agent": self.USER_AGENT}
            self._session = aiohttp.ClientSession(
                connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    @staticmethod
    def _or(given: Any, default: float) -> float:
        return default if given is BaseRequest.DEFAULT_NONE or given is None else float(given)


def _body(request_data: RequestData | None) -> aiohttp.FormData | None:
    """What Telegram takes: a form, of several parts where it has files."""
    if request_data is None:
        return None
    # Names of files as they are: quoted, they would be shown to people with their percent signs.
    form = aiohttp.FormData(quote_fields=False)
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    if request_data.contains_files:
        for name, (filename, content, mime) in request_data.multipart_data.items():
            form.add_field(name, content, filename=filename, content_type=mime)
    return form


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address.

    aiohttp would ask for it with each request, and read a file to do so.

    Raises:
        CannotStart: it names one of a kind that is not spoken here.
    """
    address, proxies = urlsplit(url), getproxies()
    proxy = None if proxy_bypass(address.hostname or "") else proxies.get(address.scheme) or proxies.get("all")
    if proxy and urlsplit(proxy).scheme not in ("http", "https"):
        raise CannotStart("Pupil can use an http:// proxy, but not the kind that HTTPS_PROXY or ALL_PROXY names.")
    return proxy or None
