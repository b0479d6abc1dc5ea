"""The outlook from a real store: what is told, and of whose photos."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from storage import JobKind, JobState, Network, Reason, Role, Store, VoteKind, normalise
from tests.trainer.conftest import Teach, draw
from trainer import cycle, outlook
from trainer.embedding import Embedder
from trainer.eyes import Eyes
from trainer.learning_curve import trials
from trainer.outlook import IN_PEACE, TO_NAME, Memory, Outlook, OutlookEnd
from trainer.readiness import OUTLOOK_PHOTOS, missing_for_outlook, readiness
from trainer.recipe import Recipe
from trainer.service import LAST, Service
from trainer.settings import TrainerSettings

ANN, BO = 71, 72


def look(store: Store, embedder: Embedder, *chats: int, memory: Memory | None = None) -> Outlook:
    *steps, found = outlook.run(store, 1, Eyes(embedder), Recipe(), set(), lambda: chats, memory or Memory())
    assert all(isinstance(step, str) for step in steps)
    assert isinstance(found, Outlook)
    return found


@pytest.fixture
def taught(store: Store, teach: Teach, embedder: Embedder) -> Network:
    """Two labels of which enough is taught, and the network that learned them."""
    for colour in ("red", "green"):
        teach(colour, OUTLOOK_PHOTOS)
    *_, outcome = cycle.run(store, 1, Eyes(embedder), Recipe())
    assert isinstance(outcome, cycle.Outcome)
    assert outcome.network is not None
    return outcome.network


def ask(store: Store, network: Network, chat: int, colour: str, seeds: Sequence[int]) -> tuple[int, list[int]]:
    """Questions of a private chat; its id, and those of the predictions. No embedder has seen them yet."""
    made = [normalise(draw(colour, seed)) for seed in seeds]
    digests = [store.blobs.put(one.data) for one in made]
    with store.write() as unit:
        chat_id = unit.chats.enter(chat, kind="private", title="").id
        person = unit.people.meet(chat, "Somebody", Role.TEACHER)
        asked = []
        for seed, one, digest in zip(seeds, made, digests, strict=True):
            photo = unit.photos.add(
                1, digest, one, source="chat", owner_id=person.id, chat_id=chat_id, message_id=1000 * chat + seed
            )
            asked.append(
                unit.predictions.add(photo.id, network.id, None, [], asked_by_id=person.id, milliseconds=1.0).id
            )
    return chat_id, asked


def test_it_foresees_from_the_lessons_and_is_json(store: Store, taught: Network, embedder: Embedder) -> None:
    found = look(store, embedder)

    assert (found.end, found.photos, found.missing) == (OutlookEnd.OUTLOOK, 2 * OUTLOOK_PHOTOS, ())
    assert found.foreseen is not None
    assert found.foreseen.now.n == 2 * OUTLOOK_PHOTOS
    assert found.foreseen.low <= found.foreseen.error <= found.foreseen.high
    told = json.loads(json.dumps(found.as_dict()))
    assert (told["end"], told["foreseen"]["now"]["n"]) == ("outlook", 2 * OUTLOOK_PHOTOS)
    assert look(store, embedder) == found


def test_each_chat_is_asked_about_its_own_questions_alone(store: Store, taught: Network, embedder: Embedder) -> None:
    ann, of_ann = ask(store, taught, ANN, "red", range(50, 56))
    bo, of_bo = ask(store, taught, BO, "green", [60])

    found = look(store, embedder, ann, bo)

    assert len(found.chats[ann].predictions) == TO_NAME
    assert set(found.chats[ann].predictions) < set(of_ann)
    assert list(found.chats[bo].predictions) == of_bo
    assert json.loads(json.dumps(found.as_dict()))["chats"][str(bo)]["predictions"] == of_bo


def test_the_same_picture_asked_twice_is_named_once(store: Store, taught: Network, embedder: Embedder) -> None:
    chat, asked = ask(store, taught, ANN, "red", [50, 51])
    with store.write() as unit:
        photo = unit.photos.get(unit.predictions.get(asked[0]).photo_id)
        again = unit.photos.add(
            1,
            photo.digest,
            normalise(draw("red", 50)),
            source="chat",
            owner_id=photo.owner_id,
            chat_id=chat,
            message_id=9,
        )
        second = unit.predictions.add(again.id, taught.id, None, [], asked_by_id=photo.owner_id, milliseconds=1.0)

    assert set(look(store, embedder, chat).chats[chat].predictions) == {asked[1], second.id}


def test_questions_like_nothing_taught_are_counted_and_one_of_them_comes_first(
    store: Store, taught: Network, embedder: Embedder
) -> None:
    ask(store, taught, ANN, "red", range(50, 55))
    chat, strange = ask(store, taught, ANN, "blue", range(60, 64))

    found = look(store, embedder, chat).chats[chat]

    assert found.unknown == 4
    assert found.predictions[0] in strange


def test_the_label_that_is_short_of_photos_is_named_by_its_id(
    store: Store, teach: Teach, embedder: Embedder, taught: Network
) -> None:
    teach("red", 10, first=100)
    teach("yellow", 3)
    with store.read() as unit:
        yellow = unit.labels.find(1, "yellow")
    assert yellow is not None

    found = look(store, embedder).weakest

    assert found is not None
    assert (found.label, found.photos) == (yellow.id, 3)


def test_too_few_photos_are_said_to_be_too_few_of_which_label(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 11)
    teach("green", 6)

    found = look(store, embedder)

    assert (found.end, found.foreseen) == (OutlookEnd.TOO_EARLY, None)
    assert [(one.name, one.missing) for one in found.missing] == [("green", 4)]


def test_results_stay_and_so_have_no_names_of_labels(store: Store, teach: Teach, embedder: Embedder) -> None:
    teach("red", 11)
    teach("green", 6)
    green = look(store, embedder).missing[0].label_id

    told = look(store, embedder).as_dict()
    cycle_told = cycle.Outcome(cycle.End.NOT_READY, 1, 1, 0.1, readiness=readiness([(green, "green", 1)])).as_dict()

    assert told["missing"] == [{"label_id": green, "missing": 4}]
    assert cycle_told["missing"]["shortages"] == [{"label_id": green, "missing": 1}]


@pytest.mark.parametrize("albums", [1, 2])
def test_photos_of_one_album_each_are_too_few_occasions(
    store: Store, teach: Teach, embedder: Embedder, albums: int
) -> None:
    for colour in ("red", "green"):
        teach(colour, OUTLOOK_PHOTOS, album=colour)
        if albums == 2:
            teach(colour, OUTLOOK_PHOTOS, first=50, album=f"{colour} again")

    found = look(store, embedder)

    assert (found.end, found.few_occasions, found.missing) == (OutlookEnd.TOO_EARLY, True, ())
    json.dumps(found.as_dict(), allow_nan=False)


def test_without_new_lessons_the_curve_is_not_measured_again_and_with_one_it_is(
    store: Store, teach: Teach, taught: Network, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, fitted = Memory(), []

    def counting(*given: Any) -> Iterator[Any]:
        fitted.append(1)
        return trials(*given)

    monkeypatch.setattr(outlook, "trials", counting)
    first = look(store, embedder, memory=memory)
    chat, asked = ask(store, taught, ANN, "red", [50])
    again = look(store, embedder, chat, memory=memory)
    assert (len(fitted), again.foreseen) == (1, first.foreseen)
    # Questions are chosen anew.
    assert list(again.chats[chat].predictions) == asked

    teach("red", 1, first=90)

    assert look(store, embedder, memory=memory).photos == first.photos + 1
    assert len(fitted) == 2


def test_what_a_chat_was_asked_to_name_is_left_in_peace_for_a_day(
    store: Store, taught: Network, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, asked = ask(store, taught, ANN, "red", range(50, 55))
    first = look(store, embedder, chat)
    with store.write() as unit:
        job = unit.jobs.request(JobKind.OUTLOOK, 1, due_at=unit.now)
        unit.jobs.claim(LAST, "trainer", 60)
        unit.jobs.finish(job.id, "trainer", first.as_dict())

    second = look(store, embedder, chat)

    assert len(first.chats[chat].predictions) == TO_NAME
    assert set(second.chats[chat].predictions) == set(asked) - set(first.chats[chat].predictions)
    monkeypatch.setattr(outlook, "IN_PEACE", -IN_PEACE)
    assert look(store, embedder, chat).chats == first.chats


def test_not_every_label_needs_as_many() -> None:
    assert missing_for_outlook([(1, "a", 18), (2, "b", 2), (3, "c", 0)]) == ()
    assert [one.name for one in missing_for_outlook([(1, "a", 3), (2, "b", 8)])] == ["b", "a"]


def test_a_lesson_taken_back_to_one_label_is_too_early(store: Store, teach: Teach, embedder: Embedder) -> None:
    photos = teach("red", 12)
    teach("green", 9)
    with store.write() as unit:
        for photo in unit.photos.labelled(1):
            if photo.photo_id not in photos:
                unit.votes.cast(photo.photo_id, None, VoteKind.WITHDRAW, None, Reason.UNDO)

    assert look(store, embedder).end is OutlookEnd.TOO_EARLY


def test_a_trainer_that_is_told_to_stop_leaves_it_to_the_next(
    store: Store, taught: Network, embedder: Embedder, settings: TrainerSettings
) -> None:
    stop = threading.Event()
    service = Service(store, settings, Recipe(), stop)
    with store.write() as unit:
        unit.jobs.request(JobKind.OUTLOOK, 1, due_at=unit.now)
        job = unit.jobs.claim(LAST, service._worker, 60)
    assert job is not None
    stop.set()

    service._foresee(job, Eyes(embedder))
    with store.write() as unit:
        assert unit.jobs.get(job.id).state is JobState.RUNNING
        unit.jobs.release_all()
        again = unit.jobs.claim(LAST, service._worker, 60)
    assert again is not None
    stop.clear()
    service._foresee(again, Eyes(embedder))

    with store.read() as unit:
        ended = unit.jobs.get(job.id)
    assert (ended.state, (ended.result or {})["end"]) == (JobState.DONE, "outlook")
