"""What happens while a collection is at work: stopping, deleting, blocking, losing the right to teach, a full disk."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
import pytest_asyncio

from bot.actions import collecting
from bot.collecting import collector
from bot.handlers import collections as handlers
from storage import Chat, CollectionState, Role, StoreFull
from storage.blobs import Blobs
from tests.support.bots import Message, World, picture, running_bot
from tests.support.collections import photos, reported, send_zip, zipped

MANY = photos("apple", "leaf", each=12)


class Gate:
    """Lets so many things of a collection be looked at, and holds up the others until it is opened."""

    def __init__(self, things: int) -> None:
        self._things = things
        self._open = threading.Event()
        self.reached = threading.Event()

    def open(self) -> None:
        self._open.set()

    def wait(self) -> None:
        self._things -= 1
        if self._things < 0:
            self.reached.set()
            assert self._open.wait(20)


@contextmanager
def gate(things: int) -> Iterator[Gate]:
    held, look = Gate(things), collecting.look

    def slowly(*arguments: object) -> object:
        held.wait()
        return look(*arguments)  # type: ignore[arg-type]

    with mock.patch.object(collecting, "look", slowly):
        try:
            yield held
        finally:
            held.open()


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_bot(tmp_path) as world:
        yield world


async def begun(world: World, held: Gate) -> tuple[Message, Message]:
    """A zip that is at work and held up: the message that brought it, and the one that tells how far it is."""
    sent = await send_zip(world.ann, MANY)
    progress = await world.hears(world.ann, "I am learning from birds.zip")
    await world.until(held.reached.is_set, "the gate is reached")
    return sent, progress


def state_of(world: World) -> CollectionState:
    found: CollectionState = world.look(lambda unit: unit.collections.get(1).state)
    return found


async def test_stopped_it_keeps_what_it_has_and_the_same_zip_goes_on(world: World) -> None:
    with gate(9) as held:
        _, progress = await begun(world, held)
        await world.ann.press(progress, "Stop")
        told = await world.hears(world.ann, "Stopped: 8 of 24 were looked at", "Send it again")
    assert told.document
    over = await world.hears(world.ann, "I stopped with birds.zip: 8 of 24 looked at.")
    assert over.buttons == ["↩️ Take all back…"]
    assert sum(world.counts().values()) == 8
    assert not list(world.store.parcels.digests())

    again = await send_zip(world.ann, MANY)

    told, rows = await reported(world, world.ann, again)
    assert "16 photos learned of 2 labels and 8 known already." in told.text
    assert (len(rows), world.counts()) == (24, {"apple": 12, "leaf": 12})


async def test_a_second_zip_waits_for_the_first_one_and_the_sentence_says_which(world: World) -> None:
    with gate(1) as held:
        await begun(world, held)
        await send_zip(world.ann, photos("lemon"), name="other.zip")
        await world.hears(world.ann, "One zip at a time, please: I am still at work on birds.zip.")
        bos = await send_zip(world.bo, {"mine/1.jpg": picture("lemon", 5)}, name="bo.zip")
    await reported(world, world.bo, bos)
    assert world.counts()["mine"] == 1
    assert "lemon" not in world.counts()


async def test_the_same_message_told_of_twice_is_one_collection(world: World) -> None:
    sent = await send_zip(world.ann, photos("apple"))
    await reported(world, world.ann, sent)

    world.playground.updates.push("message", {**sent.raw, "from": sent.raw["from"]})
    await world.settled()

    assert len(world.look(lambda unit: unit.collections.items(1))) == 2
    assert world.counts() == {"apple": 2}


async def test_a_stopped_process_goes_on_where_it_was(world: World) -> None:
    with gate(9) as held:
        sent, progress = await begun(world, held)
        held.open()
        await world.stop_bot()
    done = len(world.look(lambda unit: unit.collections.items(1)))
    assert 0 < done < 24

    await world.start_bot()

    _, rows = await reported(world, world.ann, sent)
    assert len(rows) == 24
    assert [row["outcome"] for row in rows] == ["learned"] * 24
    assert world.counts() == {"apple": 12, "leaf": 12}
    assert (await world.hears(world.ann, "I am through with birds.zip: 24 of 24")).id == progress.id


def tasks() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks()}


async def test_who_has_all_of_hers_deleted_meanwhile_leaves_nothing(world: World) -> None:
    # One of the next piece is made durable already, and another is still to be read.
    with gate(9) as held:
        await begun(world, held)
        await world.ann.send_text("/mydata")
        await world.ann.press(await world.hears(world.ann, "Of you I keep 8 photos"), "Delete all of it")
        await world.ann.press(await world.hears(world.ann, "Delete your 8 photos"), "Delete for good")
        await world.hears(world.ann, "Deleted: 8 photos")
        await world.until(lambda: "collection 1" not in tasks(), "its file is closed")
        held.open()
        await world.until(lambda: not list(world.store.blobs.digests()), "nothing of hers is left")
    await world.settled()
    assert world.look(lambda unit: unit.people.by_telegram_id(world.ann.id)) is None
    assert (world.counts(), list(world.store.parcels.digests())) == ({}, [])


async def test_who_may_not_teach_any_more_teaches_no_further(world: World) -> None:
    with gate(9) as held:
        await begun(world, held)
        world.give_role(world.ann, Role.GUEST)

    told = await world.hears(world.ann, "I stopped, since you may not teach me any more: 8 of 24 were looked at.")
    assert told.document
    assert state_of(world) is CollectionState.BARRED
    assert sum(world.counts().values()) == 8


async def test_who_blocks_the_bot_is_not_served_until_she_comes_back(world: World) -> None:
    with gate(9) as held:
        sent, _ = await begun(world, held)
        await world.ann.block()
        await world.until(lambda: not _chat(world).reachable, "the chat is out of reach")
        await world.until(lambda: not world.look(lambda unit: unit.collections.at_work(world.service.app.bot.id)), "")
        held.open()
    await world.settled()
    before = len(world.look(lambda unit: unit.collections.items(1)))
    assert before < 24

    await world.ann.unblock()
    await world.ann.send_text("/start")

    _, rows = await reported(world, world.ann, sent)
    assert len(rows) == 24


def _chat(world: World) -> Chat:
    found: Chat = world.look(lambda unit: unit.chats.by_telegram_id(world.ann.id))
    return found


async def test_who_never_comes_back_is_not_waited_for_without_end(world: World) -> None:
    with gate(9) as held:
        await begun(world, held)
        with world.store.write() as unit:
            unit.chats.set_unreachable(world.ann.id)
        world.time.advance(days=8)
        await world.stop_bot()
    await world.launch()

    await world.until(lambda: state_of(world) is CollectionState.ABANDONED, "it is given up")
    await world.until(lambda: not list(world.store.parcels.digests()), "its file is gone")


async def test_a_full_disk_is_said_once_and_waited_for(world: World) -> None:
    put, full = Blobs.put, [True]

    def failing(blobs: Blobs, data: bytes) -> str:
        if full[0] and blobs is world.store.blobs:
            raise StoreFull("no space left on device")
        return put(blobs, data)

    with mock.patch.object(Blobs, "put", failing):
        sent = await send_zip(world.ann, photos("apple"))
        await world.hears(world.ann, "I can't keep anything right now: my disk is full.")
        full[0] = False
        _, rows = await reported(world, world.ann, sent)

    assert [row["outcome"] for row in rows] == ["learned"] * 2
    assert [one for one in await world.said_to(world.ann) if "disk is full" in one] == [
        "I can't keep anything right now: my disk is full. Nothing is lost: I will go on by myself once my owner has "
        "mended it."
    ]


async def test_what_ends_process_after_process_is_passed_over(world: World) -> None:
    with gate(0) as held:
        sent, _ = await begun(world, held)
        held.open()
        await world.stop_bot()
    with world.store.write() as unit:
        done = len(unit.collections.items(1))
        for _ in range(collecting.LIVES):
            unit.collections.take_up(1)

    await world.start_bot()

    _, rows = await reported(world, world.ann, sent)
    assert len(rows) == 24
    assert sum("ended me several times" in row["reason"] for row in rows) == min(8, 24 - done)


async def test_a_guest_cannot_pour_anything_in(tmp_path: Path) -> None:
    async with running_bot(tmp_path, newcomers="guest") as world:
        await send_zip(world.ann, photos("apple"))

        await world.hears(world.ann, "That is for people who may teach.")
        assert not list(world.store.parcels.digests())


async def test_in_a_group_only_a_zip_that_is_meant_for_the_bot_is_taken(world: World) -> None:
    group = await world.group()
    await world.people.set_privacy(reads_all=True)
    await world.ann.send_document(zipped(photos("apple")), name="a.zip", caption="for you all", chat=group)
    sent = await world.ann.send_document(zipped(photos("leaf")), name="b.zip", caption=world.mention, chat=group)

    told = await world.ann.wait_for(lambda one: one.document, chat=group, after=sent)

    assert told.reply_to == sent.id
    assert world.counts() == {"leaf": 2}


@pytest.mark.parametrize(
    ("caption", "sentence"),
    [("so " * 60, "The caption is too long: at most 64 characters."), ("/undo", "Commands go alone.")],
)
async def test_a_caption_that_is_no_name_is_said_and_another_one_begins(
    world: World, caption: str, sentence: str
) -> None:
    sent = await send_zip(world.ann, {"1.jpg": picture("apple", 1)}, caption=caption)
    await world.hears(world.ann, sentence)

    await world.ann.edit_caption(sent, "apple")

    await reported(world, world.ann, sent)
    assert world.counts() == {"apple": 1}


async def test_another_caption_for_what_is_learned_says_how_to_do_that(world: World) -> None:
    sent = await send_zip(world.ann, {"1.jpg": picture("apple", 1)}, caption="apple")
    await reported(world, world.ann, sent)

    await world.ann.edit_caption(sent, "pear")

    await world.hears(world.ann, "I have taken birds.zip as it was.", "press “Take all back”")
    assert world.counts() == {"apple": 1}


async def test_whoever_waits_for_an_answer_comes_before_a_collection(world: World) -> None:
    answered, looker = threading.Event(), world.service.services.looker
    asked = asyncio.create_task(looker.run(lambda: answered.wait(20)))
    await world.until(lambda: looker.busy, "somebody's photo is in hand")
    with mock.patch.object(collector, "GIVES_WAY", 60.0):
        sent = await send_zip(world.ann, photos("apple"))
        await world.hears(world.ann, "I am learning from birds.zip: 0 of 2 looked at.")
        await asyncio.sleep(1.5)
        assert world.counts() == {}

        answered.set()

        await reported(world, world.ann, sent)
    assert await asked
    assert world.counts() == {"apple": 2}


async def test_a_crowd_slows_a_collection_and_does_not_stop_it(world: World) -> None:
    answered = threading.Event()
    asked = asyncio.create_task(world.service.services.looker.run(lambda: answered.wait(20)))
    with mock.patch.object(collector, "GIVES_WAY", 0.1):
        sent = await send_zip(world.ann, photos("apple"))
        await reported(world, world.ann, sent)
    answered.set()
    assert await asked


async def test_two_zips_that_pass_the_door_together_are_still_one_at_a_time(world: World) -> None:
    with gate(1) as held, mock.patch.object(handlers, "_busy", return_value=None):
        await begun(world, held)
        await send_zip(world.ann, photos("lemon"), name="other.zip")

        await world.hears(world.ann, "One zip at a time, please: I am still at work on birds.zip.")
    assert len(world.look(lambda unit: unit.collections.of_person(1))) == 1


async def test_what_is_kept_of_a_person_tells_of_her_collections(world: World) -> None:
    sent = await send_zip(world.ann, photos("apple"))
    await reported(world, world.ann, sent)

    await world.ann.send_text("/mydata")

    told = await world.ann.wait_for(lambda one: (one.document or {}).get("file_name") == "my-data.json")
    kept = json.loads(await world.ann.download(told))
    assert [(one["file_name"], one["state"]) for one in kept["collections"]] == [("birds.zip", "done")]
    assert [one["came_from"] for one in kept["photos"]] == ["apple/0.jpg", "apple/1.jpg"]
