"""`pupil dataset`: versions are listed, compared, put back, and learned from once more."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from bot.actions import datasets
from storage import ON_REQUEST, Photo, Reason, Store, VoteKind
from tests.bot.cli.conftest import run, taught
from tests.chaos.homes import SETTINGS, teach
from trainer.commands import effect, train
from trainer.gate import Ground


def photo_of(store: Store, name: str) -> Photo:
    with store.read() as unit:
        return next(one for one in unit.photos.those(range(1, 40)).values() if one.name == name)


def rename(store: Store, name: str, label: str) -> None:
    photo = photo_of(store, name)
    with store.write() as unit:
        classifier = unit.classifiers.default()
        wanted = unit.labels.find_or_create(classifier.id, label)
        unit.votes.cast(photo.id, None, VoteKind.LABEL, wanted.id, Reason.IMPORT)


@pytest.fixture
def cleaned(answering: Store) -> Store:
    """Version 1 had four photos a label; in version 2 one was renamed, one is gone, and one came."""
    rename(answering, "robin 10000000", "wren")
    with answering.write() as unit:
        unit.votes.cast(photo_of(answering, "jay 10000001").id, None, VoteKind.NONE, None, Reason.IMPORT)
    teach(answering, "owl", 77)
    train(answering, SETTINGS)
    return answering


def test_versions_are_listed_with_the_networks_that_learned_them(cleaned: Store) -> None:
    shown, listed = run("dataset", "list"), json.loads(run("dataset", "list", "--json").out)

    assert [line.split(" (")[0] for line in shown.out.splitlines()] == ["Version 2", "Version 1"]
    assert [(one["number"], one["photos"], one["networks"]) for one in listed] == [(2, 16, [2]), (1, 16, [1])]


def test_without_a_network_there_is_no_version_and_that_is_said(store: Store) -> None:
    assert "There is no version yet" in run("dataset", "list").out
    said = run("dataset", "show", 7)
    assert (said.code, "There is no version 7 of the data set." in said.err) == (1, True)


def test_a_version_is_written_as_a_table_that_no_spreadsheet_takes_for_formulas(
    answering: Store, tmp_path: Path
) -> None:
    with answering.write() as unit:
        label = unit.labels.find_or_create(1, "=cmd()")
    teach(answering, "owl", 78)
    with answering.write() as unit:
        unit.votes.cast(photo_of(answering, "owl 78").id, None, VoteKind.LABEL, label.id, Reason.IMPORT)
    teach(answering, "owl", 79)
    with answering.write() as unit:
        unit.votes.cast(photo_of(answering, "owl 79").id, None, VoteKind.LABEL, label.id, Reason.IMPORT)
    train(answering, SETTINGS)

    said = run("dataset", "show", 2, "--csv", tmp_path / "cleaned.csv")

    with (tmp_path / "cleaned.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert said.code == 0
    assert rows[0] == ["name", "label"]
    assert ["owl 78", "'=cmd()"] in rows
    assert len(rows) == 19
    assert "=cmd(): 2" in said.out


def test_the_difference_of_two_versions_names_each_photo(cleaned: Store) -> None:
    said, told = run("dataset", "diff", 1, 2), run("dataset", "diff", 1, 2, "--json").json

    assert "robin → wren: 1 photo" in said.out
    assert "14 photos stayed as they were." in said.out
    assert [(one["name"], one["before"], one["after"]) for one in told["renamed"]] == [
        ("robin 10000000", "robin", "wren")
    ]
    assert [(one["name"], one["label"]) for one in told["gone"]] == [("jay 10000001", "jay")]
    assert [(one["name"], one["label"]) for one in told["added"]] == [("owl 77", "owl")]
    assert told["per_label"]["wren"] == {"added": 0, "gone": 0, "renamed_to": 1, "renamed_from": 0}


def test_a_version_is_put_back_only_when_it_is_meant_and_that_can_be_undone(cleaned: Store) -> None:
    now = taught(cleaned)
    with cleaned.read() as unit:
        then = {(one.digest, one.label_id) for one in unit.datasets.photos(1, 1)}

    said = run("dataset", "restore", 1)
    assert taught(cleaned) == now
    done = run("dataset", "restore", 1, "--yes")
    with cleaned.read() as unit:
        restored = {(one.digest, one.label_id) for one in unit.photos.labelled(1)}
    again = run("dataset", "restore", 1, "--yes")
    undone = run("dataset", "undo")

    assert (said.code, done.code, again.code, undone.code) == (0, 0, 0, 0)
    assert "Putting back version 1 changes 3 photos:" in said.out
    assert "Nothing is changed yet" in said.out
    assert restored == then
    assert "Nothing to do" in again.out
    assert taught(cleaned) == now
    assert run("dataset", "undo").code == 1


def test_photos_taught_since_can_stay(cleaned: Store) -> None:
    run("dataset", "restore", 1, "--yes", "--keep-new")

    assert len(taught(cleaned)) == 17


def test_putting_back_never_brings_back_what_was_deleted(cleaned: Store) -> None:
    with cleaned.write() as unit:
        unit.photos.remove([photo_of(cleaned, "robin 10000000").id])

    said = run("dataset", "restore", 1, "--yes")

    assert "1 photo of it were deleted by their owners since, and stay so." in said.out
    assert len(taught(cleaned)) == 15


def test_a_restoration_that_was_cut_off_goes_on_and_is_undone_as_one(
    cleaned: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = taught(cleaned)
    monkeypatch.setattr(datasets, "AT_ONCE", 1)
    with cleaned.read() as unit:
        plan = datasets.plan_restore(unit, 1, 1)
    cut_off = datasets.restore(cleaned, 1, plan)
    next(cut_off)
    del cut_off
    assert taught(cleaned) != now

    run("dataset", "restore", 1, "--yes")
    run("dataset", "undo")

    assert taught(cleaned) == now


def test_a_network_of_an_older_version_answers_only_if_its_owner_says_so(cleaned: Store) -> None:
    made = train(cleaned, SETTINGS, dataset=1)
    with cleaned.read() as unit:
        answering, latest = unit.networks.active(1), unit.networks.latest(1)
        versions = unit.datasets.all(1)

    assert (made["end"], made["network"], made["photos"]) == ("held", 3, 16)
    assert made["verdict"]["ground"] == ON_REQUEST == Ground.ON_REQUEST
    assert answering is not None
    assert latest is not None
    assert (answering.number, latest.number) == (2, 2)
    assert [(one.number, one.networks) for one in versions] == [(2, (2,)), (1, (1, 3))]
    assert train(cleaned, SETTINGS)["end"] == "unchanged"

    assert run("rollback", 3).code == 0
    assert train(cleaned, SETTINGS)["end"] == "unchanged"
    assert "Network 3 answers now" in run("models").out


def test_the_effect_of_cleaning_is_told_and_said_to_be_unknown_with_few_photos(cleaned: Store) -> None:
    facts = effect(cleaned, 1, 2)

    assert facts["cleaned"]["renamed"] == 1
    assert (facts["cleaned"]["gone"], facts["cleaned"]["added"]) == (1, 1)
    assert (facts["n"], facts["enough"]) == (0, False)
    assert "No photo whose label stayed is confirmed by two voices" in facts["sentence"]
