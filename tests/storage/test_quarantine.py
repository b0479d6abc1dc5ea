"""What was refused, as the store keeps it: who decided about it goes out of it with her data."""

import pytest

from storage import NotFound, QuarantineState
from tests.storage.classroom import Classroom


def set_aside(room: Classroom) -> int:
    with room.store.write() as unit:
        unit.quarantine.keep(
            classifier_id=room.classifier.id,
            person_id=room.ann.id,
            chat_id=room.chat.id,
            bot_id=1,
            message_id=5,
            deed="message:1:2:5:file",
            parcel="0" * 64,
            size=10,
            name="cup.jpg",
            label="cup",
            refusal="broken",
            given="",
            bound="",
        )
        [kept] = unit.quarantine.of_person(room.ann.id)
        return kept.id


def test_what_a_person_decided_stays_in_nobodys_name(room: Classroom) -> None:
    number = set_aside(room)
    with room.store.write() as unit:
        unit.quarantine.decide(number, room.bo.id, QuarantineState.DROPPED)

        assert unit.quarantine.forget_person(room.bo.id) == []

        kept = unit.quarantine.get(number)
        assert (kept.state, kept.decided_by_id) == (QuarantineState.DROPPED, None)
        with pytest.raises(NotFound):
            unit.quarantine.reopen(number, room.bo.id)


def test_a_card_is_free_for_others_when_who_held_it_is_gone(room: Classroom) -> None:
    number = set_aside(room)
    with room.store.write() as unit:
        assert unit.quarantine.next_for(room.classifier.id, room.bo.id) is not None
        assert unit.quarantine.next_for(room.classifier.id, room.cy.id) is None

        unit.quarantine.forget_person(room.bo.id)

        found = unit.quarantine.next_for(room.classifier.id, room.cy.id)
        assert found is not None
        assert found.id == number
