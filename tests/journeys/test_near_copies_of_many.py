"""Near copies among what comes in many at a time: zips, lists, imports, and what is sent by itself."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from bot.cli.importing import import_from
from bot.collecting import collector
from tests.bot.cli.conftest import put
from tests.support.bots import World
from tests.support.collections import reported, send_zip
from tests.support.networks import tiny_settings
from tests.support.photo_server import PhotoServer, photo_server
from tests.support.pictures import grainy

SEEDS = range(6)


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with photo_server() as made, mock.patch.object(collector, "Fetcher", made.fetcher):
        yield made


@pytest.fixture
def at_home(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world, in whose home `pupil` works too."""
    for name, value in (tiny_settings().model_dump(exclude_defaults=True) | {"home": world.home}).items():
        monkeypatch.setenv(f"PUPIL_{name.upper()}", str(value))
    return world


def copy(seed: int) -> bytes:
    return grainy(seed, quality=40, side=300)


def in_pairs(world: World) -> bool:
    """Whether each group holds a photo and its copy, in one fold."""
    photos = world.look(lambda unit: unit.photos.labelled(unit.classifiers.default().id))
    found = Counter((one.group, one.fold) for one in photos)
    return len({group for group, _ in found}) == len(found) == len(SEEDS) and set(found.values()) == {2}


async def test_near_copies_in_a_zip_lie_in_one_fold(world: World) -> None:
    files = {f"apple/{seed}.jpg": grainy(seed) for seed in SEEDS} | {f"leaf/{seed}.jpg": copy(seed) for seed in SEEDS}
    sent = await send_zip(world.ann, files)

    await reported(world, world.ann, sent)

    assert world.counts() == {"apple": 6, "leaf": 6}
    assert in_pairs(world)


async def test_what_was_exported_stands_in_a_zip_as_it_stood(world: World) -> None:
    files = {f"apple/{seed}-{make.__name__}.jpg": make(seed) for seed in SEEDS for make in (grainy, copy)}
    told = {name: {"file_name": name, "fold": 1 if "copy" in name else 0} for name in files}
    told["apple/0-copy.jpg"]["fold"] = 0
    table = "\n".join(map(json.dumps, told.values())).encode()

    _, rows = await reported(world, world.ann, await send_zip(world.ann, {**files, "metadata.jsonl": table}))

    assert {row["outcome"] for row in rows} == {"learned"}
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    photos = world.look(lambda unit: unit.photos.of_person(ann.id))
    assert {one.origin: one.fold for one in photos} == {name: one["fold"] for name, one in told.items()}
    assert len({one.group_key for one in photos}) == len(files)


async def test_what_is_sent_joins_its_near_copies_in_a_zip_and_the_other_way_round(world: World) -> None:
    for seed in SEEDS[:3]:
        await world.bo.send_photo(grainy(seed), caption="apple")
    await world.settled()
    files = {f"{seed}.jpg": copy(seed) for seed in SEEDS}
    await reported(world, world.ann, await send_zip(world.ann, files, caption="apple"))

    for seed in SEEDS[3:]:
        await world.bo.send_photo(grainy(seed), caption="apple")
    await world.settled()

    assert in_pairs(world)


async def test_what_a_list_names_joins_its_near_copies(world: World, server: PhotoServer) -> None:
    links = [server.put(f"/{seed}-{make.__name__}.jpg", make(seed)) for seed in SEEDS for make in (grainy, copy)]

    sent = await world.ann.send_document("\n".join(links).encode(), name="apples.txt", caption="apple")

    await reported(world, world.ann, sent)
    assert in_pairs(world)


async def test_a_copy_of_what_was_imported_is_found_in_the_chat(at_home: World, tmp_path: Path) -> None:
    world = at_home
    put(tmp_path / "photos" / "grizzly", *map(grainy, SEEDS))
    assert await asyncio.to_thread(import_from, tmp_path / "photos", as_json=True) == 0

    for seed in SEEDS:
        await world.ann.send_document(copy(seed), caption="wolf" if seed == 0 else "grizzly")
    await world.settled()

    asked = await world.hears(world.ann, "taught nearly this one as grizzly. Which name is right?")
    assert asked.buttons == ["grizzly", "Both stay"]
    assert in_pairs(world)


async def test_what_is_imported_joins_its_near_copies_of_the_chat(at_home: World, tmp_path: Path) -> None:
    world = at_home
    for seed in SEEDS:
        await world.ann.send_photo(grainy(seed), caption="grizzly")
    await world.settled()
    put(tmp_path / "photos" / "grizzly", *map(copy, SEEDS))

    assert await asyncio.to_thread(import_from, tmp_path / "photos", as_json=True) == 0

    assert in_pairs(world)
