"""A photo that is all but a copy of another: said so, kept in its fold, and asked about where the names differ."""

from __future__ import annotations

import asyncio
import io
import threading
from pathlib import Path

import pytest
from PIL import Image, ImageFilter
from sqlalchemy import select

from bot.looking.copies import Copies, Likeness
from storage.tables import photo as table
from tests.support.bots import World, running_bot
from tests.support.pictures import grainy as photo
from trainer.preprocessing import Pixels


def blurred(seed: int) -> bytes:
    stream = io.BytesIO()
    Image.open(io.BytesIO(photo(seed))).filter(ImageFilter.GaussianBlur(8)).save(stream, "JPEG")
    return stream.getvalue()


def groups(world: World) -> list[tuple[str, int]]:
    """Group and fold of Ann's and Bo's photos, in the order in which they came."""
    with world.store.read() as unit:
        people = [unit.people.by_telegram_id(one.id) for one in (world.ann, world.bo)]
        photos = [one for person in people if person for one in unit.photos.of_person(person.id)]
    return [(one.group_key, one.fold) for one in sorted(photos, key=lambda one: one.id)]


def _look_at_two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two photos be compared with what is there before either is kept."""
    compared, compare = threading.Barrier(2, timeout=20), Copies.of

    def both(self: Copies, pixels: Pixels) -> Likeness:
        found = compare(self, pixels)
        compared.wait()
        return found

    monkeypatch.setattr(Copies, "of", both)


async def test_near_copies_sent_one_by_one_lie_in_one_fold(world: World) -> None:
    for seed in range(6):
        await world.ann.send_photo(photo(seed), caption="grizzly")
    for seed in range(6):
        await world.ann.send_document(photo(seed, quality=40, side=300), caption="grizzly")
    await world.settled()

    found = groups(world)
    assert len(found) == 12
    assert found[:6] == found[6:]
    assert len(set(found)) == 6


async def test_a_near_copy_of_a_question_joins_it_too_and_a_restart_forgets_nothing(world: World) -> None:
    await world.ann.send_photo(photo(1))
    await world.settled()
    await world.stop_bot()
    await world.start_bot()

    await world.bo.send_document(photo(1, quality=40), caption="grizzly")
    await world.settled()

    first, second = groups(world)
    assert first == second


async def test_near_copies_that_are_looked_at_at_the_same_moment_lie_in_one_fold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_bot(tmp_path, bot_threads=2) as world:
        _look_at_two_at_once(monkeypatch)
        for seed in range(4):
            await asyncio.gather(
                world.ann.send_photo(photo(seed), caption="grizzly"),
                world.bo.send_document(photo(seed, quality=40, side=300), caption="grizzly"),
            )
            await world.settled()
        found = groups(world)

    assert len(found) == 8
    assert found[::2] == found[1::2]
    assert len(set(found)) == 4


async def test_other_photos_that_are_looked_at_at_the_same_moment_stay_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_bot(tmp_path, bot_threads=2) as world:
        _look_at_two_at_once(monkeypatch)
        await asyncio.gather(
            world.ann.send_photo(photo(1), caption="grizzly"), world.bo.send_photo(photo(2), caption="grizzly")
        )
        await world.settled()

        assert len({group for group, _ in groups(world)}) == 2


async def test_one_hears_that_one_taught_nearly_this_photo_before_and_when(world: World) -> None:
    await world.ann.send_photo(photo(1), caption="grizzly")
    await world.settled()

    await world.ann.send_document(photo(1, quality=40), caption="grizzly")

    said = await world.hears(world.ann, "You taught nearly this one on ", "as grizzly too, so it teaches little new.")
    assert said.buttons == []


async def test_where_names_differ_one_press_makes_them_one(world: World) -> None:
    await world.ann.send_photo(photo(1), caption="grizzly")
    await world.settled()
    await world.ann.send_document(photo(1, quality=40), caption="wolf")

    asked = await world.hears(world.ann, "You taught nearly this one on ", "as grizzly. Which name is right?")
    assert asked.buttons == ["grizzly", "wolf", "Both stay"]
    await world.ann.press(asked, "wolf")
    await world.settled()

    assert (await world.ann.refreshed(asked)).text == "Both photos are wolf now."
    assert world.counts() == {"wolf": 2}


async def test_the_other_press_moves_the_new_one_and_both_may_stay(world: World) -> None:
    await world.ann.send_photo(photo(1), caption="grizzly")
    await world.settled()
    await world.ann.send_document(photo(1, quality=40), caption="wolf")
    asked = await world.hears(world.ann, "Which name is right?")

    await world.ann.press(asked, "Both stay")
    await world.settled()
    assert world.counts() == {"grizzly": 1, "wolf": 1}
    await world.ann.send_document(photo(1, quality=60), caption="bear")
    again = await world.hears(world.ann, "Which name is right?", after=asked)
    await world.ann.press(again, again.buttons[0])
    await world.settled()

    assert sorted(world.counts().values()) == [1, 2]
    assert "bear" not in world.counts()


async def test_of_a_strangers_photo_only_its_name_is_told_and_it_is_not_for_others_to_rename(world: World) -> None:
    await world.bo.send_photo(photo(1), caption="grizzly")
    await world.settled()

    await world.ann.send_document(photo(1, quality=40), caption="wolf")

    asked = await world.hears(world.ann, "Somebody taught nearly this one as grizzly. Which name is right?")
    assert asked.buttons == ["grizzly", "Both stay"]
    await world.ann.press(asked, "grizzly")
    await world.settled()
    assert world.counts() == {"grizzly": 2}


async def test_the_very_same_photo_under_another_name_is_asked_about_too(world: World) -> None:
    await world.ann.send_photo(photo(1), caption="grizzly")
    await world.settled()

    await world.ann.send_photo(photo(1), caption="wolf")

    asked = await world.hears(world.ann, "this very picture was taught as grizzly before")
    assert asked.buttons == ["grizzly", "wolf", "Both stay"]


async def test_other_photos_of_the_same_thing_are_no_copies(world: World) -> None:
    for seed in range(8):
        await world.ann.send_photo(photo(seed), caption="grizzly")

    said = await world.said_to(world.ann)

    assert not [one for one in said if "taught nearly" in one]


async def test_an_odd_photo_is_kept_and_said_to_be_odd_once_in_a_burst(world: World) -> None:
    for seed in range(4):
        await world.ann.send_photo(blurred(seed), caption="grizzly")
    await world.settled()

    said = await world.said_to(world.ann)
    assert len([one for one in said if "A bit blurred: I keep it, but a sharper one teaches more." in one]) == 1
    assert world.counts() == {"grizzly": 4}
    flaws = await stored_flaws(world)
    assert flaws == ["blurred"] * 4


async def stored_flaws(world: World) -> list[str | None]:
    with world.store._engine.connect() as connection:
        return list(connection.execute(select(table.c.flaws).order_by(table.c.id)).scalars())
