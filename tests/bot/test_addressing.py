"""Who is meant, and what is left of the words once the address is off."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot, Chat, Message, User

from bot.actions.teaching import label_in
from bot.addressing import address
from storage import tidy

US = User(1, "Pupil", True, username="pupil_bot")


class KnownBot(Bot):
    """A bot that has met Telegram already."""

    def __init__(self) -> None:
        super().__init__("1:" + "a" * 35)
        self._bot_user = US


BOT = KnownBot()


def message(text: str | None, *, kind: str = "supergroup", reply_to: User | None = None) -> Message:
    chat = Chat(-5 if kind != "private" else 5, kind)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    replied = Message(1, now, chat, from_user=reply_to) if reply_to else None
    return Message(2, now, chat, text=text, reply_to_message=replied)


@pytest.mark.parametrize(
    ("text", "to_us", "left"),
    [
        ("@pupil_bot daisy", True, "daisy"),
        ("daisy @Pupil_Bot", True, "daisy"),
        ("@pupil_bot: daisy", True, "daisy"),
        ("@pupil_bot", True, None),
        ("/label@pupil_bot daisy", True, "/label daisy"),
        ("@pupil_bots daisy", False, "@pupil_bots daisy"),
        ("daisy", False, "daisy"),
        (None, False, None),
    ],
)
def test_in_a_group_only_a_mention_is_for_the_bot(text: str | None, to_us: bool, left: str | None) -> None:
    said = address(message(text), BOT)
    assert (said.to_us, said.text) == (to_us, left)


@given(st.text(max_size=50))
def test_in_private_everything_is_for_the_bot(text: str) -> None:
    said = address(message(text, kind="private"), BOT)
    assert said.to_us
    assert said.text == text


def test_a_reply_to_the_bot_is_for_it_and_one_to_somebody_else_is_not() -> None:
    assert address(message("daisy", reply_to=US), BOT).to_us
    assert not address(message("daisy", reply_to=User(2, "Ann", False)), BOT).to_us


@pytest.mark.parametrize(
    ("caption", "label"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("?", None),
        ("what is this?", None),
        ("¿qué es?", None),
        ("これは？", None),
        ("...", None),
        ("\u200b", None),
        ("daisy", "daisy"),
        (" daisy ", "daisy"),
        ("/teach daisy", "daisy"),
        ("/label@pupil_bot daisy", "daisy"),
        ("/teach", None),
        ("/teach\ndaisy", "daisy"),
        ("/undo", None),
        ("/start@pupil_bot now", None),
        ("/5 daisies", None),
        ("1/2 daisy", "1/2 daisy"),
        ("// daisy", "// daisy"),
        ("daisy!", "daisy!"),
    ],
)
def test_what_a_caption_names(caption: str | None, label: str | None) -> None:
    assert label_in(caption) == label


@given(st.text(max_size=100))
def test_a_name_always_has_something_to_see(caption: str) -> None:
    label = label_in(caption)
    assert label is None or tidy(label)
