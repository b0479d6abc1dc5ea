"""Bad weather on demand, and that it is over when it should be."""

from __future__ import annotations

import time

import aiohttp
import pytest
import telegram.error
from telegram import Bot

from bot.playground import Fault, FloodLimits, Playground
from tests.bot.playground.wire import Clock, RawBot
from tests.support.people import People, Person


async def test_planned_errors_come_in_order_and_end(raw: RawBot, ann: Person, playground: Playground) -> None:
    await ann.start()
    playground.faults.plan("sendMessage", Fault.too_many(7))
    playground.faults.plan("sendMessage", Fault.server_error(502))

    answers = [await raw("sendMessage", chat_id=ann.id, text="x") for _ in range(3)]

    assert [answer.get("error_code") for answer in answers] == [429, 502, None]
    assert answers[0]["parameters"] == {"retry_after": 7}


async def test_retry_after_reaches_ptb(
    bot: Bot, ann: Person, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # without it PTB 22 warns of its own future
    await ann.start()
    playground.faults.plan("*", Fault.too_many(3))

    with pytest.raises(telegram.error.RetryAfter):
        await bot.send_message(ann.id, "x")


@pytest.mark.parametrize("after_work", [False, True])
async def test_a_dropped_connection_loses_the_answer_and_maybe_not_the_message(
    raw: RawBot, ann: Person, playground: Playground, after_work: bool
) -> None:
    await ann.start()
    playground.faults.plan("sendMessage", Fault.dropped(after_work=after_work))

    with pytest.raises(aiohttp.ClientError):
        await raw("sendMessage", chat_id=ann.id, text="lost?")

    assert [message.text for message in await ann.history() if message.from_bot] == ["lost?"] * after_work


async def test_every_call_is_on_record(raw: RawBot, ann: Person, playground: Playground) -> None:
    await ann.start()
    await raw.upload("sendPhoto", {"photo": b"broken"}, chat_id=str(ann.id))

    call = playground.faults.calls_of("sendPhoto")[0]

    assert (call.values, call.uploads) == ({"chat_id": str(ann.id)}, {"photo": ("photo.jpg", 6)})


async def test_flood_limits_hold_for_a_chat_a_group_and_all(
    raw: RawBot, people: People, playground: Playground, clock: Clock
) -> None:
    ann, owner, group = people.person("Ann"), people.person("Owner"), await people.group()
    await ann.start()
    await owner.add_to_group(group, await owner.bot_id())
    playground.faults.flood_limits = FloodLimits()

    private = [(await raw("sendMessage", chat_id=ann.id, text="x")).get("error_code") for _ in range(5)]
    in_group = [(await raw("sendMessage", chat_id=group, text="x")).get("error_code") for _ in range(22)]
    clock.advance(3.1)

    assert private == [None] * 3 + [429] * 2
    assert in_group == [None] * 20 + [429] * 2
    assert (await raw("sendMessage", chat_id=ann.id, text="x"))["ok"]
    assert not (await raw("sendMessage", chat_id=group, text="x"))["ok"]


async def test_five_hundred_calls_a_second_are_possible(raw: RawBot, ann: Person) -> None:
    await ann.start()
    begin = time.perf_counter()
    for number in range(200):
        await raw.result("sendMessage", chat_id=ann.id, text=str(number))

    # A quarter of what is promised: other tests may share the machine.
    assert 200 / (time.perf_counter() - begin) > 125
