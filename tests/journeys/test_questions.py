"""Journey: a photo without a caption is a question."""

from __future__ import annotations

from tests.support.bots import World, picture
from tests.support.networks import trainer_running


async def test_before_anything_was_taught_the_answer_says_what_is_missing(world: World) -> None:
    question = await world.ann.send_photo(picture("apple"))

    answer = await world.hears(
        world.ann, "I can't answer yet.", "Before I can answer I need 2 photos each of 2 things."
    )
    assert answer.reply_to == question.id
    assert answer.buttons == []


async def test_a_caption_that_only_asks_is_no_name(world: World) -> None:
    await world.ann.send_photo(picture("apple"), caption="what is this?")

    await world.hears(world.ann, "I can't answer yet.")
    assert world.counts() == {}


async def test_a_question_that_came_too_early_is_answered_by_the_first_network(world: World) -> None:
    question = await world.bo.send_photo(picture("apple", 50))
    await world.hears(world.bo, "I can't answer yet.")

    await world.knows_apples_and_leaves(world.ann)

    answer = await world.hears(world.bo, "I think this is apple")
    assert answer.reply_to == question.id
    assert answer.buttons == ["👍 Right", "👎 Wrong", "💡 Why?"]


async def test_while_the_trainer_learns_the_question_is_promised_an_answer_and_gets_it(world: World) -> None:
    async with trainer_running(world.store):
        await world.until(
            lambda: world.look(lambda unit: unit.heartbeats.of("trainer")), "the trainer says that it is there"
        )
        await world.teach(world.ann, "apple", 2)
        await world.ann.send_photo(picture("leaf", 0), caption="leaf")
        await world.ann.send_photo(picture("leaf", 1), caption="leaf")
        await world.ann.send_photo(picture("leaf", 9))
        await world.hears(world.ann, "I think this is leaf", "Network 1.")

    said = await world.said_to(world.ann)
    assert any("I can answer now! This is network 1" in one for one in said)


async def test_an_answer_says_what_how_sure_and_which_network(world: World) -> None:
    await world.knows_apples_and_leaves()

    question = await world.ann.send_photo(picture("leaf", 7))

    answer = await world.hears(world.ann, "I think this is leaf")
    assert answer.reply_to == question.id
    assert "%)" in answer.text
    assert "Network 1." in answer.text
    assert answer.buttons == ["👍 Right", "👎 Wrong", "💡 Why?"]


async def test_a_photo_sent_as_a_file_is_a_photo(world: World) -> None:
    await world.knows_apples_and_leaves()

    await world.ann.send_document(picture("leaf", 7, kind="PNG"), name="leaf.png")

    await world.hears(world.ann, "I think this is leaf")


async def test_what_the_network_does_not_know_it_asks_about(world: World) -> None:
    await world.knows_apples_and_leaves()
    strange = await world.ann.send_photo(picture("sky", 1))
    await world.settled()
    answer = (await world.ann.history())[-1]

    if "I don't know this one" in answer.text:
        assert "What is it?" in answer.text
        assert "✏️ Another label" in answer.buttons
        assert "↩️ Back" not in answer.buttons
    await world.ann.reply(answer, "sky")
    await world.hears(world.ann, "this is sky", after=strange)
    assert world.counts()["sky"] == 1


async def test_two_people_are_answered_each_in_their_chat(world: World) -> None:
    await world.knows_apples_and_leaves()

    await world.ann.send_photo(picture("leaf", 7))
    await world.bo.send_photo(picture("apple", 7))

    await world.hears(world.ann, "I think this is leaf")
    await world.hears(world.bo, "I think this is apple")


async def test_details_can_be_turned_off(world: World) -> None:
    await world.knows_apples_and_leaves()
    await world.ann.send_text("/settings")
    settings = await world.hears(world.ann, "How I behave in this chat")
    await world.presses(world.ann, settings, "Show other guesses")
    await world.settled()

    await world.ann.send_photo(picture("leaf", 7))

    answer = await world.hears(world.ann, "I think this is leaf")
    assert "Network" not in answer.text
