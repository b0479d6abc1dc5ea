"""A refused file that a reviewer takes is the photo of its message, until that shows another."""

from __future__ import annotations

from dataclasses import replace

from bot.actions import quarantining
from bot.actions.teaching import drop_replaced
from bot.errors import PictureNotTaken
from storage import PictureRefused, Refusal
from tests.bot.actions.classroom import Classroom

ANN, RAE = 1, 2


def restored(room: Classroom, message: int) -> int:
    """Ann's file was refused, and Rae takes it; the photo's id."""
    received = room.received(1)
    why = PictureNotTaken(PictureRefused(Refusal.BLANK), name="a.jpg", file="one", parcel="0" * 64, size=10)
    with room.visit(ANN) as (unit, visit, here):
        quarantining.set_aside(unit, visit, here, message, why, "cup")
        [about] = unit.quarantine.of_person(here.person.id)
    with room.visit(RAE, chat=RAE) as (unit, _, here):
        quarantining.restore(unit, here, about.id, received)
        photo = unit.photos.by_message(about.chat_id, message)
    assert photo is not None
    return photo.id


def test_another_picture_in_its_message_takes_its_place(room: Classroom) -> None:
    photo = restored(room, 5)
    other = replace(room.received(2), message_id=5, file="two")

    with room.visit(ANN) as (unit, _, here):
        drop_replaced(unit, here, other)

        assert unit.photos.those([photo]) == {}


def test_the_same_file_told_of_again_changes_nothing(room: Classroom) -> None:
    photo = restored(room, 5)
    same = replace(room.received(1), message_id=5, file="one")

    with room.visit(ANN) as (unit, _, here):
        drop_replaced(unit, here, same)

        assert list(unit.photos.those([photo])) == [photo]
