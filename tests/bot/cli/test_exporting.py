"""`pupil export`: folders that any system takes, a table that no spreadsheet runs, and back in again."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.exporting import MARK
from bot.actions.safe_names import BESIDE, cell, folder_names, safe_name
from storage import Label, Reason, Role, Store, VoteKind, normalise
from tests.bot.cli.conftest import another_home, put, run, taught
from tests.chaos.homes import LABELS, picture, teach

ODD = (
    "🐻 bear",
    "עטלף",
    "../../x",
    "=cmd()",
    "CON",
    "con.txt",
    "a/b",
    "a:b",
    "Cleaned.csv",
    ".hidden",
    "-rf",
    "🐻" * 64,
)


@pytest.fixture
def odd(store: Store) -> Store:
    for number, name in enumerate(ODD):
        received = normalise(picture("jay", number))
        digest = store.blobs.put(received.data)
        with store.write() as unit:
            classifier = unit.classifiers.default()
            photo = unit.photos.add(classifier.id, digest, received, source="chat")
            label = unit.labels.find_or_create(classifier.id, name)
            person = unit.people.meet(1, "Ann", Role.TEACHER)
            unit.votes.cast(photo.id, person.id, VoteKind.LABEL, label.id, Reason.CAPTION)
    return store


def rows(folder: Path) -> list[list[str]]:
    with (folder / "cleaned.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_each_label_has_a_folder_and_each_photo_a_row(store: Store, tmp_path: Path) -> None:
    for label in LABELS:
        teach(store, label, 1)
        teach(store, label, 2)

    said = run("export", "dataset", tmp_path / "out")

    assert said.code == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted([*LABELS, *BESIDE, MARK])
    header, *listed = rows(tmp_path / "out")
    assert header == ["name", "label"]
    assert len(listed) == 8
    assert all((tmp_path / "out" / name).is_file() and name.startswith(f"{label}/") for name, label in listed)


def test_what_was_exported_and_is_imported_again_is_the_same_data_set(
    odd: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = taught(odd)
    run("export", "dataset", tmp_path / "out")

    other = another_home(tmp_path, "other", monkeypatch)
    said = run("import", tmp_path / "out", "--json")

    assert said.json["new"] == len(ODD)
    assert taught(other) == before
    other.close()


def test_no_label_leaves_the_folder_or_hides_in_it(odd: Store, tmp_path: Path) -> None:
    run("export", "dataset", tmp_path / "sub" / "out")

    folders = [one.name for one in (tmp_path / "sub" / "out").iterdir() if one.is_dir()]
    assert len({name.casefold() for name in folders}) == len(ODD)
    assert not [name for name in folders if name.startswith((".", "-", "="))]
    assert [one.name for one in (tmp_path / "sub").iterdir()] == ["out"]


def test_no_cell_of_the_table_is_a_formula(odd: Store, tmp_path: Path) -> None:
    run("export", "dataset", tmp_path / "out")

    cells = [each for row in rows(tmp_path / "out") for each in row]
    assert "'=cmd()" in cells
    assert not [each for each in cells if each.startswith(("=", "+", "-", "@"))]


def test_a_folder_with_something_in_it_is_left_alone(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "mine", b"precious")

    said = run("export", "dataset", tmp_path / "mine")

    assert said.code == 2
    assert "is not empty" in said.err
    assert [one.name for one in (tmp_path / "mine").iterdir()] == ["0.jpg"]


def test_a_photo_whose_file_is_damaged_is_left_out_and_said(store: Store, tmp_path: Path) -> None:
    teach(store, "jay", 1)
    teach(store, "jay", 2)
    next(path for path in store.home.glob("photos/??/*") if path.is_file()).write_bytes(b"damage")

    said = run("export", "dataset", tmp_path / "out")

    assert said.code == 1
    assert "1 photos of 1 labels written" in said.out
    assert "1 photos are missing or damaged" in said.err
    assert len(rows(tmp_path / "out")) == 2


@given(st.lists(st.text(min_size=1, max_size=64), min_size=1, max_size=8))
def test_names_are_safe_and_never_alike(words: list[str]) -> None:
    labels = {number: Label(number, 1, word, word) for number, word in enumerate(words)}

    names = list(folder_names(labels).values())

    assert len({name.casefold() for name in names}) == len(words)
    for name in names:
        assert 0 < len(name.encode()) <= 255
        assert not set(name) & set('/\\:*?"<>|\0\n')
        assert name.strip(". ") == name.rstrip(". ")
        assert not name.startswith((".", "-", "="))


@pytest.mark.parametrize(("text", "written"), [("=1+1", "'=1+1"), ("@x", "'@x"), ("daisy", "daisy"), ("＝1", "'＝1")])
def test_cells_that_begin_like_a_formula_are_quoted(text: str, written: str) -> None:
    assert cell(text) == written


@pytest.mark.parametrize("device", ["CON", "nul", "Com1.jpg", "lpt9"])
def test_names_of_devices_are_not_used(device: str) -> None:
    assert safe_name(device) == f"_{device}"
