"""A list of addresses sent into the chat: what is behind them becomes lessons, and the report says what did not."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest

from bot.collecting import collector
from tests.support.bots import World, picture
from tests.support.collections import reported
from tests.support.photo_server import PhotoServer, photo_server


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with photo_server() as made, mock.patch.object(collector, "Fetcher", made.fetcher):
        yield made


async def test_a_list_with_a_caption_teaches_what_is_behind_its_addresses(world: World, server: PhotoServer) -> None:
    good = [server.put(f"/{n}.jpg", picture("apple", n)) for n in range(3)]
    page = server.put("/page.jpg", b"<html>no picture</html>")
    gone = f"http://127.0.0.2:{server.port}/gone.jpg"
    lines = ["# apples", *good, page, gone, "hello", good[0]]

    sent = await world.ann.send_document("\n".join(lines).encode(), name="apples.txt", caption="apple")

    told, rows = await reported(world, world.ann, sent)
    assert "apples.txt: 3 photos learned of 1 label and 4 not taken" in told.text
    by_item = [(row["item"], row["outcome"], row["reason"]) for row in rows]
    assert by_item == [
        *((one, "learned", "") for one in good),
        (page, "not taken", "it is not a picture"),
        (gone, "not taken", "there is nothing any more"),
        ("hello", "not taken", "its line gives no address (it is no address that begins with http:// or https://)"),
        (good[0], "not taken", "its line gives no address (it is the same as line 2)"),
    ]
    assert world.counts() == {"apple": 3}
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    assert {one.origin for one in world.look(lambda unit: unit.photos.of_person(ann.id))} == set(good)


async def test_a_table_says_itself_what_each_address_shows(world: World, server: PhotoServer) -> None:
    rows = [f"{server.put(f'/{label}{n}', picture(label, n))},{label}" for label in ("apple", "leaf") for n in range(2)]

    sent = await world.ann.send_document("\n".join(["url,label", *rows]).encode(), name="fruit.csv")

    await reported(world, world.ann, sent)
    assert world.counts() == {"apple": 2, "leaf": 2}


async def test_a_list_that_names_nothing_asks_for_a_caption(world: World, server: PhotoServer) -> None:
    link = server.put("/1.jpg", picture("apple", 1))
    sent = await world.ann.send_document(link.encode(), name="list.txt")
    await world.hears(world.ann, "This list does not say what its pictures show. Edit its caption")

    await world.ann.edit_caption(sent, "apple")

    await reported(world, world.ann, sent)
    assert world.counts() == {"apple": 1}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\xff\xff\x00", "it is no text"),
        (b"hello\nyou", "There is no address in this file"),
        (b"# nothing", "it has no address in it"),
        ("\n".join(f"http://example.com/{n}" for n in range(101)).encode(), "it has more than 100 addresses"),
    ],
)
async def test_what_is_no_list_is_refused_in_plain_words(world: World, data: bytes, sentence: str) -> None:
    await world.ann.send_document(data, name="list.txt", caption="apple")

    await world.hears(world.ann, sentence)
    assert not list(world.store.parcels.digests())


async def test_a_zip_and_a_list_may_be_at_work_together(world: World, server: PhotoServer) -> None:
    from tests.journeys.test_collections_meanwhile import begun, gate

    link = server.put("/1.jpg", picture("lemon", 1))
    with gate(1) as held:
        await begun(world, held)
        sent = await world.ann.send_document(link.encode(), name="list.txt", caption="lemon")
        await world.hears(world.ann, "I am learning from list.txt: 0 of 1 looked at.")

    await reported(world, world.ann, sent)
    assert world.counts()["lemon"] == 1


async def test_addresses_inside_are_told_like_those_that_lead_nowhere(world: World) -> None:
    sent = await world.ann.send_document(
        b"http://127.0.0.1:8765/\nhttp://10.0.0.1/a.jpg", name="x.txt", caption="apple"
    )

    _, rows = await reported(world, world.ann, sent)

    assert [row["outcome"] for row in rows] == ["not taken"] * 2
    assert {row["reason"] for row in rows} <= {
        "only public http and https addresses are fetched",
        "its server does not answer",
    }


async def test_stopped_in_the_middle_a_list_is_not_fetched_again_for_what_is_done(
    world: World, server: PhotoServer
) -> None:
    from tests.journeys.test_collections_meanwhile import gate

    links = [server.put(f"/{n}.jpg", picture("apple", n)) for n in range(12)]
    with gate(5) as held:
        sent = await world.ann.send_document("\n".join(links).encode(), name="apples.txt", caption="apple")
        await world.until(held.reached.is_set, "the gate is reached")
        held.open()
        await world.stop_bot()
    done = {one.name for one in world.look(lambda unit: unit.collections.items(1))}
    assert 0 < len(done) < 12
    before = dict(server.asked)

    await world.start_bot()

    _, rows = await reported(world, world.ann, sent)
    assert [row["outcome"] for row in rows] == ["learned"] * 12
    again = {path for path, n in server.asked.items() if n > before.get(path, 0)}
    assert not {f"http://127.0.0.2:{server.port}{path}" for path in again} & done
