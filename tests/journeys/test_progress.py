"""Journey: what more photos would bring, and which ones to name."""

from __future__ import annotations

import asyncio

from storage import JobKind, Reason, Source, Store, VoteKind, normalise
from tests.support.bots import Message, Person, World, picture
from trainer.readiness import OUTLOOK_PHOTOS


async def enough(world: World) -> None:
    """As much is taught as an outlook needs, a network answers, and the trainer is at hand."""
    await asyncio.to_thread(lessons, world.store)
    assert await world.train() == 1
    with world.store.write() as unit:
        unit.heartbeats.beat("trainer", "waiting for lessons")


def lessons(store: Store) -> None:
    """Sent one by one they would take most of a journey's time, which other journeys make."""
    made = [(thing, normalise(picture(thing, seed))) for thing in ("apple", "leaf") for seed in range(OUTLOOK_PHOTOS)]
    digests = [store.blobs.put(one.data) for _, one in made]
    with store.write() as unit:
        classifier = unit.classifiers.default()
        for (thing, one), digest in zip(made, digests, strict=True):
            photo = unit.photos.add(classifier.id, digest, one, source=Source.IMPORT)
            label = unit.labels.find_or_create(classifier.id, thing)
            unit.votes.cast(photo.id, None, VoteKind.LABEL, label.id, Reason.IMPORT)
        unit.jobs.request(JobKind.FIT, classifier.id, due_at=unit.now)


async def ask(world: World, person: Person, thing: str, *seeds: int) -> list[Message]:
    sent = [await person.send_photo(picture(thing, seed)) for seed in seeds]
    await world.settled()
    return sent


async def progress(world: World, *people: Person) -> None:
    """Ask for the outlook, and let the trainer work it out."""
    for one in people:
        await one.send_text("/progress")
    await world.settled()
    assert outlooks(world.store) == 1
    await world.train()


def outlooks(store: Store) -> int:
    with store.read() as unit:
        return len([job for job in unit.jobs.unfinished(1) if job.kind == JobKind.OUTLOOK])


async def test_progress_foresees_what_twice_the_photos_bring_and_asks_for_names(world: World) -> None:
    await enough(world)
    sky = await ask(world, world.ann, "sky", 1, 2, 3)

    await progress(world, world.ann)

    await world.hears(world.ann, "I am working out what more photos would bring.")
    told = await world.hears(world.ann, "With 20 photos", "Please name")
    asks = [one for one in await world.ann.history() if one.from_bot and one.text.startswith("What is this?")]
    assert asks
    assert all(one.id > told.id and one.reply_to in [photo.id for photo in sky] for one in asks)
    assert {"apple", "leaf", "✏️ Another label", "🚫 None of these"} == set(asks[0].buttons)


async def test_a_name_given_there_is_a_lesson_and_takes_the_place_of_the_question(world: World) -> None:
    await enough(world)
    await ask(world, world.ann, "leaf", 51)
    await progress(world, world.ann)
    question = await world.hears(world.ann, "What is this?")

    assert "Thank you" in await world.presses(world.ann, question, "leaf")

    await world.settled()
    assert world.counts()["leaf"] == OUTLOOK_PHOTOS + 1
    assert not (await world.ann.refreshed(question)).buttons


async def test_a_reply_to_the_question_names_the_photo_too(world: World) -> None:
    await enough(world)
    await ask(world, world.ann, "lemon", 51)
    await progress(world, world.ann)
    question = await world.hears(world.ann, "What is this?")

    await world.ann.reply(question, "lemon")

    await world.settled()
    assert world.counts()["lemon"] == 1


async def test_everybody_hears_of_one_outlook_and_is_asked_about_her_own_photos_alone(world: World) -> None:
    await enough(world)
    await ask(world, world.bo, "leaf", 61)

    await progress(world, world.ann, world.bo)

    for person in (world.ann, world.bo):
        await world.hears(person, "With 20 photos")
    assert not [one for one in await world.said_to(world.ann) if one.startswith("What is this?")]
    await world.hears(world.bo, "What is this?")


async def test_too_few_photos_are_said_at_once_with_how_many_are_needed(world: World) -> None:
    await world.ann.send_text("/progress")
    await world.hears(world.ann, "There is nothing to measure yet. Before I can answer I need")
    await world.knows_apples_and_leaves()

    await world.ann.send_text("/progress")

    await world.hears(world.ann, "Send me 6 more of apple and 6 more of leaf, and ask again.")
    assert outlooks(world.store) == 0
