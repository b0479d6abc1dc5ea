"""Journey: a photo that is deleted goes from the review cards that show it, and the reviewer can go on."""

from __future__ import annotations

import pytest
import pytest_asyncio

from bot.actions.shown import remove_photos
from bot.playground.faults import Fault
from bot.telling import news
from storage import Role, SuspectKind
from tests.support.bots import Message, World
from tests.support.reviews import list_suspects, opened, photo_of, pressed

GONE = "A photo on this card was deleted"


@pytest_asyncio.fixture
async def world(world: World) -> World:
    world.give_role(world.owner, Role.OWNER)
    return world


async def shown(world: World, words: str = "/review") -> Message:
    """The first card of a review, once the bot knows that it came."""
    card = await opened(world, world.owner, words)
    await world.settled()
    return card


async def replaced(world: World, card: Message) -> Message:
    """The card, once it says that its photo is gone and shows something else."""
    found = await world.hears(world.owner, GONE)
    assert found.id == card.id
    assert found.photo != card.photo
    return found


async def test_a_card_shows_no_photo_that_was_deleted_and_leads_on_to_the_next(world: World) -> None:
    [anns], [bos] = await world.teach(world.ann, "apple", 1), await world.teach(world.bo, "apple", 1, first=9)
    list_suspects(world.store, SuspectKind.LABEL, (anns,), (bos,), proposal="leaf")
    card = await shown(world)

    await world.deletes_all(world.ann)

    card = await replaced(world, card)
    assert card.buttons == ["▶️ Go on"]
    _, following = await pressed(world, world.owner, card, "Go on")
    assert "Is this apple?" in following.text
    assert following.photo != card.photo
    _, ended = await pressed(world, world.owner, following, "Keep apple")
    assert "You decided about 1 card: 1 kept." in ended.text


async def test_where_nothing_else_is_in_doubt_going_on_says_so(world: World) -> None:
    [apple] = await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, (apple,), proposal="leaf")
    card = await shown(world)
    await world.deletes_all(world.ann)

    _, card = await pressed(world, world.owner, await replaced(world, card), "Go on")

    assert "Nothing else is in doubt." in card.text


async def test_the_photos_beside_a_card_go_from_it_too(world: World) -> None:
    [bos] = await world.teach(world.bo, "apple", 1, first=9)
    leaves = await world.teach(world.ann, "leaf", 2)
    list_suspects(world.store, SuspectKind.LABEL, (bos,), proposal="leaf", beside=tuple(leaves))
    card = await shown(world)
    assert "Most alike, below" in card.text

    await world.deletes_all(world.ann)

    # The doubt itself is still there, and is shown without them.
    _, following = await pressed(world, world.owner, await replaced(world, card), "Go on")
    assert "Is this apple?" in following.text
    assert "Most alike, below" not in following.text


async def test_either_of_two_similar_photos_takes_the_pair_along(world: World) -> None:
    [bos], [anns] = await world.teach(world.bo, "apple", 1, first=9), await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.SIMILAR, (bos, anns))
    card = await shown(world, "/review similar")
    assert "Are both of these needed?" in card.text

    await world.deletes_all(world.ann)

    await replaced(world, card)


async def test_the_picture_above_a_summary_goes_too(world: World) -> None:
    [apple] = await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, (apple,), proposal="leaf")
    _, ended = await pressed(world, world.owner, await shown(world), "Keep apple")
    assert "You decided about 1 card" in ended.text

    await world.deletes_all(world.ann)

    await replaced(world, ended)


async def test_a_card_is_replaced_that_has_taken_the_place_of_another(world: World) -> None:
    [bos], [anns] = await world.teach(world.bo, "apple", 1, first=9), await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, (bos,), (anns,), proposal="leaf")
    _, card = await pressed(world, world.owner, await shown(world), "Keep apple")

    await world.deletes_all(world.bo)
    assert GONE not in (await world.owner.refreshed(card)).text
    await world.deletes_all(world.ann)

    await replaced(world, card)


async def test_a_card_on_its_way_never_shows_what_was_deleted_meanwhile(world: World) -> None:
    [bos], [anns] = await world.teach(world.bo, "apple", 1, first=9), await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, (bos,), (anns,), proposal="leaf")
    card = await shown(world)
    world.playground.faults.plan("editMessageMedia", Fault.too_many(2), times=1)
    await world.presses(world.owner, card, "Keep apple")
    await world.until(lambda: world.playground.faults.calls_of("editMessageMedia"), "the next card is on its way")

    with world.store.write() as unit:
        remove_photos(unit, [photo_of(unit, anns).id])
    card = await replaced(world, card)

    calls = world.playground.faults.calls_of("editMessageMedia")
    assert [GONE in one.values["media"] for one in calls] == [False, True]
    assert card.buttons == ["▶️ Go on"]


async def test_a_first_card_that_never_came_leaves_a_way_to_go_on(world: World) -> None:
    [bos], [anns] = await world.teach(world.bo, "apple", 1, first=9), await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, (anns,), (bos,), proposal="leaf")
    world.playground.faults.plan("sendPhoto", Fault.too_many(2), times=1)
    await world.owner.send_text("/review")
    await world.until(lambda: world.playground.faults.calls_of("sendPhoto"), "the card is on its way")

    with world.store.write() as unit:
        remove_photos(unit, [photo_of(unit, anns).id])

    card = await world.hears(world.owner, GONE)
    assert "Is this apple?" not in "".join(await world.said_to(world.owner))
    _, card = await pressed(world, world.owner, card, "Go on")
    assert "Is this apple?" in card.text


async def test_summing_up_leaves_no_deleted_photo_above_the_summary(world: World) -> None:
    """The picture that takes its place is still to be sent when the reviewer ends the review."""
    [apple] = await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, (apple,), proposal="leaf")
    card = await shown(world)
    world.playground.faults.plan("editMessageMedia", Fault.too_many(2), times=1)
    with world.store.write() as unit:
        remove_photos(unit, [photo_of(unit, apple).id])
    await world.until(lambda: world.playground.faults.calls_of("editMessageMedia"), "it is to be replaced")

    await world.presses(world.owner, card, "Stop")
    await world.settled()

    assert (await world.owner.refreshed(card)).photo != card.photo


async def test_a_kill_before_the_card_is_replaced_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    [apple] = await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, (apple,), proposal="leaf")
    card = await shown(world)
    monkeypatch.setattr(news, "replace_cards", lambda *_: False)

    await world.deletes_all(world.ann)
    await world.stop_bot()
    assert (await world.owner.refreshed(card)).photo == card.photo
    monkeypatch.undo()
    await world.start_bot()

    await replaced(world, card)


async def test_a_card_is_replaced_when_the_outbox_has_forgotten_it(world: World) -> None:
    [apple] = await world.teach(world.ann, "apple", 1)
    list_suspects(world.store, SuspectKind.LABEL, (apple,), proposal="leaf")
    card = await shown(world)
    world.time.advance(days=8)
    world.service._tidy()
    assert world.look(lambda unit: unit.outbox.dedupe_of(world.service.app.bot.id, world.owner.id, card.id)) is None

    await world.deletes_all(world.ann)

    await replaced(world, card)
