"""Limits on what one person sends: as a plain list of what came would have them, exact at the edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions.quotas import Allowance, Limit, Load, Verdict, admit, judge
from bot.errors import OverQuota
from storage import Person, Quota, Role, Store, open_store
from tests.support.homes import with_tables

NUMBERS = count(1)
QUOTA = Quota(a_minute=3, a_day=8, bytes_an_hour=100)
START = datetime(2026, 5, 3, 12, tzinfo=UTC)


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Room:
    """A store whose time stands still until it is moved."""

    store: Store
    clock: Clock

    def somebody(self, role: Role = Role.TEACHER) -> Person:
        with self.store.write() as unit:
            return unit.people.meet(next(NUMBERS), "Ann", role)

    def sends(self, person: Person, *, size: int = 1, photos: int = 1, deed: str | None = None) -> Verdict:
        """As the handlers do: count it, or else ask what becomes of it."""
        load = Load(deed or f"deed {next(NUMBERS)}", photos, size)
        try:
            with self.store.write() as unit:
                admit(unit, person, QUOTA, load)
        except OverQuota:
            with self.store.write() as unit:
                return judge(unit, person, QUOTA, load)
        return Verdict(None, self.clock.now)

    def pours(self, person: Person, count: int, *, size: int = 0, waiting: int = 0) -> list[Verdict | None]:
        """As a collection does: so many photos in one transaction."""
        with self.store.write() as unit:
            allowance = Allowance(unit, person, QUOTA, waiting=waiting)
            found = [allowance.refuse(size) for _ in range(count)]
            allowance.spend(f"piece {next(NUMBERS)}")
        return found

    def later(self, **span: float) -> None:
        self.clock.now += timedelta(**span)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    clock = Clock()
    store = open_store(with_tables(tmp_path_factory.mktemp("quotas") / "home"), clock=clock)
    yield Room(store, clock)
    store.close()


@dataclass
class Model:
    """What a limit means, said as plainly as possible: a list of what came and when it counts."""

    came: list[tuple[datetime, int]] = field(default_factory=list)

    def sends(self, now: datetime, size: int) -> tuple[Limit | None, datetime]:
        refused = [
            (limit, self._first(now, span, fits))
            for limit, span, fits in (
                (Limit.DAY, timedelta(days=1), lambda inside: len(inside) + 1 <= QUOTA.a_day),
                (
                    Limit.HOUR,
                    timedelta(hours=1),
                    lambda inside: sum(s for _, s in inside) + size <= QUOTA.bytes_an_hour,
                ),
            )
        ]
        late = [(limit, at) for limit, at in refused if at > now]
        if late:
            return max(late, key=lambda one: one[1])
        start = max([now, *(at for at, _ in self.came)])
        at = self._first(start, timedelta(minutes=1), lambda inside: len(inside) + 1 <= QUOTA.a_minute)
        self.came.append((at, size))
        return (Limit.MINUTE if at > now else None), at

    def _first(self, start: datetime, span: timedelta, fits: object) -> datetime:
        """The first moment at which it fits: now, or when one of those that count ceases to."""
        for at in sorted({start, *(one + span for one, _ in self.came if one + span > start)}):
            if fits([one for one in self.came if one[0] > at - span]):  # type: ignore[operator]
                return at
        raise AssertionError("it never fits")


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from([0, 1, 19, 20, 59, 60, 61, 1199, 3600, 28_800]), st.integers(1, 60)),
                max_size=16))  # fmt: skip
def test_every_photo_fares_as_a_plain_list_says(room: Room, sent: list[tuple[int, int]]) -> None:
    ann, model = room.somebody(), Model()

    for seconds, size in sent:
        room.later(seconds=seconds)
        found = room.sends(ann, size=size)
        assert (found.limit, found.until) == model.sends(room.clock.now, size)


def test_the_last_within_a_limit_is_taken_and_the_next_waits_until_the_first_is_a_minute_old(room: Room) -> None:
    ann = room.somebody()
    first = room.clock.now

    assert [room.sends(ann).limit for _ in range(3)] == [None] * 3
    fourth = room.sends(ann)

    assert (fourth.limit, fourth.until) == (Limit.MINUTE, first + timedelta(minutes=1))
    assert fourth.wave
    assert room.sends(ann).wave == ""  # said with the one before


def test_what_was_put_off_is_taken_at_its_moment_and_not_before(room: Room) -> None:
    ann = room.somebody()
    for _ in range(3):
        room.sends(ann)
    until = room.sends(ann, deed=f"late {ann.id}").until

    room.later(seconds=59.999999)
    assert room.sends(ann, deed=f"late {ann.id}").put_off
    room.later(seconds=0.000001)
    assert room.sends(ann, deed=f"late {ann.id}").limit is None
    assert room.clock.now == until


def test_one_deed_counts_once_however_often_it_is_told_of(room: Room) -> None:
    ann = room.somebody()

    for _ in range(5):
        assert room.sends(ann, deed=f"again {ann.id}").limit is None

    assert [room.sends(ann).limit for _ in range(3)] == [None, None, Limit.MINUTE]


def test_the_owner_is_not_counted(room: Room) -> None:
    owner = room.somebody(Role.OWNER)

    assert {room.sends(owner, size=1000).limit for _ in range(20)} == {None}


def test_what_no_time_makes_fit_is_said_to_be_too_much(room: Room) -> None:
    ann = room.somebody()

    assert room.sends(ann, size=101) == Verdict(Limit.HOUR, None, "hour:never")
    assert room.sends(ann, photos=9) == Verdict(Limit.DAY, None, "day:never")
    assert room.sends(ann, photos=8, size=100).limit is None


def test_a_wave_that_is_refused_is_one_wave_until_something_ceases_to_count(room: Room) -> None:
    ann = room.somebody()
    room.sends(ann, size=100)

    waves = {room.sends(ann, size=size).wave for size in (1, 50, 100)}
    room.later(hours=1)
    room.sends(ann, size=100)

    assert len(waves) == 1
    assert room.sends(ann, size=1).wave not in waves


def test_what_a_collection_gives_counts_in_the_day_to_the_last_photo_and_in_no_minute(room: Room) -> None:
    ann, began = room.somebody(), room.clock.now
    assert room.sends(ann, photos=0, size=50).limit is None
    assert room.pours(ann, 3) == [None] * 3
    room.later(hours=1)

    last = room.pours(ann, 7)

    assert last[:5] == [None] * 5
    # Three fit once the first three have ceased to count; a fourth waits on.
    day = timedelta(days=1)
    assert [one and (one.limit, one.until) for one in last[5:]] == [(Limit.DAY, began + day)] * 2
    more = room.pours(ann, 2, waiting=2)
    assert [one and one.until for one in more] == [began + day, began + day + timedelta(hours=1)]
    assert room.sends(ann).limit is Limit.DAY
    assert room.sends(ann, photos=0).limit is Limit.DAY  # nor would anything of another collection fit
    room.later(hours=23)
    assert [room.sends(ann).limit for _ in range(3)] == [None] * 3


def test_a_photo_that_is_put_off_waits_for_messages_and_not_for_what_a_zip_gave(room: Room) -> None:
    ann, first = room.somebody(), room.clock.now
    for _ in range(3):
        room.sends(ann)
        room.later(seconds=1)
    room.pours(ann, 1)

    assert room.sends(ann).until == first + timedelta(minutes=1)


def test_what_a_list_brings_counts_in_the_hour(room: Room) -> None:
    ann = room.somebody()

    found = room.pours(ann, 4, size=40)

    assert [one and one.limit for one in found] == [None, None, Limit.HOUR, Limit.HOUR]
    assert room.pours(ann, 1, size=101)[0] == Verdict(Limit.HOUR, None, "hour:never")


def test_the_owner_pours_in_what_she_likes(room: Room) -> None:
    assert room.pours(room.somebody(Role.OWNER), 30, size=1000) == [None] * 30


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    clock = Clock()
    room = Room(open_store(with_tables(tmp_path / "home"), clock=clock), clock)
    ann = room.somebody()
    for _ in range(3):
        room.sends(ann)
    room.store.close()

    again = Room(open_store(with_tables(tmp_path / "home"), clock=clock), clock)

    assert again.sends(ann).put_off
    again.later(days=1, minutes=2)
    with again.store.write() as unit:
        assert unit.arrivals.forget_old() == 4
    again.store.close()
