"""What is said of the live score and of drift: numbers with what they stand on, and what to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.scoring import Progress
from bot.playground.html_text import parse_html
from bot.speech import progress_texts
from storage import Drift, DriftKind, Label, tidy
from trainer.metrics import score

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = Progress((score(0, 0),) * 4, (), 0, score(0, 0), 0, 0, ())


def label(name: str, number: int = 1) -> Label:
    return Label(number, 1, name, name)


def judged(**changes: object) -> Progress:
    weeks = (score(3, 40), score(5, 31), score(0, 0), score(0, 2))
    labels = ((label("rose"), score(6, 20)), (label("oak", 2), score(2, 53)))
    return replace(replace(NOTHING, weeks=weeks, labels=labels, named=120), **changes)  # type: ignore[arg-type]


def drift(kind: DriftKind, **changes: float) -> Drift:
    facts = {"n": 40, "seen": 14, "expected": 4.8} | changes
    return Drift(1, 1, kind, int(facts["n"]), int(facts["seen"]), facts["expected"], 9, NOW)


def test_weeks_and_labels_come_with_their_number_and_interval() -> None:
    said = progress_texts.progress(judged()).splitlines()

    assert said[1:5] == [
        "Last 7 days: 3 of 40 wrong (3 to 20 %)",
        "8 to 14 days ago: 5 of 31 wrong (7 to 33 %)",
        "15 to 21 days ago: nobody judged any",
        "22 to 28 days ago: 0 of 2 wrong (0 to 66 %)",
    ]
    assert said[-2:] == ["<b>rose</b>: 6 of 20 wrong (15 to 52 %)", "<b>oak</b>: 2 of 53 wrong (1 to 13 %)"]


def test_of_weeks_before_the_first_that_anybody_judged_nothing_is_said() -> None:
    said = progress_texts.progress(judged(weeks=(score(0, 0), score(1, 4), score(0, 0), score(0, 0)))).splitlines()

    assert said[1:3] == ["Last 7 days: nobody judged any", "8 to 14 days ago: 1 of 4 wrong (5 to 70 %)"]
    assert not [line for line in said if "days ago" in line and "8 to 14" not in line]


def test_which_way_the_numbers_lean_is_said_with_how_bad_it_is_at_least() -> None:
    said = progress_texts.progress(judged())

    assert "People judged 73 of the 120 names that I gave. “Wrong” is pressed more readily than “Right”" in said
    assert "if all the others were right, 7 % were wrong" in said
    everyone = progress_texts.progress(replace(judged(), named=73))
    assert "People judged every name that I gave." in everyone
    assert "readily" not in everyone


def test_where_nobody_judged_anything_it_says_what_to_do() -> None:
    said = progress_texts.progress(NOTHING)

    assert said.startswith("Nobody has judged a name that I gave in the last 4 weeks")
    assert "press “Right” or “Wrong”" in said
    assert "%" not in said


def test_what_counts_neither_way_is_told_apart() -> None:
    said = progress_texts.progress(judged(unknown=12, remembered=1, few=score(1, 6), is_cut=True))

    assert "“I don't know” to 12 photos and what people had called 1 photo before: neither right nor wrong." in said
    assert "the right one was among them 5 of 6 times." in said
    assert "about the newest of them" in said


@pytest.mark.parametrize("kind", list(DriftKind))
def test_a_drift_says_the_numbers_and_what_to_do(kind: DriftKind) -> None:
    said = progress_texts.drift_told(drift(kind))

    assert "Of 40" in said
    assert "14" in said
    assert "expected about 5." in said
    assert "Send me some of them with their names as captions" in said
    assert "hardly any" in progress_texts.drift_told(drift(kind, expected=0.3))
    assert progress_texts.drifted(drift(kind)) in progress_texts.progress(judged(drifts=(drift(kind),)))


@given(st.text(min_size=1))
def test_words_of_people_stay_words(name: str) -> None:
    known = replace(judged(), labels=((label(name), score(1, 2)),))

    shown, _ = parse_html(progress_texts.progress(known))

    assert f"{tidy(name)}: 1 of 2 wrong" in shown


def test_many_long_labels_fit_into_one_message() -> None:
    many = tuple((label("&" * 64, number), score(number, 1000)) for number in range(300, 0, -1))
    full = replace(judged(), labels=many, unknown=9, remembered=9, few=score(1, 2), is_cut=True)
    full = replace(full, drifts=tuple(drift(kind) for kind in DriftKind))

    said = progress_texts.progress(full)

    assert len(said) < 4096
    shown = said.count("<b>") - 1
    assert f"and {300 - shown} more" in said
