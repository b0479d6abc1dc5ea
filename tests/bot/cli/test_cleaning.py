"""`pupil clean`: what is in doubt as a table and a page, decided there and read back."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from storage import NewSuspect, State, Store, SuspectKind
from tests.bot.cli.conftest import run
from tests.bot.cli.test_datasets import photo_of
from tests.chaos.homes import teach
from tests.support.reviews import list_says


@pytest.fixture
def doubtful(answering: Store) -> Store:
    """Two doubtful labels and one photo like nothing else; one of them has a name that is a formula."""
    teach(answering, "owl", 5)
    with answering.write() as unit:
        network = unit.networks.active(1)
        labels = {one.name: one.id for one in unit.labels.all(1)}
        robins = [photo_of(answering, f"robin 1000000{n}").id for n in (0, 1)]
        jay = photo_of(answering, "jay 10000000").id
        assert network is not None
        reason = {"cause": "contradicted"}
        found = [NewSuspect((one,), labels["robin"], labels["wren"], 0.9 - one / 100, reason) for one in robins]
        unit.suspects.renew(1, network.id, SuspectKind.LABEL, found)
        strange = [NewSuspect((jay,), labels["jay"], None, 0.8, {"cause": "off_topic"})]
        unit.suspects.renew(1, network.id, SuspectKind.OUTLIER, strange)
    return answering


def table(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def decide(file: Path, *decisions: str) -> None:
    rows = table(file)
    for row, decision in zip(rows, decisions, strict=False):
        row["decision"] = decision
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def label_of(store: Store, name: str) -> str:
    with store.read() as unit:
        standing = unit.votes.standing(photo_of(store, name).id)
        return unit.labels.get(standing.label_id).name if standing.label_id else standing.state.value


def test_the_table_names_each_photo_where_it_came_from_and_why_it_is_doubted(doubtful: Store, tmp_path: Path) -> None:
    said = run("clean", "--csv", tmp_path / "doubts.csv")

    assert (said.code, said.out.splitlines()[0]) == (0, "doubtful label: 2")
    assert list(table(tmp_path / "doubts.csv")[0].items())[2:] == [
        ("source", "robin 10000000"),
        ("label", "robin"),
        ("proposal", "wren"),
        ("score", table(tmp_path / "doubts.csv")[0]["score"]),
        ("reason", "contradicted"),
        ("decision", ""),
    ]


def test_decisions_are_read_back_once_and_what_was_decided_is_not_listed_again(doubtful: Store, tmp_path: Path) -> None:
    file = tmp_path / "doubts.csv"
    run("clean", "--csv", file)
    decide(file, "proposal", "keep", "aside")

    tried = run("clean", "--apply", file, "--dry-run")
    assert label_of(doubtful, "robin 10000000") == "robin"
    done, again = run("clean", "--apply", file), run("clean", "--apply", file)

    assert (tried.code, done.code, again.code) == (0, 0, 0)
    assert tried.out.strip() == "3 decisions would be carried out, 0 were before, 0 not."
    assert done.out.strip() == "3 decisions carried out, 0 were before, 0 not."
    assert again.out.strip() == "0 decisions carried out, 3 were before, 0 not."
    assert [label_of(doubtful, f"robin 1000000{n}") for n in (0, 1)] == ["wren", "robin"]
    assert label_of(doubtful, "jay 10000000") == State.ASIDE
    assert "Nothing is in doubt." in run("clean").out


def test_bad_rows_are_named_by_their_line_and_the_others_are_carried_out(doubtful: Store, tmp_path: Path) -> None:
    file = tmp_path / "doubts.csv"
    run("clean", "--csv", file)
    decide(file, "label: kite", "no idea", "proposal")

    said = run("clean", "--apply", file)

    assert said.code == 1
    assert said.err.splitlines() == [
        "Line 2: there is no label kite; --create-labels makes it.",
        "Line 3: “no idea” is no decision: keep, proposal, aside, or label:NAME.",
        "Line 4: there is no proposal to take.",
    ]
    made = run("clean", "--apply", file, "--create-labels")
    assert made.out.strip() == "1 decisions carried out, 0 were before, 2 not."
    assert label_of(doubtful, "robin 10000000") == "kite"


def test_a_row_about_a_photo_that_was_renamed_since_is_left_alone(doubtful: Store, tmp_path: Path) -> None:
    file = tmp_path / "doubts.csv"
    run("clean", "--csv", file)
    decide(file, "proposal")
    decide_elsewhere = file.read_text(encoding="utf-8").replace(",robin,wren", ",owl,wren")
    file.write_text(decide_elsewhere, encoding="utf-8")

    said = run("clean", "--apply", file)

    assert said.err.strip() == "Line 2: the photo is called robin by now, so the row decides about something else."


def test_what_is_no_such_table_is_refused(doubtful: Store, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("name,label\n", encoding="utf-8")

    said = run("clean", "--apply", tmp_path / "other.csv")

    assert (said.code, "That is no table of decisions" in said.err) == (1, True)


def test_the_page_holds_its_pictures_and_asks_nobody_for_anything(doubtful: Store, tmp_path: Path) -> None:
    with doubtful.write() as unit:
        unit.labels.find_or_create(1, "</script><b>x")

    run("clean", "--html", tmp_path / "doubts.html")

    page = (tmp_path / "doubts.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == 3
    assert page.count("</script>") == 2
    assert re.findall(r"(?:src|href)\s*=\s*[\"']", page) == []
    assert not re.search(r"https?://", page)


def test_the_table_and_the_page_say_what_the_list_of_labels_finds(doubtful: Store, tmp_path: Path) -> None:
    list_says(doubtful, 40, 34)
    finds = "Of 40 labels that I got wrong on purpose, 34 would be on the list of doubtful labels (71 to 93 %)."

    said = run("clean", "--html", tmp_path / "doubts.html")

    assert finds in said.out.splitlines()
    assert finds in (tmp_path / "doubts.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("planted", "told"),
    [(40, "purpose, none would be on the list of doubtful labels (0 to 9 %): please"), (0, "There are too few photos")],
)
def test_a_list_that_finds_nothing_or_cannot_tell_says_so(doubtful: Store, planted: int, told: str) -> None:
    assert told not in run("clean").out

    list_says(doubtful, planted, 0)

    assert told in run("clean").out
