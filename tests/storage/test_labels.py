"""One label for all its spellings, and nothing in it that the eye cannot see."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import MAX_LABEL, LabelCount, key_of, tidy
from tests.storage.classroom import Classroom

ODD = (
    "_ .,!\u200d\u200c\u200b\ufe0f\ufe0e👩👨👧🏴\U000e0067\U000e007f1\u20e3éşİıßﬃ\u0301\u3164\ufdfa\u00a8\u2800🇩🇪"
    "\u202e\u2066\ufeff\u00ad"
)
TEXTS = st.text(st.one_of(st.characters(codec=None), st.sampled_from(ODD)), max_size=90)


@settings(max_examples=1_500, deadline=None)
@given(TEXTS)
def test_tidying_what_is_tidy_changes_nothing(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@settings(max_examples=1_500, deadline=None)
@given(TEXTS)
def test_a_key_is_its_own_key_and_empty_only_where_nothing_can_be_seen(text: str) -> None:
    key = key_of(text)

    assert key_of(key) == key == key_of(tidy(text))
    assert bool(key) == bool(tidy(text))
    assert max(len(key), len(tidy(text))) <= MAX_LABEL


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_a_label_is_one_line_that_every_database_takes(text: str) -> None:
    shown = tidy(text)

    shown.encode()
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in shown)
    assert "  " not in shown
    assert shown == shown.strip()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Daisy", "  dAISY "),
        ("ox eye  daisy", "Ox\u00a0Eye\nDaisy"),
        ("ox_eye_daisy", "ox eye daisy"),
        ("daisy.", "«Daisy!»"),
        ("cafe\u0301", "CAFÉ"),
        ("straße", "STRASSE"),
        ("ﬁg", "FIG"),
        ("ｄａｉｓｙ", "daisy"),
        ("dai\u200bsy", "\u202edaisy\u202c"),
        ("dai\u00adsy\ufeff", "daisy"),
        ("❤️", "❤"),
        ("👨‍👩‍👧", "👨👩👧"),
        ("می‌خواهم", "میخواهم"),
        ("٣ كتب", "٣  كتب\u200f"),
    ],
)
def test_spellings_of_one_label(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("daisy", "daisies"),
        ("🇩🇪", "🇫🇷"),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"),
        ("👍🏻", "👍🏿"),
        ("שלום", "שלומ"),
        ("_", "."),
        ("C", "C#"),
        ("не", "нё"),
    ],
)
def test_labels_that_are_not_one(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


@pytest.mark.parametrize(
    "text",
    [
        "👨‍👩‍👧‍👦",
        "🏳️‍🌈",
        "👩🏽‍🚀",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "🇯🇵",
        "1️⃣",
        "❤️",
        "می‌خواهم",
        "ශ්‍රී ලංකා",
        "שלום עולם",
        "=cmd()",
        "<b>bold</b> & more",
        "it's",
        "日本語",
    ],
)
def test_what_people_write_is_shown_as_they_wrote_it(text: str) -> None:
    assert tidy(text) == text


@pytest.mark.parametrize(
    "text", ["", "  ", "\u200b", "\ufe0f", "\u200d", "\u3164", "\u2800", "\x00\x07", "\ud800", "\U000e0067"]
)
def test_what_nobody_can_see_is_no_label(text: str, room: Classroom) -> None:
    assert tidy(text) == key_of(text) == ""
    with pytest.raises(ValueError, match="anything to see"), room.store.write() as unit:
        unit.labels.find_or_create(room.classifier.id, text)


def test_joiners_between_plain_letters_are_left_out() -> None:
    assert tidy("a\u200db\u200c c\ufe0f") == "ab c"


def test_a_label_is_known_by_any_spelling_and_shown_as_first_typed(room: Classroom) -> None:
    first = room.label("Ox-eye  Daisy")
    again = room.label("ox-eye daisy.")

    assert again == first
    assert first.name == "Ox-eye Daisy"
    with room.store.read() as unit:
        assert unit.labels.find(room.classifier.id, "OX-EYE DAISY") == first
        assert unit.labels.get(first.id) == first
        assert unit.labels.all(room.classifier.id) == [first]


def test_labels_that_no_vote_names_go_and_guesses_of_them_know_nothing_more(room: Classroom) -> None:
    photo, network = room.lesson("rose"), room.network()
    once, never = room.label("tulip"), room.label("daisy")
    room.vote(photo, room.bo, once)
    room.vote(photo, room.bo, room.label("rose"))
    guess, other = room.prediction(photo, network, never), room.prediction(photo, network, once)

    with room.store.write() as unit:
        unit.labels.remove_unnamed(room.classifier.id)
        left = {one.name for one in unit.labels.all(room.classifier.id)}
        guessed = [unit.predictions.get(one.id).label_id for one in (guess, other)]

    assert left == {"rose", "tulip"}
    assert guessed == [None, once.id]
    assert room.label("daisy").id > never.id


def test_labels_count_the_photos_taught_as_them_most_first(room: Classroom) -> None:
    for name in ("rose", "daisy", "rose"):
        room.lesson(name)
    room.label("tulip")
    disputed = room.lesson("tulip")
    room.vote(disputed, room.bo, room.label("rose"))

    with room.store.read() as unit:
        counts = unit.labels.counts(room.classifier.id)

    assert counts == [LabelCount(room.label(name), n) for name, n in (("rose", 2), ("daisy", 1), ("tulip", 0))]


def test_photos_that_wait_are_counted_apart_and_teach_nothing(room: Classroom) -> None:
    roses = [room.lesson("rose", content) for content in ("one", "two", "three", "two")]
    daisies = [room.lesson("daisy", content) for content in ("four", "five")]

    def asked(*waiting: int) -> tuple[list[tuple[str, int, int]], dict[str, int]]:
        with room.store.read() as unit:
            counts = unit.labels.counts(room.classifier.id, waiting=waiting)
            pictures = unit.labels.pictures(room.classifier.id, 2, waiting=waiting)
        return [(one.label.name, one.photos, one.waiting) for one in counts], {one.name: n for one, n in pictures}

    assert asked() == ([("rose", 4, 0), ("daisy", 2, 0)], {"daisy": 2, "rose": 2})
    # The second picture teaches by its other photo.
    assert asked(roses[0].id, roses[1].id) == ([("rose", 2, 2), ("daisy", 2, 0)], {"daisy": 2, "rose": 2})
    waiting = [one.id for one in roses[:2] + roses[3:]]
    assert asked(*waiting) == ([("daisy", 2, 0), ("rose", 1, 3)], {"daisy": 2, "rose": 1})
    assert asked(*waiting, daisies[0].id, daisies[1].id)[1] == {"daisy": 0, "rose": 1}


def test_a_picture_taught_twice_is_one_picture_of_its_label(room: Classroom) -> None:
    for name, content in (("daisy", "same"), ("daisy", "same"), ("rose", "one"), ("rose", "two"), ("rose", "three")):
        room.lesson(name, content)
    room.vote(room.lesson("tulip"), room.bo, room.label("rose"))

    with room.store.read() as unit:
        pictures = unit.labels.pictures(room.classifier.id, at_most=2)

    assert [(label.name, count) for label, count in pictures] == [("daisy", 1), ("rose", 2), ("tulip", 0)]
