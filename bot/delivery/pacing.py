"""How fast Telegram lets a bot speak, as arithmetic on a clock that is given.

The limits are Telegram's, which it does not publish exactly: about 30 messages a second in all, one a second to a chat
after a short burst, 20 a minute to a group. A `retry_after` that it sends outranks all of these.
"""

from collections import deque
from dataclasses import dataclass, field

BURST = 3.0
GROUP_BURST = 5.0
MINUTE = 60.0
_FORGET_AFTER = 300.0


@dataclass(slots=True)
class Bucket:
    """A token bucket: `burst` at once, then `rate` a second."""

    rate: float
    burst: float
    tokens: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until one token is there."""
        available = min(self.burst, self.tokens + (now - self.at) * self.rate)
        return max(0.0, (1.0 - available) / self.rate)

    def take(self, now: float) -> None:
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate) - 1.0
        self.at = now


@dataclass(slots=True)
class Window:
    """At most `most` in any stretch of `seconds`: what a bucket with a burst cannot promise."""

    most: int
    seconds: float
    taken: deque[float] = field(default_factory=deque)

    @classmethod
    def of(cls, rate: float, seconds: float) -> "Window":
        """A window for a rate a second; a rate of less than one in `seconds` gets a longer window."""
        most = max(1, int(rate * seconds))
        return cls(most, most / rate)

    def wait(self, now: float) -> float:
        if len(self.taken) < self.most:
            return 0.0
        return max(0.0, self.taken[0] + self.seconds - now)

    def take(self, now: float) -> None:
        if len(self.taken) >= self.most:
            self.taken.popleft()
        self.taken.append(now)


@dataclass(slots=True)
class Lane:
    """The pace of one chat: a burst, then a rate; in a group also so many a minute."""

    bucket: Bucket
    window: Window | None = None

    def wait(self, now: float) -> float:
        return max(self.bucket.wait(now), self.window.wait(now) if self.window else 0.0)

    def take(self, now: float) -> None:
        self.bucket.take(now)
        if self.window is not None:
            self.window.take(now)


@dataclass(slots=True)
class Pacer:
    """Says when the next message may go to a chat. Times are seconds of a monotonic clock."""

    overall_rate: float
    chat_rate: float
    group_rate: float
    _overall: Window | None = None
    _chats: dict[int, Lane] = field(default_factory=dict)
    _held: dict[int, float] = field(default_factory=dict)

    def wait(self, chat_id: int, now: float, *, counts_for_chat: bool = True) -> float:
        """Seconds until a call for the chat may go; 0 means now. Reactions do not count as messages of the chat."""
        waits = [self._held.get(chat_id, 0.0) - now, self._all().wait(now)]
        if counts_for_chat:
            waits.append(self._chat(chat_id, now).wait(now))
        return max(0.0, *waits)

    def take(self, chat_id: int, now: float, *, counts_for_chat: bool = True) -> None:
        self._all().take(now)
        if counts_for_chat:
            self._chat(chat_id, now).take(now)

    def hold(self, chat_id: int, until: float) -> None:
        """Telegram said to wait: nothing goes to the chat before `until`."""
        self._held[chat_id] = max(until, self._held.get(chat_id, 0.0))

    def forget(self, now: float) -> None:
        """Drop chats that have long been quiet, so that memory does not grow with everybody ever met."""
        self._chats = {chat: lane for chat, lane in self._chats.items() if now - lane.bucket.at < _FORGET_AFTER}
        self._held = {chat: until for chat, until in self._held.items() if until > now}

    def _all(self) -> Window:
        if self._overall is None:
            self._overall = Window.of(self.overall_rate, 1.0)
        return self._overall

    def _chat(self, chat_id: int, now: float) -> Lane:
        if chat_id not in self._chats:
            # Negative ids are groups.
            burst = GROUP_BURST if chat_id < 0 else BURST
            window = Window.of(self.group_rate, MINUTE) if chat_id < 0 else None
            self._chats[chat_id] = Lane(Bucket(self.chat_rate, burst, burst, now), window)
        return self._chats[chat_id]
