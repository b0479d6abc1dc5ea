"""Journey: a bot whose newcomers only ask, and how somebody becomes a teacher."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from storage import Role
from tests.support.bots import World, picture, running_bot


@pytest_asyncio.fixture
async def strict(tmp_path: Path) -> AsyncIterator[World]:
    """The owner is known, and everybody else is a guest."""
    async with running_bot(tmp_path, newcomers="guest") as world:
        world.give_role(world.owner, Role.OWNER)
        yield world


async def test_a_guest_hears_how_to_become_a_teacher_and_becomes_one_by_the_owners_reply(strict: World) -> None:
    group = await strict.group()
    lesson = await strict.ann.send_photo(picture("apple"), caption=f"{strict.mention} apple", chat=group)
    await strict.hears(strict.ann, "A reply with /teacher to a message of yours is enough.", chat=group)

    await strict.owner.send_text(f"/teacher{strict.mention}", chat=group, reply_to=lesson)
    await strict.hears(strict.ann, "Ann may teach me now", chat=group)
    await strict.ann.send_photo(picture("apple"), caption="apple")

    await strict.hears(strict.ann, "Learned: apple, 1 photo now.")


async def test_a_forwarded_message_names_the_person_in_the_private_chat(strict: World) -> None:
    group = await strict.group()
    words = await strict.ann.send_text("may I?", chat=group)
    forwarded = await strict.owner.forward(words)

    await strict.owner.send_text("/teacher", reply_to=forwarded)

    await strict.hears(strict.owner, "Ann may teach me now")
    await strict.owner.send_text("/teacher", reply_to=forwarded)
    await strict.hears(strict.owner, "Ann may teach me already.")


async def test_without_a_person_to_let_teach_the_owner_hears_how(strict: World) -> None:
    mine = await strict.owner.send_text("/teacher")
    await strict.hears(strict.owner, "Reply with /teacher to a message of the person", "pupil role")

    await strict.owner.send_text("/teacher", reply_to=mine)
    await strict.settled()

    assert len([one for one in await strict.said_to(strict.owner) if "Reply with /teacher" in one]) == 2


async def test_a_teacher_makes_no_teachers(strict: World) -> None:
    group = await strict.group()
    strict.give_role(strict.bo, Role.TEACHER)
    words = await strict.ann.send_text("may I?", chat=group)

    await strict.bo.send_text(f"/teacher{strict.mention}", chat=group, reply_to=words)

    await strict.hears(strict.bo, "That is for admins.", chat=group)
    assert strict.look(lambda unit: unit.people.by_telegram_id(strict.ann.id)) is None
