"""Journey: what the bot refused is not lost; a reviewer looks at it, and takes it or not."""

from __future__ import annotations

import pytest
from PIL import Image

from storage import Role
from storage.quarantine import FILES_EACH
from tests.journeys.test_my_data import delete_everything
from tests.support.bots import Message, Person, World, picture
from tests.support.pictures import encoded, jpeg, scene
from tests.support.reviews import opened, pressed

SMALL = encoded(scene(12, 9), "PNG")
NAVY = encoded(Image.new("RGB", (64, 64), "navy"))


@pytest.fixture
def reviewers(world: World) -> World:
    world.give_role(world.owner, Role.OWNER)
    world.give_role(world.bo, Role.REVIEWER)
    return world


async def refused(world: World, data: bytes, caption: str = "", name: str = "photo.png") -> Message:
    sent = await world.ann.send_document(data, name=name, caption=caption)
    await world.settled()
    return sent


def parcels(world: World) -> int:
    return len(list(world.store.parcels.digests()))


async def cards_of(world: World, reviewer: Person) -> Message:
    return await opened(world, reviewer, "/quarantine")


async def test_a_refused_lesson_is_taken_all_the_same_and_its_sender_hears_of_it(reviewers: World) -> None:
    world = reviewers
    sent = await refused(world, SMALL, "daisy", name="tiny <b>.png")
    await world.hears(world.ann, "too small (12x9)", "I keep it aside for 30 days: a reviewer may take it", after=sent)
    assert world.counts() == {}

    card = await cards_of(world, world.bo)
    assert "Refused: tiny <b>.png, 1 KB, called daisy." in card.text
    assert "Its sender was told: “That picture is too small (12x9)" in card.text
    toast, card = await pressed(world, world.bo, card, "Take it")

    assert toast == "Taken. Undo gives it back."
    assert "Nothing is set aside any more." in card.text
    assert world.counts() == {"daisy": 1}
    told = await world.hears(world.ann, "A reviewer has taken this photo after all, as daisy.")
    assert told.reply_to == sent.id
    await world.ann.edit_caption(sent, "rose")
    await world.settled()
    assert world.counts() == {"rose": 1}


async def test_undo_gives_the_photo_and_its_lesson_back(reviewers: World) -> None:
    world = reviewers
    await refused(world, NAVY, "sea")
    card = await cards_of(world, world.bo)
    assert "one even colour" in card.text
    _, card = await pressed(world, world.bo, card, "Take it")

    toast, card = await pressed(world, world.bo, card, "Undo")

    assert (toast, world.counts()) == ("Taken back.", {})
    assert list(world.store.blobs.digests()) == []
    await world.hears(world.ann, "The reviewer has changed her mind")
    await pressed(world, world.bo, card, "Take it")
    assert world.counts() == {"sea": 1}


async def test_what_is_dropped_is_deleted_after_a_day_and_can_be_brought_back_until_then(reviewers: World) -> None:
    world = reviewers
    await refused(world, SMALL, "daisy")
    card = await cards_of(world, world.bo)
    toast, card = await pressed(world, world.bo, card, "Drop")
    assert toast.startswith("Dropped")
    _, card = await pressed(world, world.bo, card, "Undo")
    assert "called daisy" in card.text
    await pressed(world, world.bo, card, "Drop")

    world.time.advance(hours=23)
    with world.store.write() as unit:
        assert unit.quarantine.forget_old() == []
    world.time.advance(hours=2)
    with world.store.write() as unit:
        gone = unit.quarantine.forget_old()
    world.store.let_go(gone)

    assert parcels(world) == 0


async def test_what_nothing_can_be_seen_of_is_shown_by_its_reason_alone(reviewers: World) -> None:
    world = reviewers
    sent = await refused(world, b"%PDF-1.7 and so on", name="notes")
    await world.hears(world.ann, "I can't read PDF files yet", "for reviewers to see what I can't read", after=sent)

    card = await cards_of(world, world.bo)

    assert "Refused: notes, 1 KB, a question." in card.text
    assert "Nothing can be seen of it" in card.text
    assert not [button for button in card.buttons if "Take" in button]


async def test_two_reviewers_never_have_the_same_card(reviewers: World) -> None:
    world = reviewers
    await refused(world, SMALL, "daisy")
    await refused(world, NAVY, "sea")

    first, second = await cards_of(world, world.bo), await cards_of(world, world.owner)
    assert ("daisy" in first.text, "sea" in second.text) == (True, True)
    _, first = await pressed(world, world.bo, first, "Skip")

    assert "That was the last one for now." in first.text
    _, second = await pressed(world, world.owner, second, "Stop")
    assert "2 files set aside" in second.text


async def test_a_question_that_was_refused_asks_for_its_name(reviewers: World) -> None:
    world = reviewers
    sent = await refused(world, SMALL)
    await pressed(world, world.bo, await cards_of(world, world.bo), "Take it")
    await world.hears(world.ann, "Reply to it with its name, and I learn it.")

    await world.ann.reply(sent, "daisy")
    await world.settled()

    assert world.counts() == {"daisy": 1}


async def test_a_photo_cut_short_can_be_taken_as_far_as_it_goes(reviewers: World) -> None:
    world = reviewers
    await refused(world, jpeg(320, 240)[:-900], "daisy", name="cut.jpg")

    card = await cards_of(world, world.bo)
    assert "damaged or cut short" in card.text
    await pressed(world, world.bo, card, "Take it")

    assert world.counts() == {"daisy": 1}


async def test_deleting_ones_data_deletes_what_is_set_aside(reviewers: World) -> None:
    world = reviewers
    await refused(world, SMALL, "daisy")
    await refused(world, b"no picture at all", name="photo.jpg")
    assert parcels(world) == 2
    card = await cards_of(world, world.bo)

    await delete_everything(world, world.ann)

    assert parcels(world) == 0
    toast, _ = await pressed(world, world.bo, card, "Take it")
    assert toast == "That one is decided, gone or with another reviewer by now."


async def test_the_file_of_all_that_is_kept_names_what_is_set_aside(reviewers: World) -> None:
    world = reviewers
    await refused(world, SMALL, "daisy", name="tiny.png")

    asked = await world.ann.send_text("/mydata")
    await world.hears(world.ann, "1 file that I refused", after=asked)
    await world.settled()
    file = await world.ann.wait_for(lambda one: one.document, after=asked)

    assert b'"file_name": "tiny.png"' in await world.ann.download(file)


async def test_more_than_so_many_of_one_person_push_out_her_oldest(reviewers: World) -> None:
    world = reviewers
    for number in range(FILES_EACH + 2):
        await world.ann.send_document(b"no picture %d" % number, name="photo.jpg")
    await world.settled()

    assert parcels(world) == FILES_EACH
    assert world.look(lambda unit: unit.quarantine.count(unit.classifiers.default().id)) == FILES_EACH


@pytest.mark.parametrize(
    "name", ["NUL", "photo.jpg?v=1584804420", "no_extension", "double.jpg.exe", "...", "\u202egpj.exe"]
)
async def test_a_picture_is_one_whatever_its_file_is_called(world: World, name: str) -> None:
    await world.ann.send_document(picture("apple"), name=name, caption="apple")
    await world.settled()

    assert world.counts() == {"apple": 1}


async def test_in_a_group_a_file_of_any_kind_is_looked_at_only_where_it_is_meant_for_the_bot(world: World) -> None:
    group = await world.group()
    await world.owner.promote(group, world.service.app.bot.id)

    await world.ann.send_document(b"minutes of our meeting", name="minutes", chat=group)
    await world.ann.send_document(b"minutes of our meeting", name="minutes", caption=world.mention, chat=group)

    assert len([one for one in await world.said_to(world.ann, chat=group) if "not a picture" in one]) == 1
    assert parcels(world) == 1


async def test_a_copy_of_what_was_taken_all_the_same_is_found(reviewers: World) -> None:
    world = reviewers
    await refused(world, SMALL, "daisy")
    await pressed(world, world.bo, await cards_of(world, world.bo), "Take it")

    copy = scene(12, 9).resize((240, 180), Image.Resampling.BICUBIC)
    sent = await world.ann.send_photo(encoded(copy, "PNG"), caption="rose")

    await world.hears(world.ann, "You taught nearly this one on ", "as daisy. Which name is right?", after=sent)
    groups = world.look(lambda unit: {one.group for one in unit.photos.labelled(unit.classifiers.default().id)})
    assert len(groups) == 1


async def test_what_is_taken_all_the_same_joins_the_photo_of_which_it_is_a_copy(reviewers: World) -> None:
    world = reviewers
    copy = scene(12, 9).resize((240, 180), Image.Resampling.BICUBIC)
    await world.ann.send_photo(encoded(copy, "PNG"), caption="daisy")
    await refused(world, SMALL, "daisy")

    await pressed(world, world.bo, await cards_of(world, world.bo), "Take it")

    lessons = world.look(lambda unit: unit.photos.labelled(unit.classifiers.default().id))
    assert (len(lessons), len({one.group for one in lessons})) == (2, 1)
