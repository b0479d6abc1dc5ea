"""Journey: the network as a file to take along."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.actions import packing
from bot.playground import Fault
from storage import Role
from storage.tables import outbox
from tests.support.bots import Message, Person, World, picture
from trainer.exported import ExportedNetwork


async def files_of(world: World, person: Person) -> list[Message]:
    await world.settled()
    return [one for one in await person.history() if one.from_bot and one.document]


async def test_the_network_comes_as_a_file_that_answers_by_itself(world: World, tmp_path: Path) -> None:
    await world.knows_apples_and_leaves()

    await world.ann.send_text("/export")
    sent = await world.hears(world.ann, "Network 1 as one file. It knows apple and leaf; wrong on ")

    assert "of 8 photos that it had not learned from" in sent.text
    assert "pupil predict --network pupil-network-1.onnx photo.jpg" in sent.text
    assert sent.document is not None
    assert sent.document["file_name"] == "pupil-network-1.onnx"
    file = tmp_path / sent.document["file_name"]
    file.write_bytes(await world.ann.download(sent))
    network = ExportedNetwork.open(file, threads=1)
    for thing in ("apple", "leaf"):
        assert network.guess(picture(thing, 900)).probabilities[0][1] == thing


async def test_the_outbox_holds_no_file_while_it_waits(world: World) -> None:
    await world.knows_apples_and_leaves()
    world.playground.faults.plan("sendDocument", Fault.too_many(1))

    await world.ann.send_text("/export")
    await world.until(lambda: world.playground.faults.calls_of("sendDocument"), "the file is on its way")

    with world.store._engine.connect() as connection:
        waiting = select(outbox.c.attachment_name, outbox.c.attachment).where(outbox.c.state == "pending")
        assert connection.execute(waiting).all() == [("pupil-network-1.onnx", None)]
    await world.hears(world.ann, "Network 1 as one file.")
    assert len(await files_of(world, world.ann)) == 1


async def test_asked_for_again_and_again_while_nothing_goes_out_it_comes_once(world: World) -> None:
    await world.knows_apples_and_leaves()
    for _ in range(3):
        await world.ann.send_text("/help")
    await world.settled()
    world.playground.faults.plan("sendMessage", Fault.too_many(1))

    await world.ann.send_text("/help")
    for _ in range(4):
        await world.ann.send_text("/export")

    await world.hears(world.ann, "Network 1 as one file.")
    assert len(await files_of(world, world.ann)) == 1


async def test_a_bot_that_is_stopped_meanwhile_sends_the_file_when_it_is_back(world: World) -> None:
    await world.knows_apples_and_leaves()
    world.playground.faults.plan("sendDocument", Fault.dropped())
    await world.ann.send_text("/export")
    await world.until(lambda: world.playground.faults.calls_of("sendDocument"), "the file is on its way")
    await world.stop_bot()

    await world.start_bot()

    await world.hears(world.ann, "Network 1 as one file.")


async def test_in_a_group_it_is_kept_for_the_private_chat(world: World) -> None:
    await world.knows_apples_and_leaves()
    group = await world.group()

    await world.ann.send_text(f"/export{world.mention}", chat=group)

    await world.hears(world.ann, "Send me /export in our private chat, please", chat=group)
    await world.settled()
    assert not [one for one in await world.ann.history(chat=group) if one.document]
    assert await files_of(world, world.ann) == []


async def test_guests_get_no_file(world: World) -> None:
    await world.knows_apples_and_leaves(world.bo)
    world.give_role(world.ann, Role.GUEST)

    await world.ann.send_text("/export")

    await world.hears(world.ann, "That is for people who may teach.")
    assert await files_of(world, world.ann) == []


async def test_without_a_network_it_says_what_is_missing(world: World) -> None:
    await world.ann.send_text("/export")

    await world.hears(world.ann, "There is no network yet that I could send you.", "I need 2 photos each of 2 things.")


async def test_a_network_that_knows_a_deleted_name_is_not_handed_out(world: World) -> None:
    await world.knows_apples_and_leaves()
    await world.teach(world.bo, "lemon", 4)
    assert await world.train() == 2
    with world.store.write() as unit:
        person = unit.people.by_telegram_id(world.bo.id)
        assert person is not None
        unit.photos.remove([photo.id for photo in unit.photos.of_person(person.id)])
        unit.labels.remove_unnamed(unit.classifiers.default().id)

    await world.ann.send_text("/export")

    await world.hears(world.ann, "My network still knows a name that is gone", "/status says when")
    assert await files_of(world, world.ann) == []


async def test_a_name_deleted_while_the_file_waits_keeps_it_from_going_out(world: World) -> None:
    await world.knows_apples_and_leaves()
    await world.teach(world.bo, "lemon", 4)
    assert await world.train() == 2
    world.playground.faults.plan("sendDocument", Fault.too_many(1))
    await world.ann.send_text("/export")
    await world.until(lambda: world.playground.faults.calls_of("sendDocument"), "the file is on its way")
    with world.store.write() as unit:
        person = unit.people.by_telegram_id(world.bo.id)
        assert person is not None
        unit.photos.remove([photo.id for photo in unit.photos.of_person(person.id)])
        unit.labels.remove_unnamed(unit.classifiers.default().id)

    await world.hears(world.ann, "My network still knows a name that is gone")
    assert await files_of(world, world.ann) == []


async def test_what_telegram_would_not_take_is_not_made_and_the_owner_can_write_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.knows_apples_and_leaves()
    monkeypatch.setattr(packing, "LARGEST", 1000)

    await world.ann.send_text("/export")

    await world.hears(world.ann, "larger than the 50 MB that Telegram takes from me.", "pupil export network FILE.onnx")
    assert world.playground.faults.calls_of("sendDocument") == []


async def test_what_telegram_does_not_take_after_all_is_told_and_not_tried_again(world: World) -> None:
    await world.knows_apples_and_leaves()
    world.playground.faults.plan("sendDocument", Fault.refused(413, "Request Entity Too Large"))

    await world.ann.send_text("/export")

    await world.hears(world.ann, "larger than the 50 MB that Telegram takes from me.")
    await world.settled()
    assert len(world.playground.faults.calls_of("sendDocument")) == 1


async def test_a_network_that_is_damaged_is_said_to_be_and_holds_nothing_up(world: World) -> None:
    await world.knows_apples_and_leaves()
    folder = next((world.home / "networks").glob("000001-*"))
    (folder / "manifest.json").unlink()

    await world.ann.send_text("/export")
    await world.hears(world.ann, "I could not make the file: something is wrong with my network.")
    shutil.rmtree(world.home / "embedders")
    again = await world.ann.send_text("/export")

    await world.hears(world.ann, "I could not make the file: something is wrong with my network.", after=again)
    assert await files_of(world, world.ann) == []
