"""Orders about labels, as people type them: whatever stands in a name, the right place is found to part it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions.naming import Obstacle, Wish
from bot.actions.naming_words import is_order, wish_in
from storage import ChangeKind, Label, key_of, tidy

NAMES = ("daisy", "daisies", "a = b", "to be", "black and white", "me:you", "-> x", "🌻")
KNOWN = {key_of(name): Label(number, 1, key_of(name), name) for number, name in enumerate(NAMES)}


def find(text: str) -> Label | None:
    return KNOWN.get(key_of(text))


@pytest.mark.parametrize(
    ("words", "kind", "label", "rest"),
    [
        ("rename daisy = Marguerite", ChangeKind.RENAME, "daisy", "Marguerite"),
        ("Rename DAISY to Marguerite", ChangeKind.RENAME, "daisy", "Marguerite"),
        ("rename daisy -> Marguerite", ChangeKind.RENAME, "daisy", "Marguerite"),
        ("rename a = b = c", ChangeKind.RENAME, "a = b", "c"),
        ("rename to be to not to be", ChangeKind.RENAME, "to be", "not to be"),
        ("rename me:you: us", ChangeKind.RENAME, "me:you", "us"),
        ("rename 🌻=sunflower", ChangeKind.RENAME, "🌻", "sunflower"),
        ("merge daisies into daisy", ChangeKind.MERGE, "daisies", "daisy"),
        ("merge daisies = black and white", ChangeKind.MERGE, "daisies", "black and white"),
        ("merge black and white with to be", ChangeKind.MERGE, "black and white", "to be"),
        ("merge daisy and daisies", ChangeKind.MERGE, "daisy", "daisies"),
        ("describe daisy: white = good", ChangeKind.DESCRIBE, "daisy", "white = good"),
        ("describe daisy =", ChangeKind.DESCRIBE, "daisy", ""),
        ("retire black and white", ChangeKind.RETIRE, "black and white", ""),
        ("restore  Daisy ", ChangeKind.RESTORE, "daisy", ""),
    ],
)
def test_orders(words: str, kind: ChangeKind, label: str, rest: str) -> None:
    wish = wish_in(words, find)

    assert isinstance(wish, Wish)
    assert (wish.kind, wish.label.name, wish.words) == (kind, label, rest)
    assert (wish.other and wish.other.name) == (rest if kind is ChangeKind.MERGE else None)


@pytest.mark.parametrize("words", ["rename", "rename daisy", "merge daisy", "retire", "describe daisy"])
def test_half_an_order_is_none(words: str) -> None:
    assert wish_in(words, find) is None


@pytest.mark.parametrize("words", ["rename rose = daisy", "merge daisy = rose", "merge rose = daisy", "retire rose"])
def test_labels_that_are_not_there(words: str) -> None:
    assert wish_in(words, find) is Obstacle.UNKNOWN


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["rename", "merge", "describe", "retire", "restore"]))
def test_whatever_is_typed_is_an_order_or_is_not_and_never_fails(text: str, verb: str) -> None:
    assert is_order(f"{verb} {text}")
    wish_in(f"{verb} {text}", find)


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=60).filter(lambda text: bool(tidy(text)) and bool(text.strip())))
def test_every_label_can_be_renamed_to_anything(name: str) -> None:
    name = tidy(name)
    label = Label(7, 1, key_of(name), name)

    found = wish_in(f"rename {name} = something else", lambda text: label if key_of(text) == label.key else None)

    assert found == Wish(ChangeKind.RENAME, label, "something else")
