"""The list of labels: one below the other while that fits on the screen of a phone, in a row when it does not."""

from __future__ import annotations

from bot.speech import guides
from bot.speech.wording import plain
from storage import Label, LabelCount


def counts(number: int) -> list[LabelCount]:
    return [LabelCount(Label(n, 1, f"jay {n}", f"jay <{n}>", "blue"), n + 1) for n in range(number)]


def test_a_few_have_a_line_each_with_what_they_mean() -> None:
    said = plain(guides.labels(counts(guides.LABELS_WITH_A_LINE)))

    first, *lines = said.split("\n")
    assert first == "I know 12 labels:"
    assert lines[:4] == ["jay <0>  1\u00a0photo", "    blue", "jay <1>  2\u00a0photos", "    blue"]
    assert len(lines) == 24


def test_many_stand_in_a_row() -> None:
    said = guides.labels(counts(guides.LABELS_WITH_A_LINE + 1))

    first, row, how = plain(said).split("\n")
    assert first == "I know 13 labels of 91 photos:"
    assert row.startswith("jay <0>\u00a01, jay <1>\u00a02, ")
    assert row.endswith("jay <12>\u00a013.")
    assert how == "/labels jay <0> tells more of one."


def test_more_than_a_message_holds_are_counted() -> None:
    said = guides.labels(counts(400))

    assert "and 340 more." in said
    assert len(said) < 4_096
