"""What comes in is handled once and in order, what is owed is sent in order, and neither is lost or kept too long."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage import NotFound, Outgoing, RawUpdate, Store
from storage.mail import MAX_TRIES, OFFSET_LIFETIME
from storage.tables import outbox
from tests.storage.conftest import HandClock

BOT, OTHER_BOT = 42, 43
ANN, BO = 1001, 1002


def receive(store: Store, *numbers: int, bot: int = BOT) -> int:
    with store.write() as unit:
        return unit.inbox.receive(bot, [RawUpdate(number, ANN, f'{{"update_id": {number}}}') for number in numbers])


def pending(store: Store, bot: int = BOT) -> list[int]:
    with store.read() as unit:
        return [one.update_id for one in unit.inbox.pending(bot)]


def offset(store: Store, bot: int = BOT) -> int | None:
    with store.read() as unit:
        return unit.inbox.next_offset(bot)


def owe(
    store: Store, text: str, *, lane: int = ANN, dedupe: str | None = None, coalesce: str | None = None, bot: int = BOT
) -> bool:
    with store.write() as unit:
        return unit.outbox.owe(bot, lane, "sendMessage", {"text": text}, dedupe=dedupe, coalesce=coalesce)


def due(store: Store, *busy: int, bot: int = BOT) -> list[Outgoing]:
    with store.read() as unit:
        return unit.outbox.due(bot, busy=busy)


def texts(store: Store, *busy: int) -> list[str]:
    return [one.payload["text"] for one in due(store, *busy)]


def send(store: Store, one: Outgoing) -> None:
    with store.write() as unit:
        assert unit.outbox.start(one.id)
        unit.outbox.sent(one.id, 7)


def test_an_update_that_comes_again_is_kept_once(store: Store) -> None:
    assert receive(store, 5, 6) == 2
    assert receive(store, 5, 6, 7) == 1

    assert pending(store) == [5, 6, 7]


def test_an_update_that_comes_again_after_it_was_done_stays_done(store: Store) -> None:
    receive(store, 5)
    with store.write() as unit:
        unit.inbox.done(BOT, 5)

    assert receive(store, 5) == 0
    assert pending(store) == []


def test_updates_are_handled_in_the_order_of_their_numbers(store: Store) -> None:
    receive(store, 9, 3, 7)

    with store.read() as unit:
        assert [one.update_id for one in unit.inbox.pending(BOT)] == [3, 7, 9]
        assert [one.update_id for one in unit.inbox.pending(BOT, after=3)] == [7, 9]
        assert [one.update_id for one in unit.inbox.pending(BOT, limit=1)] == [3]


def test_each_bot_has_numbers_of_its_own(store: Store) -> None:
    receive(store, 5)
    receive(store, 5, 6, bot=OTHER_BOT)
    with store.write() as unit:
        unit.inbox.done(OTHER_BOT, 5)

    assert pending(store) == [5]
    assert (offset(store), offset(store, OTHER_BOT)) == (6, 7)
    with store.read() as unit:
        assert unit.inbox.is_pending(BOT, 5)
        assert not unit.inbox.is_pending(OTHER_BOT, 5)


def test_the_offset_confirms_what_was_received_and_is_open_before(store: Store) -> None:
    assert offset(store) is None
    receive(store, 8, 5)

    assert offset(store) == 9


def test_after_a_silent_week_telegram_chooses_the_offset(store: Store, clock: HandClock) -> None:
    receive(store, 900)
    clock.wait(OFFSET_LIFETIME.total_seconds() + 1)
    assert offset(store) is None

    receive(store, 17)

    assert offset(store) == 18


def test_a_clock_that_was_set_back_does_not_move_the_offset_back(store: Store, clock: HandClock) -> None:
    receive(store, 5)
    clock.wait(-3600)
    receive(store, 6)

    assert offset(store) == 7


def test_an_update_is_given_up_after_its_last_try(store: Store) -> None:
    receive(store, 5)

    with store.write() as unit:
        outcomes = [unit.inbox.failed(BOT, 5, "fault" * 1_000) for _ in range(MAX_TRIES)]

    assert outcomes == [False] * (MAX_TRIES - 1) + [True]
    assert pending(store) == []
    with store.read() as unit:
        assert unit.inbox.counts() == {"dead": 1}


def test_a_failed_try_of_what_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound), store.write() as unit:
        unit.inbox.failed(BOT, 5, "fault")
    with pytest.raises(NotFound), store.write() as unit:
        unit.outbox.later(5, 1, "fault")


def test_old_updates_are_forgotten_but_for_the_number_of_the_newest(store: Store, clock: HandClock) -> None:
    receive(store, 1, 2, 3, 4)
    receive(store, 3, bot=OTHER_BOT)
    receive(store, 9, bot=OTHER_BOT)
    with store.write() as unit:
        for number in (1, 4):
            unit.inbox.done(BOT, number)
        for _ in range(MAX_TRIES):
            unit.inbox.failed(BOT, 2, "fault")
        unit.inbox.done(OTHER_BOT, 3)
    clock.wait(60)

    with store.write() as unit:
        assert unit.inbox.forget_before(clock.now) == 3
        assert unit.inbox.counts() == {"done": 1, "pending": 2}

    assert pending(store) == [3]
    assert (offset(store), offset(store, OTHER_BOT)) == (5, 10)


def test_the_words_of_the_newest_update_are_forgotten_too(store: Store, clock: HandClock) -> None:
    with store.write() as unit:
        unit.inbox.receive(BOT, [RawUpdate(1, ANN, "secret words")])
        unit.inbox.done(BOT, 1)
    clock.wait(60)

    with store.write() as unit:
        unit.inbox.forget_before(clock.now)
        # Pending again, only to look at it.
        unit.inbox.failed(BOT, 1, "")
        assert [one.raw for one in unit.inbox.pending(BOT)] == [""]


def test_the_words_of_one_chat_are_forgotten_at_once_and_what_still_waits_is_kept(store: Store) -> None:
    with store.write() as unit:
        unit.inbox.receive(BOT, [RawUpdate(1, ANN, "of Ann"), RawUpdate(2, ANN, "waits"), RawUpdate(3, BO, "of Bo")])
        for number in (1, 3):
            unit.inbox.done(BOT, number)
    owe(store, "sent to Ann")
    send(store, due(store)[0])
    owe(store, "owed to Ann")

    with store.write() as unit:
        unit.inbox.empty(ANN)
        unit.outbox.empty(ANN)
        # Pending again, only to look at them.
        for number in (1, 3):
            unit.inbox.failed(BOT, number, "")
        assert [one.raw for one in unit.inbox.pending(BOT)] == ["", "waits", "of Bo"]

    assert texts(store) == ["owed to Ann"]


def test_only_the_oldest_of_each_lane_is_due(store: Store) -> None:
    for text, lane in (("a1", ANN), ("b1", BO), ("a2", ANN)):
        owe(store, text, lane=lane)

    assert texts(store) == ["a1", "b1"]
    assert texts(store, ANN) == ["b1"]

    send(store, due(store)[0])
    assert texts(store) == ["b1", "a2"]


def test_a_lane_waits_for_its_oldest(store: Store, clock: HandClock) -> None:
    owe(store, "first")
    owe(store, "second")

    with store.write() as unit:
        unit.outbox.start(unit.outbox.due(BOT)[0].id)
        unit.outbox.later(unit.outbox.due(BOT)[0].id, 30, "too fast")

    assert texts(store) == []
    clock.wait(30)
    assert texts(store) == ["first"]


def test_bots_do_not_send_each_others_messages(store: Store) -> None:
    owe(store, "mine")
    owe(store, "theirs", bot=OTHER_BOT)

    assert texts(store) == ["mine"]


def test_what_is_owed_once_is_sent_once(store: Store) -> None:
    assert owe(store, "hello", dedupe="update:5:0")
    assert not owe(store, "hello", dedupe="update:5:0")

    send(store, due(store)[0])

    assert not owe(store, "hello", dedupe="update:5:0")
    assert texts(store) == []


def test_only_the_newest_of_what_outdates_itself_is_sent(store: Store) -> None:
    owe(store, "learning: 10 %", coalesce="progress")
    owe(store, "unrelated")
    owe(store, "elsewhere", lane=BO, coalesce="progress")
    owe(store, "learning: 20 %", coalesce="progress")

    assert texts(store) == ["unrelated", "elsewhere"]
    send(store, due(store)[0])
    assert texts(store) == ["elsewhere", "learning: 20 %"]


def test_what_is_being_sent_is_not_coalesced_away(store: Store) -> None:
    owe(store, "learning: 10 %", coalesce="progress")
    with store.write() as unit:
        assert unit.outbox.start(unit.outbox.due(BOT)[0].id)

    owe(store, "learning: 20 %", coalesce="progress")

    assert texts(store) == ["learning: 10 %"]


def test_a_message_told_again_does_not_displace_a_newer_one(store: Store) -> None:
    owe(store, "old", dedupe="1", coalesce="progress")
    send(store, due(store)[0])
    owe(store, "new", dedupe="2", coalesce="progress")

    assert not owe(store, "old", dedupe="1", coalesce="progress")

    assert texts(store) == ["new"]


def test_a_coalesced_message_is_gone_for_its_sender(store: Store) -> None:
    owe(store, "old", coalesce="progress")
    old = due(store)[0]
    owe(store, "new", coalesce="progress")

    with store.write() as unit:
        assert not unit.outbox.start(old.id)


def test_waiting_as_told_costs_no_try(store: Store, clock: HandClock) -> None:
    owe(store, "hello")

    for _ in range(3 * MAX_TRIES):
        one = due(store)[0]
        with store.write() as unit:
            unit.outbox.start(one.id)
            assert not unit.outbox.later(one.id, 5, "retry after 5", blameless=True)
        clock.wait(5)

    assert due(store)[0].tries == 0


def test_a_message_is_given_up_after_its_last_try(store: Store, clock: HandClock) -> None:
    owe(store, "hello")
    owe(store, "next")

    outcomes = []
    for _ in range(MAX_TRIES):
        one = due(store)[0]
        with store.write() as unit:
            unit.outbox.start(one.id)
            outcomes.append(unit.outbox.later(one.id, 5, "fault"))
        clock.wait(5)

    assert outcomes == [False] * (MAX_TRIES - 1) + [True]
    assert texts(store) == ["next"]


def test_what_is_given_up_is_never_sent_and_keeps_no_attachment(store: Store) -> None:
    with store.write() as unit:
        unit.outbox.owe(BOT, ANN, "sendPhoto", {"caption": "x"}, attachment=b"abc", attachment_name="a.jpg")
    owe(store, "next")
    one = due(store)[0]
    assert one.attachment == b"abc"

    with store.write() as unit:
        unit.outbox.start(one.id)
        unit.outbox.give_up(one.id, "chat not found")

    assert texts(store) == ["next"]
    with store.write() as unit:
        assert not unit.outbox.start(one.id)
        assert unit.outbox.counts() == {"dead": 1, "pending": 1}
    with store._engine.connect() as connection:
        kept = select(outbox.c.attachment, outbox.c.error).where(outbox.c.id == one.id)
        assert connection.execute(kept).one() == (None, "chat not found")


def test_a_call_that_was_cut_off_by_a_kill_is_made_again(store: Store) -> None:
    owe(store, "hello")
    with store.write() as unit:
        unit.outbox.start(unit.outbox.due(BOT)[0].id)

    assert [(one.payload["text"], one.tries) for one in due(store)] == [("hello", 1)]


def test_what_was_sent_is_emptied_and_later_forgotten(store: Store, clock: HandClock) -> None:
    with store.write() as unit:
        unit.outbox.owe(BOT, ANN, "sendPhoto", {"caption": "x"}, dedupe="d", attachment=b"abc", attachment_name="a.jpg")
    one = due(store)[0]
    assert (one.attachment, one.attachment_name) == (b"abc", "a.jpg")
    send(store, one)

    with store.write() as unit:
        assert unit.outbox.message_of("d") == 7
        assert unit.outbox.dedupe_of(BOT, ANN, 7) == "d"
        assert unit.outbox.dedupe_of(BOT, BO, 7) is None
        assert unit.outbox.forget_before(clock.now - timedelta(seconds=1)) == 0
        assert unit.outbox.counts() == {"sent": 1}
        assert unit.outbox.forget_before(clock.now + timedelta(seconds=1)) == 1
        assert unit.outbox.counts() == {}


def test_what_is_owed_to_a_group_follows_it_to_its_new_id(store: Store) -> None:
    owe(store, "hello", lane=-5)

    with store.write() as unit:
        unit.outbox.migrate(BOT, -5, -1005)

    assert [(one.lane, one.payload["chat_id"]) for one in due(store)] == [(-1005, -1005)]


def test_what_is_taken_back_on_its_way_is_removed_once_it_is_there(store: Store) -> None:
    with store.write() as unit:
        unit.outbox.owe(BOT, 5, "sendPhoto", {"chat_id": 5}, dedupe="inquiry:1")
        [call] = unit.outbox.due(BOT)
        unit.outbox.start(call.id)
    with store.write() as unit:
        unit.outbox.take_back("inquiry:1")
        assert unit.outbox.due(BOT) == []

    with store.write() as unit:
        unit.outbox.sent(call.id, 77)

        [removal] = unit.outbox.due(BOT)
        assert (removal.method, removal.payload) == ("deleteMessage", {"chat_id": 5, "message_id": 77})


def test_what_is_taken_back_on_its_way_and_not_taken_by_telegram_is_not_tried_again(store: Store) -> None:
    with store.write() as unit:
        unit.outbox.owe(BOT, 5, "sendPhoto", {"chat_id": 5}, dedupe="inquiry:1")
        [call] = unit.outbox.due(BOT)
        unit.outbox.start(call.id)
        unit.outbox.take_back("inquiry:1")

        unit.outbox.later(call.id, 0, "told to wait", blameless=True)

        assert unit.outbox.due(BOT) == []


def test_what_is_dropped_is_not_sent_nor_tried_again_where_it_is_on_its_way(store: Store) -> None:
    with store.write() as unit:
        unit.outbox.owe(BOT, 5, "editMessageMedia", {"n": 1}, coalesce="card:7", attachment=b"picture")
        [under_way] = unit.outbox.due(BOT)
        unit.outbox.start(under_way.id)
        unit.outbox.owe(BOT, 5, "editMessageMedia", {"n": 2}, coalesce="card:7", attachment=b"picture")
        unit.outbox.owe(BOT, 6, "editMessageMedia", {"n": 3}, coalesce="card:7", attachment=b"picture")

        unit.outbox.drop_unsent(BOT, 5, "card:7")
        unit.outbox.later(under_way.id, 0, "told to wait", blameless=True)

        assert [one.payload for one in unit.outbox.due(BOT)] == [{"n": 3}]
