"""Journey: a name with a slip in it is kept as it came, asked about once, and moved with one tap."""

from __future__ import annotations

from bot.buttons import Press
from storage import utc_now
from tests.bot.handlers.test_presses import push_press
from tests.support.bots import Message, World, picture

ASKED = "Did you mean sunflower?"


async def slip(world: World, seed: int = 50) -> Message:
    """Ann teaches a sunflower, and then slips."""
    await world.teach(world.ann, "leaf", 1, label="sunflower")
    await world.ann.send_photo(picture("leaf", seed), caption="sunflwoer")
    return await world.hears(world.ann, "sunflwoer is new to me.", ASKED)


async def test_a_slip_is_kept_and_asked_about(world: World) -> None:
    asked = await slip(world)

    assert asked.buttons == ["sunflower", "Keep sunflwoer"]
    assert world.counts() == {"sunflower": 1, "sunflwoer": 1}


async def test_one_tap_moves_all_that_she_called_so(world: World) -> None:
    asked = await slip(world)
    await world.ann.send_photo(picture("leaf", 51), caption="sunflwoer")
    await world.settled()
    assert sum(ASKED in one for one in await world.said_to(world.ann)) == 1

    await world.presses(world.ann, asked, "sunflower")

    await world.hears(world.ann, "I call 2 photos sunflower now, not sunflwoer (3 photos of it now).")
    assert world.counts() == {"sunflower": 3}
    assert (await world.ann.refreshed(asked)).buttons == []


async def test_what_somebody_else_calls_so_stays(world: World) -> None:
    asked = await slip(world)
    await world.teach(world.bo, "leaf", 1, label="sunflwoer", first=70)

    await world.presses(world.ann, asked, "sunflower")

    await world.hears(world.ann, "Changed from sunflwoer to sunflower (2 photos now).")
    assert world.counts() == {"sunflower": 2, "sunflwoer": 1}


async def test_a_name_that_is_kept_is_not_asked_about_again(world: World) -> None:
    asked = await slip(world)

    await world.presses(world.ann, asked, "Keep")
    await world.hears(world.ann, "Good: sunflwoer is a name of its own.")
    await world.teach(world.ann, "leaf", 2, label="sunflwoer", first=60)

    assert world.counts() == {"sunflower": 1, "sunflwoer": 3}
    assert not [one for one in await world.said_to(world.ann) if ASKED in one]


async def test_a_plural_is_asked_about_and_a_spelling_is_not(world: World) -> None:
    await world.teach(world.ann, "leaf", 1, label="daisy")
    await world.teach(world.ann, "leaf", 1, label=" DAISY. ", first=5)
    assert not [one for one in await world.said_to(world.ann) if "Did you mean" in one]

    await world.teach(world.ann, "leaf", 1, label="daisies", first=9)

    await world.hears(world.ann, "daisies is new to me. Did you mean daisy?")


async def test_a_corrected_answer_is_asked_about_too(world: World) -> None:
    await world.knows_apples_and_leaves()
    await world.teach(world.ann, "leaf", 1, label="clover")
    await world.ann.send_photo(picture("leaf", 7))
    answer = await world.hears(world.ann, "I think this is")

    await world.ann.reply(answer, "clovre")

    asked = await world.hears(world.ann, "clovre is new to me. Did you mean clover?")
    await world.presses(world.ann, asked, "clover")
    await world.hears(world.ann, "Changed from clovre to clover (2 photos now).")


async def test_names_are_shown_and_never_markup(world: World) -> None:
    await world.teach(world.ann, "leaf", 1, label="<b>rowan</b> & co")
    await world.ann.send_photo(picture("leaf", 50), caption="<b>rowann</b> & co")

    await world.hears(world.ann, "<b>rowann</b> & co is new to me. Did you mean <b>rowan</b> & co?")


async def test_pressed_again_or_below_another_message_it_does_nothing(world: World) -> None:
    asked = await slip(world)
    data = asked.raw["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    other = await world.hears(world.ann, "Learned: sunflower, 1 photo now.")
    push_press(world, world.ann, other, data)
    push_press(world, world.bo, asked, data)
    await world.settled()
    assert world.counts() == {"sunflower": 1, "sunflwoer": 1}

    for _ in range(3):
        push_press(world, world.ann, asked, data)
    await world.settled()

    assert world.counts() == {"sunflower": 2}
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    assert len(world.look(lambda unit: unit.votes.of_person(ann.id))) == 3


async def test_a_signed_press_cannot_move_what_is_not_hers(world: World) -> None:
    asked = await slip(world)
    await world.teach(world.bo, "apple", 1)
    bo = world.look(lambda unit: unit.people.by_telegram_id(world.bo.id))
    photo = world.look(lambda unit: unit.photos.of_person(bo.id))[0]
    label = world.look(lambda unit: unit.labels.find(1, "sunflower"))

    for thing in (photo.id, 10**9):
        press = Press("m", thing, label.id)
        push_press(
            world, world.ann, asked,
            world.service.services.signer.sign(press, chat_id=world.ann.id, person_id=world.ann.id, now=utc_now()),
        )  # fmt: skip
    await world.settled()

    assert world.counts() == {"apple": 1, "sunflower": 1, "sunflwoer": 1}
