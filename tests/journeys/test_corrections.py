"""Journey: one tap says “wrong”, one more says what it is, and the next network tells what became of it."""

from __future__ import annotations

import pytest_asyncio

from storage import Verdict
from tests.support.bots import Message, World, picture


@pytest_asyncio.fixture
async def answer(world: World) -> Message:
    """An answer to Ann about a leaf."""
    await world.knows_apples_and_leaves()
    await world.ann.send_photo(picture("leaf", 7))
    return await world.hears(world.ann, "I think this is leaf")


def votes(world: World) -> list[str]:
    """What Ann has said of the photo of her last question."""
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    photo = world.look(lambda unit: unit.photos.of_person(ann.id))[-1]
    live = world.look(lambda unit: unit.votes.live_of(photo.id, ann.id))
    if live is None:
        return []
    return [world.look(lambda unit: unit.labels.get(live.label_id)).name if live.label_id else live.kind.value]


async def test_right_makes_the_photo_one_more_lesson(world: World, answer: Message) -> None:
    toast = await world.presses(world.ann, answer, "Right")

    await world.hears(world.ann, "leaf: right, thank you.")
    assert toast == "Thank you!"
    assert votes(world) == ["leaf"]
    assert (await world.ann.refreshed(answer)).buttons == []


async def test_wrong_offers_the_likely_labels_and_the_ways_out(world: World, answer: Message) -> None:
    await world.presses(world.ann, answer, "Wrong")

    await world.hears(world.ann, "So not leaf. What is it?")
    buttons = (await world.ann.refreshed(answer)).buttons
    assert buttons == ["apple", "✏️ Another label", "🚫 None of these", "↩️ Back"]
    assert votes(world) == []


async def test_a_likely_label_corrects_and_the_next_network_tells_what_became_of_it(
    world: World, answer: Message
) -> None:
    await world.presses(world.ann, answer, "Wrong")
    await world.hears(world.ann, "What is it?")
    await world.presses(world.ann, answer, "apple")
    await world.hears(world.ann, "Thanks: this is apple.")

    assert await world.train() == 2

    said = await world.said_to(world.ann)
    assert votes(world) == ["apple"]
    assert "network 2" in said[-1].lower()
    assert "apple" in said[-1]


async def test_another_label_is_typed_and_may_be_new(world: World, answer: Message) -> None:
    await world.presses(world.ann, answer, "Wrong")
    await world.hears(world.ann, "What is it?")
    await world.presses(world.ann, answer, "Another label")
    await world.hears(world.ann, "Type the name")

    await world.ann.send_text("clover")

    await world.hears(world.ann, "Thanks: this is clover.")
    await world.settled()
    assert votes(world) == ["clover"]
    assert (await world.ann.refreshed(answer)).buttons == []


async def test_a_correction_that_was_taken_back_brings_no_news(world: World, answer: Message) -> None:
    await world.ann.reply(answer, "clover")
    await world.hears(world.ann, "Thanks: this is clover.")
    await world.ann.send_text("/undo")
    await world.hears(world.ann, "Taken back")
    await world.teach(world.bo, "lemon", 3)

    assert await world.train() == 2

    assert "Taken back" in (await world.said_to(world.ann))[-1]


async def test_typing_what_was_guessed_is_agreement_and_promises_nothing(world: World, answer: Message) -> None:
    await world.presses(world.ann, answer, "Wrong")
    await world.hears(world.ann, "What is it?")

    await world.ann.reply(answer, "Leaf")

    said = await world.hears(world.ann, "leaf: right, thank you.")
    assert "will tell you" not in said.text
    assert votes(world) == ["leaf"]


async def test_right_on_a_photo_that_others_name_differently_says_that_it_is_left_out(world: World) -> None:
    await world.knows_apples_and_leaves()
    group = await world.group()
    question = await world.ann.send_photo(picture("leaf", 7), caption=world.mention, chat=group)
    answer = await world.hears(world.ann, "I think this is leaf", chat=group)
    await world.bo.send_text(f"{world.mention} clover", chat=group, reply_to=question)
    await world.settled()

    await world.presses(world.ann, answer, "Right")

    said = await world.hears(world.ann, "leaf: right, thank you.", "I leave it out", chat=group)
    assert "one more lesson" not in said.text


async def test_none_of_these_leaves_the_photo_out(world: World, answer: Message) -> None:
    await world.presses(world.ann, answer, "Wrong")
    await world.hears(world.ann, "What is it?")

    await world.presses(world.ann, answer, "None of these")

    await world.hears(world.ann, "none of my labels. I leave this photo out")
    assert votes(world) == ["none"]


async def test_back_shows_the_answer_again(world: World, answer: Message) -> None:
    await world.presses(world.ann, answer, "Wrong")
    await world.hears(world.ann, "What is it?")

    await world.presses(world.ann, answer, "Back")

    again = await world.hears(world.ann, "I think this is leaf")
    assert (again.text, again.buttons) == (answer.text, answer.buttons)


async def test_a_button_pressed_after_asking_for_the_name_ends_the_asking(world: World, answer: Message) -> None:
    await world.presses(world.ann, answer, "Wrong")
    await world.hears(world.ann, "What is it?")
    await world.presses(world.ann, answer, "Another label")
    await world.hears(world.ann, "Type the name")
    await world.presses(world.ann, answer, "apple")
    await world.hears(world.ann, "Thanks: this is apple.")

    await world.ann.send_text("thanks!")

    await world.hears(world.ann, "I only understand photos and commands.")
    assert votes(world) == ["apple"]
    assert "thanks!" not in world.counts()


async def test_what_one_replies_to_outranks_what_was_asked_for(world: World, answer: Message) -> None:
    await world.presses(world.ann, answer, "Wrong")
    await world.hears(world.ann, "What is it?")
    await world.presses(world.ann, answer, "Another label")
    prompt = await world.hears(world.ann, "Type the name")
    await world.ann.send_photo(picture("apple", 8))
    other = await world.hears(world.ann, "I think this is apple", after=prompt)

    await world.ann.reply(other, "cherry")
    await world.hears(world.ann, "Thanks: this is cherry.")

    assert votes(world) == ["cherry"]
    await world.ann.send_text("clover")
    await world.hears(world.ann, "Thanks: this is clover.")
    assert {"cherry", "clover"} <= set(world.counts())


async def test_a_second_press_changes_the_flag_and_never_makes_two(world: World, answer: Message) -> None:
    await world.presses(world.ann, answer, "Wrong")
    await world.hears(world.ann, "What is it?")
    await world.presses(world.ann, answer, "Back")
    await world.hears(world.ann, "I think this is leaf")
    await world.presses(world.ann, answer, "Right")
    await world.settled()

    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    flags = world.look(lambda unit: unit.predictions.flags_of_person(ann.id))
    assert [one.verdict for one in flags] == [Verdict.RIGHT]


async def test_a_chat_that_does_not_want_to_hear_is_not_promised_it_and_not_told(world: World, answer: Message) -> None:
    await world.ann.send_text("/settings")
    settings = await world.hears(world.ann, "How I behave in this chat")
    await world.presses(world.ann, settings, "Tell people")
    await world.settled()
    await world.ann.reply(answer, "clover")
    thanks = await world.hears(world.ann, "Thanks: this is clover.")

    await world.teach(world.bo, "lemon", 3, label="clover")
    await world.train()

    said = await world.said_to(world.ann)
    assert "will tell you" not in thanks.text
    assert not [one for one in said if "Learned from you" in one or "has learned from your correction" in one]
