"""How much one person may send: exact at the edge, counted in the store, so that no restart forgets it.

Over the limit of a minute a photo is put off and nothing is lost; over those of an hour and a day it is not taken.
What comes within a collection counts as photos of the day; in the minute only its message does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.errors import OverQuota
from storage import Person, Quota, Role, Unit, arrival_key
from storage.arrivals import DAY, HOUR, MINUTE, Arrival


class Limit(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Load:
    """What one message brings; `deed` is the same whenever it is told of.

    Of a collection `photos` is 0: they count as they are taken, and it comes in where there is room for one.
    """

    deed: str
    photos: int
    size: int

    @property
    def key(self) -> int:
        return arrival_key(self.deed)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a load is taken, and from when on it is, by the `limit` that it goes beyond.

    `until` is now for what is taken, and None for what no time makes fit. `wave` tells one wave of messages beyond a
    limit from the next.
    """

    limit: Limit | None
    until: datetime | None
    wave: str = ""

    @property
    def put_off(self) -> bool:
        return self.limit is Limit.MINUTE


def admit(unit: Unit, person: Person, quota: Quota, load: Load) -> None:
    """Count what came, once, in one statement.

    Raises:
        OverQuota: it is too much, or was put off and its turn is still to come; nothing was counted.
    """
    if _is_free(person, quota) or unit.arrivals.count(person.id, load.key, quota, photos=load.photos, size=load.size):
        return
    known = unit.arrivals.find(load.key)
    if known is None or known.at > unit.now:
        raise OverQuota


def judge(unit: Unit, person: Person, quota: Quota, load: Load) -> Verdict:
    """Say what becomes of a load, and count it where it is taken, now or later."""
    known = unit.arrivals.find(load.key)
    if known is not None:
        return Verdict(None if known.at <= unit.now else Limit.MINUTE, known.at)
    if _is_free(person, quota):
        return Verdict(None, unit.now)
    counted = unit.arrivals.of_person(person.id)
    verdict = _too_much(counted, quota, load, unit.now) or _too_fast(counted, quota, unit.now)
    if verdict.until is not None and (verdict.limit is None or verdict.put_off):
        unit.arrivals.reserve(person.id, load.key, photos=load.photos, size=load.size, at=verdict.until)
    return verdict


class Allowance:
    """What one transaction may take out of a collection: exact, for nothing else is counted of its sender meanwhile."""

    def __init__(self, unit: Unit, person: Person, quota: Quota, *, waiting: int) -> None:
        """`waiting` is how many things of the same collection were left out already: they want room as well."""
        self._unit, self._person, self._quota = unit, person, quota
        self._waiting, self._photos, self._size = waiting, 0, 0
        self._is_free = _is_free(person, quota)
        if not self._is_free:
            unit.arrivals.hold(person.id)
        self._counted = [] if self._is_free else list(unit.arrivals.of_person(person.id))

    def refuse(self, size: int) -> Verdict | None:
        """Why a photo of `size` bytes is not taken, and when all that was left out so far fits; None if it is."""
        if self._is_free:
            return None
        verdict = self._too_much(1, size)
        if verdict is None:
            self._photos, self._size = self._photos + 1, self._size + size
        elif verdict.until is not None:
            self._waiting += 1
            n, quota = self._waiting, self._quota
            verdict = self._too_much(min(n, quota.a_day or n), min(n * size, quota.bytes_an_hour or n * size))
        return verdict

    def spend(self, deed: str) -> None:
        """Count what was taken."""
        if self._photos:
            key = arrival_key(deed)
            self._unit.arrivals.add(self._person.id, key, photos=self._photos, size=self._size)

    def _too_much(self, photos: int, size: int) -> Verdict | None:
        now = self._unit.now
        taken = Arrival(0, now, self._photos, self._size, messages=0)
        return _too_much([*self._counted, taken], self._quota, Load("", photos, size), now)


def _is_free(person: Person, quota: Quota) -> bool:
    """It is the owner's machine: what she sends needs no limit."""
    return person.role is Role.OWNER or not (quota.a_minute or quota.a_day or quota.bytes_an_hour)


def _too_much(counted: Sequence[Arrival], quota: Quota, load: Load, now: datetime) -> Verdict | None:
    """The later of the moments from which the load fits into a day and into an hour; None where it does now."""
    found = []
    for limit, most, span, new in (
        (Limit.DAY, quota.a_day, DAY, max(1, load.photos)),
        (Limit.HOUR, quota.bytes_an_hour, HOUR, load.size),
    ):
        inside = [(one.at, one.photos if limit is Limit.DAY else one.size) for one in counted if one.at > now - span]
        over = sum(much for _, much in inside) + new - most
        if not most or over <= 0:
            continue
        if new > most:
            return Verdict(limit, None, f"{limit}:never")
        # Nothing counts anew while all is refused, so the oldest that counts is the same for a whole wave.
        found.append(Verdict(limit, _freed(inside, over) + span, f"{limit}:{inside[0][0].isoformat()}"))
    return max(found, key=lambda one: one.until or now, default=None)


def _freed(inside: list[tuple[datetime, int]], over: int) -> datetime:
    """The moment of the arrival with which, leaving in order, so much is gone."""
    for at, much in inside:
        over -= much
        if over <= 0:
            return at
    return inside[-1][0]


def _too_fast(counted: Sequence[Arrival], quota: Quota, now: datetime) -> Verdict:
    """The first moment that follows all that counts and has room in its minute."""
    messages = [one for one in counted if one.messages]
    if not quota.a_minute or len(messages) < quota.a_minute:
        return Verdict(None, now)
    until = messages[-quota.a_minute].at + MINUTE
    if until <= now:
        return Verdict(None, now)
    waiting = [one for one in messages if one.at > now]
    # Who has photos waiting was told so with the first of them.
    return Verdict(Limit.MINUTE, until, "" if waiting else f"{Limit.MINUTE}:{until.isoformat()}")
