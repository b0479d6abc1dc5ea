"""The moment of a transaction: one `now` for all it writes, given from outside so that tests own the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    now: datetime
