"""A newcomer's lessons wait for somebody who agrees."""

from __future__ import annotations

from pathlib import Path

from storage import Reason, Role, SuspectKind, VoteKind
from tests.support.bots import World, picture, running_bot
from tests.support.collections import reported, send_zip
from tests.support.reviews import opened, pressed


def waiting(world: World) -> int:
    found: int = world.look(lambda unit: len(unit.guard.vouched(unit.classifiers.default().id).waiting))
    return found


def learned(world: World) -> int:
    network = world.look(lambda unit: unit.networks.active(unit.classifiers.default().id))
    assert network is not None
    photos: int = network.photos
    return photos


async def is_listed(world: World, count: int) -> None:
    def listed() -> bool:
        cards = world.look(lambda unit: unit.suspects.ranked(unit.classifiers.default().id, SuspectKind.NEWCOMER))
        return len(cards) == count

    await world.until(listed, f"{count} lessons are listed")


async def test_labels_and_what_is_still_needed_count_what_teaches(strict: World) -> None:
    world = strict
    await world.teach(world.ann, "apple", 3)
    await world.teach(world.bo, "leaf", 2)
    await world.teach(world.bo, "leaf", 1, label="pear", first=9)
    await world.until(lambda: waiting(world) == 3, "Bo's lessons wait")

    labels = await world.ann.send_text("/labels")
    told = await world.hears(world.ann, "I know 1 label", after=labels)
    assert "3 photos of newcomers wait for someone who agrees." in told.text
    assert ("apple  3\u00a0photos" in told.text, "leaf  " in told.text) == (True, False)
    train = await world.ann.send_text("/train")
    await world.hears(world.ann, "Before I can answer I need 2 photos of 1 other thing.", after=train)
    one = await world.owner.send_text("/labels leaf")
    await world.hears(world.owner, "leaf  0 photos\n2 photos of newcomers wait for someone", after=one)

    [leaf] = await world.teach(world.ann, "leaf", 1, first=40)
    told = await world.hears(world.ann, "Learned: leaf, 1 photo now.", after=leaf)
    assert "Before I can answer I need 1 more of leaf." in told.text


async def test_the_report_on_a_newcomers_zip_says_that_its_photos_wait(guarded: World) -> None:
    world = guarded
    leaves = {f"leaf/{n}.jpg": picture("leaf", 600 + n) for n in range(3)}
    told, rows = await reported(world, world.bo, await send_zip(world.bo, leaves))

    assert "3 photos noted of 1 label. The file says what became of each.\nYou are new here: your first" in told.text
    assert "I am learning it now" not in told.text
    assert [row["outcome"] for row in rows] == ["noted, waits for someone who agrees"] * 3
    assert waiting(world) == 3

    told, rows = await reported(world, world.ann, await send_zip(world.ann, {"leaf/9.jpg": picture("leaf", 700)}))
    assert ("1 photo learned of 1 label" in told.text, "new here" in told.text) == (True, False)
    assert [row["outcome"] for row in rows] == ["learned"]


async def test_of_a_newcomers_zip_it_is_said_how_many_wait_where_somebody_agrees_with_the_others(
    guarded: World,
) -> None:
    world = guarded
    await reported(world, world.bo, await send_zip(world.bo, {"leaf/0.jpg": picture("leaf", 600)}))
    with world.store.write() as unit:
        ann, bo = unit.people.by_telegram_id(world.ann.id), unit.people.by_telegram_id(world.bo.id)
        apple = unit.labels.find(1, "apple")
        assert ann is not None
        assert bo is not None
        assert apple is not None
        [photo] = unit.photos.of_person(bo.id)
        unit.votes.cast(photo.id, ann.id, VoteKind.LABEL, apple.id, Reason.TYPED)

    both = {"apple/0.jpg": picture("leaf", 600), "leaf/1.jpg": picture("leaf", 601)}
    told, rows = await reported(world, world.bo, await send_zip(world.bo, both))

    assert "2 photos noted of 2 labels. The file says what became of each.\n1 of them waits. You are new" in told.text
    assert [row["outcome"] for row in rows] == [
        "learned under another name than before", "noted, waits for someone who agrees"
    ]  # fmt: skip


async def test_who_teaches_alone_is_learned_from_at_once_however_new(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as world:
        world.store.confirmed_lessons = 3
        world.give_role(world.owner, Role.OWNER)
        for thing in ("apple", "leaf"):
            await world.teach(world.bo, thing, 10)

        assert await world.train() is not None

        assert learned(world) == 20
        assert not any("New here" in one or "new here" in one for one in await world.said_to(world.bo))


async def test_a_newcomer_is_told_and_her_lessons_count_once_a_reviewer_agrees_with_all_of_them(guarded: World) -> None:
    world = guarded
    await world.teach(world.bo, "leaf", 4)
    await world.hears(world.bo, "Thanks: noted as leaf. You are new here: your first photos count once someone agrees")
    await world.hears(world.owner, "Somebody is new here, and began to teach", "/review newcomers")
    await world.train()
    assert (waiting(world), learned(world)) == (4, 8)
    status = await world.owner.send_text("/status")
    await world.hears(world.owner, "4 photos of newcomers wait for someone who agrees.", after=status)
    await is_listed(world, 4)

    card = await opened(world, world.owner, "/review newcomers")
    assert "Is this leaf?" in card.text
    assert "Who teaches it is new here, so it waits for someone who agrees. So do 3 others" in card.text
    _, card = await pressed(world, world.owner, card, "All 4 of this person's")

    assert "You decided about 4 cards: 4 kept." in card.text
    assert waiting(world) == 0
    await world.hears(world.bo, "Others agree with what you taught me.")
    await world.train()
    assert learned(world) == 12
    lesson = (await world.teach(world.bo, "leaf", 1, first=50))[0]
    await world.hears(world.bo, "Learned: leaf", after=lesson)


async def test_agreeing_with_all_is_undone_as_one(guarded: World) -> None:
    world = guarded
    await world.teach(world.bo, "leaf", 2)
    await is_listed(world, 2)
    card = await opened(world, world.owner, "/review newcomers")
    _, card = await pressed(world, world.owner, card, "All 2 of this person's")
    assert waiting(world) == 0

    _, card = await pressed(world, world.owner, card, "Undo")

    assert waiting(world) == 2
    await is_listed(world, 2)


async def test_one_lesson_that_is_called_otherwise_does_not_wait_any_more(guarded: World) -> None:
    world = guarded
    await world.teach(world.bo, "leaf", 2, label="apple")
    await is_listed(world, 2)
    card = await opened(world, world.owner, "/review newcomers")

    _, card = await pressed(world, world.owner, card, "Set aside")

    assert "2 of 2" in card.text
    assert waiting(world) == 1


async def test_another_teacher_who_agrees_is_enough(guarded: World) -> None:
    world = guarded
    group = await world.group()
    await world.owner.promote(group, world.service.app.bot.id)
    photo = await world.bo.send_photo(picture("leaf", 77), caption=f"leaf {world.mention}", chat=group)
    await world.settled()
    assert waiting(world) == 1

    await world.ann.reply(photo, f"leaf {world.mention}")
    await world.settled()

    assert waiting(world) == 0


async def test_a_newcomers_correction_promises_nothing(guarded: World) -> None:
    world = guarded
    asked = await world.bo.send_photo(picture("apple", 60))
    answer = await world.bo.wait_for(lambda one: one.from_bot and bool(one.buttons), after=asked)
    await world.presses(world.bo, answer, "👎 Wrong")
    await world.settled()
    toast = await world.presses(world.bo, await world.bo.refreshed(answer), "leaf")
    await world.settled()

    assert toast == "Thank you!"
    assert "You are new here" in (await world.bo.refreshed(answer)).text


async def test_agreeing_with_all_is_about_those_that_were_counted_and_not_about_later_ones(guarded: World) -> None:
    world = guarded
    await world.teach(world.bo, "leaf", 2)
    await is_listed(world, 2)
    card = await opened(world, world.owner, "/review newcomers")
    await world.teach(world.bo, "apple", 3, label="leaf", first=90)
    await is_listed(world, 5)

    await pressed(world, world.owner, card, "All 2 of this person's")

    assert waiting(world) == 3


async def test_a_newcomer_is_named_to_reviewers_only_if_she_agreed(guarded: World) -> None:
    world = guarded
    settings = await world.bo.send_text("/settings")
    shown = await world.hears(world.bo, "How I behave in this chat", after=settings)
    await world.presses(world.bo, shown, "Show others my photos and name")
    await world.settled()

    await world.teach(world.bo, "leaf", 1)

    await world.hears(world.owner, "Bo is new here, and began to teach")


async def test_where_all_that_is_there_waits_a_reviewer_can_let_it_count(strict: World) -> None:
    """Ann knows apples, Bo leaves: without Bo's there are not two things to tell apart, and never a network."""
    world = strict
    await world.teach(world.ann, "apple", 4)
    await world.teach(world.bo, "leaf", 4)
    await world.hears(world.owner, "is new here, and began to teach", "/review newcomers")
    await is_listed(world, 4)

    card = await opened(world, world.owner, "/review newcomers")
    await pressed(world, world.owner, card, "All 4 of this person's")

    assert waiting(world) == 0
    assert await world.train() is not None
