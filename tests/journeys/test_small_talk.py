"""Journey: people answer the bot in words that judge or thank, and are no names."""

from __future__ import annotations

import pytest

from tests.journeys.test_corrections import answer, votes
from tests.support.bots import Message, World, picture

__all__ = ["answer"]


@pytest.mark.parametrize("word", ["yes", "Right!"])
async def test_yes_is_as_good_as_pressing_right(world: World, answer: Message, word: str) -> None:
    await world.ann.reply(answer, word)

    await world.hears(world.ann, "leaf: right, thank you.", after=answer)
    await world.settled()
    assert votes(world) == ["leaf"]
    assert (await world.ann.refreshed(answer)).buttons == []
    assert set(world.counts()) == {"apple", "leaf"}


@pytest.mark.parametrize("word", ["no", "Wrong."])
async def test_no_is_as_good_as_pressing_wrong(world: World, answer: Message, word: str) -> None:
    await world.ann.reply(answer, word)

    await world.hears(world.ann, "So not leaf. What is it?")
    await world.presses(world.ann, answer, "apple")
    await world.settled()
    assert votes(world) == ["apple"]
    assert set(world.counts()) == {"apple", "leaf"}


@pytest.mark.parametrize("word", ["thanks", "OK", "?"])
async def test_thanks_are_no_lesson(world: World, answer: Message, word: str) -> None:
    await world.ann.reply(answer, word)

    await world.hears(world.ann, "To correct me, reply to my answer with the name")
    assert votes(world) == []
    assert set(world.counts()) == {"apple", "leaf"}


async def test_yes_after_a_correction_does_not_bring_the_wrong_answer_back(world: World, answer: Message) -> None:
    await world.ann.reply(answer, "clover")
    await world.hears(world.ann, "Thanks: this is clover.")

    await world.ann.reply(answer, "yes")

    await world.hears(world.ann, "To correct me")
    assert votes(world) == ["clover"]


async def test_where_ok_is_taught_it_is_a_name(world: World, answer: Message) -> None:
    await world.teach(world.bo, "lemon", 1, label="OK")

    await world.ann.reply(answer, "ok")

    await world.hears(world.ann, "Thanks: this is OK.")
    assert votes(world) == ["OK"]


async def test_no_from_somebody_else_leaves_the_buttons_to_the_one_who_asked(world: World) -> None:
    await world.knows_apples_and_leaves()
    group = await world.group()
    await world.ann.send_photo(picture("leaf", 7), caption=world.mention, chat=group)
    answer = await world.hears(world.ann, "I think this is leaf", chat=group)

    await world.bo.reply(answer, "no")
    asked = await world.hears(world.bo, "Type the name", chat=group)
    assert (await world.ann.refreshed(answer)).buttons == ["👍 Right", "👎 Wrong", "💡 Why?"]
    await world.bo.reply(asked, "clover")

    await world.hears(world.bo, "Thanks: this is clover.", chat=group)
