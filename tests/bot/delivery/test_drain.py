"""The way in: durable before it is confirmed, in order within a chat, side by side across chats, again after faults."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any
from unittest.mock import AsyncMock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update
from telegram.error import BadRequest
from telegram.ext import TypeHandler

from bot.access import permitted
from bot.context import Context
from bot.delivery import drain
from bot.delivery.poller import lanes_of
from bot.playground.faults import Fault
from bot.replies import Said
from storage import RawUpdate, Role, StoreUnavailable
from tests.support.bots import World, picture


def hear_first(world: World, callback: Any) -> None:
    """Put a handler before all others, as a fault of our own would be."""
    world.service.app.add_handler(TypeHandler(Update, callback), group=0)
    world.service.app.handlers[0].insert(0, world.service.app.handlers[0].pop())


async def test_updates_are_kept_before_they_are_confirmed(world: World) -> None:
    for number in range(20):
        await world.ann.send_text(f"word {number}")
    await world.settled()

    kept = world.look(lambda unit: unit.inbox.next_offset(world.service.app.bot.id))
    asked = [json.loads(call.values.get("offset", "0")) for call in world.playground.faults.calls_of("getUpdates")]
    assert max(asked) == kept
    assert world.look(lambda unit: unit.inbox.counts()) == {"done": 20}


async def test_what_cannot_be_kept_is_not_confirmed(world: World) -> None:
    from tests.bot.test_weather import pragma

    await world.ann.start()
    await world.settled()
    confirmed = world.look(lambda unit: unit.inbox.next_offset(world.service.app.bot.id))
    with pragma(world, "PRAGMA query_only=ON", "PRAGMA query_only=OFF"):
        await world.ann.send_text("/undo")
        await world.hears(world.ann, "I can't keep anything right now")
        offsets = [int(call.values.get("offset", 0)) for call in world.playground.faults.calls_of("getUpdates")]
        assert max(offsets) <= confirmed
        assert world.playground.updates.pending == 1

    await world.hears(world.ann, "nothing of yours to take back")


async def test_an_update_that_nobody_can_read_is_given_up_and_those_behind_it_are_handled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "BACKOFF", (0.01,))
    strange = {"message_id": 5, "date": "yesterday", "chat": {"id": world.ann.id}, "text": 7, "from": "nobody"}
    world.playground.updates.push("message", strange)

    await world.ann.send_text("/undo")

    await world.hears(world.ann, "nothing of yours to take back")
    await world.until(lambda: world.look(lambda unit: unit.inbox.counts()).get("dead") == 1, "it was given up")


async def test_a_fault_of_ours_is_tried_five_times_then_told_to_the_person_and_the_owner(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(drain, "BACKOFF", (0.01,))
    await world.owner.start()
    await world.settled()
    world.give_role(world.owner, Role.OWNER)
    tries: list[int] = []

    @permitted(Role.GUEST)
    async def break_down(update: Update, context: Context) -> None:
        tries.append(update.update_id)
        raise RuntimeError("our own fault")

    hear_first(world, break_down)
    caplog.set_level(logging.ERROR)
    await world.ann.send_text("my secret words")

    said = await world.hears(world.ann, "Something went wrong on my side", "What you sent is kept")
    reference = f"{tries[0]:x}"
    assert reference in said.text
    await world.hears(world.owner, "An update could not be handled after several tries", reference)
    assert len(tries) == 5
    assert "our own fault" in caplog.text
    assert "secret words" not in caplog.text


async def test_a_fault_that_passes_is_not_even_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "BACKOFF", (0.01,))
    tries: list[int] = []

    @permitted(Role.GUEST)
    async def break_down_twice(update: Update, context: Context) -> None:
        tries.append(update.update_id)
        if len(tries) < 3:
            raise RuntimeError("our own fault")
        await context.act(lambda scene: scene.replies.say(Said("at last")))

    hear_first(world, break_down_twice)
    await world.ann.send_text("hello")

    assert await world.said_to(world.ann) == ["at last"]


async def test_a_photo_that_telegram_does_not_hand_out_is_told_once_and_taken_in_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "WAIT", 0.05)
    monkeypatch.setattr(drain, "TELLS_AFTER", 0.3)
    world.playground.faults.plan("getFile", Fault.server_error(502), times=10_000)

    photo = await world.ann.send_photo(picture("apple"), caption="apple")
    told = await world.hears(world.ann, "Telegram does not hand out this photo at the moment.")
    assert told.reply_to == photo.id
    tried = len(world.playground.faults.calls_of("getFile"))
    await world.until(lambda: len(world.playground.faults.calls_of("getFile")) > tried + 5, "it is tried on")
    world.playground.faults.clear()

    await world.hears(world.ann, "Learned: apple, 1 photo now.")
    assert len([one for one in await world.said_to(world.ann) if "hand out" in one]) == 1


async def test_what_telegram_calls_a_bad_request_is_not_tried_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "BACKOFF", (0.01,))
    tries: list[int] = []

    @permitted(Role.GUEST)
    async def ask_nonsense(update: Update, context: Context) -> None:
        tries.append(update.update_id)
        raise BadRequest("Chat_id is empty")

    hear_first(world, ask_nonsense)
    await world.ann.send_text("hello")

    await world.hears(world.ann, "Something went wrong on my side")
    assert len(tries) == 5


async def test_what_fails_after_its_commit_is_not_done_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "BACKOFF", (0.01,))
    acted: list[int] = []

    @permitted(Role.GUEST)
    async def break_down_afterwards(update: Update, context: Context) -> None:
        await context.act(lambda scene: acted.append(update.update_id))
        raise (StoreUnavailable if len(acted) == 2 else RuntimeError)("too late")

    hear_first(world, break_down_afterwards)
    monkeypatch.setattr(drain.Drain, "_wait_out", AsyncMock())
    for words in ("one", "two", "three"):
        await world.ann.send_text(words)
    await world.settled()

    assert len(acted) == len(set(acted)) == 3
    assert world.look(lambda unit: unit.inbox.counts()) == {"done": 3}


async def test_within_a_chat_updates_are_handled_in_order_and_across_chats_side_by_side(world: World) -> None:
    order: list[tuple[int, str]] = []
    gate = asyncio.Event()

    @permitted(Role.GUEST)
    async def listen(update: Update, context: Context) -> None:
        text = update.effective_message.text if update.effective_message else None
        if context.here.person_id == world.ann.id:
            await gate.wait()
        order.append((context.here.person_id, text or ""))
        await context.act(lambda scene: None)

    hear_first(world, listen)
    for number in range(5):
        await world.ann.send_text(str(number))
        await world.bo.send_text(str(number))

    await world.until(lambda: len(order) == 5, "Bo is not held by Ann's chat")
    assert order == [(world.bo.id, str(number)) for number in range(5)]
    gate.set()
    await world.settled()
    assert order[5:] == [(world.ann.id, str(number)) for number in range(5)]


async def test_one_chat_with_a_thousand_updates_does_not_hide_another(
    still_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = still_world
    await world.start_bot()
    bot_id = world.service.app.bot.id
    await world.stop_bot()
    flood = [RawUpdate(number, 77, json.dumps({"update_id": number})) for number in range(1, 1501)]
    with world.store.write() as unit:
        unit.inbox.receive(bot_id, flood)
    await world.bo.send_text("/undo")
    done_before: list[int] = []

    await world.start_bot()
    service = world.service
    real = service.app.process_update

    async def slow(update: object) -> None:
        done_before.append(0)
        if isinstance(update, Update) and update.update_id <= 1500:
            await asyncio.sleep(0.005)
        await real(update)

    monkeypatch.setattr(service.app, "process_update", slow, raising=False)
    await world.hears(world.bo, "nothing of yours to take back")

    assert world.look(lambda unit: unit.inbox.counts())["pending"] > 100


async def test_killed_between_keeping_and_handling_nothing_is_lost_or_done_twice(still_world: World) -> None:
    world = still_world
    await world.start_bot()
    await world.ann.send_photo(picture("apple"), caption="apple")
    await world.settled()
    bot_id = world.service.app.bot.id
    await world.stop_bot()
    raw = world.look(lambda unit: unit.inbox.next_offset(bot_id)) - 1
    # As if the kill had come after the update was kept, and Telegram tells of it again.
    with world.store.write() as unit:
        unit.inbox.receive(bot_id, [RawUpdate(raw, world.ann.id, "{}")])

    await world.start_bot()
    await world.settled()

    assert world.counts() == {"apple": 1}


@given(st.lists(st.integers(-100, 100).filter(bool), max_size=20))
def test_the_lane_is_the_chat(chats: list[int]) -> None:
    updates = [{"update_id": at, "edited_message": {"chat": {"id": chat}}} for at, chat in enumerate(chats)]
    assert lanes_of(updates) == chats


def test_lanes_of_other_updates() -> None:
    press = {"callback_query": {"from": {"id": 1}, "message": {"chat": {"id": -5}}}}
    inline = {"callback_query": {"from": {"id": 1}}}
    member = {"my_chat_member": {"from": {"id": 1}, "chat": {"id": -7}}}
    assert lanes_of([press, inline, member, {"poll": {}}]) == [-5, 1, -7, 0]


def test_a_group_that_moves_keeps_its_lane_for_the_batch() -> None:
    there = {"message": {"chat": {"id": -1}, "migrate_to_chat_id": -100}}
    here = {"message": {"chat": {"id": -100}, "migrate_from_chat_id": -1}}
    after = {"message": {"chat": {"id": -100}}}
    assert lanes_of([there, here, after]) == [-1, -1, -1]
    assert lanes_of([here, after]) == [-1, -1]
    assert lanes_of([after]) == [-100]
