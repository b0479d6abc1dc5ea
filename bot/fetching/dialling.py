"""Where addresses are judged: when a name has been looked up, and again when a socket is made to dial one.

The second look is the one that holds. aiohttp looks up no name for a link that spells an address, so only the socket
sees those; and it sees what is dialled, so a name server that changes its answers gains nothing.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from bot.fetching.addresses import Reach

SocketFactory = Callable[[tuple[Any, ...]], socket.socket]
Lookup = Callable[[str], Sequence[str]]
"""From a name to all its addresses; it may block, and raises OSError where there are none."""

LOOKUPS_AT_ONCE = 16


class AddressRefused(OSError):
    """An address that is not dialled, and that is not told: it has no text.

    It is an OSError since aiohttp tries the next address, and cleans up, after those alone.
    """


class CheckedResolver(AbstractResolver):
    """Looks up names in threads of its own, and refuses a name if any of its addresses is not public.

    Of its own: a name server that never answers holds its thread for as long as the system waits, and the threads that
    all of the bot shares are few.
    """

    def __init__(self, reach: Reach, lookup: Lookup) -> None:
        self._reach = reach
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a name.

        Raises:
            OSError: there is none, or one that must not be dialled: who mixes them hopes that another one is checked.
        """
        addresses = await asyncio.get_running_loop().run_in_executor(self._threads, self._lookup, host)
        if not addresses or not all(self._reach.has_address(one) for one in addresses):
            raise AddressRefused
        return [_resolved(host, one, port) for one in addresses]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=socket.IPPROTO_TCP, flags=socket.AI_NUMERICHOST
    )


def look_up(name: str) -> Sequence[str]:
    """The addresses that this machine knows for a name.

    Raises:
        OSError: none, or nothing that could be a name.
    """
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except UnicodeError:
        raise OSError from None
    return [_with_zone(sockaddr) for *_, sockaddr in found]


def _with_zone(sockaddr: tuple[Any, ...]) -> str:
    """An address and, of IPv6, the zone that it is only valid in."""
    zone = sockaddr[3] if len(sockaddr) == 4 else 0
    return f"{sockaddr[0]}%{zone}" if zone else str(sockaddr[0])


def checked_sockets(reach: Reach) -> SocketFactory:
    """What makes a socket for each address that is about to be dialled, or raises AddressRefused."""

    def make(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, (address, port, *_) = info
        if not reach.has_address(address) or not reach.has_port(port):
            raise AddressRefused
        return socket.socket(family, kind, protocol)

    return make
