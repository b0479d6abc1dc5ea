"""Much is deleted piece by piece: nobody else waits long, and a kill in between loses and leaves nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.actions import collecting, forgetting, self_service
from bot.actions.shown import remove_photos
from bot.actions.teaching import teach
from bot.visit import Presence
from storage import Collected, CollectionState, Outcome, Reason, Role, Store, VoteKind, open_store
from tests.bot.actions.classroom import Classroom
from tests.storage.classroom import new_network

ANN, BO = 1, 2


def taught(room: Classroom, photos: int, *, first: int = 1) -> None:
    """So many photos of Ann's, each a lesson and a question."""
    for seed in range(first, first + photos):
        photo = room.photo(seed, person=ANN)
        with room.visit(ANN) as (unit, visit, here):
            teach(unit, visit, here, photo.id, "apple")
            network = unit.networks.latest(here.classifier_id)
            network = network or unit.networks.publish(new_network(here.classifier_id, 1), activate=True)
            unit.predictions.add(photo.id, network.id, None, [], asked_by_id=here.person.id, milliseconds=1.0)


def ann_in(room: Classroom) -> Presence:
    with room.visit(ANN) as (_, _, here):
        return here


def forgotten(room: Classroom, here: Presence, begun: forgetting.Begun) -> tuple[self_service.Forgotten, int]:
    """All of it deleted, and in how many pieces before the last."""
    pieces = 0
    while forgetting.forget_some(room.store, begun):
        pieces += 1
    with room.store.write() as unit:
        gone = self_service.forget(unit, here, Role.TEACHER)
    room.store.discard(gone.orphans)
    return gone, pieces


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(store._engine, "before_cursor_execute", note)


def test_more_photos_take_no_more_statements(room: Classroom) -> None:
    counts = []
    for photos in (3, 12):
        taught(room, photos)
        here = ann_in(room)
        with room.store.write() as unit, statements(room.store) as shown:
            self_service.my_data(unit, here)
        with room.store.write() as unit, statements(room.store) as removed:
            self_service.forget(unit, here, Role.TEACHER)
        counts.append((len(shown), len(removed)))

    assert counts[0] == counts[1]


def test_votes_on_many_photos_of_others_take_no_more_statements(room: Classroom) -> None:
    counts = []
    for photos in (range(1, 4), range(4, 16)):
        for seed in photos:
            photo = room.photo(seed, person=BO, chat=-5)
            with room.visit(ANN, -5) as (unit, visit, here):
                teach(unit, visit, here, photo.id, "apple")
        here = ann_in(room)
        with room.store.write() as unit, statements(room.store) as asked:
            self_service.forget(unit, here, Role.TEACHER)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_a_picture_that_somebody_else_sent_too_stays(room: Classroom) -> None:
    mine = [room.photo(seed, person=ANN, chat=-5) for seed in (1, 2)]
    again = [room.photo(1, person=BO), room.photo(2, person=ANN)]

    with room.store.write() as unit:
        orphans = remove_photos(unit, [one.id for one in (*mine, again[1])])
        left = unit.photos.those([again[0].id, again[1].id])

    assert orphans == [mine[1].digest]
    assert list(left) == [again[0].id]


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "AT_ONCE", 2)


def test_little_goes_in_one_transaction(room: Classroom) -> None:
    taught(room, 3)
    here = ann_in(room)
    with room.store.write() as unit:
        begun = forgetting.begin(unit, here, "press")

    gone, pieces = forgotten(room, here, begun)

    assert (begun.photos, begun.key, pieces, gone.photos) == (3, None, 0, 3)


@pytest.mark.usefixtures("few_at_once")
def test_much_goes_piece_by_piece_and_nothing_is_left(room: Classroom) -> None:
    taught(room, 5)
    theirs = room.photo(9, person=BO, chat=-5)
    with room.visit(ANN, -5) as (unit, visit, here):
        teach(unit, visit, here, theirs.id, "plum")
    here = ann_in(room)
    with room.store.write() as unit:
        begun = forgetting.begin(unit, here, "press")

    gone, pieces = forgotten(room, here, begun)

    assert (begun.photos, pieces, gone.photos) == (5, 2, 0)
    assert set(room.store.blobs.digests()) == {theirs.digest}
    with room.store.read() as unit:
        assert unit.people.by_telegram_id(ANN) is None
        assert unit.votes.of_photo(theirs.id) == []
        assert unit.labels.all(here.classifier_id) == []


@pytest.mark.usefixtures("few_at_once")
def test_many_words_on_photos_of_others_go_piece_by_piece(room: Classroom) -> None:
    photos = [room.photo(seed, person=BO, chat=-5) for seed in range(1, 6)]
    for photo in photos:
        with room.visit(ANN, -5) as (unit, visit, here):
            teach(unit, visit, here, photo.id, "apple")
    here = ann_in(room)
    with room.store.write() as unit:
        begun = forgetting.begin(unit, here, "press")

    gone, pieces = forgotten(room, here, begun)

    assert (pieces, gone.photos) == (2, 0)
    with room.store.read() as unit:
        assert not any(unit.votes.of_photos([one.id for one in photos]).values())
        assert len(unit.photos.those([one.id for one in photos])) == 5


@pytest.mark.usefixtures("few_at_once")
def test_no_network_that_was_made_meanwhile_goes_on_answering(room: Classroom) -> None:
    """It learned what went last."""
    taught(room, 5)
    here = ann_in(room)
    with room.store.write() as unit:
        begun = forgetting.begin(unit, here, "press")
    forgetting.forget_some(room.store, begun)
    with room.store.write() as unit:
        read_at = unit.now
        new = replace(new_network(here.classifier_id, 2), lessons_at=read_at)
        meanwhile = unit.networks.publish(new, activate=True)

    # All that is left of her lessons goes with this piece, and the last transaction finds none.
    while forgetting.forget_some(room.store, begun):
        pass

    with room.store.read() as unit:
        assert unit.networks.get(meanwhile.id).lessons_deleted


def _killed_in_the_first_piece(home: Path, begun: forgetting.Begun) -> None:
    """After its commit, before its files go."""
    store = open_store(home)

    def killed(digests: Iterable[str]) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    store.discard = killed  # type: ignore[method-assign]
    forgetting.AT_ONCE = 2
    forgetting.forget_some(store, begun)


@pytest.mark.usefixtures("few_at_once")
def test_killed_in_between_it_goes_on_and_tells_of_all_that_there_was(room: Classroom) -> None:
    taught(room, 5)
    here = ann_in(room)
    with room.visit(ANN) as (unit, visit, _):
        begun = forgetting.begin(unit, here, "press")
        unit.outbox.owe(visit.bot_id, visit.chat_id, "editMessageText", {}, dedupe=begun.key)
    process = multiprocessing.get_context("spawn").Process(
        target=_killed_in_the_first_piece, args=(room.store.home, begun)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL

    with room.store.write() as unit:
        left = unit.photos.count_of_person(here.person.id)
        again = forgetting.begin(unit, here, "press")
    forgotten(room, here, again)
    room.store.sweep(older_than=timedelta(0))

    assert (left, again.photos, again.key) == (3, 5, begun.key)
    assert not list(room.store.blobs.digests())
    with room.store.read() as unit:
        assert unit.people.by_telegram_id(ANN) is None


def test_taking_a_collection_back_takes_no_more_statements_for_more_photos(room: Classroom) -> None:
    counts = []
    for deed, photos in (("few", range(1, 4)), ("many", range(4, 16))):
        those = [room.photo(seed, person=ANN) for seed in photos]
        with room.visit(ANN) as (unit, _, here):
            apple = unit.labels.find_or_create(here.classifier_id, "apple")
            one = unit.collections.begin(
                classifier_id=here.classifier_id, person_id=here.person.id, chat_id=here.chat.id, bot_id=1,
                message_id=1, deed=deed, kind="zip", name="a.zip", label=None, parcel=None, size=1,
            )  # fmt: skip
            for place, photo in enumerate(those):
                key = collecting.vote_deed(one.id, place)
                unit.votes.cast(photo.id, here.person.id, VoteKind.LABEL, apple.id, Reason.COLLECTION, deed=key)
            unit.collections.note(one.id, [
                Collected(place, "a.jpg", "apple", Outcome.NEW, photo_id=photo.id) for place, photo in enumerate(those)
            ])  # fmt: skip
            unit.collections.set_state(one.id, CollectionState.TAKING_BACK)
        with statements(room.store) as asked:
            assert collecting.take_back_some(room.store, one.id)
        counts.append(len(asked))
        with room.store.read() as unit:
            assert unit.photos.those([photo.id for photo in those]) == {}

    assert counts[0] == counts[1]
