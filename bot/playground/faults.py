"""Bad weather on demand: errors, lost answers, slowness and flood limits, and a record of every call."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.playground.arguments import Arguments, whole_number
from bot.playground.errors import ApiError, too_many_requests

EVERY_METHOD = "*"
LIMITED = ("sendmessage", "sendphoto", "senddocument", "sendmediagroup", "edit", "copy", "forward")


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call: a delay, then an error, or a connection cut before or after the work is done."""

    error: ApiError | None = None
    delay: float = 0.0
    drop: bool = False
    after_work: bool = False

    @classmethod
    def too_many(cls, retry_after: int) -> Fault:
        return cls(error=too_many_requests(retry_after))

    @classmethod
    def server_error(cls, code: int = 502, text: str = "Bad Gateway") -> Fault:
        return cls(error=ApiError(code, text))

    @classmethod
    def refused(cls, code: int, description: str) -> Fault:
        return cls(error=ApiError(code, description))

    @classmethod
    def dropped(cls, *, after_work: bool = False) -> Fault:
        """The connection is cut. With after_work the message was sent and only the answer is lost."""
        return cls(drop=True, after_work=after_work)

    @classmethod
    def slow(cls, seconds: float, *, after_work: bool = False) -> Fault:
        return cls(delay=seconds, after_work=after_work)


@dataclass(slots=True)
class FloodLimits:
    """Telegram's limits on sending: some a second over all, a burst a chat, some a minute in a group."""

    overall_per_second: int = 30
    chat_burst: int = 3
    chat_refill_seconds: float = 1.0
    group_per_minute: int = 20
    _overall: deque[float] = field(default_factory=deque)
    _chats: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def check(self, chat_id: int, weight: int, now: float) -> None:
        """Count `weight` messages to a chat or raise the 429 that Telegram would answer."""
        chat = self._chats[chat_id]
        window, most = (60.0, self.group_per_minute) if chat_id < 0 else self._private_window()
        for sent, seconds, limit in ((chat, window, most), (self._overall, 1.0, self.overall_per_second)):
            while sent and sent[0] <= now - seconds:
                sent.popleft()
            if sent and len(sent) + weight > limit:
                raise too_many_requests(max(1, round(sent[0] + seconds - now)))
        for sent in (chat, self._overall):
            sent.extend([now] * weight)

    def _private_window(self) -> tuple[float, int]:
        return self.chat_burst * self.chat_refill_seconds, self.chat_burst


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    values: dict[str, str]
    uploads: dict[str, tuple[str, int]]
    at: float


class Faults:
    """Consulted by the dispatcher before each call; empty unless somebody asks for trouble."""

    def __init__(self, *, remembered_calls: int = 20_000) -> None:
        self.calls: deque[Call] = deque(maxlen=remembered_calls)
        self.flood_limits: FloodLimits | None = None
        self._planned: dict[str, deque[Fault]] = defaultdict(deque)

    def plan(self, method: str, fault: Fault, *, times: int = 1) -> None:
        """The next `times` calls of the method (any method for "*") meet this fault."""
        self._planned[method.lower()].extend([fault] * times)

    def clear(self) -> None:
        self._planned.clear()
        self.flood_limits = None

    def next_for(self, method: str) -> Fault | None:
        for name in (method.lower(), EVERY_METHOD):
            if self._planned[name]:
                return self._planned[name].popleft()
        return None

    def record(self, method: str, arguments: Arguments, at: float) -> None:
        uploads = {name: (upload.name, len(upload.data)) for name, upload in arguments.uploads.items()}
        self.calls.append(Call(method, dict(arguments.values), uploads, at))

    def calls_of(self, method: str, where: Callable[[Call], Any] = lambda call: True) -> list[Call]:
        return [call for call in self.calls if call.method.lower() == method.lower() and where(call)]

    def check_flood(self, method: str, arguments: Arguments, now: float) -> None:
        chat_id = whole_number(arguments.text("chat_id"))
        if self.flood_limits is None or chat_id is None or not method.lower().startswith(LIMITED):
            return
        weight = max(1, len(arguments.json_list("media"))) if method.lower() == "sendmediagroup" else 1
        self.flood_limits.check(chat_id, weight, now)
