"""Journey: reviewers rename, merge, describe and rest labels, by words and by buttons, and take all of it back."""

from __future__ import annotations

import pytest_asyncio

from bot.buttons import Press
from storage import Role, State, utc_now
from tests.bot.handlers.test_presses import push_press
from tests.support.bots import Message, World, picture


@pytest_asyncio.fixture
async def garden(world: World) -> World:
    """Ann reviews; there are four apples and four leaves, and a network that knows them."""
    world.give_role(world.ann, Role.REVIEWER)
    await world.knows_apples_and_leaves(world.bo)
    return world


def states(world: World) -> dict[State, int]:
    found: dict[State, int] = world.look(lambda unit: {state: unit.photos.count(1, state) for state in State})
    return {state: count for state, count in found.items() if count}


async def order(world: World, words: str, *said: str) -> Message:
    sent = await world.ann.send_text(f"/labels {words}")
    answer = await world.hears(world.ann, *said, after=sent)
    await world.settled()
    return answer


async def asks(world: World, thing: str, seed: int) -> str:
    """What the bot says of a photo that Bo asks about."""
    sent = await world.bo.send_photo(picture(thing, seed))
    return (await world.hears(world.bo, "I ", after=sent)).text


async def test_a_renamed_label_is_called_so_at_once_and_its_old_name_is_understood(garden: World) -> None:
    await order(garden, "rename leaf = Oak leaf", "leaf is called Oak leaf now, in my answers too (4 photos).")

    assert garden.counts() == {"apple": 4, "Oak leaf": 4}
    assert "I think this is Oak leaf" in await asks(garden, "leaf", 20)
    await garden.bo.send_photo(picture("leaf", 21), caption="LEAF")
    await garden.hears(garden.bo, "Learned: Oak leaf, 5 photos now.")
    await garden.hears(garden.bo, "leaf is called Oak leaf here by now, so I take it for that.")
    await garden.teach(garden.bo, "leaf", 1, label="leaf", first=22)
    assert sum("here by now" in one for one in await garden.said_to(garden.bo)) == 1
    assert garden.counts() == {"apple": 4, "Oak leaf": 6}


async def test_a_name_is_given_back_and_then_free_again(garden: World) -> None:
    renamed = await order(garden, "rename leaf to tree", "leaf is called tree now")

    await garden.presses(garden.ann, renamed, "Undo")

    await garden.hears(garden.ann, "Taken back. tree is called leaf now")
    assert garden.counts() == {"apple": 4, "leaf": 4}
    await garden.teach(garden.bo, "leaf", 1, label="tree", first=30)
    assert garden.counts() == {"apple": 4, "leaf": 4, "tree": 1}


async def test_a_merged_label_is_one_with_the_other_until_it_is_taken_back(garden: World) -> None:
    await garden.teach(garden.bo, "leaf", 2, label="leaves", first=40)

    merged = await order(garden, "merge leaves = leaf", "leaves is part of leaf now (6 photos).", "the next one learns")
    assert garden.counts() == {"apple": 4, "leaf": 6}
    await garden.teach(garden.bo, "leaf", 1, label="leaves", first=44)
    assert garden.counts() == {"apple": 4, "leaf": 7}

    await garden.presses(garden.ann, merged, "Undo")
    await garden.hears(garden.ann, "Taken back. leaves stands for itself again (2 photos).")
    assert garden.counts() == {"apple": 4, "leaf": 5, "leaves": 2}


async def test_an_old_network_says_todays_name_and_the_next_learns_one_label(garden: World) -> None:
    await garden.teach(garden.bo, "leaf", 4, label="fern", first=50)
    await garden.train()

    await order(garden, "merge leaf = fern", "leaf is part of fern now (8 photos).")

    said = await asks(garden, "leaf", 60)
    assert "fern" in said
    assert "leaf" not in said
    number = await garden.train()
    network = garden.look(lambda unit: unit.networks.active(1))
    assert network.number == number
    assert len(network.labels) == 2
    await order(garden, "undo", "Taken back. leaf stands for itself again (4 photos).")
    assert garden.counts() == {"apple": 4, "leaf": 4, "fern": 4}


async def test_a_dispute_between_two_names_ends_when_they_are_merged(garden: World) -> None:
    group = await garden.group()
    photo = await garden.ann.send_photo(picture("leaf", 70), caption=f"{garden.mention} leaf", chat=group)
    await garden.bo.send_text(f"{garden.mention} leaves", chat=group, reply_to=photo)
    await garden.settled()
    assert states(garden)[State.DISPUTED] == 1

    await order(garden, "merge leaves = leaf", "leaves is part of leaf now (5 photos).")
    assert State.DISPUTED not in states(garden)

    await order(garden, "undo", "leaves stands for itself again")
    assert states(garden)[State.DISPUTED] == 1


async def test_a_label_at_rest_is_neither_learned_nor_answered_and_comes_back(garden: World) -> None:
    await garden.teach(garden.bo, "lemon", 4)
    await garden.train()

    await order(garden, "retire leaf", "leaf rests now.", "the next network will not know it. Its 4 photos stay.")

    assert garden.counts() == {"apple": 4, "lemon": 4}
    assert states(garden) == {State.TAUGHT: 8, State.RETIRED: 4}
    assert "leaf" not in await asks(garden, "leaf", 80)
    await garden.bo.send_photo(picture("leaf", 81), caption="leaf")
    await garden.hears(garden.bo, "Noted: you say leaf. That label is at rest, so I don't learn it.")
    await garden.train()
    assert len(garden.look(lambda unit: unit.networks.active(1)).labels) == 2

    await order(garden, "restore leaf", "leaf is back (5 photos).")
    assert garden.counts() == {"apple": 4, "lemon": 4, "leaf": 5}


async def test_a_rollback_to_a_network_with_a_label_at_rest_never_says_it(garden: World) -> None:
    await garden.teach(garden.bo, "lemon", 4)
    old = await garden.train()
    await order(garden, "retire leaf", "leaf rests now.")
    await garden.train()
    garden.give_role(garden.ann, Role.ADMIN)

    await garden.ann.send_text(f"/rollback {old}")
    await garden.hears(garden.ann, f"Network {old} answers again")

    assert "leaf" not in await asks(garden, "leaf", 80)


async def test_where_too_little_is_left_nothing_answers(garden: World) -> None:
    await order(garden, "retire leaf", "leaf rests now.", "Before I can answer I need")

    assert "I can't answer yet" in await asks(garden, "apple", 80)


async def test_a_change_of_many_photos_is_asked_about_first(garden: World) -> None:
    await garden.teach(garden.bo, "leaf", 6, first=200)

    asked = await order(garden, "merge leaf = apple", "Let leaf become part of apple? That is 10 photos.")
    assert asked.buttons == ["Merge (10 photos)", "Leave it"]
    assert garden.counts() == {"apple": 4, "leaf": 10}
    await garden.presses(garden.ann, asked, "Leave it")
    await garden.hears(garden.ann, "Good, everything stays as it is.")
    assert garden.counts() == {"apple": 4, "leaf": 10}

    asked = await order(garden, "retire leaf", "Let leaf rest? Its 10 photos stay")
    await garden.presses(garden.ann, asked, "Let it rest")
    await garden.hears(garden.ann, "leaf rests now.")
    assert garden.counts() == {"apple": 4}


async def test_all_of_it_by_buttons(garden: World) -> None:
    await garden.ann.send_text("/labels")
    listed = await garden.hears(garden.ann, "I know 2 labels:", "/labels merge daisies = daisy")
    assert listed.buttons == ["apple", "leaf"]

    await garden.presses(garden.ann, listed, "leaf")
    await garden.settled()
    assert (await garden.ann.refreshed(listed)).text == "leaf  4 photos"
    await garden.presses(garden.ann, listed, "Rename")
    prompt = await garden.hears(garden.ann, "What shall leaf be called?")
    await garden.ann.reply(prompt, "Ulme")
    await garden.hears(garden.ann, "leaf is called Ulme now")
    await garden.presses(garden.ann, listed, "Describe")
    prompt = await garden.hears(garden.ann, "Describe Ulme in a sentence")
    await garden.ann.reply(prompt, "a tree with <lopsided> leaves")
    await garden.hears(garden.ann, "Noted of Ulme: a tree with <lopsided> leaves.")
    await garden.presses(garden.ann, listed, "Merge into")
    await garden.hears(garden.ann, "Which label shall Ulme become part of?")
    await garden.presses(garden.ann, listed, "apple")
    await garden.hears(garden.ann, "Ulme is part of apple now (8 photos).")
    await garden.presses(garden.ann, listed, "Undo")
    await garden.hears(garden.ann, "Taken back. Ulme stands for itself again (4 photos).")
    await order(garden, "ulme", "Ulme  4 photos", "a tree with <lopsided> leaves", "Also understood: leaf.")


async def test_who_does_not_review_sees_labels_and_changes_none(garden: World) -> None:
    await garden.bo.send_text("/labels")
    assert (await garden.hears(garden.bo, "I know 2 labels:")).buttons == []
    await garden.bo.send_text("/labels leaf")
    assert (await garden.hears(garden.bo, "leaf  4 photos")).buttons == []
    for words in ("rename leaf = x", "merge leaf = apple", "retire leaf", "restore leaf", "describe leaf = x", "undo"):
        sent = await garden.bo.send_text(f"/labels {words}")
        await garden.hears(garden.bo, "That is for", after=sent)

    assert garden.counts() == {"apple": 4, "leaf": 4}


async def test_who_reviews_no_more_changes_nothing_by_old_buttons_and_prompts(garden: World) -> None:
    card = await order(garden, "leaf", "leaf  4 photos")
    await garden.presses(garden.ann, card, "Rename")
    prompt = await garden.hears(garden.ann, "What shall leaf be called?")
    garden.give_role(garden.ann, Role.TEACHER)

    assert "That is for" in await garden.presses(garden.ann, card, "Let it rest")
    sent = await garden.ann.reply(prompt, "tree")
    await garden.hears(garden.ann, "That is for", after=sent)

    assert garden.counts() == {"apple": 4, "leaf": 4}


async def test_signed_presses_below_other_messages_or_for_what_is_not_there_change_nothing(garden: World) -> None:
    await garden.ann.send_photo(picture("leaf", 90))
    answer = await garden.hears(garden.ann, "I think this is leaf")
    card = await order(garden, "leaf", "leaf  4 photos")
    leaf = garden.look(lambda unit: unit.labels.find(1, "leaf")).id
    signer = garden.service.services.signer
    presses = [(answer, Press("lr", leaf)), (answer, Press("li", leaf, leaf - 1))]
    presses += [
        (card, Press(action, 10**9, 10**9)) for action in ("la", "ln", "ld", "lm", "li", "lr", "ls", "ly", "lu")
    ]

    for message, press in presses:
        data = signer.sign(press, chat_id=garden.ann.id, person_id=garden.ann.id, now=utc_now())
        push_press(garden, garden.ann, message, data)
    await garden.settled()

    assert garden.counts() == {"apple": 4, "leaf": 4}
    assert garden.look(lambda unit: unit.naming.history(1)) == []


async def test_a_press_that_comes_twice_counts_once(garden: World) -> None:
    card = await order(garden, "leaf", "leaf  4 photos")
    leaf = garden.look(lambda unit: unit.labels.find(1, "leaf")).id
    data = garden.service.services.signer.sign(
        Press("lr", leaf), chat_id=garden.ann.id, person_id=garden.ann.id, now=utc_now()
    )
    for _ in range(3):
        push_press(garden, garden.ann, card, data)
    await garden.settled()

    assert [one.kind for one in garden.look(lambda unit: unit.naming.history(1))] == ["retire"]


async def test_what_cannot_be_done_is_said(garden: World) -> None:
    await order(garden, "rename leaf = apple", "Another label is called so already.")
    await order(garden, "rename leaf = leaf", "That is so already")
    await order(garden, f"rename leaf = {'x' * 65}", "That is too long")
    await order(garden, "merge leaf = leaf", "That is so already")
    await order(garden, "merge leaf = cloud", "I know no label of that name.")
    await order(garden, "retire cloud", "I know no label of that name.")
    await order(garden, "restore leaf", "That is so already")
    await order(garden, "retire", "Name the label too")
    await order(garden, "undo", "There is nothing of yours to take back on labels.")
    await order(garden, "laef", "I know no label of that name.")
    await order(garden, "appl", "Do you mean apple?")
    assert garden.look(lambda unit: unit.naming.history(1)) == []


async def test_deleting_ones_data_keeps_what_was_done_and_not_who_did_it(garden: World) -> None:
    await order(garden, "rename leaf = tree", "leaf is called tree now")
    await garden.ann.send_text("/mydata")
    mine = await garden.hears(garden.ann, "Of you I keep")
    await garden.presses(garden.ann, mine, "Delete all of it")
    await garden.hears(garden.ann, "for good?")
    await garden.presses(garden.ann, mine, "Delete for good")
    await garden.settled()

    assert [one.person_id for one in garden.look(lambda unit: unit.naming.history(1))] == [None]
    assert garden.counts() == {"apple": 4, "tree": 4}
