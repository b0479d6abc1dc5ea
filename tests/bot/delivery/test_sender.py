"""The way out: each chat in order, nothing twice that was owed once, nothing given up that may still go."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import select

from bot.delivery.sender import Receipt, Sender
from bot.playground import Fault
from bot.replies import Said, message
from storage import StoreUnavailable, Unit
from storage.tables import outbox
from tests.support.bots import Person, World
from tests.support.networks import picture


def owe(world: World, person: Person, text: str, **how: Any) -> bool:
    bot_id = world.service.app.bot.id

    def write(unit: Unit) -> bool:
        return unit.outbox.owe(bot_id, person.id, "sendMessage", message(person.id, Said(text)), **how)

    with world.store.write() as unit:
        owed = write(unit)
    world.service.services.mail_waits.set()
    return owed


async def meet(world: World) -> None:
    await world.ann.start()
    await world.bo.start()
    await world.settled()


async def new_words(world: World, person: Person) -> list[str]:
    return (await world.said_to(person))[1:]


async def test_what_is_owed_to_a_chat_goes_out_in_order(world: World) -> None:
    await meet(world)

    for number in range(15):
        owe(world, world.ann, f"word {number}")
        owe(world, world.bo, f"word {number}")

    for person in (world.ann, world.bo):
        assert await new_words(world, person) == [f"word {number}" for number in range(15)]


async def test_a_chat_keeps_its_order_when_its_first_message_is_held_up(world: World) -> None:
    await meet(world)
    world.playground.faults.plan("sendMessage", Fault.too_many(1))

    for number in range(4):
        owe(world, world.ann, f"word {number}")

    assert await new_words(world, world.ann) == [f"word {number}" for number in range(4)]


async def test_what_is_owed_twice_is_said_once(world: World) -> None:
    await meet(world)

    assert owe(world, world.ann, "once", dedupe="the same")
    await world.settled()
    assert not owe(world, world.ann, "once", dedupe="the same")

    assert await new_words(world, world.ann) == ["once"]


async def test_news_that_are_outdated_before_they_went_are_dropped(world: World) -> None:
    await meet(world)
    await world.stop_bot()
    for number in range(5):
        owe(world, world.ann, f"{number} photos now", coalesce="lesson")

    await world.start_bot()

    assert await new_words(world, world.ann) == ["4 photos now"]


async def test_a_message_that_telegram_will_never_take_is_given_up_and_the_next_goes(world: World) -> None:
    await meet(world)

    owe(world, world.ann, "<b>broken")
    owe(world, world.ann, "whole")

    assert await new_words(world, world.ann) == ["whole"]
    assert world.look(lambda unit: unit.outbox.counts())["dead"] == 1


async def test_a_call_that_breaks_our_own_sending_is_given_up_after_some_tries(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.sender.LOOK_EVERY", 0.01)
    await meet(world)
    bot_id = world.service.app.bot.id
    with world.store.write() as unit:
        unit.outbox.owe(bot_id, world.ann.id, "sendMessage", {"no": "chat"})
    owe(world, world.ann, "whole")

    assert await new_words(world, world.ann) == ["whole"]
    assert world.look(lambda unit: unit.outbox.counts())["dead"] == 1


async def test_an_edit_that_changes_nothing_is_done(world: World) -> None:
    await meet(world)
    owe(world, world.ann, "the same", dedupe="one")
    await world.settled()
    said = (await world.ann.history())[-1]
    payload = {
        "chat_id": world.ann.id, "message_id": said.id, "text": "the same", "parse_mode": "HTML",
        "reply_markup": {"inline_keyboard": []},
    }  # fmt: skip
    with world.store.write() as unit:
        unit.outbox.owe(world.service.app.bot.id, world.ann.id, "editMessageText", payload)
        missing = payload | {"message_id": 99_999}
        unit.outbox.owe(world.service.app.bot.id, world.ann.id, "editMessageText", missing)
    await world.settled()

    assert "dead" not in world.look(lambda unit: unit.outbox.counts())


async def test_a_chat_that_is_not_there_any_more_is_not_written_to_again(world: World) -> None:
    await meet(world)
    await world.ann.block()
    await world.settled()

    owe(world, world.ann, "anybody there?")
    await world.settled()

    assert world.look(lambda unit: unit.outbox.counts())["dead"] == 1
    assert not world.look(lambda unit: unit.chats.by_telegram_id(world.ann.id)).reachable


async def test_what_was_sent_is_emptied(world: World) -> None:
    await meet(world)
    owe(world, world.ann, "secret words", dedupe="one")
    await world.settled()

    with closing(sqlite3.connect(world.home / "pupil.db")) as database:
        rows = database.execute("SELECT state, payload FROM outbox WHERE dedupe = 'one'").fetchall()
    assert rows == [("sent", "{}")]


async def test_a_picture_that_is_gone_when_its_turn_comes_is_not_sent(world: World) -> None:
    await meet(world)
    there, gone = world.home / "there.png", world.home / "gone.png"
    there.write_bytes(picture("apple"))
    with world.store.write() as unit:
        for path in (gone, there):
            payload = {"chat_id": world.ann.id, "picture": str(path)}
            unit.outbox.owe(world.service.app.bot.id, world.ann.id, "sendPhoto", payload, attachment_name=path.name)
    owe(world, world.ann, "after it")

    assert (await new_words(world, world.ann))[-1] == "after it"
    assert len([one for one in await world.ann.history() if one.photo]) == 1


async def test_what_is_owed_outlasts_the_time_until_the_poller_notices_a_wrong_token(world: World) -> None:
    await meet(world)
    world.playground.faults.plan("sendMessage", Fault.refused(401, "Unauthorized"))
    owe(world, world.ann, "word")

    row = await world.until(lambda: refused(world), "the call is put off")

    assert row.state == "pending"
    assert (row.not_before - world.time()).total_seconds() > world.settings.poll_timeout
    world.time.advance(seconds=31)
    assert await new_words(world, world.ann) == ["word"]


def refused(world: World) -> Any:
    with world.store._engine.connect() as connection:
        return connection.execute(select(outbox).where(outbox.c.error == "token not accepted")).one_or_none()


async def test_receipts_that_cannot_be_written_down_hold_their_chat_up_and_nothing_goes_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.sender.LOOK_EVERY", 0.02)
    await meet(world)
    turn_over, failures = Sender._turn_over, 3

    def fail_at_first(sender: Sender, receipts: Sequence[Receipt], busy: frozenset[int]) -> Any:
        nonlocal failures
        if receipts and failures:
            failures -= 1
            raise StoreUnavailable("not now")
        return turn_over(sender, receipts, busy)

    monkeypatch.setattr(Sender, "_turn_over", fail_at_first)
    for number in range(3):
        owe(world, world.ann, f"word {number}")
        owe(world, world.bo, f"word {number}")

    for person in (world.ann, world.bo):
        assert await new_words(world, person) == ["word 0", "word 1", "word 2"]
    assert failures == 0


async def test_what_went_out_just_before_the_end_is_written_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await meet(world)
    turn_over = Sender._turn_over

    def fail(sender: Sender, receipts: Sequence[Receipt], busy: frozenset[int]) -> Any:
        if receipts:
            raise StoreUnavailable("not now")
        return turn_over(sender, receipts, busy)

    monkeypatch.setattr(Sender, "_turn_over", fail)
    owe(world, world.ann, "once")
    await world.hears(world.ann, "once")
    assert world.look(lambda unit: unit.outbox.counts())["pending"] == 1

    await world.stop_bot()
    assert "pending" not in world.look(lambda unit: unit.outbox.counts())
    monkeypatch.undo()
    await world.start_bot()

    assert await new_words(world, world.ann) == ["once"]
