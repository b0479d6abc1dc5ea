"""A newcomer's lessons wait for somebody who agrees; alarms are told and settled; all of one person's is taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground.faults import Fault
from storage import NewAlarm, Reason, Role, SuspectKind, VoteKind
from tests.support.bots import Message, Person, World, picture, running_bot
from tests.support.collections import reported, send_zip
from tests.support.reviews import opened, photo_of, pressed


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[World]:
    """A bot that knows Ann's apples and leaves, where three confirmed lessons end being new."""
    async with running_bot(tmp_path) as world:
        world.store.confirmed_lessons = 3
        world.give_role(world.owner, Role.OWNER)
        await world.owner.send_text("/start")
        await world.knows_apples_and_leaves(world.ann)
        yield world


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


async def test_labels_and_what_is_still_needed_count_what_teaches(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as world:
        world.store.confirmed_lessons = 3
        world.give_role(world.owner, Role.OWNER)
        await world.owner.send_text("/start")
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


def raise_alarm(world: World, person: Person, photos: list[Message]) -> None:
    with world.store.write() as unit:
        classifier_id = unit.classifiers.default().id
        network = unit.networks.latest(classifier_id)
        known = unit.people.by_telegram_id(person.id)
        assert network is not None
        assert known is not None
        evidence = tuple(photo_of(unit, one).id for one in photos)
        unit.alarms.note(classifier_id, network.id, [NewAlarm(known.id, len(photos) + 1, 1.2, evidence)])


async def told_alarm(world: World) -> Message:
    return await world.owner.wait_for(lambda one: "Please look at what" in one.text)


async def test_an_alarm_comes_with_figures_and_photos_and_is_looked_at(guarded: World) -> None:
    world = guarded
    raise_alarm(world, world.bo, await world.teach(world.bo, "leaf", 5, label="apple"))

    alarm = await told_alarm(world)
    assert "Please look at what Bo teaches. Of 6 photos, what all others taught me contradicts 5" in alarm.text
    assert alarm.photo is not None
    await world.presses(world.owner, alarm, "Look at them")
    card = await world.owner.wait_for(lambda one: one.from_bot and one.photo is not None, after=alarm)

    assert "Is this apple?" in card.text
    assert "contradicts 5 of 6 photos of who teaches it" in card.text
    _, card = await pressed(world, world.owner, card, "Set aside")
    assert "2 of 5" in card.text


async def test_an_alarm_that_is_none_is_remembered(guarded: World) -> None:
    world = guarded
    photos = await world.teach(world.bo, "leaf", 5, label="apple")
    raise_alarm(world, world.bo, photos)
    alarm = await told_alarm(world)

    # Its buttons stay until it can be edited.
    world.playground.faults.plan("editMessageCaption", Fault.too_many(1), times=100)
    await world.presses(world.owner, alarm, "All fine")
    toast = await world.presses(world.owner, alarm, "All fine")
    world.playground.faults.clear()
    await world.settled()

    assert toast == "That is settled already."
    assert "what Bo taught is fine" in (await world.owner.refreshed(alarm)).text
    assert world.look(lambda unit: len(unit.alarms.called_fine(unit.classifiers.default().id))) == 5


async def test_all_of_a_persons_lessons_are_taken_back_after_a_question_and_given_back(guarded: World) -> None:
    world = guarded
    raise_alarm(world, world.bo, await world.teach(world.bo, "leaf", 5, label="apple"))
    alarm = await told_alarm(world)

    await world.presses(world.owner, alarm, "Take back all their lessons")
    question = await world.hears(world.owner, "Take back all that Bo said: 5 lessons on 5 photos?")
    assert world.counts()["apple"] == 9
    await world.presses(world.owner, question, "Take all back")
    await world.settled()
    question = await world.owner.refreshed(question)
    assert "Taken back: 5 lessons of Bo on 5 photos." in question.text
    assert world.counts()["apple"] == 4
    assert world.look(lambda unit: unit.alarms.open(unit.classifiers.default().id)) == []

    await world.presses(world.owner, question, "Undo")
    await world.settled()

    assert "Undone: 5 lessons of Bo count again." in (await world.owner.refreshed(question)).text
    assert world.counts()["apple"] == 9


async def test_whose_lessons_to_take_back_is_chosen_from_who_taught_lately(guarded: World) -> None:
    world = guarded
    await world.teach(world.bo, "leaf", 2)

    await world.owner.send_text("/revert")
    choice = await world.hears(world.owner, "Whose lessons shall I take back?")
    assert choice.buttons == ["Bo", "Ann"]
    await world.presses(world.owner, choice, "Bo")
    question = await world.hears(world.owner, "Take back all that Bo said: 2 lessons")
    await world.presses(world.owner, question, "Keep")
    await world.settled()

    assert "Nothing was taken back." in (await world.owner.refreshed(question)).text
    assert world.counts()["leaf"] == 6


async def test_in_a_group_a_reply_says_whose_and_only_admins_may(guarded: World) -> None:
    world = guarded
    group = await world.group()
    await world.owner.promote(group, world.service.app.bot.id)
    word = await world.bo.send_text("hello", chat=group)

    await world.owner.reply(word, f"/revert{world.mention}")
    await world.hears(world.owner, "Nothing that Bo said of photos counts now", chat=group)
    await world.owner.send_text(f"/revert{world.mention}", chat=group)
    await world.hears(world.owner, "Reply with /revert to a message of the person", chat=group)
    await world.bo.send_text("/revert")
    await world.hears(world.bo, "That is for admins.")


async def test_an_admin_does_not_take_back_an_owners_lessons(guarded: World) -> None:
    world = guarded
    await world.teach(world.owner, "leaf", 1)
    world.give_role(world.ann, Role.ADMIN)
    await world.ann.send_text("/revert")
    choice = await world.hears(world.ann, "Whose lessons shall I take back?")

    await world.presses(world.ann, choice, "Owner")

    await world.hears(world.ann, "Only an owner may take back an owner's lessons.")


async def test_undo_pressed_twice_gives_back_no_earlier_reversal(guarded: World) -> None:
    world = guarded
    for first in (20, 40):
        await world.teach(world.bo, "leaf", 2, label="apple", first=first)
        await world.owner.send_text("/revert")
        choice = await world.owner.wait_for(lambda one: "Whose lessons" in one.text)
        await world.presses(world.owner, choice, "Bo")
        question = await world.hears(world.owner, "Take back all that Bo said: 2 lessons", after=choice)
        await world.presses(world.owner, question, "Take all back")
        await world.settled()
    assert world.counts()["apple"] == 4

    taken_back = await world.owner.refreshed(question)
    # Its buttons stay until it can be edited.
    world.playground.faults.plan("editMessageText", Fault.too_many(1), times=100)
    for _ in range(2):
        await world.presses(world.owner, taken_back, "Undo")
    world.playground.faults.clear()
    await world.settled()

    assert "Undone: 2 lessons of Bo count again." in (await world.owner.refreshed(question)).text
    assert world.counts()["apple"] == 6


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


async def deletes_all(world: World, person: Person) -> None:
    await person.send_text("/mydata")
    shown = await world.hears(person, "Of you I keep")
    await world.presses(person, shown, "Delete all of it")
    await world.presses(person, await world.hears(person, "for good?"), "Delete for good")
    await world.settled()


async def test_what_admins_and_reviewers_were_told_of_a_person_goes_with_her_data(guarded: World) -> None:
    world = guarded
    raise_alarm(world, world.bo, await world.teach(world.bo, "leaf", 5, label="apple"))
    alarm = await told_alarm(world)
    told = await world.hears(world.owner, "is new here, and began to teach")

    await deletes_all(world, world.bo)

    left = [one.id for one in await world.owner.history()]
    assert alarm.id not in left
    assert told.id not in left


async def test_an_alarm_that_shows_a_deleted_photo_comes_anew_without_it(guarded: World) -> None:
    """Bo called Ann's photo otherwise in a group; it stands behind the alarm about him."""
    world = guarded
    group = await world.group()
    await world.owner.promote(group, world.service.app.bot.id)
    anns = await world.ann.send_photo(picture("leaf", 77), caption=f"leaf {world.mention}", chat=group)
    raise_alarm(world, world.bo, [anns, *await world.teach(world.bo, "leaf", 2, label="apple")])
    alarm = await told_alarm(world)

    await deletes_all(world, world.ann)
    again = await world.owner.wait_for(lambda one: "Please look at what" in one.text, after=alarm)

    assert again.photo is not None
    assert alarm.id not in [one.id for one in await world.owner.history()]


async def test_where_all_that_is_there_waits_a_reviewer_can_let_it_count(tmp_path: Path) -> None:
    """Ann knows apples, Bo leaves: without Bo's there are not two things to tell apart, and never a network."""
    async with running_bot(tmp_path) as world:
        world.store.confirmed_lessons = 3
        world.give_role(world.owner, Role.OWNER)
        await world.owner.send_text("/start")
        await world.teach(world.ann, "apple", 4)
        await world.teach(world.bo, "leaf", 4)
        await world.hears(world.owner, "is new here, and began to teach", "/review newcomers")
        await is_listed(world, 4)

        card = await opened(world, world.owner, "/review newcomers")
        await pressed(world, world.owner, card, "All 4 of this person's")

        assert waiting(world) == 0
        assert await world.train() is not None


async def test_an_alarm_with_nothing_left_to_decide_says_so(guarded: World) -> None:
    world = guarded
    photos = await world.teach(world.bo, "leaf", 2, label="apple")
    raise_alarm(world, world.bo, photos)
    alarm = await told_alarm(world)
    for _ in photos:
        await world.bo.send_text("/undo")
    await world.settled()

    assert await world.presses(world.owner, alarm, "Look at them") == (
        "There is nothing left to look at: these photos are decided, or nobody calls them anything any more."
    )
