"""What is said of networks that there have been."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.actions.versions import Obstacle, Version, Versions
from bot.playground.html_text import parse_html
from bot.speech import history
from storage import tidy
from tests.bot.speech.test_texts import any_words, network
from trainer.gate import Ground

NAMES = {1: "daisy", 2: "rose"}


def verdict(ground: str, **facts: Any) -> dict[str, Any]:
    return {"ground": ground, "compared": 90, "better": 3, "worse": 12, "label_id": 1} | facts


@pytest.mark.parametrize("ground", list(Ground))
def test_every_ground_of_the_gate_has_words(ground: Ground) -> None:
    assert history.why(verdict(ground), NAMES) != history.why({}, NAMES)


def test_doubted_changes_say_what_was_asked_and_what_to_do() -> None:
    said = history.why(verdict("changes_doubted", contradicted=16, agreed=2), NAMES)

    assert "photos of “daisy” were given another name" in said
    assert "the former name likelier for 16 and the new one for 2; if that was a mistake, take it back" in said


@pytest.mark.parametrize("obstacle", list(Obstacle))
def test_every_obstacle_is_said_of_the_network_that_was_asked_for(obstacle: Obstacle) -> None:
    assert "etwork 7" in history.not_back(7, obstacle)


def test_the_list_is_short_and_never_without_the_network_that_answers() -> None:
    versions = [Version(replace(network(), number=number, id=number), None) for number in range(30, 0, -1)]
    versions[-1] = replace(versions[-1], obstacle=Obstacle.ANSWERS)

    lines = history.listed(Versions(tuple(versions), NAMES))

    assert len(lines) == history.SHOWN + 2
    assert lines[0].startswith("Network 30 has answered")
    assert lines[-2].startswith("Network 1 answers now")
    assert lines[-1] == "And 19 more: pupil models lists them all."


def test_networks_that_will_not_answer_again_say_why() -> None:
    gone = replace(network(), removed_at=network().created_at, shipped=False)
    versions = [Version(gone, Obstacle.HELD), Version(network(), Obstacle.LESSONS_DELETED)]

    held, learned = history.listed(Versions(tuple(versions), NAMES))

    assert "was held back" in held
    assert "Its files are no longer kept." in held
    assert "It may have learned what was deleted since, and never answers again." in learned


def test_names_of_people_never_become_markup_and_long_ones_never_break_it() -> None:
    for word in any_words(200, seed=5):
        held = replace(network(), verdict=verdict("worse_on_label"), shipped=False)
        found = Versions((Version(held, Obstacle.HELD),) * 60, {1: word, 2: "rose"})

        html = history.message_of(*history.listed(found, shown=60))

        text, entities = parse_html(html)
        assert (entities, f"“{tidy(word)}”" in text) == ([], True)
        assert len(html) < 4096


def test_a_training_that_was_overtaken_by_a_rollback_says_both_numbers() -> None:
    for end, said in (
        ("published", "Trained: network 5. By now network 3 answers"),
        ("unchanged", "since network 5. But"),
    ):
        assert said in history.training_done(network(), {"end": end, "network": 5}, NAMES)
    assert history.training_done(network(), {"end": "published", "network": 3}, NAMES).startswith(
        "Trained: network 3 answers now"
    )


def test_a_network_that_was_held_back_says_why() -> None:
    held = {"end": "held", "network": 4, "verdict": verdict("worse_on_label")}

    said = history.training_done(network(), held, {1: "<b>"})

    assert "network 3 goes on" in said
    assert "Why: it is worse on “&lt;b&gt;” by more than chance explains." in said
