from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trainer.lettering import lettered, shorten

LATIN = frozenset(range(32, 0x250)) | {ord("…")}


def test_short_names_stay_and_long_ones_keep_beginning_and_end() -> None:
    assert lettered(["cat", "golden retriever", "species number 12"], LATIN, longest=12) == (
        "cat",
        "golden r…ver",
        "species n…12",
    )


def test_what_cannot_be_drawn_is_left_out_or_numbered() -> None:
    assert lettered(["cat 🐱", "猫", "🦊🦊"], LATIN) == ("cat", "no. 2", "no. 3")


def test_names_that_come_out_alike_are_numbered() -> None:
    assert lettered(["wide brown owl", "wide brawn owl"], LATIN, longest=8) == ("wi…owl 1", "wi…owl 2")


def test_a_letter_keeps_its_accent() -> None:
    assert shorten("e\u0301" * 6, 8) in {"e\u0301e\u0301…e\u0301", "e\u0301e\u0301e\u0301…e\u0301"}


@given(st.lists(st.text(max_size=70), max_size=30, unique=True))
def test_whatever_people_write_comes_out_short_and_not_empty(labels: list[str]) -> None:
    made = lettered(labels, LATIN, longest=12)

    assert len(made) == len(labels)
    assert all(0 < len(name) <= 12 for name in made)
