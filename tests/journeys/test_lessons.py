"""Journey: a photo with its name as caption is a lesson."""

from __future__ import annotations

from tests.support.bots import World, picture


async def test_the_first_lesson_is_counted_and_says_what_is_missing(world: World) -> None:
    lesson = await world.ann.send_photo(picture("apple"), caption="apple")

    answer = await world.hears(world.ann, "Learned: apple, 1 photo now.")
    assert answer.reply_to == lesson.id
    assert "Before I can answer I need 1 more of apple and 2 photos of 1 other thing." in answer.text
    assert (await world.ann.refreshed(lesson)).reactions == ["👍"]


async def test_a_question_is_answered_by_the_network_that_was_taught(world: World) -> None:
    await world.knows_apples_and_leaves()

    await world.ann.send_photo(picture("apple", 7))

    print(await world.said_to(world.ann))
    answer = await world.hears(world.ann, "Network 1.")
    print(answer.text, answer.buttons)
