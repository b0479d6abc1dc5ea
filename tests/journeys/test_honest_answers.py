"""Journey: answers that remember, that say what they do not know, and that show why."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from storage import Role
from tests.support.bots import World, picture
from tests.support.networks import trainer_running


def drawn(seed: int, *, side: int = 96, quality: int = 90) -> bytes:
    """A picture with shapes of its own, as photos have them; the same seed at another size is the same photo."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=quality)
    return stream.getvalue()


async def test_the_same_photo_is_answered_with_what_people_called_it(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    first = await world.ann.send_photo(picture("apple", 60), caption="leaf")
    await world.hears(world.ann, "Learned: leaf", after=first)

    question = await world.ann.send_photo(picture("apple", 60))
    answer = await world.hears(world.ann, "You called this photo leaf before.", after=question)

    assert "By itself, network" in answer.text
    assert answer.buttons == ["👍 Right", "👎 Wrong", "💡 Why?"]
    await world.presses(world.ann, answer, "👎 Wrong")
    await world.hears(world.ann, "So not leaf. What is it?")


async def test_nobody_hears_in_another_chat_who_taught_a_photo(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    first = await world.ann.send_photo(picture("apple", 60), caption="leaf")
    await world.hears(world.ann, "Learned: leaf", after=first)

    question = await world.bo.send_photo(picture("apple", 60))
    await world.hears(world.bo, "Somebody called this photo leaf before.", after=question)

    await world.ann.send_text("/settings")
    settings = await world.hears(world.ann, "How I behave in this chat")
    await world.presses(world.ann, settings, "Show others my photos")
    await world.settled()
    question = await world.bo.send_photo(picture("apple", 60))
    await world.hears(world.bo, "Ann called this photo leaf before.", after=question)


async def test_a_copy_at_another_size_is_the_same_photo(world: World) -> None:
    async with trainer_running(world.store):
        for seed in range(6):
            await world.ann.send_photo(drawn(seed), caption="leaf" if seed % 2 else "apple")
        await world.hears(world.ann, "I can answer now!")
        await world.settled()

        question = await world.ann.send_photo(drawn(1, side=150, quality=60))
        await world.hears(world.ann, "You called nearly this photo leaf before.", after=question)
        other = await world.ann.send_photo(drawn(77))
        await world.hears(world.ann, "Network", after=other)

    assert "nearly this photo" not in (await world.said_to(world.ann))[-1]


async def test_one_picture_with_two_names_teaches_neither_and_that_is_said(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    first = await world.ann.send_photo(picture("apple", 60), caption="leaf")
    await world.hears(world.ann, "Learned: leaf", after=first)

    second = await world.bo.send_photo(picture("apple", 60), caption="apple")
    await world.hears(world.bo, "this very picture was taught as leaf before", after=second)
    question = await world.ann.send_photo(picture("apple", 60))
    answer = await world.hears(world.ann, "Network", after=question)

    assert "before" not in answer.text


async def test_what_is_unlike_everything_taught_is_not_named(world: World) -> None:
    async with trainer_running(world.store):
        for seed in range(12):
            await world.ann.send_photo(picture("leaf", seed), caption="leaf")
            await world.ann.send_photo(picture("apple", seed), caption="apple")
        await world.hears(world.ann, "I can answer now!")
        await world.until(lambda: learned(world) == 24, "all lessons are learned")
        await world.settled()

        known = await world.ann.send_photo(picture("leaf", 90))
        await world.hears(world.ann, "leaf", "Network", after=known)
        strange = await world.ann.send_photo(drawn(5))
        answer = await world.hears(world.ann, "I don't know this one.", after=strange)

    assert "What is it?" in answer.text
    assert "✏️ Another label" in answer.buttons


async def test_why_shows_the_photo_lit_and_the_photos_most_alike(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    question = await world.ann.send_photo(picture("leaf", 7))
    answer = await world.hears(world.ann, "I think this is leaf", after=question)

    await world.presses(world.ann, answer, "💡 Why?")

    told = await world.hears(world.ann, "Most alike of what I was taught: leaf (by you)", after=answer)
    assert "What speaks for leaf is lit" in told.text
    assert told.reply_to == question.id
    assert told.raw["photo"]
    assert (await world.ann.refreshed(answer)).buttons == answer.buttons


async def test_why_shows_nobody_the_photos_of_other_chats(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    await world.bo.send_photo(picture("leaf", 7))
    answer = await world.hears(world.bo, "I think this is leaf")

    await world.presses(world.bo, answer, "💡 Why?")

    told = await world.hears(world.bo, "leaf (by somebody)", after=answer)
    assert "Grey: a photo that its sender shows in no other chat." in told.text


async def test_a_new_network_that_sees_a_question_otherwise_says_so_once_and_quietly(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    question = await world.bo.send_photo(picture("sky", 60))
    first = await world.hears(world.bo, "Network 1.", after=question)

    await world.teach(world.ann, "sky", 8)
    assert await world.train() == 2
    told = await world.hears(world.bo, "but I have learned since", "sky", "Network 2.", after=first)

    assert told.reply_to == question.id
    (sent,) = world.playground.faults.calls_of("sendMessage", lambda call: "learned since" in call.values["text"])
    assert sent.values["disable_notification"].lower() == "true"
    assert "👍 Right" in told.buttons
    await world.teach(world.ann, "lemon", 4)
    assert await world.train() == 3
    assert sum("learned since" in one for one in await world.said_to(world.bo)) == 1
    assert not any("learned since" in one for one in await world.said_to(world.ann))


async def test_who_does_not_want_to_hear_of_changes_does_not(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    await world.bo.send_text("/settings")
    settings = await world.hears(world.bo, "How I behave in this chat")
    await world.presses(world.bo, settings, "Say when a new network changes its mind")
    question = await world.bo.send_photo(picture("sky", 60))
    await world.hears(world.bo, "Network 1.", after=question)

    await world.teach(world.ann, "sky", 8)
    await world.train()

    assert not any("learned since" in one for one in await world.said_to(world.bo))


async def test_a_question_that_was_judged_is_not_asked_again(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    await world.bo.send_photo(picture("sky", 60))
    answer = await world.hears(world.bo, "Network 1.")
    if "👍 Right" in answer.buttons:
        await world.presses(world.bo, answer, "👎 Wrong")
    await world.presses(world.bo, await world.bo.refreshed(answer), "🚫 None of these")

    await world.teach(world.ann, "sky", 8)
    await world.train()

    assert not any("learned since" in one for one in await world.said_to(world.bo))


def learned(world: World) -> int:
    """How many photos the network that answers has learned."""
    active = world.look(lambda unit: unit.networks.active(unit.classifiers.default().id))
    return active.photos if active else 0


async def test_who_corrects_her_own_word_for_a_picture_takes_it_back_in_both_photos(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    first = await world.ann.send_photo(picture("apple", 60), caption="leaf")
    await world.hears(world.ann, "Learned: leaf", after=first)
    question = await world.ann.send_photo(picture("apple", 60))
    answer = await world.hears(world.ann, "You called this photo leaf before.", after=question)

    await world.presses(world.ann, answer, "👎 Wrong")
    await world.settled()
    await world.presses(world.ann, await world.ann.refreshed(answer), "apple")
    await world.settled()

    assert "this is apple" in (await world.ann.refreshed(answer)).text
    assert world.counts() == {"apple": 6, "leaf": 4}
    again = await world.ann.send_photo(picture("apple", 60))
    await world.hears(world.ann, "You called this photo apple before.", after=again)


async def test_who_contradicts_somebody_else_is_told_that_neither_is_learned(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    first = await world.ann.send_photo(picture("apple", 60), caption="leaf")
    await world.hears(world.ann, "Learned: leaf", after=first)
    question = await world.bo.send_photo(picture("apple", 60))
    answer = await world.hears(world.bo, "Somebody called this photo leaf before.", after=question)

    await world.presses(world.bo, answer, "👎 Wrong")
    await world.settled()
    toast = await world.presses(world.bo, await world.bo.refreshed(answer), "apple")
    await world.settled()

    said = (await world.bo.refreshed(answer)).text
    assert "this very picture was taught as leaf before" in said
    assert "learning it now" not in said
    assert toast == "Thank you!"


async def test_a_confirmed_question_is_remembered_as_any_lesson(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    question = await world.ann.send_photo(picture("leaf", 70))
    answer = await world.hears(world.ann, "I think this is leaf", after=question)
    await world.presses(world.ann, answer, "👍 Right")

    again = await world.ann.send_photo(picture("leaf", 70))
    await world.hears(world.ann, "You called this photo leaf before.", after=again)


async def test_a_group_sees_nobodys_private_photos_and_does_not_hear_of_them(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    group = await world.group()
    await world.ann.send_photo(picture("leaf", 7), caption=world.mention, chat=group)
    answer = await world.hears(world.ann, "I think this is leaf", chat=group)

    await world.presses(world.ann, answer, "💡 Why?")

    told = await world.hears(world.ann, "Most alike", after=answer, chat=group)
    assert "by you" not in told.text
    assert "by Ann" not in told.text
    assert "Grey" in told.text


async def test_why_is_shown_once(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    question = await world.ann.send_photo(picture("leaf", 7))
    answer = await world.hears(world.ann, "I think this is leaf", after=question)
    await world.presses(world.ann, answer, "💡 Why?")
    await world.hears(world.ann, "Most alike", after=answer)

    assert "already" in await world.presses(world.ann, answer, "💡 Why?")
    await world.settled()
    assert sum("Most alike" in one for one in await world.said_to(world.ann)) == 1


async def test_a_person_is_not_flooded_with_changed_minds(world: World) -> None:
    await world.knows_apples_and_leaves(world.ann)
    for seed in range(60, 66):
        await world.bo.send_photo(picture("sky", seed))
    await world.settled()

    await world.teach(world.ann, "sky", 8)
    await world.train()
    await world.settled()

    assert 1 <= sum("learned since" in one for one in await world.said_to(world.bo)) <= 3


async def test_a_guest_rules_her_own_chat_but_not_a_group(world: World) -> None:
    world.give_role(world.bo, Role.GUEST)
    group = await world.group()
    await world.bo.send_text("/settings")
    own = await world.hears(world.bo, "How I behave in this chat")
    await world.bo.send_text(f"/settings{world.mention}", chat=group)
    ours = await world.hears(world.bo, "How I behave in this group", chat=group)

    assert await world.presses(world.bo, own, "Say when a new network changes its mind") == ""
    assert "people who may teach" in await world.presses(world.bo, ours, "Show other guesses")
    assert not any("changes its mind" in button for button in ours.buttons)
