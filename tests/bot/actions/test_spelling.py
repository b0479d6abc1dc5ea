"""Names that may mean the same are asked about; names that do not are left in peace."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions.spelling import Likeness, alike, likeness, matching
from storage import Label, key_of

WORDS = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("aeinrstäéשלום日🌻\u200d\ufe0f\u0301 -'123")), max_size=30
)


def label(name: str, number: int = 1) -> Label:
    return Label(number, 1, key_of(name), name)


def labels(*names: str) -> list[Label]:
    return [label(name, number) for number, name in enumerate(names, 1)]


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("sun flower", "sunflower", Likeness.DECORATION),
        ("sun-flower", "sunflower", Likeness.DECORATION),
        ("🌻 sunflower", "sunflower", Likeness.DECORATION),
        ("sunflower 🌻🏽", "Sunflower", Likeness.DECORATION),
        ("baby's breath", "babys breath", Likeness.DECORATION),
        ("cafe", "café", Likeness.ACCENT),
        ("Gänseblümchen", "Ganseblumchen", Likeness.ACCENT),
        ("щегол", "щёгол", Likeness.ACCENT),
        ("שָׁלוֹם", "שלום", Likeness.ACCENT),
        ("كِتَاب", "كتاب", Likeness.ACCENT),
        ("daisies", "daisy", Likeness.PLURAL),
        ("roses", "rose", Likeness.PLURAL),
        ("boxes", "box", Likeness.PLURAL),
        ("leaves", "leaf", Likeness.PLURAL),
        ("knives", "knife", Likeness.PLURAL),
        ("mice", "mouse", Likeness.PLURAL),
        ("field mice", "field mouse", Likeness.PLURAL),
        ("ox eye daisies", "ox-eye daisy", Likeness.PLURAL),
        ("sunflwoer", "sunflower", Likeness.SLIP),
        ("sunflowr", "sunflower", Likeness.SLIP),
        ("suunflower", "sunflower", Likeness.SLIP),
        ("usnflower", "sunflower", Likeness.SLIP),
        ("tulpi", "tulip", Likeness.SLIP),
        ("dandelio", "dandelion", Likeness.SLIP),
        ("wild dasiy", "wild daisy", Likeness.SLIP),
        ("подсолнух", "подсонлух", Likeness.SLIP),
        ("חמניות", "חמנויות", Likeness.SLIP),
    ],
)
def test_names_that_may_mean_the_same(one: str, other: str, how: Likeness) -> None:
    assert likeness(one, other) == how
    assert likeness(other, one) == how


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("daisy", "Daisy "),  # one label already
        ("pear", "bear"),
        ("cat", "car"),
        ("mouse", "house"),
        ("rose", "nose"),
        ("tin 1", "tin 2"),
        ("screw m10", "screw m12"),
        ("red apple", "red maple"),
        ("red rose", "bed nose"),
        ("C", "C#"),
        ("glass", "glas"),
        ("👍🏻", "👍🏿"),
        ("🌻", "🌹"),
        ("🌻", "sunflower"),
        ("向日葵", "向日魁"),
        ("か", "が"),
        ("की", "का"),
        ("daisy", "tulip"),
        ("", "daisy"),
    ],
)
def test_names_that_are_left_in_peace(one: str, other: str) -> None:
    assert likeness(one, other) is None
    assert likeness(other, one) is None


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS)
def test_being_alike_goes_both_ways_and_never_fails(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_a_name_is_not_alike_itself_in_any_spelling(name: str) -> None:
    assert likeness(name, name) is None
    assert likeness(name, key_of(name)) is None


@settings(max_examples=300, deadline=None)
@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=8, max_size=20), st.data())
def test_one_slip_in_a_long_word_is_found(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )
    slipped = data.draw(st.sampled_from(slips))

    assert slipped == word or likeness(slipped, word) is not None or len(slipped) < 8


def test_the_likeliest_comes_first_and_what_is_a_label_already_is_not_asked_about() -> None:
    known = labels("sunflower", "sunflowers", "tulip", "sun flower")

    assert [one.name for one in alike("sunflwoer", known)] == ["sunflower", "sun flower", "sunflowers"]
    assert alike("sunflower", known) == []
    assert alike("cactus", known) == []


def test_looking_for_a_name_finds_beginnings_too() -> None:
    known = labels("sunflower", "sunset", "ox-eye daisy", "tulip", "été", "Sun")

    assert [one.name for one in matching("sun", known)] == ["Sun", "sunset", "sunflower"]
    assert [one.name for one in matching("dai", known)] == ["ox-eye daisy"]
    assert [one.name for one in matching("ete", known)] == ["été"]
    assert [one.name for one in matching("sunflwoer", known)] == ["sunflower"]
    assert matching("🌻", known) == []
    assert len(matching("a", labels(*(f"a{n}" for n in range(50))))) == 8
