"""Journey: what is kept of me, and how it goes away."""

from __future__ import annotations

import pytest

from bot.actions import forgetting
from storage import Role, Store, StoreBusy
from tests.support.bots import Person, World, picture


async def test_my_data_comes_as_a_file(world: World) -> None:
    await world.teach(world.ann, "apple", 2)

    await world.ann.send_text("/mydata")

    await world.hears(world.ann, "Of you I keep 2 photos, 2 lessons", "The file has all of it.")
    await world.settled()
    assert [one for one in await world.ann.history() if one.from_bot and one.document]


async def test_in_a_group_the_file_is_kept_for_the_private_chat(world: World) -> None:
    group = await world.group()

    await world.ann.send_text(f"/mydata{world.mention}", chat=group)

    said = await world.hears(world.ann, "Of you I keep", "Send me /mydata in our private chat for a file", chat=group)
    assert "The file has" not in said.text


async def delete_everything(world: World, person: Person) -> str:
    """What the bot says once all is deleted."""
    sent = await person.send_text("/mydata")
    mine = await world.hears(person, "Of you I keep", after=sent)
    await world.presses(person, mine, "Delete all of it")
    asked = await world.hears(person, "for good?")
    assert "What you wrote to me in groups stays in my mail for up to 7 days." in asked.text
    assert await world.presses(person, mine, "Delete for good") == "Deleted."
    await world.settled()
    return (await person.refreshed(mine)).text


async def test_when_all_lessons_are_deleted_nothing_answers_any_more_with_or_without_a_trainer(world: World) -> None:
    await world.teach(world.ann, "apple", 4)
    await world.teach(world.bo, "leaf", 4)
    assert await world.train() == 1

    said = await delete_everything(world, world.ann)
    assert "Deleted: 4 photos, all your lessons and your name. Too little is left to answer from." in said
    await delete_everything(world, world.bo)

    question = await world.owner.send_photo(picture("apple", 7))
    answer = await world.hears(world.owner, "I can't answer yet.", "I need 2 photos each of 2 things.", after=question)
    assert answer.buttons == []
    assert world.look(lambda unit: unit.labels.all(unit.classifiers.default().id)) == []
    assert await world.train() is None


async def test_taught_anew_the_bot_answers_again_and_says_so(world: World) -> None:
    await world.knows_apples_and_leaves()
    await delete_everything(world, world.ann)
    await world.knows_apples_and_leaves(world.bo)

    await world.hears(world.bo, "I can answer now! This is network 2")
    await world.bo.send_photo(picture("leaf", 7))
    await world.hears(world.bo, "I think this is leaf")


async def test_a_name_that_only_the_deleted_lessons_gave_is_neither_said_nor_offered(world: World) -> None:
    await world.knows_apples_and_leaves(world.bo)
    await world.teach(world.ann, "lemon", 4)
    await world.train()
    told = await world.bo.send_photo(picture("lemon", 50))
    old = await world.hears(world.bo, "I think this is lemon", after=told)

    await delete_everything(world, world.ann)
    # The network that knows lemons answers until the next is made.
    question = await world.bo.send_photo(picture("lemon", 51))
    answer = await world.hears(world.bo, "I don't know this one.", after=question)

    assert "lemon" not in answer.text + "".join(answer.buttons)
    assert "That name is gone by now" in await world.presses(world.bo, old, "Right")
    assert await world.train() == 3


async def test_nothing_that_tells_of_a_person_is_left(world: World) -> None:
    await world.knows_apples_and_leaves(world.bo)
    group = await world.group()
    asked = await world.bo.send_photo(picture("apple", 60), caption=world.mention, chat=group)
    answer = await world.hears(world.bo, "I think this is apple", chat=group)
    await world.ann.send_text("canary leaf", chat=group, reply_to=answer)
    await world.ann.send_text(world.mention, chat=group, reply_to=asked)
    await world.ann.send_photo(picture("leaf", 61), caption="canary leaf")
    await world.ann.send_text("/labels")
    await world.settled()

    await delete_everything(world, world.ann)

    assert world.look(lambda unit: unit.people.by_telegram_id(world.ann.id)) is None
    assert world.look(lambda unit: unit.chats.by_telegram_id(world.ann.id)) is None
    raw = world.raw_of(world.ann.id)
    assert len(raw) > 3
    assert set(raw) == {""}
    assert world.counts() == {"apple": 4, "leaf": 4}


async def test_a_role_outlives_the_deletion_and_is_told(world: World) -> None:
    await world.teach(world.owner, "apple", 1)
    world.give_role(world.owner, Role.OWNER)
    world.give_role(world.ann, Role.GUEST)

    said = await delete_everything(world, world.owner)
    await delete_everything(world, world.ann)

    assert "I keep only your Telegram number and that your role here is owner." in said
    owner = world.look(lambda unit: unit.people.by_telegram_id(world.owner.id))
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    assert (owner.name, owner.role) == ("", Role.OWNER)
    assert ann.role is Role.GUEST


async def test_who_blocks_the_bot_after_deleting_everything_is_not_met_again(world: World) -> None:
    await world.teach(world.ann, "apple", 1)
    await delete_everything(world, world.ann)

    await world.ann.block()
    await world.settled()

    assert world.look(lambda unit: unit.people.by_telegram_id(world.ann.id)) is None
    assert world.look(lambda unit: unit.chats.by_telegram_id(world.ann.id)) is None
    assert not [raw for raw in world.raw_of(world.ann.id) if "Ann" in raw]


async def test_much_is_deleted_piece_by_piece_and_told_when_all_of_it_is_gone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)
    told: list[str] = []
    forget_some = forgetting.forget_some

    def fails_once(store: Store, begun: forgetting.Begun) -> bool:
        """Breaks off after its first piece: the press is handled again."""
        much = forget_some(store, begun)
        if not told:
            with store.read() as unit:
                payloads = [one.payload for one in unit.outbox.due(world.service.app.bot.id)]
            told.extend(str(one.get("text")) for one in payloads)
            told.append("broken off")
            raise StoreBusy("somebody else writes")
        return much

    monkeypatch.setattr(forgetting, "forget_some", fails_once)
    await world.teach(world.ann, "apple", 5)

    said = await delete_everything(world, world.ann)

    assert "Deleted: 5 photos, all your lessons and your name." in said
    assert not [one for one in told if "Deleted" in one]
    assert world.look(lambda unit: unit.people.by_telegram_id(world.ann.id)) is None
    assert world.counts() == {}
