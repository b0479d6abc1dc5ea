"""Journey: people press Right and Wrong, `/progress` says how that went, and the owner hears when it goes badly."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import update

from storage import Role, Unit
from storage.tables import network
from tests.support.bots import Message, World, picture


async def an_owner_listens(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a network, an owner who can be told, and no long wait for the next look at how answers do."""
    monkeypatch.setattr("bot.telling.news.DRIFTS_EVERY", 0.1)
    await world.owner.start()
    world.give_role(world.owner, Role.OWNER)
    await world.knows_apples_and_leaves()


async def asked(world: World, thing: str, seed: int, *, after: Message | None = None) -> Message:
    await world.ann.send_photo(picture(thing, seed))
    return await world.hears(world.ann, f"I think this is {thing}", after=after)


async def progress(world: World) -> str:
    sent = await world.ann.send_text("/progress")
    return (await world.ann.wait_for(lambda one: True, after=sent)).text


async def test_what_people_press_is_what_progress_tells(world: World) -> None:
    assert (await progress(world)).startswith("Nobody has judged a name that I gave in the last 4 weeks")
    await world.knows_apples_and_leaves()
    first = await asked(world, "leaf", 7)
    await world.presses(world.ann, first, "Right")
    second = await asked(world, "apple", 8, after=first)
    await world.ann.reply(second, "tomato")
    third = await asked(world, "leaf", 9, after=second)
    await world.ann.send_photo(picture("leaf", 7))
    await world.hears(world.ann, "You called this photo leaf before.", after=third)

    said = await progress(world)

    assert "Last 7 days: 1 of 2 wrong (9 to 91 %)" in said
    assert "People judged 2 of the 3 names that I gave." in said
    assert said.index("apple: 1 of 1 wrong") < said.index("leaf: 0 of 1 wrong")
    assert "what people had called 1 photo before: neither right nor wrong." in said


async def test_the_card_tells_of_the_network_that_answers(world: World) -> None:
    await world.ann.send_text("/card")
    await world.hears(world.ann, "There is no network yet, so there is no card of one. Before I can answer I need")
    await world.knows_apples_and_leaves()

    await world.ann.send_text("/card")

    said = await world.hears(world.ann, "Card of network 1", "Knows 2 labels: apple 4, leaf 4 (photos of each).")
    assert "Learned from 8 photos, taught by 1 person." in said.text
    assert "64 x 64 pixels, by test_efficientnet" in said.text
    assert "Licence of the weights it stands on: none: drawn at random." in said.text


async def test_the_owner_hears_once_and_quietly_that_answers_got_worse_whatever_is_killed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_owner_listens(world, monkeypatch)
    for seed in range(200, 215):
        await world.ann.send_photo(picture("leaf", seed))
    await world.settled()
    for answer in [one for one in await world.ann.history() if one.text.startswith("I think this is")]:
        await world.ann.press(answer, "Wrong")

    told = await world.hears(world.owner, "answers one after the other, people called", "I expected hardly any")
    assert "Send me some of them with their names as captions" in told.text
    await world.settled()
    await world.stop_bot()
    await world.start_bot()
    await world.settled()
    assert world.look(lambda unit: unit.drifts.untold()) == []
    assert len([one for one in await world.said_to(world.owner) if "one after the other" in one]) == 1
    assert not [one for one in await world.said_to(world.ann) if "one after the other" in one]
    (call,) = world.playground.faults.calls_of("sendMessage", lambda one: "one after the other" in one.values["text"])
    assert call.values["disable_notification"]


async def test_many_photos_that_are_not_known_are_told_the_owner_once_without_any_press(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_owner_listens(world, monkeypatch)
    with world.store._writing() as connection:
        connection.execute(update(network).values(alarms=3, alarms_of=100))
    with world.store.write() as unit:
        unknown(unit, 15)

    told = await world.hears(world.owner, "photos one after the other, I did not know")

    assert "They may show something new" in told.text
    with world.store.write() as unit:
        unknown(unit, 15)
    await asyncio.sleep(0.4)
    await world.settled()
    assert len([one for one in await world.said_to(world.owner) if "one after the other" in one]) == 1
    assert world.look(lambda unit: unit.drifts.untold()) == []


def unknown(unit: Unit, many: int) -> None:
    """So many answers “I don't know”."""
    classifier_id = unit.classifiers.default().id
    active, photo = unit.networks.active(classifier_id), unit.photos.labelled(classifier_id)[-1]
    assert active is not None
    for _ in range(many):
        unit.predictions.add(photo.photo_id, active.id, None, [], asked_by_id=None, milliseconds=1.0)
