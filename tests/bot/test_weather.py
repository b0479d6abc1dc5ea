"""Telegram down, slow or strict; disks full or read only: replies arrive in the end, each chat's in order."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.playground import Fault, FloodLimits
from storage import WriteNotDurable
from tests.support.bots import CannotStart, World, picture, running_bot

pytestmark = pytest.mark.lengthy

WEATHER = {
    "bad gateway": Fault.server_error(502),
    "server error": Fault.server_error(500, "Internal Server Error"),
    "too many requests": Fault.too_many(1),
    "connection dropped": Fault.dropped(),
}


def texts_of(said: list[str]) -> list[str]:
    return [one.splitlines()[0] for one in said]


@pytest.mark.parametrize("name", WEATHER)
async def test_through_bad_weather_every_reply_arrives_and_in_order(world: World, name: str) -> None:
    await world.ann.start()
    await world.settled()
    for method in ("sendMessage", "getUpdates", "getFile", "setMessageReaction"):
        world.playground.faults.plan(method, WEATHER[name])

    for command in ("/labels", "/help", "/undo"):
        await world.ann.send_text(command)
    await world.ann.send_photo(picture("apple"), caption="apple")
    await world.hears(world.ann, "Learned: apple, 1 photo now.")

    first_words = [one.split()[0] for one in texts_of(await world.said_to(world.ann))]
    assert first_words == ["Hello", "I", "Teach:", "There", "Learned:"]


async def test_a_message_whose_answer_was_lost_is_sent_again_rather_than_never(world: World) -> None:
    world.playground.faults.plan("sendMessage", Fault.dropped(after_work=True))

    await world.ann.send_text("/undo")

    said = await world.said_to(world.ann)
    assert 1 <= len(said) <= 2


async def test_one_chat_in_trouble_does_not_hold_the_others(world: World) -> None:
    await world.ann.start()
    await world.settled()
    world.playground.faults.plan("sendMessage", Fault.too_many(600))
    await world.ann.send_text("/help")
    await world.until(lambda: len(world.playground.faults.calls_of("sendMessage")) == 2, "Ann's chat was told to wait")

    await world.bo.send_text("/undo")

    await world.hears(world.bo, "nothing of yours to take back")
    assert len([one for one in await world.ann.history() if one.from_bot]) == 1


async def test_with_telegrams_limits_and_ours_all_arrives_and_hardly_anything_is_refused(tmp_path: Any) -> None:
    real = {"messages_per_second": 30, "messages_per_second_per_chat": 1, "messages_per_minute_per_group": 20}
    async with running_bot(tmp_path, start=False, **real) as world:
        world.playground.faults.flood_limits = FloodLimits()
        for _ in range(5):
            await world.ann.send_text("/undo")
        await world.start_bot()
        said = await world.said_to(world.ann)

    assert len(said) == 5
    assert len(world.playground.faults.calls_of("sendMessage")) <= 7


async def test_telegram_that_cannot_be_reached_at_the_start_is_waited_for(still_world: World) -> None:
    still_world.playground.faults.plan("getMe", Fault.dropped())
    still_world.playground.faults.plan("getMe", Fault.too_many(1))

    await still_world.start_bot()

    assert still_world.service.polling


async def test_a_wrong_token_ends_the_bot_with_what_to_do(still_world: World) -> None:
    still_world.playground.faults.plan("getMe", Fault.refused(401, "Unauthorized"))
    await still_world.launch()

    with pytest.raises(CannotStart, match="PUPIL_TELEGRAM_TOKEN"):
        await still_world.ended()


async def test_a_token_that_is_revoked_ends_the_bot_and_loses_no_reply(world: World) -> None:
    await world.teach(world.ann, "apple", 1)
    world.playground.faults.plan("sendMessage", Fault.refused(401, "Unauthorized"))
    await world.ann.send_text("/labels")
    world.playground.faults.plan("getUpdates", Fault.refused(401, "Unauthorized"), times=5)

    with pytest.raises(CannotStart, match="PUPIL_TELEGRAM_TOKEN"):
        await world.ended()
    world.playground.faults.clear()
    await world.start_bot()

    await world.hears(world.ann, "I know 1 label:")


async def test_a_second_bot_with_the_same_token_ends_the_first_with_what_to_do(world: World) -> None:
    world.playground.faults.plan("getUpdates", Fault.refused(409, "Conflict: terminated by other getUpdates request"))
    await world.ann.start()

    with pytest.raises(CannotStart, match="Another program answers"):
        await world.ended()


async def test_a_webhook_of_former_times_is_no_second_bot(still_world: World) -> None:
    for _ in range(2):
        conflict = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it first"
        still_world.playground.faults.plan("getUpdates", Fault.refused(409, conflict))

    await still_world.start_bot()

    await still_world.ann.start()
    await still_world.hears(still_world.ann, "Hello Ann!")
    assert len(still_world.playground.faults.calls_of("deleteWebhook")) >= 3


@contextmanager
def pragma(world: World, bad: str, good: str) -> Iterator[None]:
    """Let SQLite itself refuse to write, on every connection of the store."""
    pool = world.store._engine.pool  # the driver below our own code
    lend = pool.connect
    said = bad

    def spoilt() -> Any:
        connection = lend()
        connection.cursor().execute(said)
        return connection

    # Not as an event of the engine: threads of the bot go through those just now, and must not see them change.
    pool.connect = spoilt  # type: ignore[method-assign]
    try:
        yield
    finally:
        said = good


async def test_while_the_database_is_read_only_people_are_told_once_and_nothing_is_lost(world: World) -> None:
    await world.ann.start()
    await world.settled()

    with pragma(world, "PRAGMA query_only=ON", "PRAGMA query_only=OFF"):
        await world.ann.send_photo(picture("apple"), caption="apple")
        await world.hears(world.ann, "I can't keep anything right now: I can't write to my disk.", "Nothing is lost")

    await world.hears(world.ann, "Learned: apple, 1 photo now.")
    told = [one for one in await world.said_to(world.ann) if "can't keep anything" in one]
    assert len(told) == 1


async def test_while_the_disk_is_full_people_are_told_and_the_photo_is_kept_in_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.ann.start()
    await world.settled()
    real, full = os.fsync, [True]

    def fsync(descriptor: int) -> None:
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    await world.ann.send_photo(picture("apple"), caption="apple")
    await world.hears(world.ann, "I can't keep anything right now: my disk is full.")
    full[0] = False

    await world.hears(world.ann, "Learned: apple, 1 photo now.")


async def test_a_database_without_room_is_told_as_a_full_disk(world: World) -> None:
    await world.ann.start()
    await world.settled()

    with pragma(world, "PRAGMA max_page_count=1", "PRAGMA max_page_count=4294967294"):
        sent = [await world.ann.send_photo(picture("apple", seed), caption=f"apple {seed}") for seed in range(12)]
        await world.hears(world.ann, "I can't keep anything right now: my disk is full.")

    await world.settled()
    assert len(world.counts()) == len(sent)


async def test_a_disk_that_does_not_confirm_ends_the_bot(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed fsync no later write can be believed: the process must end and start anew."""

    def fsync(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    await world.ann.send_photo(picture("apple"), caption="apple")

    with pytest.raises(WriteNotDurable):
        await world.ended()
    monkeypatch.undo()
    await world.start_bot()
    await world.hears(world.ann, "Learned: apple, 1 photo now.")


def test_the_driver_below_is_one_that_can_be_spoilt() -> None:
    """The tests above lean on SQLite's own refusals; this says so if that ever changes."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE one (x)")
    connection.execute("PRAGMA query_only=ON")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("INSERT INTO one VALUES (1)")
    connection.close()
