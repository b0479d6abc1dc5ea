"""The card of a network: all that it must say and nothing made up, in one message whatever things are called."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.describing import Described, Weights, weights_of
from bot.playground.html_text import parse_html
from bot.speech import card
from storage import Label, Network, tidy
from trainer.embedders import UNKNOWN_LICENCE, EmbedderSpec, store_embedder, write_spec
from trainer.familiarity import Bound
from trainer.label_scores import LabelScore
from trainer.manifest import Manifest
from trainer.metrics import score
from trainer.prediction_sets import Sets
from trainer.preprocessing import Preprocessing

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
NETWORK = Network(1, 1, 7, "f", "e", "s", (1, 2), 500, 500, 48, 0.073, 0.125, True, {}, NOW, NOW)


def manifest(**changes: object) -> Manifest:
    made = Manifest(
        number=7, created_at=NOW, classifier=1, labels=((1, "oak"), (2, "elm")), embedder="0" * 64, dimension=8,
        preprocessing=Preprocessing(size=320), temperature=1.0, threshold=0.5, recipe={}, snapshot="0" * 64,
        scores=score(48, 500), calibration=0.0234, known=Bound(0.4, score(14, 500)),
        sets=Sets(0.95, 0.1, 500, 0.93, 0.97),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def described(*names: str, **changes: object) -> Described:
    labels = tuple(
        (Label(number, 1, name, name), LabelScore(number, 100 - number, score(number % 7, 50)))
        for number, name in enumerate(names or ("oak", "elm"), 1)
    )
    weights = Weights("tf_efficientnet_lite0", "Apache-2.0")
    made = Described(NETWORK, manifest(), weights, labels, 4, True, 3, 1, 2, 0, score(2, 12))
    return replace(made, **changes)  # type: ignore[arg-type]


def test_it_says_what_the_network_is_how_good_and_what_it_is_not_for() -> None:
    said = "\n".join(card.lines(described()))

    for part in (
        "Card of network 7, which learned on 2026-03-01 at 12:30 UTC.",
        "Knows 2 labels: oak 99, elm 98 (photos of each).",
        "320 x 320 pixels, by tf_efficientnet_lite0, and",
        "Learned from 500 photos, taught by 4 people and an import.",
        "Left out: 3 photos that people disagree on, 1 picture taught under two names where they tie, 2 labels that",
        "wrong on 48 of 500 photos that it had not learned from (so 7 to 12 % errors",
        "differs from how often it is right by 2.3 of 100 on average (ECE).",
        "a false alarm for 14 of 500 photos of what it knows",
        "among those given for about 95 (93 to 97, by 500 photos)",
        "Worst at: elm 2 of 50 wrong",
        "Of 12 photos of other things that people named afterwards, 10 had been called unknown by the networks of",
        "Not for anything where a mistake can hurt somebody",
        "Licence of the weights it stands on: Apache-2.0.",
    ):
        assert part in said, part


def test_what_is_not_known_is_not_made_up() -> None:
    bare = described(
        manifest=manifest(scores=score(0, 0), known=None, sets=None), network=replace(NETWORK, n=0, wrong=0),
        labels=((Label(1, 1, "oak", "oak"), None),), strangers=score(0, 0), weights=Weights(None, UNKNOWN_LICENCE),
        teachers=0, imported=False, disputed=0, contradicted=0, newer=0,
    )  # fmt: skip

    said = "\n".join(card.lines(bare))

    assert "cannot be said yet" in said
    assert "cannot be said yet: people must name some such photos first" in said
    assert "unknown: ask whoever made the weights" in said
    for left_out in ("%", "ECE", "Worst at", "Left out", "photos of each", "taught by", "false alarm"):
        assert left_out not in said, left_out


def test_three_labels_at_most_are_named_as_worst_and_none_that_was_never_wrong() -> None:
    lines = card.lines(described(*(f"l{number}" for number in range(1, 12))))
    (worst,) = [one for one in lines if one.startswith("Worst at")]
    assert worst.count(" wrong ") == 3
    assert worst.startswith("Worst at: l6 6 of 50 wrong")
    assert not [one for one in card.lines(described("l7", labels=described(*"abcdefg").labels[6:])) if "Worst" in one]


def test_labels_that_nobody_teaches_any_more_are_counted_and_not_named() -> None:
    assert "Knows 2 labels: oak 99, elm 98 (photos of each), and 1 label of which no photo is taught any more." in (
        card.lines(described(untaught=1))
    )
    assert "Knows 2 labels of which no photo is taught any more." in card.lines(described(labels=(), untaught=2))
    assert "Knows no label." in card.lines(described(labels=()))


def test_a_tuned_network_says_so() -> None:
    assert "fine-tuned" in "\n".join(card.lines(described(manifest=manifest(tuning="1" * 64))))
    assert "fine-tuned" not in "\n".join(card.lines(described()))


@pytest.mark.parametrize(("name", "count"), [("&" * 64, 400), ("ab", 300), ("<b>" * 21, 3)])
def test_whatever_the_labels_it_is_one_message_that_says_how_many_are_missing(name: str, count: int) -> None:
    full = described(*(f"{number}{name}"[:64] for number in range(count)))
    full = replace(full, weights=Weights("b" * 64, "&" * 500))

    said = card.message_of(full)

    assert len(said) < 4096
    shown = parse_html(said)[0].split("labels: ")[1].split(" (photos")[0]
    more = int(shown.split(" and ")[-1].split(" more")[0]) if " more" in shown else 0
    assert shown.count(", ") + 1 + more == count


@given(st.text(min_size=1))
def test_words_of_people_stay_words(name: str) -> None:
    shown, _ = parse_html(card.message_of(described(name)))

    assert f"Knows 1 label: {tidy(name)} 99" in shown


def test_the_weights_are_told_as_they_were_noted(tmp_path: Path) -> None:
    spec = EmbedderSpec(backbone="tiny", weights="random")
    digest = store_embedder(tmp_path / "embedders", b"weights")
    assert weights_of(tmp_path, manifest(embedder=digest)) == Weights(None, UNKNOWN_LICENCE)

    write_spec(tmp_path / "embedders", spec, digest, licence="none: drawn at random")

    assert weights_of(tmp_path, manifest(embedder=digest)) == Weights("tiny", "none: drawn at random")
    lost = manifest(embedder=digest, tuning="1" * 64)
    assert weights_of(tmp_path, lost) == Weights("tiny", "none: drawn at random")


def test_without_a_network_it_says_what_is_missing() -> None:
    assert card.no_card("Before I can answer I need 2 photos.").endswith("Before I can answer I need 2 photos.")
    assert "learning the first one now" in card.no_card("")
