"""Whose turn it is: no host is asked for more than a few things at once, and what failed waits before its next try.

One slow host keeps none of the others waiting, however the list is ordered.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from urllib.parse import urlsplit

from bot.downloading.lists import Item


@dataclass(slots=True)
class Try:
    """An item that is to be fetched, and how often it was tried before."""

    item: Item
    host: "Host"
    tries: int = 0


@dataclass(slots=True)
class Host:
    """What is still to be fetched from one host, and from when on it may be asked.

    `unanswered` is how many tries in a row had no answer.
    """

    waiting: deque[Try] = field(default_factory=deque)
    later: list[tuple[float, int, Try]] = field(default_factory=list)
    busy: int = 0
    not_before: float = 0.0
    unanswered: int = 0

    def due(self) -> float:
        """From when on it has something to fetch; only where `has_any`."""
        return max(self.not_before, 0.0 if self.waiting else self.later[0][0])

    def has_any(self) -> bool:
        return bool(self.waiting or self.later)

    def pop(self, now: float) -> Try:
        if self.later and (not self.waiting or self.later[0][0] <= now):
            return heappop(self.later)[2]
        return self.waiting.popleft()


class Schedule:
    """All that is still to be fetched. Moments are seconds of one clock, given by the caller."""

    def __init__(self, items: Iterable[Item], per_host: int) -> None:
        self._per_host = per_host
        self._hosts: dict[str, Host] = {}
        self._order = count()
        # Hosts with something to fetch and a free place, by when they may be asked. Where that has changed since, the
        # entry is left out, or put right, when its turn comes.
        self._turns: list[tuple[float, int, Host]] = []
        for item in items:
            host = self._hosts.setdefault(_host_of(item.address), Host())
            host.waiting.append(Try(item, host))
        for host in self._hosts.values():
            self._line_up(host)

    def take(self, now: float) -> Try | None:
        """What to fetch now, if there is anything; hosts take turns. It is under way until `done` or `again`."""
        while self._turns and self._turns[0][0] <= now:
            _, _, host = heappop(self._turns)
            if not host.has_any() or host.busy >= self._per_host:
                continue
            if host.due() > now:
                self._line_up(host)
                continue
            taken = host.pop(now)
            host.busy += 1
            self._line_up(host)
            return taken
        return None

    def next_due(self) -> float | None:
        """When something may be due, if nothing that is under way changes that; None if that alone can."""
        return self._turns[0][0] if self._turns else None

    def done(self, one: Try) -> None:
        self._free(one.host)

    def again(self, one: Try, at: float) -> None:
        """Put back what failed, for another try at a later moment."""
        one.tries += 1
        heappush(one.host.later, (at, next(self._order), one))
        self._free(one.host)

    def rest(self) -> list[Try]:
        """All that nobody has taken; it is forgotten."""
        left = [one for host in self._hosts.values() for one in (*host.waiting, *(late[2] for late in host.later))]
        self._hosts.clear()
        self._turns.clear()
        return left

    def _free(self, host: Host) -> None:
        host.busy -= 1
        self._line_up(host)

    def _line_up(self, host: Host) -> None:
        """One entry for a host with a free place; where there are more, taking one puts in the next."""
        if host.has_any() and host.busy < self._per_host:
            heappush(self._turns, (host.due(), next(self._order), host))


def _host_of(address: str) -> str:
    """The host that an address names first; redirects may lead to another one."""
    try:
        return urlsplit(address).hostname or address
    except ValueError:
        return address
