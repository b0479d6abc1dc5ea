"""Journey: a photo with its name as caption is a lesson."""

from __future__ import annotations

import unicodedata

from storage import State
from tests.support.bots import World, picture


async def test_the_first_lesson_is_counted_and_says_what_is_missing(world: World) -> None:
    lesson = await world.ann.send_photo(picture("apple"), caption="apple")

    answer = await world.hears(world.ann, "Learned: apple, 1 photo now.")
    assert answer.reply_to == lesson.id
    assert "Before I can answer I need 1 more of apple and 2 photos of 1 other thing." in answer.text
    assert (await world.ann.refreshed(lesson)).reactions == ["👍"]


async def test_each_lesson_brings_the_first_answer_nearer(world: World) -> None:
    await world.teach(world.ann, "apple", 2)
    await world.hears(world.ann, "apple, 2 photos now.", "I need 2 photos of 1 other thing.")

    await world.teach(world.ann, "leaf", 1)
    await world.hears(world.ann, "leaf, 1 photo now.", "I need 1 more of leaf.")

    await world.teach(world.ann, "leaf", 1, first=1)
    last = await world.hears(world.ann, "leaf, 2 photos now.")
    assert "need" not in last.text
    assert "trainer is not running" in last.text


async def test_spellings_of_one_name_are_one_label(world: World) -> None:
    spellings = ("Crème brûlée", "CRÈME  BRÛLÉE", unicodedata.normalize("NFD", "crème brûlée"), "crème_brûlée.")

    for seed, spelling in enumerate(spellings):
        await world.ann.send_photo(picture("lemon", seed), caption=spelling)
    await world.settled()

    assert world.counts() == {"Crème brûlée": 4}


async def test_an_edited_caption_corrects_the_lesson(world: World) -> None:
    lesson = (await world.teach(world.ann, "apple", 1))[0]

    await world.ann.edit_caption(lesson, "cherry")

    await world.hears(world.ann, "Changed from apple to cherry (1 photo now).")
    assert world.counts() == {"cherry": 1}


async def test_a_removed_caption_takes_back_every_name_it_had(world: World) -> None:
    lesson = (await world.teach(world.ann, "apple", 1))[0]
    await world.ann.edit_caption(lesson, "cherry")
    await world.settled()

    await world.ann.edit_caption(lesson, "")

    await world.hears(world.ann, "this photo has no name any more")
    assert world.counts() == {}


async def test_a_name_given_after_it_was_removed_counts_anew(world: World) -> None:
    lesson = (await world.teach(world.ann, "apple", 1))[0]
    await world.ann.edit_caption(lesson, "")
    await world.settled()

    await world.ann.edit_caption(lesson, "cherry")
    await world.settled()

    assert world.counts() == {"cherry": 1}


async def test_a_caption_added_to_a_question_teaches(world: World) -> None:
    question = await world.ann.send_photo(picture("apple"))
    await world.hears(world.ann, "I can't answer yet.")

    await world.ann.edit_caption(question, "apple")

    await world.hears(world.ann, "Learned: apple, 1 photo now.")


async def test_a_reply_to_a_photo_names_it(world: World) -> None:
    question = await world.ann.send_photo(picture("apple"))
    await world.settled()

    await world.ann.reply(question, "apple")

    await world.hears(world.ann, "Learned: apple, 1 photo now.")


async def test_undo_takes_back_the_last_lesson(world: World) -> None:
    await world.teach(world.ann, "apple", 2)

    await world.ann.send_text("/undo")

    await world.hears(world.ann, "Taken back: that photo no longer counts as apple.")
    assert world.counts() == {"apple": 1}


async def test_undo_of_a_correction_brings_the_former_name_back_and_says_so(world: World) -> None:
    lesson = (await world.teach(world.ann, "apple", 1))[0]
    await world.ann.edit_caption(lesson, "cherry")
    await world.settled()

    await world.ann.send_text("/undo")

    await world.hears(world.ann, "no longer counts as cherry. It counts as apple again.")
    assert world.counts() == {"apple": 1}


async def test_undo_of_none_of_these_says_what_was_taken_back(world: World) -> None:
    await world.knows_apples_and_leaves()
    await world.ann.send_photo(picture("leaf", 7))
    answer = await world.hears(world.ann, "I think this is leaf")
    await world.presses(world.ann, answer, "Wrong")
    await world.hears(world.ann, "What is it?")
    await world.presses(world.ann, answer, "None of these")

    await world.ann.send_text("/undo")

    await world.hears(world.ann, "Taken back: that photo no longer stands as “none of these”.")


async def test_undo_with_nothing_left_says_how_to_begin(world: World) -> None:
    await world.ann.send_text("/undo")

    await world.hears(world.ann, "nothing of yours to take back", "send a photo with its name")


async def test_undo_takes_back_nothing_of_somebody_else(world: World) -> None:
    await world.teach(world.ann, "apple", 1)

    await world.bo.send_text("/undo")

    await world.hears(world.bo, "nothing of yours to take back")
    assert world.counts() == {"apple": 1}


async def test_people_who_disagree_about_a_photo_are_told_and_it_is_left_out(world: World) -> None:
    group = await world.group()
    lesson = await world.ann.send_photo(picture("apple"), caption=f"{world.mention} apple", chat=group)
    await world.settled()

    await world.bo.send_text(f"{world.mention} tomato", chat=group, reply_to=lesson)

    await world.hears(world.bo, "Noted: you say tomato.", "until one more person agrees", chat=group)
    assert world.counts() == {}
    classifier = world.look(lambda unit: unit.classifiers.default().id)
    assert world.look(lambda unit: unit.photos.count(classifier, State.DISPUTED)) == 1
    await world.bo.send_text("/status")
    await world.hears(world.bo, "People disagree on 1 photo: left out until settled.")


async def test_a_third_voice_settles_a_dispute(world: World) -> None:
    group = await world.group()
    lesson = await world.ann.send_photo(picture("apple"), caption=f"{world.mention} apple", chat=group)
    await world.bo.send_text(f"{world.mention} tomato", chat=group, reply_to=lesson)
    await world.settled()

    await world.owner.send_text(f"{world.mention} tomato", chat=group, reply_to=lesson)
    await world.settled()

    assert world.counts() == {"tomato": 1}


async def test_a_burst_of_lessons_gets_reactions_and_the_newest_count(world: World) -> None:
    lessons = await world.teach(world.ann, "apple", 8)

    said = await world.said_to(world.ann)
    assert "apple, 8 photos now." in said[-1]
    assert [(await world.ann.refreshed(one)).reactions for one in lessons] == [["👍"]] * 8
