"""Whose turn it is, and what people hear who wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from bot.delivery.waiting import PACE_OF, Place, Rows, WaitingRoom, photo_in
from bot.looking.guesser import Loaded
from bot.looking.looker import Looker, Seen
from bot.speech import texts
from storage import Incoming, Unit
from tests.support.bots import World, picture


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """No photo is looked at before it is set."""
    opened, look = threading.Event(), Looker._look

    def wait_and_look(looker: Looker, data: bytes, loaded: Loaded | None, judge: bool) -> Seen:
        assert opened.wait(30)
        return look(looker, data, loaded, judge)

    monkeypatch.setattr(Looker, "_look", wait_and_look)
    yield opened
    opened.set()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """People wait less long than in life, and one photo is seen to at a time."""
    for name, value in (("LOOK_EVERY", 0.05), ("TYPES_AFTER", 0.1), ("TELLS_AFTER", 0.3), ("PHOTOS_AT_ONCE", 1)):
        monkeypatch.setattr(f"bot.delivery.waiting.{name}", value)


async def test_who_waits_hears_how_many_are_before_her_once_and_is_answered_all_the_same(
    world: World, gate: threading.Event
) -> None:
    await world.ann.send_photo(picture("leaf", 1))
    await asyncio.sleep(0.2)
    asked = await world.bo.send_photo(picture("apple", 2))

    told = await world.hears(world.bo, "1 photo is before yours")
    assert told.reply_to == asked.id
    await asyncio.sleep(0.3)
    gate.set()
    await world.settled()

    heard = await world.said_to(world.bo)
    assert len([one for one in heard if "before yours" in one]) == 1
    assert len(heard) == 2
    assert not [one for one in await world.said_to(world.ann) if "before yours" in one]


async def test_a_photo_that_takes_its_time_is_seen_to_be_worked_on(world: World, gate: threading.Event) -> None:
    await world.ann.send_photo(picture("leaf", 1), caption="leaf")

    await world.until(lambda: "typing" in world.people.typing_in(world.ann.id), "the bot types")


async def test_words_do_not_wait_for_photos(world: World, gate: threading.Event) -> None:
    await world.ann.send_photo(picture("leaf", 1))
    await world.bo.send_photo(picture("leaf", 2))
    await world.owner.send_text("/help")

    await world.hears(world.owner, "/labels")
    assert not gate.is_set()


async def test_a_flood_of_one_person_is_one_place_in_the_row(world: World, gate: threading.Event) -> None:
    for seed in range(6):
        await world.ann.send_photo(picture("leaf", seed))
    await asyncio.sleep(0.3)
    await world.bo.send_photo(picture("apple", 99))
    await asyncio.sleep(0.3)
    gate.set()
    await world.settled()

    hers, his = (_photos_of(world, one.id) for one in (world.ann, world.bo))
    assert len(hers) == 6
    assert sum(number < his[0] for number in hers) == 1


def _photos_of(world: World, telegram_id: int) -> list[int]:
    """The numbers of a person's photos, in the order in which they were seen to."""

    def ask(unit: Unit) -> list[int]:
        person = unit.people.by_telegram_id(telegram_id)
        return [one.id for one in unit.photos.of_person(person.id)] if person else []

    numbers: list[int] = world.look(ask)
    return numbers


def test_who_is_before_whom() -> None:
    rows = Rows(served={1: Place(1, 1, 0.0)}, waiting={lane: Place(lane, 1, 0.0) for lane in (5, 3, 9)})

    assert [rows.before(lane) for lane in (5, 3, 9)] == [1, 2, 3]


def test_the_pace_is_that_of_the_last_seconds() -> None:
    rows = Rows()
    assert rows.seconds_for(3, now=0.0) is None
    for at in (0.0, 1.0, 2.0, 3.0):
        rows.note_done(at)

    assert rows.seconds_for(2, now=3.0) == pytest.approx(2 * PACE_OF / 4)
    assert rows.seconds_for(2, now=2.5 + PACE_OF) == pytest.approx(2 * PACE_OF / 1)
    assert rows.seconds_for(2, now=4.0 + PACE_OF) is None


def test_seconds_are_said_in_steps() -> None:
    assert "about 5 seconds" in texts.photos_before_yours(1, 0.2)
    assert "12 photos are before yours: about 15 seconds" in texts.photos_before_yours(12, 11.0)
    assert "seconds" not in texts.photos_before_yours(1, None)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('{"message": {"message_id": 4, "photo": []}}', 4),
        ('{"edited_message": {"message_id": 4, "document": {}}}', 4),
        ('{"message": {"message_id": 5, "text": "what is it?", "reply_to_message": {"photo": []}}}', 5),
        ('{"message": {"message_id": 4, "text": "/help"}}', None),
        ('{"callback_query": {"message": {"message_id": 4, "photo": []}}}', None),
        ('{"message": []}', None),
        ("[]", None),
        ("no json", None),
    ],
)
def test_what_needs_a_look(raw: str, expected: int | None) -> None:
    assert photo_in(Incoming(1, 2, 3, raw, 0)) == expected


async def test_a_place_is_given_back_whatever_happens(world: World) -> None:
    room = WaitingRoom(world.store, world.service.app.bot, asyncio.Event())
    incoming = Incoming(1, 2, 3, '{"message": {"message_id": 4, "photo": []}}', 0)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"):
            async with room.admit(incoming):
                raise ValueError("broken")

    async with asyncio.timeout(5), room.admit(incoming):
        pass
