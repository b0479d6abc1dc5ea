"""Alarms are told and settled; all of one person's lessons are taken back, and given back."""

from __future__ import annotations

from bot.playground.faults import Fault
from storage import NewAlarm, Role, Unit
from tests.support.bots import Message, Person, World, picture
from tests.support.reviews import photo_of, pressed


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


async def test_two_admins_who_look_at_two_alarms_keep_their_own_photos(guarded: World) -> None:
    world = guarded
    world.give_role(world.bo, Role.ADMIN)
    await world.bo.send_text("/start")
    cards = {}
    for admin, name, first in ((world.owner, "Cy", 20), (world.bo, "Dee", 40)):
        suspected = await world.people.add(name)
        raise_alarm(world, suspected, await world.teach(suspected, "leaf", 3, label="apple", first=first))
        alarm = await world.hears(admin, f"Please look at what {name} teaches")
        await world.presses(admin, alarm, "Look at them")
        cards[admin] = await world.hears(admin, "Is this apple?", "1 of 3")

    for left in (2, 1, 0):
        for admin in cards:
            _, cards[admin] = await pressed(world, admin, cards[admin], "Set aside")
            assert (f"{4 - left} of 3" in cards[admin].text) == bool(left)

    for admin in cards:
        assert "You decided about 3 cards: 3 set aside. Nothing else is in doubt." in cards[admin].text

    def decided(unit: Unit) -> set[tuple[int | None, int | None]]:
        made = unit.decisions.of_classifier(unit.classifiers.default().id)
        return {(one.person_id, unit.photos.get(photo_id).owner_id) for one in made for photo_id in one.votes}

    assert len(world.look(decided)) == 2


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


async def test_whoever_has_gone_meanwhile_is_said_to_be_gone(guarded: World) -> None:
    world = guarded
    await world.teach(world.bo, "leaf", 2)
    await world.owner.send_text("/revert")
    choice = await world.hears(world.owner, "Whose lessons shall I take back?")
    await world.presses(world.owner, choice, "Bo")
    question = await world.hears(world.owner, "Take back all that Bo said: 2 lessons")
    await world.deletes_all(world.bo)

    for message, button in ((choice, "Bo"), (question, "Take all back")):
        toast = await world.presses(world.owner, message, button)
        assert toast.startswith("That person is not here any more")


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


async def test_what_admins_and_reviewers_were_told_of_a_person_goes_with_her_data(guarded: World) -> None:
    world = guarded
    raise_alarm(world, world.bo, await world.teach(world.bo, "leaf", 5, label="apple"))
    alarm = await told_alarm(world)
    told = await world.hears(world.owner, "is new here, and began to teach")

    await world.deletes_all(world.bo)

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

    await world.deletes_all(world.ann)
    again = await world.owner.wait_for(lambda one: "Please look at what" in one.text, after=alarm)

    assert again.photo is not None
    assert alarm.id not in [one.id for one in await world.owner.history()]


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
