"""Journey: another person is asked what a photo shows, does not hear what the first said, and her answer counts."""

from __future__ import annotations

import asyncio

import pytest

from bot.telling.inquiries import ask_around
from storage import Opinion, Reason, Role, Settled, State
from tests.support.bots import Message, Person, World
from tests.support.reviews import photo_of


@pytest.fixture
def lent(world: World) -> World:
    """Ann's photos may be shown to others, and Bo has taught."""
    world.give_role(world.owner, Role.OWNER)
    return world


async def lend(world: World, person: Person) -> None:
    settings = await person.send_text("/settings")
    shown = await world.hears(person, "How I behave in this chat", after=settings)
    await world.presses(person, shown, "Ask others about my photos")
    await world.settled()


async def doubted(world: World, ask: str = "contradicted") -> Message:
    """Bo has taught; Ann calls a leaf an apple, and the consensus would like to hear somebody else."""
    await world.teach(world.bo, "leaf", 5, first=20)
    [photo] = await world.teach(world.ann, "leaf", 1, label="apple")
    consider(world, photo, ask)
    return photo


def consider(world: World, photo: Message, ask: str = "contradicted") -> None:
    with world.store.write() as unit:
        found = photo_of(unit, photo)
        labels = [unit.labels.find_or_create(1, one).id for one in ("apple", "leaf")]
        newest = max(one.id for one in unit.votes.of_photo(found.id))
        opinion = Opinion(found.id, labels[0], 0.2, Settled.DISPUTED, newest, ask, tuple(labels))
        unit.considering.renew([opinion])


async def asks(world: World) -> bool:
    """Let some minutes pass, and the bot look whom it may ask."""
    await world.settled()
    world.time.advance(minutes=5)
    services = world.service.services
    asked = await asyncio.to_thread(ask_around, world.store, services.signer, world.service.app.bot.id)
    services.mail_waits.set()
    await world.settled()
    return asked


async def question_to(world: World, person: Person) -> Message:
    return await world.hears(person, "What is this?", "Somebody taught me this photo")


def standing(world: World, photo: Message) -> tuple[str | None, State]:
    def ask(unit) -> tuple[str | None, State]:  # type: ignore[no-untyped-def]
        found = unit.votes.standing(photo_of(unit, photo).id)
        return None if found.label_id is None else unit.labels.get(found.label_id).name, found.state

    found: tuple[str | None, State] = world.look(ask)
    return found


async def test_another_person_answers_without_hearing_what_was_said(lent: World) -> None:
    world = lent
    await lend(world, world.ann)
    photo = await doubted(world)

    assert await asks(world)
    question = await question_to(world, world.bo)
    assert question.photo is not None
    assert "apple" not in question.text
    [sent] = world.playground.faults.calls_of("sendPhoto", lambda call: True)
    assert sent.values["disable_notification"].lower() == "true"
    assert question.buttons == [
        "apple", "leaf", "✏️ Another label", "🚫 None of these", "🤷 Cannot tell", "⏰ Later", "🔕 Don't ask me"
    ]  # fmt: skip
    assert await world.presses(world.bo, question, "leaf") == "Thank you!"
    await world.settled()

    told = await world.bo.refreshed(question)
    assert "noted: leaf; others say apple, so I weigh what was said" in told.text
    assert told.buttons == []
    assert standing(world, photo) == (None, State.DISPUTED)
    await world.bo.send_text("/undo")
    await world.hears(world.bo, "Taken back: that photo no longer counts as leaf.")
    assert standing(world, photo) == ("apple", State.TAUGHT)


async def test_photos_are_shown_only_with_their_senders_consent(lent: World) -> None:
    world = lent
    await doubted(world)

    assert not await asks(world)
    world.give_role(world.bo, Role.REVIEWER)

    # Who reviews may see everybody's photos anyway.
    await world.bo.send_text("/labels")
    assert await asks(world)


@pytest.mark.parametrize(("button", "counts"), [("None of these", None), ("Cannot tell", "apple")])
async def test_other_answers_count_too_and_are_asked_once(lent: World, button: str, counts: str | None) -> None:
    world = lent
    await lend(world, world.ann)
    photo = await doubted(world)
    await asks(world)
    question = await question_to(world, world.bo)

    await world.presses(world.bo, question, button)
    await world.settled()
    await world.bo.reply(question, "leaf")

    await world.hears(world.bo, "That question is answered")
    assert standing(world, photo) == (counts, State.DISPUTED if counts is None else State.TAUGHT)
    await world.bo.send_text("/undo")
    await world.hears(world.bo, "Taken back")
    assert standing(world, photo) == ("apple", State.TAUGHT)


async def test_a_name_can_be_typed(lent: World) -> None:
    world = lent
    await lend(world, world.ann)
    photo = await doubted(world)
    await asks(world)
    question = await question_to(world, world.bo)

    await world.presses(world.bo, question, "Another label")
    asked = await world.hears(world.bo, "What do you call it?")
    await world.bo.reply(asked, "clover")
    await world.hears(world.bo, "noted: clover; others say apple")
    assert standing(world, photo) == (None, State.DISPUTED)
    await world.bo.reply(question, "leaf")

    await world.hears(world.bo, "That question is answered")


async def test_a_name_with_a_slip_is_asked_about_and_moved_with_one_tap(lent: World) -> None:
    world = lent
    await lend(world, world.ann)
    await world.teach(world.ann, "leaf", 1, label="clover", first=90)
    photo = await doubted(world)
    await asks(world)
    question = await question_to(world, world.bo)

    await world.bo.reply(question, "clovre")
    asked = await world.hears(world.bo, "clovre is new to me. Did you mean clover?")
    assert asked.buttons == ["clover", "Keep clovre"]
    await world.presses(world.bo, asked, "clover")
    await world.hears(world.bo, "Changed from clovre to clover")

    bo = world.look(lambda unit: unit.people.by_telegram_id(world.bo.id))
    said = world.look(lambda unit: unit.votes.live_of(photo_of(unit, photo).id, bo.id))
    assert world.look(lambda unit: unit.labels.get(said.label_id).name) == "clover"
    # It is still the answer to that question.
    assert said.reason is Reason.SECOND
    for name in ("clover", "clovre"):
        await world.bo.send_text("/undo")
        await world.hears(world.bo, f"Taken back: that photo no longer counts as {name}.")
    assert standing(world, photo) == ("apple", State.TAUGHT)


async def test_all_answers_with_the_slip_are_moved_and_it_is_asked_about_once(lent: World) -> None:
    world = lent
    await lend(world, world.ann)
    await world.teach(world.ann, "leaf", 1, label="clover", first=90)
    await doubted(world)
    await asks(world)
    await world.bo.reply(await question_to(world, world.bo), "clovre")
    asked = await world.hears(world.bo, "Did you mean clover?")
    [other] = await world.teach(world.ann, "leaf", 1, label="apple", first=70)
    consider(world, other)
    world.time.advance(hours=3)
    await world.bo.send_text("/labels")
    assert await asks(world)
    await world.bo.reply(await question_to(world, world.bo), "clovre")
    await world.settled()
    assert sum("Did you mean" in one for one in await world.said_to(world.bo)) == 1

    await world.presses(world.bo, asked, "clover")

    await world.hears(world.bo, "I call 2 photos clover now, not clovre")


async def test_a_name_that_others_teach_is_not_asked_about(lent: World) -> None:
    world = lent
    await lend(world, world.ann)
    await world.teach(world.ann, "leaf", 1, label="clover", first=90)
    await world.teach(world.ann, "leaf", 1, label="clovre", first=95)
    await doubted(world)
    await asks(world)

    await world.bo.reply(await question_to(world, world.bo), "clovre")

    await world.hears(world.bo, "noted: clovre")
    assert not [one for one in await world.said_to(world.bo) if "Did you mean" in one]


async def test_who_wants_to_be_left_in_peace_is(lent: World) -> None:
    world = lent
    await lend(world, world.ann)
    await doubted(world)
    await asks(world)
    question = await question_to(world, world.bo)

    await world.presses(world.bo, question, "Later")
    await world.settled()
    assert (await world.bo.refreshed(question)).text == "Not now, then. I ask nothing before tomorrow."
    [other] = await world.teach(world.ann, "leaf", 1, label="apple", first=70)
    consider(world, other)
    await world.bo.send_text("/labels")
    assert not await asks(world)
    world.time.advance(days=1)
    await world.bo.send_text("/labels")
    assert await asks(world)

    await world.presses(world.bo, await question_to(world, world.bo), "Don't ask me")
    await world.hears(world.bo, "I won't ask you about other people's photos any more.")
    [third] = await world.teach(world.ann, "leaf", 1, label="apple", first=80)
    consider(world, third)
    world.time.advance(days=5)
    await world.bo.send_text("/labels")
    assert not await asks(world)


async def test_nobody_is_woken(lent: World) -> None:
    world = lent
    await lend(world, world.ann)
    await doubted(world)

    world.time.advance(hours=2)

    assert not await asks(world)


async def test_who_is_in_the_middle_of_teaching_is_not_interrupted(lent: World) -> None:
    world = lent
    await lend(world, world.ann)
    await doubted(world)
    await world.bo.send_text("/teach daisy")
    await world.settled()

    assert not await asks(world)


async def test_a_photo_that_is_deleted_goes_from_the_chat_of_who_was_asked(lent: World) -> None:
    world = lent
    await lend(world, world.ann)
    await doubted(world)
    await asks(world)
    question = await question_to(world, world.bo)

    await world.ann.send_text("/mydata")
    shown = await world.hears(world.ann, "Of you I keep")
    await world.presses(world.ann, shown, "Delete all of it")
    await world.presses(world.ann, await world.hears(world.ann, "for good?"), "Delete for good")
    await world.settled()

    assert question.id not in [one.id for one in await world.bo.history()]


async def test_an_answer_goes_with_who_gave_it(lent: World) -> None:
    world = lent
    await lend(world, world.ann)
    photo = await doubted(world)
    await asks(world)
    await world.presses(world.bo, await question_to(world, world.bo), "leaf")
    await world.settled()
    assert standing(world, photo)[1] is State.DISPUTED

    await world.bo.send_text("/mydata")
    shown = await world.hears(world.bo, "Of you I keep")
    await world.presses(world.bo, shown, "Delete all of it")
    await world.presses(world.bo, await world.hears(world.bo, "for good?"), "Delete for good")
    await world.settled()

    assert standing(world, photo) == ("apple", State.TAUGHT)
    assert world.look(lambda unit: unit.inquiries.about([photo_of(unit, photo).id])) == []


async def test_three_people_settle_what_two_could_not(lent: World) -> None:
    """End to end: the trainer weighs, the bot asks, the answer is weighed, and the photo is taught as what it is."""
    world = lent
    await lend(world, world.ann)
    await world.teach(world.bo, "leaf", 6, first=20)
    await world.teach(world.bo, "apple", 6, first=20)
    [photo] = await world.teach(world.ann, "leaf", 1, label="apple")
    assert await world.train() is not None
    await world.train_lists()
    opinion = world.look(lambda unit: unit.opinions.of(photo_of(unit, photo).id))
    assert opinion is not None
    assert opinion.ask == "unproven"

    await world.bo.send_text("/labels")
    assert await asks(world)
    await world.presses(world.bo, await question_to(world, world.bo), "leaf")
    await world.settled()
    assert standing(world, photo) == (None, State.DISPUTED)
    await world.train()
    await world.train_lists()

    await world.teach(world.owner, "leaf", 5, first=120)
    assert await asks(world)
    await world.presses(world.owner, await question_to(world, world.owner), "leaf")
    await world.settled()
    assert standing(world, photo) == ("leaf", State.TAUGHT)
    await world.train_lists()

    assert standing(world, photo) == ("leaf", State.TAUGHT)
    settled = world.look(lambda unit: unit.opinions.of(photo_of(unit, photo).id))
    assert settled is not None
    assert (settled.settled is Settled.DISPUTED, settled.ask) == (False, None)


async def test_the_bot_looks_by_itself(lent: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.telling import inquiries

    world = lent
    await lend(world, world.ann)
    await doubted(world)
    monkeypatch.setattr(inquiries, "LOOK_EVERY", 0.1)
    await world.stop_bot()
    world.time.advance(minutes=5)
    await world.start_bot()

    question = await question_to(world, world.bo)

    assert len([one for one in await world.bo.history() if "What is this?" in one.text]) == 1
    assert question.photo is not None
