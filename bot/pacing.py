"""How fast Telegram lets a bot speak, as arithmetic on a clock that is given.

The limits are Telegram's, which it does not publish exactly: about 30 messages a second in all, one a second to a chat
after a short burst, 20 a minute to a group. A `retry_after` that it sends outranks all of these.
"""

from dataclasses import dataclass, field

BURST = 3.0
GROUP_BURST = 5.0
OVERALL_BURST = 5.0
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
class Pacer:
    """Says when the next message may go to a chat. Times are seconds of a monotonic clock."""

    overall_rate: float
    chat_rate: float
    group_rate: float
    _overall: Bucket | None = None
    _chats: dict[int, Bucket] = field(default_factory=dict)
    _held: dict[int, float] = field(default_factory=dict)

    def wait(self, chat_id: int, now: float, *, counts_for_chat: bool = True) -> float:
        """Seconds until a call for the chat may go; 0 means now. Reactions do not count as messages of the chat."""
        waits = [self._held.get(chat_id, 0.0) - now, self._all(now).wait(now)]
        if counts_for_chat:
            waits.append(self._chat(chat_id, now).wait(now))
        return max(0.0, *waits)

    def take(self, chat_id: int, now: float, *, counts_for_chat: bool = True) -> None:
        self._all(now).take(now)
        if counts_for_chat:
            self._chat(chat_id, now).take(now)

    def hold(self, chat_id: int, until: float) -> None:
        """Telegram said to wait: nothing goes to the chat before `until`."""
        self._held[chat_id] = max(until, self._held.get(chat_id, 0.0))

    def forget(self, now: float) -> None:
        """Drop chats that have long been quiet, so that memory does not grow with everybody ever met."""
        self._chats = {chat: bucket for chat, bucket in self._chats.items() if now - bucket.at < _FORGET_AFTER}
        self._held = {chat: until for chat, until in self._held.items() if until > now}

    def _all(self, now: float) -> Bucket:
        if self._overall is None:
            self._overall = Bucket(self.overall_rate, OVERALL_BURST, OVERALL_BURST, now)
        return self._overall

    def _chat(self, chat_id: int, now: float) -> Bucket:
        if chat_id not in self._chats:
            # Negative ids are groups.
            rate, burst = (self.group_rate, GROUP_BURST) if chat_id < 0 else (self.chat_rate, BURST)
            self._chats[chat_id] = Bucket(rate, burst, burst, now)
        return self._chats[chat_id]
