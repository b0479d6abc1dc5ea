"""Downloading a list: all items come to one outcome, politely, within bounds of time and memory."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.downloading.aside import download_aside
from bot.downloading.download import Arrived, Missed, NotAsked, Outcome, Pace, download
from bot.downloading.lists import Item
from bot.fetching.errors import NotFetched, Reason
from bot.fetching.fetch import Fetched, Fetcher
from tests.bot.fetching.servers import internet, look_up, ok, says

QUICK = Pace(at_once=8, total=60.0, pause=0.01, short_pause=0.01)
Answer = Callable[[str, int], Awaitable[bytes]]


class Web:
    """Fetches whatever `answer` makes of an address and the number of the try, and counts what is under way."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.tries: Counter[str] = Counter()
        self.asked: list[tuple[str, float]] = []
        self.busy: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def fetch(self, link: str) -> Fetched:
        self.tries[link] += 1
        self.asked.append((link, time.monotonic()))
        for key in (host := link.split("/")[2], "all"):
            self.busy[key] += 1
            self.most[key] = max(self.most[key], self.busy[key])
        try:
            return Fetched(await self._answer(link, self.tries[link]), "image/jpeg")
        finally:
            self.busy[host] -= 1
            self.busy["all"] -= 1

    async def __aenter__(self) -> Web:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


async def content(link: str, _: int) -> bytes:
    await asyncio.sleep(0.002)
    return link.encode()


def refuses(reason: Reason, *, times: int = 99, wait: float | None = None) -> Answer:
    async def answer(link: str, number: int) -> bytes:
        if number <= times:
            raise NotFetched(reason, wait=wait)
        return link.encode()

    return answer


def listed(*hosts: str, each: int = 1) -> list[Item]:
    links = [f"http://{host}/{number}" for host in hosts for number in range(each)]
    return [Item(line, link, "bird") for line, link in enumerate(links, 1)]


async def outcomes(items: Sequence[Item], web: Web, pace: Pace = QUICK) -> list[Outcome]:
    return [one async for one in download(items, web, pace)]


async def test_each_item_comes_to_one_outcome() -> None:
    items = listed(*(f"h{number}" for number in range(10)), each=20)

    found = await outcomes(items, Web(content))

    assert all(isinstance(one, Arrived) and one.content == one.item.address.encode() for one in found)
    assert sorted(one.item.line for one in found) == list(range(1, 201))


async def test_nothing_to_fetch_is_nothing_to_wait_for() -> None:
    assert await outcomes([], Web(content)) == []


async def test_so_many_are_under_way_at_once_and_few_of_one_host() -> None:
    web = Web(content)

    await outcomes(listed("one", "two", "three", "four", "five", "six", each=30), web)

    assert web.most.pop("all") == 8
    assert set(web.most.values()) == {2}


async def test_a_slow_host_at_the_front_keeps_no_other_waiting() -> None:
    released = asyncio.Event()

    async def answer(link: str, number: int) -> bytes:
        if "slow" in link:
            await released.wait()
        return await content(link, number)

    order = []
    async for one in download(listed("slow", "quick", "other", each=30), Web(answer), QUICK):
        order.append(one.item.address)
        if len(order) == 60:
            released.set()

    assert not any("slow" in one for one in order[:60])
    assert len(order) == 90


@pytest.mark.parametrize(
    "reason", [Reason.NO_ANSWER, Reason.CUT_OFF, Reason.TOO_SLOW, Reason.BUSY, Reason.SERVER_FAILED]
)
async def test_what_may_pass_is_tried_again_and_had(reason: Reason) -> None:
    web = Web(refuses(reason, times=2))

    (found,) = await outcomes(listed("one"), web)

    assert isinstance(found, Arrived)
    assert web.tries.total() == 3


@pytest.mark.parametrize("reason", Reason)
async def test_what_does_not_pass_is_told_after_as_many_tries_as_it_is_worth(reason: Reason) -> None:
    web = Web(refuses(reason))

    (found,) = await outcomes(listed("one"), web)

    assert isinstance(found, Missed)
    assert found.why == reason
    assert web.tries.total() == (3 if found.may_pass else 1)


@pytest.mark.parametrize(
    ("reason", "pace"),
    [
        (Reason.SERVER_FAILED, replace(QUICK, pause=0.1)),
        (Reason.NO_ANSWER, replace(QUICK, short_pause=0.1)),
        (Reason.CUT_OFF, replace(QUICK, pause=3_600.0, short_pause=0.1)),
    ],
)
async def test_the_pause_before_another_try_doubles_and_is_short_where_the_connection_failed(
    reason: Reason, pace: Pace
) -> None:
    web = Web(refuses(reason))

    await outcomes(listed("one"), web, pace)

    first, second, third = (moment for _, moment in web.asked)
    assert second - first >= 0.1
    assert third - second >= 0.2


async def test_a_host_that_asks_for_a_rest_gets_it_and_others_go_on() -> None:
    async def answer(link: str, number: int) -> bytes:
        await asyncio.sleep(0.02)
        if link == "http://busy/0" and number == 1:
            raise NotFetched(Reason.BUSY, wait=0.3)
        return b"photo"

    web = Web(answer)

    found = await outcomes(listed("busy", "other", each=6), web)

    begun = web.asked[0][1]
    busy = [moment - begun for link, moment in web.asked if "busy" in link]
    assert all(isinstance(one, Arrived) for one in found)
    # Two were under way when it asked; all the rest waited.
    assert sorted(moment >= 0.3 for moment in busy) == [False] * 2 + [True] * 5
    assert max(moment - begun for link, moment in web.asked if "other" in link) < 0.3


async def test_a_server_that_wants_more_patience_than_there_is_is_not_waited_for() -> None:
    web = Web(refuses(Reason.BUSY, wait=3_600.0))

    (found,) = await outcomes(listed("one"), web)

    assert isinstance(found, Missed)
    assert (found.why, found.may_pass, web.tries.total()) == (Reason.BUSY, True, 1)


async def test_a_host_that_never_answers_is_given_up_and_its_items_are_named() -> None:
    web = Web(refuses(Reason.NO_ANSWER))

    found = await outcomes(listed("gone", each=500), web)

    assert web.tries.total() <= 6
    assert len(found) == 500
    whys = Counter(one.why for one in found if isinstance(one, Missed))
    assert set(whys) == {Reason.NO_ANSWER, NotAsked.SILENT}
    assert whys[NotAsked.SILENT] >= 494


async def test_a_host_that_answers_now_and_then_is_not_given_up() -> None:
    async def answer(link: str, number: int) -> bytes:
        if number == 1 and not link.endswith("0"):
            raise NotFetched(Reason.NO_ANSWER)
        return b"photo"

    found = await outcomes(listed("moody", each=40), Web(answer), replace(QUICK, unanswered=20))

    assert all(isinstance(one, Arrived) for one in found)


async def test_when_the_time_is_over_all_the_rest_is_told_of() -> None:
    async def answer(link: str, number: int) -> bytes:
        if link.endswith("0"):
            return b"photo"
        await asyncio.sleep(3_600)
        return b""

    found = await asyncio.wait_for(outcomes(listed("a", "b", each=10), Web(answer), replace(QUICK, total=0.2)), 10)

    assert sum(isinstance(one, Arrived) for one in found) == 2
    assert [one.why for one in found if isinstance(one, Missed)] == [NotAsked.OUT_OF_TIME] * 18


async def test_if_nobody_takes_nobody_fetches_on() -> None:
    async def answer(link: str, number: int) -> bytes:
        return bytes(1_000)

    web, taken = Web(answer), 0
    hosts = [f"h{number}" for number in range(100)]
    async with aclosing(download(listed(*hosts), web, replace(QUICK, room=10_000))) as found:
        async for _ in found:
            taken += 1
            if taken in (1, 50):
                await asyncio.sleep(0.05)
                # What fits into the room, and one in each pair of hands.
                assert web.tries.total() <= taken + 10 + 8

    assert taken == 100


async def test_who_stops_taking_stops_the_fetching() -> None:
    web = Web(content)

    async with aclosing(download(listed("one", each=100), web, QUICK)) as found:
        await anext(found)

    tried = web.tries.total()
    await asyncio.sleep(0.05)
    assert web.tries.total() == tried < 100
    assert web.busy["all"] == 0


async def test_what_nobody_foresaw_comes_out_and_nobody_waits_for_ever() -> None:
    async def answer(link: str, number: int) -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as raised:
        await asyncio.wait_for(outcomes(listed("one"), Web(answer)), 5)

    assert raised.group_contains(ZeroDivisionError)


async def test_the_real_fetch_downloads_what_there_is_and_says_what_there_is_not() -> None:
    async with internet() as net, Fetcher(reach=net.reach, lookup=look_up) as fetcher:
        links = [
            net.put("/photo", says(ok(b"photo"))),
            net.at("/gone"),
            net.put("/later", says(b"HTTP/1.1 429 Later\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n")),
            net.at("/", host="inside.example"),
            "http://good.example/other-port",
        ]
        items = [Item(line, link, "bird") for line, link in enumerate(links, 1)]
        found = [one async for one in download(items, fetcher, QUICK)]

    told = {one.item.line: one.content if isinstance(one, Arrived) else one.why for one in found}
    no = Reason
    assert told == {1: b"photo", 2: no.NOT_FOUND, 3: no.BUSY, 4: told[4], 5: no.NOT_ALLOWED}
    assert told[4] in (no.NO_ANSWER, no.NOT_ALLOWED, NotAsked.SILENT)
    assert net.canary_reached == 0


def test_a_thread_of_its_own_hands_everything_over() -> None:
    web = Web(content)

    found = list(download_aside(listed("a", "b", "c", each=30), lambda: web, QUICK))

    assert sorted(one.item.line for one in found) == list(range(1, 91))


def test_the_thread_goes_on_fetching_while_nobody_asks() -> None:
    web = Web(content)
    found = download_aside(listed("a", "b", each=20), lambda: web, QUICK)
    next(found)

    deadline = time.monotonic() + 10
    while web.tries.total() < 40 and time.monotonic() < deadline:
        time.sleep(0.01)

    assert web.tries.total() == 40
    assert len(list(found)) == 39


def test_closed_early_the_thread_stops_what_is_under_way() -> None:
    async def answer(link: str, number: int) -> bytes:
        if not link.endswith("0"):
            await asyncio.sleep(3_600)
        return b"photo"

    web = Web(answer)
    found = download_aside(listed("a", "b", each=20), lambda: web, QUICK)
    next(found)
    begun = time.monotonic()

    found.close()

    assert time.monotonic() - begun < 10
    assert web.busy["all"] == 0
