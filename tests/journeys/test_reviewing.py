"""Journey: a reviewer decides about doubtful photos, card by card, and nothing is lost by it."""

from __future__ import annotations

import asyncio

import pytest

from storage import Reason, Role, State, SuspectKind, VoteKind
from tests.support.bots import PATIENCE, Message, World
from tests.support.reviews import list_says, list_suspects, opened, photo_of, pressed


@pytest.fixture
def reviewers(world: World) -> World:
    world.give_role(world.owner, Role.OWNER)
    world.give_role(world.bo, Role.REVIEWER)
    return world


def counts_as(world: World, message: Message) -> tuple[str | None, State]:
    def ask(unit) -> tuple[str | None, State]:  # type: ignore[no-untyped-def]
        standing = unit.votes.standing(photo_of(unit, message).id)
        name = None if standing.label_id is None else unit.labels.get(standing.label_id).name
        return name, standing.state

    found: tuple[str | None, State] = world.look(ask)
    return found


async def test_cards_follow_each_other_in_one_message_until_a_summary(reviewers: World) -> None:
    world = reviewers
    apples = await world.teach(world.ann, "apple", 3)
    leaves = await world.teach(world.ann, "leaf", 3)
    list_suspects(
        world.store, SuspectKind.LABEL, (apples[0],), (apples[1],), (apples[2],), proposal="leaf", beside=tuple(leaves)
    )

    card = await opened(world, world.owner)
    assert "Is this apple?" in card.text
    assert "I would say leaf (90 %) rather than apple (4 %)" in card.text
    assert "Most alike, below: all leaf." in card.text
    assert "1 of 3" in card.text
    first_picture = card.photo
    toast, card = await pressed(world, world.owner, card, "🔁 leaf")
    assert toast == "Renamed."
    assert ("2 of 3" in card.text, card.photo == first_picture) == (True, False)
    toast, card = await pressed(world, world.owner, card, "Keep apple")
    toast, card = await pressed(world, world.owner, card, "Set aside")

    assert "You decided about 3 cards: 1 kept, 1 renamed and 1 set aside." in card.text
    assert card.buttons == ["↩️ Undo"]
    assert [counts_as(world, one) for one in apples] == [
        ("leaf", State.TAUGHT), ("apple", State.TAUGHT), (None, State.ASIDE)
    ]  # fmt: skip
    assert len([one for one in await world.owner.history() if one.from_bot and one.photo]) == 1


async def test_a_review_says_what_the_list_of_labels_finds_at_its_beginning_and_its_end(reviewers: World) -> None:
    world = reviewers
    apples = await world.teach(world.ann, "apple", 2)
    list_suspects(world.store, SuspectKind.LABEL, *((one,) for one in apples), proposal="leaf")
    list_says(world.store, 40, 34)
    finds = "Of 40 labels that I got wrong on purpose, 34 would be on the list of doubtful labels (71 to 93 %)."

    card = await opened(world, world.owner)
    assert finds in card.text
    _, card = await pressed(world, world.owner, card, "Keep apple")
    assert ("2 of 2" in card.text, "on purpose" in card.text) == (True, False)
    _, card = await pressed(world, world.owner, card, "Keep apple")

    assert f"You decided about 2 cards: 2 kept. {finds} Nothing else is in doubt." in card.text


async def test_a_list_that_finds_nothing_says_so_and_one_that_was_not_tried_out_says_nothing(reviewers: World) -> None:
    world = reviewers
    apples = await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, *((one,) for one in apples), proposal="leaf")
    assert "on purpose" not in (await opened(world, world.owner)).text

    list_says(world.store, 40, 0)
    card = await opened(world, world.owner)
    assert "wrong on purpose, none would be on the list of doubtful labels (0 to 9 %): please look" in card.text

    list_says(world.store, 0, 0)
    card = await opened(world, world.owner)
    assert "on purpose" not in card.text


async def test_a_review_of_copies_says_nothing_of_the_list_of_labels(reviewers: World) -> None:
    world = reviewers
    copies = await world.teach(world.ann, "apple", 2)
    list_suspects(world.store, SuspectKind.DUPLICATE, tuple(copies), cause="copies")
    list_says(world.store, 40, 34)

    card = await opened(world, world.owner, "/review duplicates")
    assert "on purpose" not in card.text
    _, card = await pressed(world, world.owner, card, "Not the same")

    assert "on purpose" not in card.text


async def test_undo_brings_the_card_and_the_name_back(reviewers: World) -> None:
    world = reviewers
    [apple, other] = await world.teach(world.ann, "apple", 2)
    list_suspects(world.store, SuspectKind.LABEL, (apple,), (other,), proposal="leaf")
    card = await opened(world, world.owner)
    _, card = await pressed(world, world.owner, card, "Set aside")
    assert counts_as(world, apple) == (None, State.ASIDE)

    toast, card = await pressed(world, world.owner, card, "Undo")

    assert (toast, "1 of 2" in card.text) == ("Taken back.", True)
    assert counts_as(world, apple) == ("apple", State.TAUGHT)
    _, card = await pressed(world, world.owner, card, "🔁 leaf")
    assert counts_as(world, apple) == ("leaf", State.TAUGHT)


async def test_another_name_is_chosen_from_those_that_are_taught(reviewers: World) -> None:
    world = reviewers
    [apple] = await world.teach(world.ann, "apple", 1)
    await world.teach(world.ann, "leaf", 1)
    await world.teach(world.ann, "leaf", 1, label="pear", first=7)
    list_suspects(world.store, SuspectKind.LABEL, (apple,), proposal="leaf")
    card = await opened(world, world.owner)

    toast, card = await pressed(world, world.owner, card, "Another")
    assert (toast, card.buttons) == ("What does it show?", ["leaf", "pear", "↩️ Back"])
    _, card = await pressed(world, world.owner, card, "Back")
    _, card = await pressed(world, world.owner, card, "Another")
    await pressed(world, world.owner, card, "pear")

    assert counts_as(world, apple) == ("pear", State.TAUGHT)


async def test_of_copies_the_best_is_kept_and_the_others_set_aside_with_one_tap(reviewers: World) -> None:
    world = reviewers
    copies = await world.teach(world.ann, "apple", 3)
    list_suspects(world.store, SuspectKind.DUPLICATE, tuple(copies), cause="copies")
    card = await opened(world, world.owner, "/review duplicates")
    assert "3 photos look the same" in card.text

    _, card = await pressed(world, world.owner, card, "set 2 others aside")
    assert [counts_as(world, one)[1] for one in copies] == [State.TAUGHT, State.ASIDE, State.ASIDE]
    _, card = await pressed(world, world.owner, card, "Undo")

    assert [counts_as(world, one)[1] for one in copies] == [State.TAUGHT] * 3
    _, card = await pressed(world, world.owner, card, "Not the same")
    assert "1 not the same" in card.text


async def test_two_reviewers_at_once_get_different_cards(reviewers: World) -> None:
    world = reviewers
    apples = await world.teach(world.ann, "apple", 6)
    list_suspects(world.store, SuspectKind.LABEL, *((one,) for one in apples), proposal="leaf")

    cards = list(await asyncio.gather(opened(world, world.owner), opened(world, world.bo)))
    assert cards[0].photo != cards[1].photo
    for _ in range(3):
        for number, person in enumerate((world.owner, world.bo)):
            cards[number] = await person.refreshed(cards[number])
        await asyncio.gather(
            world.presses(world.owner, cards[0], "Keep apple"), world.presses(world.bo, cards[1], "🔁 leaf")
        )
        await world.settled()

    assert sorted(counts_as(world, one)[0] or "" for one in apples) == ["apple"] * 3 + ["leaf"] * 3
    assert world.look(lambda unit: len(unit.decisions.of_classifier(unit.classifiers.default().id))) == 6


async def test_a_card_pressed_twice_decides_once(reviewers: World) -> None:
    world = reviewers
    apples = await world.teach(world.ann, "apple", 3)
    list_suspects(world.store, SuspectKind.LABEL, *((one,) for one in apples), proposal="leaf")
    card = await opened(world, world.owner)

    # Before the card can turn into the next one.
    queries = await asyncio.gather(*(world.owner.press(card, "🔁 leaf") for _ in range(2)))
    toasts = sorted([(await world.owner.wait_for_toast(query, timeout=PATIENCE)).text for query in queries])
    await world.settled()

    assert toasts[0] == "Renamed."
    assert "decided, changed or with another reviewer" in toasts[1]
    assert [counts_as(world, one)[0] for one in apples] == ["leaf", "apple", "apple"]


async def test_who_cannot_tell_leaves_it_to_another(reviewers: World) -> None:
    world = reviewers
    [apple] = await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, (apple,), proposal="leaf")
    card = await opened(world, world.owner)

    _, card = await pressed(world, world.owner, card, "Cannot tell")

    assert "1 left open" in card.text
    assert "Is this apple?" in (await opened(world, world.bo)).text


async def test_names_are_told_only_of_those_who_agreed(reviewers: World) -> None:
    world = reviewers
    [apple] = await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, (apple,), proposal="leaf")
    assert "So called by 1 person." in (await opened(world, world.owner)).text

    settings = await world.ann.send_text("/settings")
    shown = await world.hears(world.ann, "How I behave in this chat", after=settings)
    await world.presses(world.ann, shown, "Show others my photos and name")

    assert "So called by Ann." in (await opened(world, world.owner)).text


async def test_what_people_disagree_on_is_a_card_that_says_who_says_what(reviewers: World) -> None:
    world = reviewers
    [apple] = await world.teach(world.ann, "apple", 1)
    settings = await world.ann.send_text("/settings")
    shown = await world.hears(world.ann, "How I behave in this chat", after=settings)
    await world.presses(world.ann, shown, "Show others my photos and name")
    with world.store.write() as unit:
        bo, leaf = unit.people.by_telegram_id(world.bo.id), unit.labels.find_or_create(1, "leaf")
        photo_id = photo_of(unit, apple).id
        unit.votes.cast(photo_id, None if bo is None else bo.id, VoteKind.LABEL, leaf.id, Reason.TYPED)
    assert counts_as(world, apple) == (None, State.DISPUTED)
    list_suspects(world.store, SuspectKind.DISPUTED, (apple,), cause="disputed")

    card = await opened(world, world.owner, "/review flagged")
    assert "What is this?\nAnn says apple and 1 person says leaf, so I leave it out until someone decides." in card.text
    assert card.buttons[:2] == ["🔁 apple", "🔁 leaf"]
    toast, card = await pressed(world, world.owner, card, "🔁 leaf")

    assert (toast, "You decided about 1 card: 1 renamed." in card.text) == ("Renamed.", True)
    assert counts_as(world, apple) == ("leaf", State.TAUGHT)
    await pressed(world, world.owner, card, "Undo")
    assert counts_as(world, apple) == (None, State.DISPUTED)


async def test_reviews_are_for_reviewers_and_private(reviewers: World) -> None:
    world = reviewers
    group = await world.group()

    await world.owner.send_text(f"/review{world.mention}", chat=group)
    await world.hears(world.owner, "they are for our private chat", chat=group)
    await world.ann.send_text("/review")

    await world.hears(world.ann, "That is for reviewers.")


async def test_without_a_network_there_is_nothing_to_review_yet(reviewers: World) -> None:
    await reviewers.owner.send_text("/review")

    await reviewers.hears(reviewers.owner, "nothing to review before my first network")


async def test_a_genuine_review_button_below_another_message_does_nothing(reviewers: World) -> None:
    from tests.bot.handlers.test_presses import push_press

    world = reviewers
    [apple] = await world.teach(world.owner, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, (apple,), proposal="leaf")
    card = await opened(world, world.owner)
    told = await world.hears(world.owner, "Learned: apple")
    data = card.raw["reply_markup"]["inline_keyboard"][0][1]["callback_data"]

    push_press(world, world.owner, told, data)
    push_press(world, world.bo, card, data)
    await world.settled()

    assert counts_as(world, apple) == ("apple", State.TAUGHT)


async def test_what_the_trainer_finds_is_told_to_the_reviewer_who_waits(reviewers: World) -> None:
    world = reviewers
    await world.teach(world.ann, "apple", 6)
    await world.teach(world.ann, "leaf", 6)
    [wrong] = await world.teach(world.ann, "leaf", 1, label="apple", first=40)
    await world.train()
    await world.owner.send_text("/review labels")
    await world.hears(world.owner, "I am looking for what is in doubt")

    await world.train_lists()

    await world.hears(world.owner, "to look at, the worst first. Send /review.")
    card = await opened(world, world.owner, "/review labels")
    assert "Is this apple?" in card.text
    await pressed(world, world.owner, card, "🔁 leaf")
    assert counts_as(world, wrong) == ("leaf", State.TAUGHT)


async def test_undo_by_command_takes_the_decision_back_with_its_vote(reviewers: World) -> None:
    world = reviewers
    [apple, other] = await world.teach(world.owner, "apple", 2)
    list_suspects(world.store, SuspectKind.LABEL, (apple,), (other,), proposal="leaf")
    card = await opened(world, world.owner)
    await pressed(world, world.owner, card, "🔁 leaf")
    assert counts_as(world, apple) == ("leaf", State.TAUGHT)

    await world.owner.send_text("/undo")
    await world.hears(world.owner, "Taken back: your last decision in /review.")

    assert counts_as(world, apple) == ("apple", State.TAUGHT)
    left = world.look(lambda unit: unit.suspects.counts_for(1, 1).get(SuspectKind.LABEL))
    assert left == 2
