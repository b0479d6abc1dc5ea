"""How fast the bot speaks: never faster than Telegram allows, in whatever window one looks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.pacing import BURST, Pacer
from bot.delivery.sender import LONGEST_BACKOFF, Outage

GROUP, ANN, BO = -100, 1, 2
Wish = tuple[int, float]
wishes = st.lists(st.tuples(st.sampled_from((GROUP, ANN, BO, 3, 4)), st.floats(0.0, 2.0)), min_size=1, max_size=120)


def pacer() -> Pacer:
    return Pacer(30.0, 1.0, 20.0 / 60)


def sent_by(pacer: Pacer, wanted: list[Wish]) -> list[tuple[int, float]]:
    """Send each as soon as the pacer lets it; the moments at which they went."""
    now, sent = 0.0, []
    for chat, pause in wanted:
        now += pause
        while (wait := pacer.wait(chat, now)) > 0:
            now += max(wait, 1e-6)
        pacer.take(chat, now)
        sent.append((chat, now))
    return sent


def most_in(moments: list[float], seconds: float) -> int:
    return max((sum(start <= at < start + seconds - 1e-6 for at in moments) for start in moments), default=0)


@settings(max_examples=150, deadline=None)
@given(wishes)
def test_no_second_ever_holds_more_than_thirty_messages(wanted: list[Wish]) -> None:
    moments = [at for _, at in sent_by(pacer(), wanted)]
    assert most_in(moments, 1.0) <= 30


@settings(max_examples=150, deadline=None)
@given(wishes)
def test_no_chat_gets_more_than_its_burst_and_one_a_second(wanted: list[Wish]) -> None:
    moments = [at for chat, at in sent_by(pacer(), wanted) if chat == ANN]
    for seconds in (1.0, 5.0, 20.0):
        assert most_in(moments, seconds) <= BURST + seconds


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.0, 5.0), min_size=30, max_size=90))
def test_no_minute_of_a_group_ever_holds_more_than_twenty_messages(pauses: list[float]) -> None:
    moments = [at for _, at in sent_by(pacer(), [(GROUP, pause) for pause in pauses])]
    assert most_in(moments, 60.0) <= 20


def test_sixty_chats_at_once_take_two_seconds() -> None:
    moments = [at for _, at in sent_by(pacer(), [(chat, 0.0) for chat in range(1, 61)])]
    assert moments[29] == 0.0
    assert 0.9 <= moments[-1] <= 1.1


def test_a_chat_that_was_told_to_wait_waits_and_others_do_not() -> None:
    paced = pacer()

    paced.hold(ANN, 7.5)

    assert paced.wait(ANN, 0.0) == 7.5
    assert paced.wait(ANN, 0.0, counts_for_chat=False) == 7.5
    assert paced.wait(BO, 0.0) == 0.0
    assert paced.wait(ANN, 7.5) == 0.0


def test_a_reaction_is_no_message_of_the_chat() -> None:
    paced = pacer()
    for _ in range(10):
        paced.take(ANN, 0.0, counts_for_chat=False)
    assert paced.wait(ANN, 0.0) == 0.0


def test_quiet_chats_are_forgotten_and_a_hold_is_not() -> None:
    paced = pacer()
    for _ in range(3):
        paced.take(ANN, 0.0)
    paced.hold(BO, 2000.0)

    paced.forget(1000.0)

    assert paced.wait(BO, 1000.0) == 1000.0
    assert paced.wait(ANN, 1000.0) == 0.0


def test_a_slow_setting_is_kept_too() -> None:
    slow = Pacer(0.5, 1.0, 1.0)
    moments = [at for _, at in sent_by(slow, [(ANN, 0.0), (BO, 0.0), (3, 0.0)])]
    assert moments[1] - moments[0] >= 1.99
    assert moments[2] - moments[1] >= 1.99


def test_calls_that_fail_side_by_side_are_one_round_of_an_outage() -> None:
    outage = Outage()

    waits = [outage.wait(0.0) for _ in range(16)]

    assert set(waits) == {1.0}
    assert outage.wait(1.0) == 2.0
    assert outage.wait(2.0) == 1.0
    outage.over()
    assert outage.wait(2.5) == 1.0


def test_however_long_telegram_is_away_the_next_try_is_near() -> None:
    outage, now = Outage(), 0.0
    for _ in range(40):
        wait = outage.wait(now)
        assert 0 < wait <= LONGEST_BACKOFF
        now += wait
