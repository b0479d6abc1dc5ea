"""Journey: “another label” offers all names there are, page by page, and finds what was typed in part."""

from __future__ import annotations

from storage import Reason, Role, VoteKind, normalise
from tests.support.bots import Message, World, picture


def know(world: World, names: list[str]) -> None:
    """Bo taught a photo of each, somewhere else."""
    received = normalise(picture("apple", 900))
    digest = world.store.blobs.put(received.data)
    with world.store.write() as unit:
        bo = unit.people.meet(world.bo.id, "Bo", Role.TEACHER)
        chat = unit.chats.enter(-77, kind="group", title="Elsewhere")
        for number, name in enumerate(names, 1):
            photo = unit.photos.add(
                1, digest, received, source="chat", owner_id=bo.id, chat_id=chat.id, message_id=number
            )
            label = unit.labels.find_or_create(1, name)
            unit.votes.cast(photo.id, bo.id, VoteKind.LABEL, label.id, Reason.CAPTION)


async def wrong(world: World) -> Message:
    await world.ann.send_photo(picture("leaf", 7))
    answer = await world.hears(world.ann, "I think this is leaf")
    await world.presses(world.ann, answer, "Wrong")
    await world.hears(world.ann, "So not leaf. What is it?")
    await world.presses(world.ann, answer, "Another label")
    await world.hears(world.ann, "Type the name")
    await world.settled()
    return await world.ann.refreshed(answer)


def names_on(message: Message) -> list[str]:
    return [one for one in message.buttons if not set(one) & set("🚫↩◀▶")]


async def test_every_name_can_be_picked_from_its_page(world: World) -> None:
    await world.knows_apples_and_leaves()
    know(world, [f"thing {number:03}" for number in range(200)])
    message = await wrong(world)
    assert message.text == "So not leaf. Pick its name, or type it."
    assert message.buttons[-3:] == ["2 of 26 ▶", "🚫 None of these", "↩️ Back"]

    met = names_on(message)
    for page in range(2, 27):
        await world.presses(world.ann, message, f"{page} of 26 ▶")
        await world.settled()
        message = await world.ann.refreshed(message)
        met += names_on(message)

    assert met[0] == "apple"
    assert sorted(met) == sorted(["apple", *(f"thing {number:03}" for number in range(200))])
    assert "◀ 25 of 26" in message.buttons
    await world.presses(world.ann, message, met[-1])
    await world.hears(world.ann, f"Thanks: this is {met[-1]}.")


async def test_what_she_said_last_here_comes_after_the_likely(world: World) -> None:
    await world.knows_apples_and_leaves()
    know(world, [f"thing {number}" for number in range(30)])
    await world.teach(world.ann, "leaf", 1, label="thing 27", first=300)
    await world.teach(world.ann, "leaf", 1, label="thing 12", first=301)

    names = names_on(await wrong(world))

    assert names[0] == "apple"
    assert {"thing 12", "thing 27"} <= set(names)
    assert names.index("thing 12") < names.index("thing 27")


async def test_the_beginning_of_a_name_finds_it(world: World) -> None:
    await world.knows_apples_and_leaves()
    know(world, ["sunflower", "sunset", "ox-eye daisy"])
    await wrong(world)

    await world.ann.send_text("sun")

    asked = await world.hears(world.ann, "sun is new to me. Did you mean sunset or sunflower?")
    await world.presses(world.ann, asked, "sunflower")
    await world.hears(world.ann, "Changed from sun to sunflower (2 photos now).")
    assert "sun" not in world.counts()


async def test_a_caption_is_not_taken_for_a_beginning(world: World) -> None:
    know(world, ["rosemary"])
    await world.teach(world.ann, "leaf", 1, label="rose")

    assert not [one for one in await world.said_to(world.ann) if "Did you mean" in one]
