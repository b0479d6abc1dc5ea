"""Callback data is public: whatever is sent to the bot as a press, only genuine buttons do anything."""

from __future__ import annotations

import secrets
from typing import Any

from bot.buttons import Press
from storage import utc_now
from tests.bot.test_buttons import forgeries
from tests.support.bots import Message, Person, World, picture

Facts = tuple[Any, ...]


def push_press(world: World, person: Person, message: Message, data: str, *, chat: int | None = None) -> str:
    """What Telegram would send if this data were pressed below a message, whoever made it."""
    query_id = str(secrets.randbits(62))
    where = {"id": person.id, "type": "private", "first_name": person.name} if chat is None else {
        "id": chat, "type": "supergroup", "title": "Elsewhere",
    }  # fmt: skip
    told = {key: value for key, value in message.raw.items() if key != "reply_to_message"} | {"chat": where}
    sender = {"id": person.id, "is_bot": False, "first_name": person.name}
    body = {"id": query_id, "from": sender, "message": told, "chat_instance": "1", "data": data}
    world.playground.updates.push("callback_query", body)
    return query_id


def facts(world: World) -> Facts:
    """All that a press could change."""
    with world.store.read() as unit:
        person = unit.people.by_telegram_id(world.ann.id)
        assert person is not None
        chat = unit.chats.by_telegram_id(world.ann.id)
        votes, flags = unit.votes.of_person(person.id), unit.predictions.flags_of_person(person.id)
        return (votes, flags, chat.settings if chat else None, unit.photos.of_person(person.id), world.counts())


async def answer_to_ann(world: World, seed: int = 7) -> Message:
    sent = await world.ann.send_photo(picture("leaf", seed))
    answer = await world.hears(world.ann, "I think this is leaf", after=sent)
    await world.settled()
    return answer


def prediction_of(world: World, message: Message) -> int:
    bot_id = world.service.app.bot.id
    key = world.look(lambda unit: unit.outbox.dedupe_of(bot_id, world.ann.id, message.id))
    return int(key.removeprefix("answer:"))


async def test_of_hundreds_of_forged_presses_none_has_an_effect(world: World) -> None:
    await world.knows_apples_and_leaves()
    answer = await answer_to_ann(world)
    before = facts(world)

    forged = forgeries(300, seed=2)
    for data in forged:
        push_press(world, world.ann, answer, data)
    await world.settled()

    assert facts(world) == before
    answered = world.playground.faults.calls_of("answerCallbackQuery")
    assert len(answered) >= len(forged)
    assert (await world.ann.refreshed(answer)).buttons == ["👍 Right", "👎 Wrong", "💡 Why?"]


async def test_a_genuine_button_below_another_message_has_no_effect(world: World) -> None:
    await world.knows_apples_and_leaves()
    first, second = await answer_to_ann(world, 7), await answer_to_ann(world, 8)
    before = facts(world)

    data = first.raw["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    push_press(world, world.ann, second, data)
    await world.settled()

    assert facts(world) == before


async def test_a_genuine_button_in_another_chat_or_by_another_person_has_no_effect(world: World) -> None:
    await world.knows_apples_and_leaves()
    answer = await answer_to_ann(world)
    before = facts(world)

    data = answer.raw["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    push_press(world, world.ann, answer, data, chat=-1_001_234)
    push_press(world, world.bo, answer, data)
    await world.settled()

    assert facts(world) == before


async def test_a_signed_button_for_what_is_not_there_says_so_and_changes_nothing(world: World) -> None:
    await world.knows_apples_and_leaves()
    answer = await answer_to_ann(world)
    before = facts(world)
    signer, known = world.service.services.signer, prediction_of(world, answer)
    presses = [Press(action, 10**9) for action in "rwbpon"] + [Press("p", known, 10**9), Press("t", 99)]

    for press in presses:
        data = signer.sign(press, chat_id=world.ann.id, person_id=world.ann.id, now=utc_now())
        push_press(world, world.ann, answer, data)
    await world.settled()

    assert facts(world) == before


async def test_every_genuine_press_is_accepted_and_a_replayed_one_counts_once(world: World) -> None:
    await world.knows_apples_and_leaves()
    answers = [await answer_to_ann(world, seed) for seed in range(10, 20)]

    for answer in answers:
        data = answer.raw["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        for _ in range(3):
            push_press(world, world.ann, answer, data)
    await world.settled()

    assert world.counts()["leaf"] == 4 + len(answers)
    assert len(facts(world)[1]) == len(answers)


async def test_a_button_of_a_deleted_photo_says_that_it_was_deleted(world: World) -> None:
    await world.knows_apples_and_leaves(world.bo)
    answer = await answer_to_ann(world)
    await world.ann.send_text("/mydata")
    mine = await world.hears(world.ann, "Of you I keep 1 photo")
    await world.presses(world.ann, mine, "Delete all of it")
    await world.hears(world.ann, "for good?")
    assert await world.presses(world.ann, mine, "Delete for good") == "Deleted."

    toast = await world.presses(world.ann, answer, "Right")

    assert "That photo was deleted" in toast
    assert world.counts() == {"apple": 4, "leaf": 4}


async def test_a_press_below_a_message_that_is_too_old_to_be_shown_changes_it_all_the_same(world: World) -> None:
    await world.knows_apples_and_leaves()
    answer = await answer_to_ann(world)
    data = answer.raw["reply_markup"]["inline_keyboard"][0][1]["callback_data"]
    left = {"chat": answer.raw["chat"], "message_id": answer.id, "date": 0}

    world.playground.updates.push("callback_query", {
        "id": "77", "from": {"id": world.ann.id, "is_bot": False, "first_name": "Ann"}, "message": left,
        "chat_instance": "1", "data": data,
    })  # fmt: skip
    await world.settled()

    assert "What is it?" in (await world.ann.refreshed(answer)).text


async def test_a_press_below_a_message_that_was_deleted_meanwhile_still_counts(world: World) -> None:
    await world.knows_apples_and_leaves()
    answer = await answer_to_ann(world)
    data = answer.raw["reply_markup"]["inline_keyboard"][0][0]["callback_data"]

    await world.ann.delete(answer)
    push_press(world, world.ann, answer, data)
    await world.settled()

    assert world.counts()["leaf"] == 5
