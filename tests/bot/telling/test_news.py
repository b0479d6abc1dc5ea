"""What people hear of a new network, whatever one photo or one moment brings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.telling import news
from storage import StoreReadOnly, StoreUnavailable
from tests.support.bots import World, picture


def hide(world: World, monkeypatch: pytest.MonkeyPatch, digest: str, error: Exception) -> None:
    """Let the disk refuse one photo's file."""
    read: Callable[[str], bytes] = world.store.blobs.read

    def refusing(asked: str) -> bytes:
        if asked == digest:
            raise error
        return read(asked)

    monkeypatch.setattr(world.store.blobs, "read", refusing)


@pytest.mark.parametrize("error", [StoreReadOnly("EACCES"), StoreUnavailable("EIO")])
async def test_a_file_that_cannot_be_read_keeps_nobody_from_the_news(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for person, seed in ((world.ann, 7), (world.bo, 8)):
        await person.send_photo(picture("leaf", seed))
        await world.settled()
    photos = world.look(lambda unit: unit.photos.unanswered(1, unit.now.replace(year=2000)))
    hide(world, monkeypatch, photos[0].digest, error)

    await world.knows_apples_and_leaves(world.owner)

    await world.hears(world.owner, "I can answer now!")
    await world.hears(world.bo, "I think this is leaf")


async def test_all_questions_that_waited_are_answered_however_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "LOOK_BACK", 0.0)
    few(monkeypatch)
    for seed in range(4):
        await world.ann.send_photo(picture("leaf", seed))
    await world.settled()

    await world.knows_apples_and_leaves(world.owner)
    await world.until(lambda: not world.look(waiting), "all are answered", patience=5)


def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One question at a time."""
    monkeypatch.setattr(news, "waiting_questions", lambda unit, classifier_id: waiting(unit)[:1])


def waiting(unit: Any) -> list[Any]:
    return list(unit.photos.unanswered(1, unit.now.replace(year=2000)))
