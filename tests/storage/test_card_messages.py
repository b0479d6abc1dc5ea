"""Which photos the messages of reviews show."""

from __future__ import annotations

from storage import CardMessage
from tests.storage.classroom import Classroom

BOT, LANE = 1, 5


def shown(room: Classroom, key: str, *photos: int, lane: int = LANE) -> CardMessage:
    with room.store.write() as unit:
        made = unit.card_messages.begin(BOT, lane, key, mode=0)
        unit.card_messages.show(made.id, photos)
    return made


def showing(room: Classroom, *photos: int) -> list[str]:
    with room.store.read() as unit:
        return [one.key for one in unit.card_messages.showing(photos)]


def test_a_message_is_found_by_any_photo_in_it_until_another_card_takes_its_place(room: Classroom) -> None:
    one, two, three = (room.photo(name).id for name in ("one", "two", "three"))
    made = shown(room, "review:a", one, two)
    shown(room, "review:b", two)
    assert (showing(room, one), showing(room, two, one)) == (["review:a"], ["review:a", "review:b"])

    with room.store.write() as unit:
        unit.card_messages.show(made.id, [three])

    assert (showing(room, one), showing(room, three)) == ([], ["review:a"])


def test_a_message_is_known_by_its_number_also_when_the_outbox_has_forgotten_it(room: Classroom) -> None:
    made = shown(room, "review:a", room.photo("one").id)
    with room.store.write() as unit:
        unit.outbox.owe(BOT, LANE, "sendPhoto", {}, dedupe="review:a")
        unit.outbox.owe(BOT, LANE, "editMessageMedia", {}, dedupe="edit")
        for call in unit.outbox.due(BOT) * 2:
            unit.outbox.sent(call.id, 77)
        assert unit.outbox.dedupe_of(BOT, LANE, 77) == "review:a"
        found = unit.card_messages.at(BOT, LANE, 77)
        assert found is not None
        assert (found.id, found.message_id) == (made.id, None)

    with room.store.write() as unit:
        unit.card_messages.note_numbers()
        unit.outbox.forget_before(unit.now.replace(year=unit.now.year + 1))

        known = unit.card_messages.at(BOT, LANE, 77)
        assert known is not None
        assert (known.id, known.message_id) == (made.id, 77)
        assert unit.card_messages.at(BOT, LANE + 1, 77) is None


def test_what_is_outdated_is_so_until_it_is_replaced_or_another_card_is_shown(room: Classroom) -> None:
    one, two = room.photo("one").id, room.photo("two").id
    first, second = shown(room, "review:a", one), shown(room, "review:b", one)
    with room.store.write() as unit:
        for each in (first, second):
            unit.card_messages.outdate(each.id, 77)
        unit.photos.remove([one])
        assert [each.key for each in unit.card_messages.outdated(BOT)] == ["review:a", "review:b"]
        assert unit.card_messages.outdated(BOT + 1) == []

        unit.card_messages.replaced(first.id, "review:gone")
        unit.card_messages.show(second.id, [two], message_id=77)

        assert unit.card_messages.outdated(BOT) == []
    assert showing(room, two) == ["review:b"]


def test_a_chat_is_forgotten(room: Classroom) -> None:
    one = room.photo("one").id
    shown(room, "review:a", one)
    shown(room, "review:b", one, lane=LANE + 1)

    with room.store.write() as unit:
        unit.card_messages.forget(LANE)

    assert showing(room, one) == ["review:b"]
