"""Questions that a later network may answer otherwise: the newest answer of each, while nobody has judged it."""

from datetime import timedelta

import pytest

from storage import Prediction, Verdict
from tests.storage.classroom import Classroom


@pytest.fixture
def asked(room: Classroom) -> Prediction:
    with room.store.write() as unit:
        room.chat = unit.chats.enter(room.ann.telegram_id, kind="private", title="Ann")
    return room.prediction(room.photo("one"), room.network(), room.label("oak"))


def open_ones(room: Classroom, *, limit: int = 9, not_of: int = 0, photo_id: int | None = None) -> list[int]:
    with room.store.read() as unit:
        since = unit.now - timedelta(days=1)
        found = unit.predictions.open_questions(
            room.classifier.id, since, not_of=not_of, limit=limit, photo_id=photo_id
        )
    return [one.id for one in found]


def test_the_newest_answer_of_each_question_comes_first(room: Classroom, asked: Prediction) -> None:
    network, photo = room.network(2), room.photo("two")
    room.prediction(photo, network, None)
    newest = room.prediction(photo, network, room.label("oak"))

    assert open_ones(room) == [newest.id, asked.id]
    assert open_ones(room, limit=1) == [newest.id]
    assert open_ones(room, photo_id=asked.photo_id) == [asked.id]
    assert open_ones(room, not_of=network.id) == [asked.id]


def test_what_was_asked_in_a_group_or_where_nobody_listens_is_not_among_them(room: Classroom) -> None:
    room.prediction(room.photo("one"), room.network(), None)
    assert open_ones(room) == []

    with room.store.write() as unit:
        room.chat = unit.chats.enter(room.ann.telegram_id, kind="private", title="Ann")
    alone = room.prediction(room.photo("two"), room.network(2), None)
    assert open_ones(room) == [alone.id]
    with room.store.write() as unit:
        unit.chats.set_unreachable(room.chat.telegram_id)
    assert open_ones(room) == []


def test_what_was_judged_taught_or_told_is_settled(room: Classroom, asked: Prediction) -> None:
    taught = room.prediction(photo := room.photo("two"), network := room.network(2), None)
    told = room.prediction(room.photo("three"), network, None)
    assert open_ones(room) == [told.id, taught.id, asked.id]

    room.vote(photo, room.ann, room.label("oak"))
    with room.store.write() as unit:
        unit.predictions.told_of_change(told.id, network.id)
        unit.predictions.flag(asked.id, room.ann.id, Verdict.RIGHT)

    assert open_ones(room) == []
    with room.store.read() as unit:
        assert unit.predictions.get(told.id).told_network_id == network.id


def test_what_an_answer_promised_comes_back(room: Classroom) -> None:
    photo, network, oak = room.photo("one"), room.network(), room.label("oak")
    with room.store.write() as unit:
        made = unit.predictions.add(
            photo.id,
            network.id,
            oak.id,
            [(oak.id, 0.6), (9, 0.4)],
            asked_by_id=room.ann.id,
            milliseconds=5.0,
            candidates=[oak.id, 9],
            coverage=0.95,
            remembered_id=photo.id,
        )

    assert open_ones(room) == []
    with room.store.read() as unit:
        found = unit.predictions.get(made.id)
    assert (found.candidates, found.coverage, found.remembered_id) == ((oak.id, 9), 0.95, photo.id)
