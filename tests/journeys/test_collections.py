"""Whole collections poured into the chat: a zip becomes lessons, and a report says what became of each thing in it."""

from __future__ import annotations

from collections import Counter

from storage import Reason, Role, Source
from tests.support.bots import World, picture
from tests.support.collections import photos, reported, send_zip

GOOD = photos("apple", "leaf", each=3)


async def test_the_folders_of_a_zip_are_lessons_of_who_sent_it(world: World) -> None:
    sent = await send_zip(world.ann, {**GOOD, "apple/notes.txt": b"hello"}, name="fruit & co.zip")

    told, rows = await reported(world, world.ann, sent)

    assert "fruit & co.zip: 6 photos learned of 2 labels and 1 not taken (not a picture: 1)." in told.text
    assert (told.document or {})["file_name"] == "fruit & co-report.csv"
    assert Counter(row["outcome"] for row in rows) == {"learned": 6, "not taken": 1}
    assert next(row for row in rows if row["item"] == "apple/notes.txt")["reason"] == "it is not a picture"
    assert world.counts() == {"apple": 3, "leaf": 3}
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    mine = world.look(lambda unit: unit.photos.of_person(ann.id))
    votes = world.look(lambda unit: unit.votes.of_person(ann.id))
    assert sorted(one.origin for one in mine) == sorted(GOOD)
    assert {(one.source, one.name[1:], one.message_id) for one in mine} == {(Source.COLLECTION, ".jpg", None)}
    assert [one.reason for one in votes] == [Reason.COLLECTION] * 6


async def test_one_message_tells_how_far_it_is_and_ends_with_a_button(world: World) -> None:
    sent = await send_zip(world.ann, GOOD)
    begun = await world.hears(world.ann, "birds.zip", "of 6 looked at")
    await reported(world, world.ann, sent)

    over = await world.hears(world.ann, "I am through with birds.zip: 6 of 6 looked at.")

    assert over.id == begun.id
    assert over.buttons == ["↩️ Take all back…"]


async def test_the_caption_is_the_label_of_all_whatever_the_folders_say(world: World) -> None:
    files = {"1.jpg": picture("apple", 1), "x/2.jpg": picture("apple", 2), "__MACOSX/._1.jpg": b"x", ".DS_Store": b"x"}
    sent = await send_zip(world.ann, files, caption="Red apple")

    _, rows = await reported(world, world.ann, sent)

    assert world.counts() == {"Red apple": 2}
    assert [row["item"] for row in rows] == ["1.jpg", "x/2.jpg"]


async def test_a_flat_zip_asks_for_a_caption_and_begins_when_it_gets_one(world: World) -> None:
    sent = await send_zip(world.ann, {"1.jpg": picture("apple", 1), "2.jpg": picture("apple", 2)})
    await world.hears(world.ann, "I can't tell from this zip what its photos show: it has no sub-folders.")
    assert not list(world.store.parcels.digests())

    await world.ann.edit_caption(sent, "apple")

    await reported(world, world.ann, sent)
    assert world.counts() == {"apple": 2}


async def test_what_somebody_teaches_just_then_is_the_name_of_a_flat_zip(world: World) -> None:
    await world.ann.send_text("/teach apple")
    flat = await send_zip(world.ann, {"1.jpg": picture("apple", 1)})
    await reported(world, world.ann, flat)

    folders = await send_zip(world.ann, photos("leaf"))

    await reported(world, world.ann, folders)
    assert world.counts() == {"apple": 1, "leaf": 2}


async def test_the_same_zip_again_teaches_nothing_twice(world: World) -> None:
    first = await send_zip(world.ann, GOOD)
    await reported(world, world.ann, first)

    again = await send_zip(world.ann, {**GOOD, "leaf/9.jpg": picture("leaf", 9)})

    told, rows = await reported(world, world.ann, again)
    assert "1 photo learned of 1 label and 6 known already." in told.text
    assert len(rows) == 7
    assert world.counts() == {"apple": 3, "leaf": 4}


async def test_a_picture_under_two_names_stays_with_the_first(world: World) -> None:
    twice = {"apple/1.jpg": picture("apple", 1), "leaf/2.jpg": picture("apple", 1), "apple/3.jpg": picture("apple", 1)}
    sent = await send_zip(world.ann, twice)

    _, rows = await reported(world, world.ann, sent)

    assert [(row["item"], row["outcome"]) for row in rows] == [
        ("apple/1.jpg", "learned"), ("apple/3.jpg", "was there already"), ("leaf/2.jpg", "not taken"),
    ]  # fmt: skip
    assert rows[2]["reason"] == "the same picture stands there under another name (apple/1.jpg)"
    assert world.counts() == {"apple": 1}


async def test_another_name_for_a_known_photo_is_a_change_of_mind(world: World) -> None:
    await world.ann.send_document(picture("apple", 1), caption="pear")
    await world.settled()

    sent = await send_zip(world.ann, {"apple/1.jpg": picture("apple", 1)})

    _, rows = await reported(world, world.ann, sent)
    assert rows[0]["outcome"] == "learned under another name than before"
    assert world.counts() == {"apple": 1}


async def test_all_of_it_can_be_taken_back_after_being_asked_once_more(world: World) -> None:
    await world.ann.send_document(picture("apple", 1), caption="pear")
    await world.ann.send_photo(picture("leaf", 77), caption="leaf")
    sent = await send_zip(world.ann, {**GOOD, "apple/1.jpg": picture("apple", 1)})
    await reported(world, world.ann, sent)
    over = await world.hears(world.ann, "I am through with birds.zip")

    await world.ann.press(over, "Take all back")
    asked = await world.hears(world.ann, "Take back all that birds.zip taught me? That is 6 lessons.")
    await world.ann.press(asked, "Take all back")

    await world.hears(world.ann, "Taken back: 6 lessons from birds.zip.")
    assert world.counts() == {"leaf": 1, "pear": 1}
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    assert len(world.look(lambda unit: unit.photos.of_person(ann.id))) == 2
    assert len(list(world.store.blobs.digests())) == 2


async def test_who_thinks_better_of_it_keeps_all(world: World) -> None:
    sent = await send_zip(world.ann, GOOD)
    await reported(world, world.ann, sent)
    over = await world.hears(world.ann, "I am through with birds.zip")
    await world.ann.press(over, "Take all back")

    asked = await world.hears(world.ann, "Take back all that birds.zip taught me?")
    await world.ann.press(asked, "Keep")

    again = await world.hears(world.ann, "I am through with birds.zip")
    assert again.buttons == ["↩️ Take all back…"]
    assert world.counts() == {"apple": 3, "leaf": 3}


async def test_undo_after_a_zip_asks_whether_all_of_it_is_meant(world: World) -> None:
    sent = await send_zip(world.ann, GOOD)
    await reported(world, world.ann, sent)

    await world.ann.send_text("/undo")
    asked = await world.hears(world.ann, "Your last lessons came with birds.zip.", "That is 6 lessons.")
    assert world.counts() == {"apple": 3, "leaf": 3}
    await world.ann.press(asked, "Take all back")

    await world.hears(world.ann, "Taken back: 6 lessons from birds.zip.")
    assert world.counts() == {}


async def test_what_somebody_else_bears_out_is_not_taken_from_her(world: World) -> None:
    sent = await send_zip(world.ann, photos("apple"))
    await reported(world, world.ann, sent)
    ann = world.look(lambda unit: unit.people.by_telegram_id(world.ann.id))
    kept = world.look(lambda unit: unit.photos.of_person(ann.id))[0]
    _vote_as(world, "Bo", kept.id, "apple")

    await world.ann.send_text("/undo")
    await world.ann.press(await world.hears(world.ann, "Your last lessons"), "Take all back")

    await world.hears(world.ann, "Taken back: 2 lessons")
    assert world.counts() == {"apple": 1}


def _vote_as(world: World, name: str, photo_id: int, label: str) -> None:
    from storage import VoteKind

    with world.store.write() as unit:
        person = unit.people.meet(world.people.person(name).id, name, Role.TEACHER)
        named = unit.labels.find_or_create(unit.classifiers.default().id, label)
        unit.votes.cast(photo_id, person.id, VoteKind.LABEL, named.id, Reason.TYPED)
