"""Journey: the owner takes the data set along, as zips in the private chat."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from bot.actions import dataset_zips
from bot.playground import Fault
from storage import Role
from tests.support.bots import Message, World


async def zips_of(world: World) -> list[Message]:
    await world.settled()
    return [one for one in await world.ann.history() if one.from_bot and one.document]


async def test_the_owner_is_offered_the_data_set_and_gets_it_with_one_press(world: World) -> None:
    world.give_role(world.ann, Role.OWNER)
    await world.teach(world.bo, "apple", 2)
    await world.teach(world.bo, "leaf", 3, label="../oak")
    await world.ann.send_text("/export")
    offered = await world.hears(world.ann, "I can send you the data set, too: 5 photos", "in 1 zip.")

    toast = await world.presses(world.ann, offered, "Send the data set")

    assert toast == "5 photos are on their way, in 1 zip."
    (sent,) = await zips_of(world)
    assert sent.document is not None
    assert sent.document["file_name"] == "pupil-data-set.zip"
    with zipfile.ZipFile(io.BytesIO(await world.ann.download(sent))) as archive:
        names = archive.namelist()
        told = [json.loads(line) for line in archive.read("metadata.jsonl").decode().splitlines()]
    assert sum(name.endswith(".jpg") for name in names) == 5
    assert {"cleaned.csv", "history.jsonl", "LICENCES.md"} < set(names)
    assert sorted(one["label"] for one in told) == ["../oak"] * 3 + ["apple"] * 2
    assert not [name for name in names if name.startswith(("/", ".."))]


async def test_a_large_one_comes_in_several_zips_that_share_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_zips, "AIMED_AT", 6_000)
    world.give_role(world.ann, Role.OWNER)
    await world.teach(world.bo, "apple", 8)

    await world.ann.send_text("/export dataset")

    zips = await zips_of(world)
    assert len(zips) > 1
    pictures: list[str] = []
    for one in zips:
        with zipfile.ZipFile(io.BytesIO(await world.ann.download(one))) as archive:
            pictures += [name for name in archive.namelist() if name.endswith(".jpg")]
    assert len(pictures) == len(set(pictures)) == 8


async def test_too_large_for_a_chat_the_command_line_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_zips, "AIMED_AT", 10)
    world.give_role(world.ann, Role.OWNER)
    await world.teach(world.bo, "apple", 2)

    await world.ann.send_text("/export dataset")

    await world.hears(world.ann, "The data set is larger than what I can send here.", "pupil export dataset FOLDER")
    assert await zips_of(world) == []


async def test_a_zip_that_grew_too_large_says_so_when_it_is_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_zips, "LARGEST", 10)
    world.give_role(world.ann, Role.OWNER)
    await world.teach(world.bo, "apple", 2)

    await world.ann.send_text("/export dataset")

    await world.hears(world.ann, "The data set is larger than what I can send here.")


@pytest.mark.parametrize("role", [Role.TEACHER, Role.REVIEWER, Role.ADMIN])
async def test_nobody_but_the_owner_is_offered_or_given_it(world: World, role: Role) -> None:
    world.give_role(world.ann, role)
    await world.teach(world.bo, "apple", 2)

    await world.ann.send_text("/export")
    await world.ann.send_text("/export dataset")

    await world.hears(world.ann, "That is for")
    assert not [one for one in await world.said_to(world.ann) if "data set, too" in one]
    assert await zips_of(world) == []


async def test_not_in_a_group_and_not_without_photos(world: World) -> None:
    world.give_role(world.ann, Role.OWNER)
    group = await world.group()

    await world.ann.send_text(f"/export{world.mention} dataset", chat=group)
    await world.hears(world.ann, "in our private chat", chat=group)
    await world.ann.send_text("/export dataset")
    await world.hears(world.ann, "There is no labelled photo yet that I could send you.")


async def test_stopped_meanwhile_it_is_made_and_sent_later_without_what_was_deleted(world: World) -> None:
    world.give_role(world.ann, Role.OWNER)
    await world.teach(world.ann, "leaf", 1)
    await world.teach(world.bo, "apple", 2)
    world.playground.faults.plan("sendDocument", Fault.dropped())
    await world.ann.send_text("/export dataset")
    await world.until(lambda: world.playground.faults.calls_of("sendDocument"), "the zip is on its way")
    await world.stop_bot()
    with world.store.write() as unit:
        bo = unit.people.by_telegram_id(world.bo.id)
        assert bo is not None
        gone = unit.photos.remove([one.id for one in unit.photos.of_person(bo.id)])
    world.store.discard(gone)

    await world.start_bot()

    (sent,) = await zips_of(world)
    with zipfile.ZipFile(io.BytesIO(await world.ann.download(sent))) as archive:
        assert sum(name.endswith(".jpg") for name in archive.namelist()) == 1
        assert b"apple" not in archive.read("history.jsonl")


async def test_the_button_of_one_who_is_owner_no_more_gives_nothing(world: World) -> None:
    world.give_role(world.ann, Role.OWNER)
    await world.teach(world.bo, "apple", 2)
    await world.ann.send_text("/export")
    offered = await world.hears(world.ann, "I can send you the data set, too")
    world.give_role(world.ann, Role.ADMIN)

    assert "That is for" in await world.presses(world.ann, offered, "Send the data set")
    assert await zips_of(world) == []
