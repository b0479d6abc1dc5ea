"""A table of where photos stood is a hint: whatever is in it, nothing fails, and nothing of ours is reached by it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions.placing import Placed, placed_in

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner) | inner
)


def line(**told: object) -> str:
    return json.dumps({"file_name": "a/b.jpg", "fold": 2, "group": "0123456789abcdef"} | told)


def test_a_line_of_an_export_is_read() -> None:
    assert placed_in(line()) == {"a/b.jpg": Placed(2, "exported:0123456789abcdef")}
    assert placed_in(line(group=None, fold=-1)) == {"a/b.jpg": Placed(-1, None)}


@pytest.mark.parametrize("told", [{"fold": 5}, {"fold": -2}, {"fold": True}, {"fold": "1"}, {"file_name": 3}])
def test_what_is_not_well_formed_is_passed_over(told: dict[str, object]) -> None:
    assert placed_in(f"{line(**told)}\n[]\nnonsense\n{'[' * 100_000}") == {}


@pytest.mark.parametrize("group", ["album:1:2", "f" * 65, "xyz", "", "0123456789abcdef\n", 7])
def test_no_group_of_ours_can_be_named(group: object) -> None:
    assert placed_in(line(group=group)) == {"a/b.jpg": Placed(2, None)}


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), JSON, JSON, JSON)
def test_nothing_fails(text: str, name: object, fold: object, group: object) -> None:
    placed_in(f"{text}\n{line(file_name=name, fold=fold, group=group)}")
