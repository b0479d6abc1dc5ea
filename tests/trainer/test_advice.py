from __future__ import annotations

from dataclasses import replace

import pytest

from tests.trainer import lesson
from trainer.advice import WORDS, say, say_of, share_wrong
from trainer.diagnosing import Ailment, Finding, diagnose
from trainer.metrics import score


@pytest.mark.parametrize("finding", Finding)
def test_every_finding_has_a_sentence_and_an_advice(finding: Finding) -> None:
    facts = Ailment(finding, score(9, 40), 0.5, 3e-3, 12, 40, True, 8, "owl", "hawk")

    for one in (
        facts,
        replace(facts, rose=False, mistaken_for=None, score=score(0, 40)),
        Ailment(finding, score(0, 0)),
    ):
        said = say_of(one)
        assert all(
            words[0].isupper() and words.endswith(".") and len(words) < 150 for words in (said.sentence, said.advice)
        )
        assert said.sentence != said.advice
    assert set(WORDS) == set(Finding)


def test_the_advice_names_the_rate_that_was_used_and_one_to_try() -> None:
    said = say(diagnose(lesson.as_run(lesson.TOO_HIGH, None)))

    assert "rate 0.5)" in said.sentence
    assert "about 0.05." in said.advice


def test_no_share_is_told_without_its_count_and_interval() -> None:
    assert share_wrong(score(3, 141)) == "3 of 141 wrong (2.1 %, likely 0.73 to 6.1 %)"
    assert share_wrong(score(40, 60)) == "40 of 60 wrong (67 %, likely 54 to 77 %)"
    assert share_wrong(score(0, 0)) == "no photo to test on"
