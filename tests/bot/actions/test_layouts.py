"""What is a label in a folder, and what a part of a data set that came split."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.actions.layouts import Disk, Part, layout_of
from bot.errors import LayoutUnclear


def lay_out(folder: Path, *names: str) -> Path:
    """Make empty files, and folders where a name ends with a slash."""
    for name in names:
        path = folder / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.touch()
    return folder


def laid_out(folder: Path) -> list[tuple[Part | None, str]]:
    return [(part, path.relative_to(folder).as_posix()) for part, path in layout_of(folder, Disk()).labels]


@pytest.mark.parametrize("valid", ["valid", "val", "validation", "Valid"])
def test_train_and_valid_with_labels_in_them_are_parts_what_is_held_out_first(tmp_path: Path, valid: str) -> None:
    lay_out(tmp_path, "train/jay/1.jpg", "train/owl/1.jpg", f"{valid}/jay/2.jpg", "train/list.csv", "README.txt")

    assert laid_out(tmp_path) == [
        (Part.VALID, f"{valid}/jay"), (Part.TRAIN, "train/jay"), (Part.TRAIN, "train/owl"),
    ]  # fmt: skip


def test_a_test_goes_with_or_without_valid(tmp_path: Path) -> None:
    two = lay_out(tmp_path / "two", "train/jay/1.jpg", "test/jay/2.jpg")
    three = lay_out(tmp_path / "three", "train/jay/1.jpg", "val/jay/2.jpg", "test/jay/3.jpg")

    assert layout_of(two, Disk()).parts == (Part.TRAIN, Part.TEST)
    assert layout_of(three, Disk()).parts == (Part.TRAIN, Part.VALID, Part.TEST)


@pytest.mark.parametrize(
    "names",
    [
        ("train/1.jpg", "bus/1.jpg"),
        ("train/1.jpg", "valid/1.jpg", "test/1.jpg"),
        ("train/steam/1.jpg", "train/2.jpg", "bus/1.jpg"),
        ("train/steam/1.jpg", "bus/1.jpg"),
        ("test/old/1.jpg", "bus/1.jpg"),
    ],
)
def test_a_label_may_be_called_as_a_part(tmp_path: Path, names: tuple[str, ...]) -> None:
    lay_out(tmp_path, *names)

    assert laid_out(tmp_path) == [(None, name) for name in sorted({name.split("/")[0] for name in names})]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("train/jay/1.jpg", "valid/jay/2.jpg", "owl/1.jpg"), "beside them owl"),
        (("train/jay/1.jpg", "test/2.jpg"), "pictures without a label in test"),
        (("train/jay/1.jpg", "train/2.PNG", "valid/jay/3.jpg"), "pictures without a label in train"),
        (("train/jay/1.jpg", "valid/"), "no label in valid"),
        (("train/jay/1.jpg", "valid/jay/2.jpg", "val/jay/3.jpg"), "both val and valid"),
        (("train/jay/1.jpg", "train/owl/1.jpg"), "has train alone"),
        (("valid/jay/1.jpg", "test/jay/1.jpg"), "no train to learn from"),
        (("a.jpg",), "has no sub-folders"),
    ],
)
def test_what_could_be_read_in_two_ways_is_asked_about(tmp_path: Path, names: tuple[str, ...], why: str) -> None:
    lay_out(tmp_path, *names)

    with pytest.raises(LayoutUnclear, match=why):
        layout_of(tmp_path, Disk())
