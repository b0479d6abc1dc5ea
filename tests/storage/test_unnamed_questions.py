"""Questions of a chat that nobody has named: those that an outlook may ask about."""

from storage import Verdict
from tests.storage.classroom import Classroom


def unnamed(room: Classroom, *, limit: int = 9, chat_id: int | None = None) -> list[int]:
    with room.store.read() as unit:
        return [one.id for one in unit.predictions.unnamed(chat_id or room.chat.id, limit=limit)]


def test_the_newest_answer_of_each_question_comes_first_even_if_it_was_called_wrong(room: Classroom) -> None:
    network, oak = room.network(), room.label("oak")
    first = room.prediction(room.photo("one"), network, oak)
    photo = room.photo("two")
    room.prediction(photo, network, None)
    newest = room.prediction(photo, network, oak)
    with room.store.write() as unit:
        unit.predictions.flag(first.id, room.ann.id, Verdict.WRONG)

    assert unnamed(room) == [newest.id, first.id]
    assert unnamed(room, limit=1) == [newest.id]


def test_what_has_a_name_or_none_that_fits_is_not_asked_about_until_it_is_taken_back(room: Classroom) -> None:
    network, named, none = room.network(), room.photo("one"), room.photo("two")
    asked = room.prediction(named, network, None)
    room.prediction(none, network, None)
    room.vote(named, room.ann, room.label("oak"))
    room.vote(none, room.ann, None)
    assert unnamed(room) == []

    room.withdraw(named, room.ann)
    assert unnamed(room) == [asked.id]


def test_a_picture_that_was_taught_in_another_photo_is_not_asked_about(room: Classroom) -> None:
    room.prediction(room.photo("same"), room.network(), None)
    room.lesson("oak", "same")

    assert unnamed(room) == []


def test_questions_of_another_chat_are_not_among_them_nor_those_of_nobody(room: Classroom) -> None:
    asked = room.prediction(room.photo("one"), room.network(), None)
    with room.store.write() as unit:
        other = unit.chats.enter(-200, kind="group", title="Others")
    assert unnamed(room, chat_id=other.id) == []
    assert unnamed(room) == [asked.id]

    with room.store.write() as unit:
        unit.predictions.forget_person(room.ann.id)
    assert unnamed(room) == []
