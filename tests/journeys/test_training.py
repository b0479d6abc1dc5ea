"""Journey: the trainer makes a network, and those who wait for it are told."""

from __future__ import annotations

from tests.support.bots import World, picture


async def test_the_first_network_is_told_to_everybody_who_taught(world: World) -> None:
    await world.teach(world.ann, "apple", 3)
    await world.teach(world.bo, "leaf", 3)

    assert await world.train() == 1

    for person in (world.ann, world.bo):
        await world.hears(
            person, "I can answer now! This is network 1: wrong on", "photos that it had not learned from"
        )


async def test_a_later_network_is_no_news_to_those_who_did_not_ask(world: World) -> None:
    await world.knows_apples_and_leaves()
    before = await world.said_to(world.ann)
    await world.teach(world.bo, "lemon", 3)

    assert await world.train() == 2

    assert await world.said_to(world.ann) == before


async def test_train_with_too_little_says_what_is_missing(world: World) -> None:
    await world.teach(world.ann, "apple", 1)

    await world.ann.send_text("/train")

    await world.hears(world.ann, "There is not enough to learn from yet.", "1 more of apple")


async def test_train_without_a_trainer_says_who_can_start_it(world: World) -> None:
    await world.teach(world.ann, "apple", 2)
    await world.teach(world.ann, "leaf", 2)

    await world.ann.send_text("/train")

    await world.hears(world.ann, "my trainer is not running", "pupil trainer")


async def test_who_asked_is_told_how_it_went(world: World) -> None:
    await world.knows_apples_and_leaves()
    await world.teach(world.bo, "lemon", 3)
    await world.ann.send_text("/train")
    await world.settled()

    await world.train()

    await world.hears(world.ann, "Trained: network 2 answers now")


async def test_everybody_who_asked_for_one_training_is_told(world: World) -> None:
    await world.knows_apples_and_leaves()
    await world.teach(world.owner, "lemon", 3)
    for person in (world.ann, world.bo):
        await person.send_text("/train")
    await world.settled()

    await world.train()

    for person in (world.ann, world.bo):
        assert [one for one in await world.said_to(person) if one.startswith("Trained: network 2 answers now")]


async def test_asked_without_new_lessons_it_says_so(world: World) -> None:
    await world.knows_apples_and_leaves()
    await world.ann.send_text("/train")
    await world.settled()

    assert await world.train() == 1

    await world.hears(world.ann, "Nothing new to learn since network 1")


async def test_lessons_taken_back_before_the_training_began_are_no_failure(world: World) -> None:
    await world.teach(world.ann, "apple", 2)
    await world.teach(world.ann, "leaf", 2)
    await world.ann.send_text("/train")
    await world.ann.send_text("/undo")
    await world.settled()

    assert await world.train() is None

    last = (await world.said_to(world.ann))[-1]
    assert "There is not enough to learn from yet. Before I can answer I need 1 more of leaf." in last


async def test_a_restart_tells_nothing_twice(world: World) -> None:
    await world.knows_apples_and_leaves()
    said = await world.said_to(world.ann)

    await world.stop_bot()
    await world.start_bot()
    await world.until(lambda: world.service.network_number == 1, "the network answers again")

    assert await world.said_to(world.ann) == said


async def test_a_restart_after_weeks_does_not_tell_old_news(world: World) -> None:
    await world.knows_apples_and_leaves()
    said = await world.said_to(world.ann)
    await world.stop_bot()
    world.time.advance(days=8)
    with world.store.write() as unit:
        unit.outbox.forget_before(unit.now)

    await world.start_bot()
    await world.until(lambda: world.service.network_number == 1, "the network answers again")

    assert await world.said_to(world.ann) == said


async def test_killed_in_the_middle_the_bot_goes_on_where_it_was(world: World) -> None:
    """The short form; tests/chaos kills processes for real."""
    await world.knows_apples_and_leaves()
    for round_ in range(3):
        await world.ann.send_photo(picture("apple", 10 + round_), caption="apple")
        question = await world.bo.send_photo(picture("leaf", 10 + round_))
        await world.stop_bot()
        await world.start_bot()
        await world.hears(world.bo, "I think this is leaf", after=question)

    await world.settled()
    assert world.counts() == {"apple": 7, "leaf": 4}
    said = await world.said_to(world.bo)
    assert len([one for one in said if one.startswith("I think")]) == 3
    assert not [one for one in said if "can't answer" in one]
