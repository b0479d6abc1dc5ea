"""Journey: which networks there have been, and letting an earlier one answer again."""

from __future__ import annotations

import re

from storage import Role
from tests.journeys.test_my_data import delete_everything
from tests.support.bots import World, picture
from trainer.artefact import HEAD


async def knows_lemons_too(world: World) -> None:
    """Network 1 knows apples and leaves, network 2 lemons as well; the owner is known."""
    world.give_role(world.owner, Role.OWNER)
    await world.knows_apples_and_leaves()
    await world.teach(world.bo, "lemon", 3)
    assert await world.train() == 2


async def answers_with(world: World, number: int) -> None:
    await world.until(lambda: world.service.network_number == number, f"network {number} answers")


async def test_before_the_first_network_there_is_nothing_to_list_or_to_put_back(world: World) -> None:
    world.give_role(world.owner, Role.OWNER)

    await world.owner.send_text("/models")
    await world.hears(world.owner, "There has been no network yet.")
    await world.owner.send_text("/rollback")
    await world.hears(world.owner, "There is no earlier network that can be put back.")


async def test_everybody_sees_which_networks_there_have_been_and_why(world: World) -> None:
    await knows_lemons_too(world)

    await world.ann.send_text("/models")

    said = await world.hears(world.ann, "Network 2 answers now", "Network 1 has answered")
    newest, first = said.text.splitlines()
    assert re.search(r"11 photos, 3 labels, wrong on \d+ of \d+ \(\d+ to \d+ %\)\. Why: of 8 photos that both", newest)
    assert re.search(r"8 photos, 2 labels, wrong on .* Why: no network answered before it\.$", first)


async def test_an_earlier_network_answers_again_at_once_and_the_next_lesson_makes_a_new_one(world: World) -> None:
    await knows_lemons_too(world)
    await world.owner.send_text("/rollback")
    await world.hears(world.owner, "Which one is to answer again?", "/rollback 1: 8 photos, 2 labels, wrong on")

    await world.owner.send_text("/rollback 1")

    await world.hears(world.owner, "Network 1 answers again", "What network 2 had learned since is not used for now.")
    await answers_with(world, 1)
    question = await world.ann.send_photo(picture("apple", 7))
    await world.hears(world.ann, "I think this is apple", "Network 1.", after=question)
    await world.teach(world.bo, "lemon", 1, first=50)
    assert await world.train() == 3


async def test_nobody_hears_news_of_a_network_that_was_put_back(world: World) -> None:
    await knows_lemons_too(world)
    question = await world.ann.send_photo(picture("apple", 30))
    answer = await world.hears(world.ann, "I think this is apple", after=question)
    await world.ann.reply(answer, "leaf")
    await world.settled()
    assert await world.train() == 3
    before = {person: await world.said_to(person) for person in (world.ann, world.bo)}

    await world.owner.send_text("/rollback 1")
    await answers_with(world, 1)
    await world.stop_bot()
    await world.start_bot()
    await answers_with(world, 1)

    assert {person: await world.said_to(person) for person in (world.ann, world.bo)} == before


async def test_after_a_rollback_a_training_without_new_lessons_says_what_answers(world: World) -> None:
    await knows_lemons_too(world)
    await world.owner.send_text("/rollback 1")
    await world.ann.send_text("/train")
    await world.settled()

    assert await world.train() == 1

    await world.hears(world.ann, "Nothing new to learn since network 2. But network 1 was put back and answers")


async def test_what_cannot_be_put_back_is_said_with_what_to_do(world: World) -> None:
    await knows_lemons_too(world)

    for words, said in (
        ("2", "Network 2 answers already."),
        ("9", "There is no network 9. /models shows those that there have been."),
        ("first", "first is no number of a network. Send me /rollback alone to see which can be put back."),
        ("1" * 30, "is no number of a network."),
    ):
        sent = await world.owner.send_text(f"/rollback {words}")
        await world.hears(world.owner, said, after=sent)
    assert world.service.network_number == 2


async def test_a_damaged_network_is_not_put_back(world: World) -> None:
    await knows_lemons_too(world)
    folder = next((world.home / "networks").glob("000001-*"))
    (folder / HEAD).write_bytes(b"")

    await world.owner.send_text("/rollback 1")

    await world.hears(world.owner, "The files of network 1 failed their check, so it cannot answer.")
    assert world.service.network_number == 2


async def test_who_learned_what_was_deleted_never_answers_again(world: World) -> None:
    world.give_role(world.owner, Role.OWNER)
    await world.knows_apples_and_leaves()
    await world.teach(world.bo, "apple", 2, first=300)
    assert await world.train() == 2
    await world.teach(world.ann, "leaf", 1, first=400)
    assert await world.train() == 3
    await delete_everything(world, world.bo)
    assert await world.train() == 4

    sent = await world.owner.send_text("/rollback 2")
    await world.hears(world.owner, "may have learned from somebody who had her lessons deleted since", after=sent)
    sent = await world.owner.send_text("/models")
    await world.hears(world.owner, "Network 3 has answered", "and never answers again.", after=sent)
    sent = await world.owner.send_text("/rollback 1")
    await world.hears(world.owner, "Network 1 answers again", after=sent)
    assert len(list((world.home / "networks").iterdir())) == 2


async def test_where_too_little_is_left_nothing_is_put_back(world: World) -> None:
    world.give_role(world.owner, Role.OWNER)
    await world.knows_apples_and_leaves(world.owner)
    await world.teach(world.owner, "lemon", 2)
    assert await world.train() == 2
    for message in [one for one in await world.owner.history() if one.photo]:
        await world.owner.edit_caption(message, "stone")
    await world.settled()

    await world.owner.send_text("/rollback 1")

    await world.hears(world.owner, "Too few lessons are left for any network to answer, so network 1 may not either.")
