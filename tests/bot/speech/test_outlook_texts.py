"""The outlook in words."""

from __future__ import annotations

from typing import Any

import pytest

from bot.speech import outlook_texts
from trainer.readiness import Shortage

NAMES = {1: "grizzly", 2: "<b>odd"}


def facts(**changes: Any) -> dict[str, Any]:
    now = {"n": 40, "wrong": 5, "low": 0.05, "high": 0.26}
    seen = {"now": now, "error": 0.08, "low": 0.049, "high": 0.112, "to_halve": 133}
    weakest = {"label": 1, "photos": 9, "score": {"n": 9, "wrong": 4, "low": 0.2, "high": 0.7}}
    return {"end": "outlook", "photos": 40, "foreseen": seen, "weakest": weakest, "scattered": None} | changes


def said(told: dict[str, Any], **here: Any) -> str:
    return outlook_texts.outlook(told, NAMES, outlook_texts.Here(**here))


def foreseen(**changes: Any) -> dict[str, Any]:
    return facts(foreseen=facts()["foreseen"] | changes)


def test_now_then_how_many_and_what_is_needed_most() -> None:
    assert said(facts(), to_name=1).splitlines() == [
        "With 40 photos I am wrong on about 12 of 100. With twice as many: about 8 (most likely between 5 and 11).",
        "About 93 more photos would halve my mistakes.",
        "Most needed: <b>grizzly</b> (9 photos, wrong on 4).",
        "Please name this one:",
    ]


@pytest.mark.parametrize(
    ("to_halve", "words"), [(1317, "About 1300 more"), (41, "About 1 more photo "), (146, "110 mo")]
)
def test_a_number_of_photos_has_two_figures_and_no_more(to_halve: int, words: str) -> None:
    assert words in said(foreseen(to_halve=to_halve))


def test_where_more_of_the_same_does_not_help_other_photos_are_asked_for() -> None:
    told = said(foreseen(to_halve=None))

    assert "More of the same alone may not halve my mistakes: show me new sides" in told
    assert "would halve" not in told


def test_a_small_share_is_no_false_nothing_and_a_narrow_interval_no_range() -> None:
    now = {"n": 400, "wrong": 1, "low": 0.0, "high": 0.01}
    told = said(foreseen(now=now, error=0.001, low=0.001, high=0.004))

    assert "wrong on fewer than 1 of 100. With twice as many: fewer than 1 (most likely fewer than 1)." in told


def test_without_a_mistake_harder_photos_are_asked_for() -> None:
    told = said(foreseen(now={"n": 40, "wrong": 0, "low": 0.0, "high": 0.09}))

    assert "I made no mistake on the 40" in told
    assert "Show me harder ones" in told


def test_names_are_escaped_and_labels_that_are_gone_are_not_named() -> None:
    scattered = {"label": 2, "alone": 3, "photos": 10}

    told = said(facts(scattered=scattered, weakest={"label": 7, "photos": 1, "score": {"n": 0, "wrong": 0}}))

    assert "3 of 10 photos of <b>&lt;b&gt;odd</b> look like no other photo of it" in told
    assert "Most needed" not in told


def test_what_is_like_nothing_taught_is_said_and_that_it_comes_first_where_it_does() -> None:
    assert "5 photos that you asked me about are alike" in (told := said(facts(), unknown=5, to_name=3))
    assert "The first one below" not in told
    assert told.endswith("Please name these 3:")
    assert "taught. The first one below is one of them." in said(facts(), unknown=5, to_name=3, unknown_first=True)


def test_in_a_group_nobody_is_told_that_she_asked() -> None:
    told = said(facts(), unknown=5, together=True)

    assert "5 photos that were asked about here are alike" in told
    assert "you asked" not in told


def test_a_label_that_could_not_be_asked_about_is_needed_and_nothing_is_said_against_it() -> None:
    told = said(facts(weakest={"label": 1, "photos": 40, "score": {"n": 0, "wrong": 0}}))

    assert "Most needed: <b>grizzly</b> (40 photos, none asked yet)." in told


def test_photos_that_came_together_are_told_to_be_one_occasion_and_what_to_do() -> None:
    told = outlook_texts.few_occasions()

    assert "photos of one album count as one occasion" in told
    assert told.endswith("Send me some of each label at other times, and ask again.")


def test_without_a_photo_to_name_some_are_asked_for() -> None:
    assert said(facts()).endswith("Send me photos without a name, too: I ask you about those that would teach me most.")


def test_too_early_names_three_labels_at_most_and_what_to_do() -> None:
    short = [Shortage(number, f"label {number}", number) for number in range(1, 6)]

    assert outlook_texts.too_early(short) == (
        "To say what more photos would bring I need about 10 of each label. Send me 1 more of <b>label 1</b>, "
        "2 more of <b>label 2</b>, 3 more of <b>label 3</b> and some of others, and ask again."
    )
    assert "Teach me a few photos" in outlook_texts.too_early([])
