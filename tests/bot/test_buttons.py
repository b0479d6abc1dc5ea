"""What buttons carry: genuine ones are read, everything else is refused, and all fit into 64 bytes."""

from __future__ import annotations

import random
import string
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.buttons import LIFETIME, Press, Signer, load_signer
from bot.errors import ButtonRefused
from bot.handlers.presses import BUTTONS

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
SIGNER = Signer(b"k" * 32)
ids = st.integers(0, 9_999_999_999)
people = st.integers(1, 2**52)
chats = st.one_of(people, st.integers(-(2**52), -1), st.just(-1_009_999_999_999_999))


@settings(max_examples=300)
@given(st.sampled_from(sorted(BUTTONS)), ids, ids, chats, people)
def test_what_is_signed_is_read_and_fits(action: str, thing: int, argument: int, chat: int, person: int) -> None:
    press = Press(action, thing, argument)

    data = SIGNER.sign(press, chat_id=chat, person_id=person, now=NOW)

    assert len(data.encode()) <= 64
    assert SIGNER.read(data, chat_id=chat, person_id=person, now=NOW) == press


@settings(max_examples=500)
@given(st.text(max_size=80))
def test_no_text_is_taken_for_a_button(data: str) -> None:
    with pytest.raises(ButtonRefused):
        SIGNER.read(data, chat_id=1, person_id=1, now=NOW)


def forgeries(count: int, seed: int) -> list[str]:
    """Mutated, cut, joined and re-signed callback data, none of it genuine."""
    dice = random.Random(seed)
    alphabet = string.ascii_letters + string.digits + "._-"
    other = Signer(b"x" * 32)
    forged: list[str] = []
    while len(forged) < count:
        press = Press(dice.choice(sorted(BUTTONS)), dice.randrange(10**6), dice.randrange(50))
        genuine = SIGNER.sign(press, chat_id=5, person_id=5, now=NOW)
        at = dice.randrange(len(genuine))
        made = dice.choice(
            (
                genuine[:at] + dice.choice(alphabet) + genuine[at + 1 :],
                genuine[:at],
                genuine + dice.choice(alphabet),
                genuine.upper(),
                genuine.rpartition(".")[0] + "." + "A" * 16,
                other.sign(press, chat_id=5, person_id=5, now=NOW),
                SIGNER.sign(press, chat_id=5, person_id=6, now=NOW),
                SIGNER.sign(press, chat_id=-5, person_id=5, now=NOW),
                SIGNER.sign(press, chat_id=5, person_id=5, now=NOW - LIFETIME - timedelta(hours=2)),
                "2" + genuine[1:],
            )
        )
        if made != genuine:
            forged.append(made)
    return forged


def test_of_ten_thousand_forged_buttons_none_is_accepted_and_of_as_many_genuine_all_are() -> None:
    refused = 0
    for data in forgeries(10_000, seed=1):
        with pytest.raises(ButtonRefused):
            SIGNER.read(data, chat_id=5, person_id=5, now=NOW)
        refused += 1
    assert refused == 10_000

    for number in range(10_000):
        data = SIGNER.sign(Press("p", number, number), chat_id=5, person_id=5, now=NOW)
        assert SIGNER.read(data, chat_id=5, person_id=5, now=NOW).thing == number


@pytest.mark.parametrize(
    ("chat", "person", "later", "reason"),
    [(6, 5, timedelta(0), "foreign"), (5, 6, timedelta(0), "foreign"), (5, 5, LIFETIME * 2, "expired")],
)
def test_the_refusal_says_why(chat: int, person: int, later: timedelta, reason: str) -> None:
    data = SIGNER.sign(Press("r", 1), chat_id=5, person_id=5, now=NOW)

    with pytest.raises(ButtonRefused) as refused:
        SIGNER.read(data, chat_id=chat, person_id=person, now=NOW + later)
    assert refused.value.reason == reason


def test_a_button_lives_as_long_as_it_was_made_for() -> None:
    data = SIGNER.sign(Press("fy", 0), chat_id=5, person_id=5, now=NOW, lifetime=timedelta(hours=1))

    assert SIGNER.read(data, chat_id=5, person_id=5, now=NOW + timedelta(minutes=59)).action == "fy"
    with pytest.raises(ButtonRefused):
        SIGNER.read(data, chat_id=5, person_id=5, now=NOW + timedelta(hours=2))


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    data = load_signer(tmp_path).sign(Press("r", 1), chat_id=5, person_id=5, now=NOW)

    assert load_signer(tmp_path).read(data, chat_id=5, person_id=5, now=NOW) == Press("r", 1)
    assert (tmp_path / "buttons.key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["buttons.key"]


def test_a_negative_number_fits_no_button() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        SIGNER.sign(Press("r", -1), chat_id=5, person_id=5, now=NOW)
