"""Every sentence, with any words of people in it: valid HTML, nothing of theirs turned into markup, nothing lost."""

from __future__ import annotations

import dataclasses
import inspect
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.asking import Answer, NotYet
from bot.actions.correcting import Corrected
from bot.actions.explaining import Example
from bot.actions.remembering import Memory
from bot.actions.reporting import Status
from bot.actions.self_service import Forgotten
from bot.actions.teaching import TakenBack, Taught
from bot.actions.telling import Learned
from bot.handlers.commands import COMMANDS
from bot.playground.html_text import parse_html
from bot.speech import answers, guides, texts, tuning_texts, wording
from storage import (
    Chat,
    Flag,
    Label,
    LabelCount,
    Network,
    Person,
    Photo,
    PictureRefused,
    Prediction,
    Refusal,
    Role,
    Standing,
    State,
    Verdict,
    tidy,
)
from trainer.heatmap import Peak
from trainer.predicting import Explanation, Guess
from trainer.readiness import readiness

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIXED_TAGS = {"bold", "italic", "code"}
Template = Callable[[str], str]
TAKE_WORDS = (
    str,
    Answer,
    Corrected,
    Explanation,
    Forgotten,
    Learned,
    Memory,
    NotYet,
    PictureRefused,
    Status,
    TakenBack,
    Taught,
)


def label(name: str, number: int = 1) -> Label:
    return Label(number, 1, name, name)


def network() -> Network:
    return Network(1, 1, 3, "f", "e", "s", (1, 2), 10, 10, 1, 0.01, 0.3, True, {}, NOW, NOW)


def answer(name: str, *, knows: bool = True, p: float = 0.9, **changes: Any) -> Answer:
    prediction = Prediction(1, 1, 1, 1 if knows else None, ((1, p), (2, 1 - p)), 1, 1.0, NOW)
    ranked = ((label(name), p), (label(name, 2), 1 - p))
    return replace(Answer(prediction, network(), label(name) if knows else None, ranked), **changes)


def between(name: str) -> Answer:
    return answer(name, p=0.6, between=(label(name), label("rose", 2)), coverage=0.95)


def memory(name: str, *, by: str | None = None, yours: bool = False, exact: bool = True) -> Memory:
    return Memory(1, label(name), yours, by, exact)


def explanation(name: str) -> Explanation:
    guess = Guess(1, ((1, name, 0.9),), np.zeros(2, dtype=np.float32), 4, 1.0)
    return Explanation(guess, np.zeros((8, 8, 3), dtype=np.uint8), 1, Peak(0.5, 0.5))


def taught(name: str, state: State = State.TAUGHT, **changes: Any) -> Taught:
    ready = readiness([(1, name, 1), (2, name, 1)])
    mine = changes.get("label", label(name))
    made = Taught(mine, 1, None, Standing(1, mine.id, state, 1), mine, ready, False, True)
    return dataclasses.replace(made, **changes)


def outvoted(name: str, **changes: Any) -> Taught:
    others: dict[str, Any] = {"standing": Standing(1, 7, State.TAUGHT, 3), "counts_as": label(name, 7)}
    return taught(name, **(others | changes))


def correction(name: str, state: State = State.TAUGHT, **changes: Any) -> Corrected:
    return Corrected(answer("tulip"), taught(name, state, label=label(name, 2), **changes))


def learned(name: str, **changes: Any) -> Learned:
    flag = Flag(1, 1, 1, Verdict.WRONG, 1, None, NOW)
    person, chat = Person(1, 1, name, Role.TEACHER), Chat(1, 1, 1, "private", name, {}, True)
    photo = Photo(1, 1, "d", 1, 1, 1, "chat", name, "g", 0, NOW)
    made = Learned(flag, person, chat, photo, network(), label(name), label(name), label(name, 2), 0.8)
    return dataclasses.replace(made, **changes)


def status(name: str) -> Status:
    counts = (LabelCount(label(name), 3), LabelCount(label(name, 2), 1))
    return Status(counts, network(), readiness([(1, name, 1)]), 2, 1, True, name, timedelta(0), True)


TEMPLATES: dict[str, Template] = {
    "bold": wording.bold,
    "taught": lambda name: texts.taught(taught(name)),
    "changed": lambda name: texts.taught(taught(name, before=label(name, 2))),
    "disputed": lambda name: texts.taught(taught(name, State.DISPUTED)),
    "outvoted": lambda name: texts.taught(outvoted(name)),
    "confirmed outvoted": lambda name: answers.confirmed(Corrected(answer(name), outvoted(name))),
    "correction outvoted": lambda name: answers.corrected(
        Corrected(answer("tulip"), outvoted(name, label=label(name, 2))), tells=True
    ),
    "learned from others": lambda name: texts.learned(learned("rose", said=None, counts_as=label(name))),
    "needs": lambda name: texts.needs(readiness([(1, name, 1)])),
    "no_label_in": texts.no_label_in,
    "taken_back": lambda name: texts.taken_back(TakenBack(label(name), label(name, 2))),
    "answered": lambda name: answers.answered(answer(name), details=True),
    "unknown": lambda name: answers.answered(answer(name, knows=False), details=True),
    "between": lambda name: answers.answered(between(name), details=True),
    "which_one": lambda name: answers.which_one(between(name)),
    "remembered": lambda name: answers.answered(answer("rose", memory=memory(name, by="Ann")), details=False),
    "remembered by": lambda name: answers.remembered(memory("rose", by=name)),
    "explained": lambda name: answers.explained(explanation(name), answer(name), network(), {1: label(name)}, []),
    "examples": lambda name: answers.explained(
        explanation("rose"), answer("rose"), network(), {1: label("rose")}, [Example(memory(name, by="Ann"), None)]
    ),
    "changed_mind": lambda name: answers.changed_mind(answer(name), answer("rose"), details=False),
    "other names": lambda name: texts.taught(taught("rose", others=(label(name, 2),))),
    "other_names": lambda name: texts.other_names(taught("rose", others=(label(name, 2),))),
    "not_yet": lambda name: answers.not_yet(NotYet(1, readiness([(1, name, 1)]), True)),
    "what_is_it": lambda name: answers.what_is_it(answer(name)),
    "pick_or_type": lambda name: answers.pick_or_type(answer(name)),
    "confirmed": lambda name: answers.confirmed(Corrected(answer(name), taught(name))),
    "confirmed disputed": lambda name: answers.confirmed(Corrected(answer(name), taught(name, State.DISPUTED))),
    "corrected": lambda name: answers.corrected(correction(name), tells=True),
    "correction disputed": lambda name: answers.corrected(correction(name, State.DISPUTED), tells=True),
    "learned": lambda name: texts.learned(learned(name)),
    "learned right": lambda name: texts.learned(learned(name, guessed=label(name))),
    "forgotten": lambda name: texts.forgotten(Forgotten(3, [], Role.OWNER, readiness([(1, name, 1)]))),
    "may_teach": texts.may_teach,
    "may_teach_already": texts.may_teach_already,
    "training_asked": lambda name: texts.training_asked(readiness([(1, name, 1)]), alive=True),
    "welcome": lambda name: guides.welcome(name, status(name)),
    "labels": lambda name: guides.labels(list(status(name).labels)),
    "status": lambda name: guides.status(status(name), group=True, sees_all=False),
    "refused": lambda name: guides.refused(PictureRefused(Refusal.KIND_NOT_TAKEN, given=name)),
    "packed": lambda name: guides.packed(network(), [name], "pupil-network-1.onnx"),
    "group_rules": lambda name: guides.group_rules(False, name),
}  # fmt: skip


def any_words(count: int, seed: int) -> list[str]:
    """Words of people from all of Unicode, with what HTML and messengers stumble over more often than by chance."""
    dice = random.Random(seed)
    awkward = [
        "<b>",
        "</b>",
        "&amp;",
        "&#x3c;",
        "<script>",
        "\u202e",
        "\u200b",
        "'",
        '"',
        "@bot",
        "\x00",
        "\ud83d",
        "👩‍👧",
    ]
    words: list[str] = []
    while len(words) < count:
        parts = [dice.choice(awkward) if dice.random() < 0.3 else chr(dice.randrange(0x110000)) for _ in range(12)]
        word = "".join(parts)[: dice.randint(1, 40)]
        if tidy(word):
            words.append(word)
    return words


@pytest.mark.parametrize("name", TEMPLATES)
def test_any_words_come_out_as_they_went_in_and_never_as_markup(name: str) -> None:
    template = TEMPLATES[name]
    shape = [entity["type"] for entity in parse_html(template("daisy"))[1]]

    for word in any_words(500, seed=3):
        text, entities = parse_html(template(word))
        assert tidy(word) in text
        assert [entity["type"] for entity in entities] == shape
        assert set(shape) <= FIXED_TAGS


def test_every_text_that_takes_words_is_in_the_table() -> None:
    takes_words = {
        name
        for module in (texts, answers, guides, tuning_texts)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
        for parameter in inspect.signature(function).parameters.values()
        if parameter.annotation in TAKE_WORDS
    }
    no_words_of_people = {"went_wrong", "for_owner_went_wrong", "button_refused", "help_text"}
    no_words_of_people |= {"corrected_toast", "not_packed", "practising"}
    assert takes_words - no_words_of_people - {"group_welcome"} <= set(TEMPLATES)


def test_our_own_sentences_come_whole_and_the_labels_in_them_are_no_markup() -> None:
    sentence = "I often take “<b>oxeye</b> daisy & co” for something else, mostly for “mayweed”: 3 of 14 wrong."
    advice = "Teach me more photos of “<b>oxeye</b> daisy & co” and “mayweed”, and check that they are labelled right."
    facts = {"network": 3, "wrong": 3, "n": 14, "low": 0.05, "high": 0.5, "pairs": []}

    said, entities = parse_html(tuning_texts.report(facts | {"sentence": sentence, "advice": advice}))

    assert said.endswith(f"\n{sentence} {advice}")
    assert [entity["type"] for entity in entities] == ["bold"]


def test_a_report_tells_what_cleaning_did_and_is_silent_where_nothing_was_cleaned() -> None:
    facts = {"network": 3, "wrong": 3, "n": 14, "low": 0.05, "high": 0.5, "pairs": [], "sentence": "", "advice": ""}

    told = tuning_texts.report(facts | {"cleaning": "2 photos got another label."})

    assert "\nSince labels were cleaned: 2 photos got another label.\n" in told
    assert "cleaned" not in tuning_texts.report(facts | {"cleaning": None})


def test_how_far_practising_is_comes_whole() -> None:
    doing = "practising without every fifth photo, part 2 of 6: round 7 of 15, about 12 min left"

    assert doing in parse_html(tuning_texts.practising(doing))[0]
    assert doing in parse_html(guides.status(status(doing), group=False, sees_all=False))[0]


def test_help_tells_of_every_command_of_the_menu() -> None:
    told = guides.help_text(False, True, "pupil_bot")

    shown = [one.name for one in COMMANDS if one.menu and one.name != "help"]
    assert len(shown) > 5
    assert [name for name in shown if f"/{name} " not in told] == []


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_refusal_of_the_store_has_a_sentence_that_says_what_to_do(refusal: Refusal) -> None:
    sentence = guides.refused(PictureRefused(refusal, given="1x1", limit="32"))
    assert "lease send" in sentence or "Send" in sentence or "I need at least" in sentence


@pytest.mark.parametrize("reason", ["forged", "expired", "foreign"])
def test_every_refused_button_says_what_to_do(reason: str) -> None:
    assert any(word in guides.button_refused(reason) for word in ("Send the photo", "Reply to the photo"))


def test_nothing_is_said_to_be_learned_now_that_is_not() -> None:
    promises = ("one more lesson", "learning it", "will tell you")
    disputed, waiting = {"state": State.DISPUTED}, {"trainer_alive": False}

    for facts in (disputed, waiting):
        said = (
            answers.corrected(correction("daisy", **facts), tells=True),
            answers.corrected_toast(correction("daisy", **facts)),
        )
        assert not [promise for promise in promises for one in said if promise in one]
    confirmed = answers.confirmed(Corrected(answer("daisy"), taught("daisy", State.DISPUTED)))
    assert "leave it out" in confirmed
    assert "one more lesson" not in confirmed
    assert "once it is back" in answers.confirmed(Corrected(answer("daisy"), taught("daisy", trainer_alive=False)))
    assert answers.corrected_toast(correction("daisy")) == "Thank you! I am learning it."


def test_who_is_outvoted_is_not_told_that_it_is_learned() -> None:
    mine = {"label": label("rose", 2), "counts_as": label("daisy")}
    corrected = Corrected(answer("daisy"), outvoted("rose", **mine))

    for said in (texts.taught(outvoted("rose", **mine)), answers.corrected(corrected, tells=True)):
        assert "you say <b>rose</b>. More people call this photo <b>daisy</b>, so that counts for now." in said
        assert "earn" not in said.split("\n")[0]
    assert answers.corrected_toast(corrected) == "Thank you!"
    nothing = outvoted("rose", counts_as=None, standing=Standing(1, None, State.NONE, 3))
    assert "none of my labels fits this photo, so I leave it out" in texts.taught(nothing)


@given(st.floats(0, 1))
def test_a_probability_is_never_a_false_certainty(p: float) -> None:
    said = wording.percent(p)
    assert said not in ("0 %", "100 %")
    assert said.endswith(" %")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(None, "never seen"), (0, "0 seconds ago"), (0.75, "45 seconds ago"), (5, "5 minutes ago"), (300, "5 hours ago")],
)
def test_how_long_ago_is_said_plainly(minutes: float | None, said: str) -> None:
    assert said in texts.long_ago(None if minutes is None else timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("p", "doubt"),
    [(0.99, ", and I am quite sure"), (0.9, ""), (0.6, ", but I am not sure")],
)
def test_how_sure_an_answer_is_comes_in_words_and_on_request_in_numbers(p: float, doubt: str) -> None:
    plain, detailed = (answers.answered(answer("daisy", p=p), details=details) for details in (False, True))

    assert plain == f"I think this is <b>daisy</b>{doubt}."
    assert detailed.startswith(f"I think this is <b>daisy</b>{doubt} ({p:.0%}".replace("%", " %"))
    assert "Network 3." in detailed


def test_where_one_name_would_promise_too_much_a_few_are_given_with_what_that_keeps() -> None:
    said = answers.answered(between("daisy"), details=True)

    assert said.startswith("I think this is <b>daisy</b> or <b>rose</b>, I can't tell which.")
    assert "Of 100 photos, the right name is among those I give for 95." in said
    assert "95" not in answers.answered(between("daisy"), details=False)


def test_what_people_said_before_comes_first_and_what_the_network_thinks_second() -> None:
    yours = answer("rose", memory=memory("daisy", yours=True))

    said = answers.answered(yours, details=True)

    assert said.startswith("You called this photo <b>daisy</b> before.")
    assert "By itself, network 3 would say rose 90 %" in said
    somebody = answer("rose", memory=memory("daisy", exact=False))
    assert answers.answered(somebody, details=False) == "Somebody called nearly this photo <b>daisy</b> before."


def test_examples_are_credited_and_what_is_not_shown_is_said() -> None:
    shown, hidden = Example(memory("daisy", yours=True), "d"), Example(memory("rose"), None)
    asked = answer("daisy")

    said = answers.explained(explanation("daisy"), asked, network(), {1: label("daisy")}, [shown, hidden])

    assert "<b>daisy</b> (by you), <b>rose</b> (by somebody)" in said
    assert "Grey:" in said
    assert "Grey:" not in answers.explained(explanation("daisy"), asked, network(), {1: label("daisy")}, [shown])
