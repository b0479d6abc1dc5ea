"""`pupil import photos.zip`: what its folder would be on a disk, and nothing that is ever written beside the store."""

from __future__ import annotations

import unicodedata
import zipfile
from pathlib import Path

import pytest

from bot.errors import ZipFlaw
from storage import Store
from tests.bot.cli.conftest import photos, run, taught
from tests.bot.zips.test_archives import REFUSED, UNREAD
from tests.chaos.homes import LABELS, picture
from tests.support.zips import Packed, zip_of

Names = dict[str, bytes]
JAYS = {"jay/1.jpg": picture("jay", 1), "jay/2.jpg": picture("jay", 2)}
BIRDS = {**JAYS, "owl/1.jpg": picture("owl", 1)}
CLUTTER = {"__MACOSX/jay/._1.jpg": b"x", "jay/.DS_Store": b"x", "owl/Thumbs.db": b"x", "desktop.ini": b"x"}
# Flaws of a zip whatever its limits are.
ALWAYS = {ZipFlaw.BAD_NAME, ZipFlaw.LOCKED, ZipFlaw.CONTRADICTORY, ZipFlaw.NOT_A_ZIP}


def below(folder: str, names: Names) -> Names:
    return {f"{folder}/{name}": data for name, data in names.items()}


def write(path: Path, names: Names) -> Path:
    """A zip as other programs make it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in names.items():
            made.writestr(name, data)
    return path


def labels_of(said: dict[str, dict[str, dict[str, int]]]) -> dict[str, int]:
    return {label: counts["new"] for label, counts in said["labels"].items()}


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (BIRDS, {"jay": 2, "owl": 1}),
        (below("my birds", BIRDS), {"jay": 2, "owl": 1}),
        (below("birds/birds", BIRDS), {"jay": 2, "owl": 1}),
        (below("birds", {**BIRDS, **CLUTTER}), {"jay": 2, "owl": 1}),
        ({**BIRDS, **CLUTTER}, {"jay": 2, "owl": 1}),
        (below("birds", {"jay/": b"", **BIRDS, "empty/": b""}), {"jay": 2, "owl": 1}),
        (JAYS, {"jay": 2}),
        ({"jay/old/1.jpg": BIRDS["jay/1.jpg"], **BIRDS}, {"jay": 2, "owl": 1}),
        (below("birds", below("jay", {"a/1.jpg": JAYS["jay/1.jpg"], "b/2.jpg": JAYS["jay/2.jpg"]})), {"jay": 2}),
        ({"1/.label": b"../../x", "1/a.jpg": BIRDS["jay/1.jpg"], "owl/1.jpg": BIRDS["owl/1.jpg"]},
         {"../../x": 1, "owl": 1}),
        ({"jay\u202e\u2066/1.jpg": BIRDS["jay/1.jpg"], "o\x1bw\u200bl/1.jpg": BIRDS["owl/1.jpg"]},
         {"jay": 1, "o wl": 1}),
        ({unicodedata.normalize("NFD", "Gänse") + "/1.jpg": BIRDS["jay/1.jpg"]}, {"Gänse": 1}),
    ],
    ids=["labels", "one folder around", "twice around", "a Mac's", "clutter", "empty folders", "one label", "deep",
         "folders within a label", "an exact label", "bidi and control characters", "decomposed"],
)  # fmt: skip
def test_the_folders_of_a_zip_are_labels(store: Store, tmp_path: Path, names: Names, labels: dict[str, int]) -> None:
    said = run("import", write(tmp_path / "birds.zip", names), "--json")

    assert said.code == 0
    assert labels_of(said.json) == labels
    assert said.json["notes"] == []
    assert sorted({label for _, label in taught(store)}) == sorted(labels)


def test_a_zip_that_is_split_already_keeps_its_parts(store: Store, tmp_path: Path) -> None:
    parts = {
        **below("train", BIRDS),
        **below("val", {"jay/3.jpg": picture("jay", 3)}),
        **below("test", {"owl/4.jpg": picture("owl", 4)}),
    }

    said = run("import", write(tmp_path / "birds.zip", below("birds", parts)), "--json").json

    assert {part: counts["new"] for part, counts in said["parts"].items()} == {"train": 3, "valid": 1, "test": 1}
    assert len(taught(store)) == 4


def test_a_zip_and_its_folder_hold_the_same_photos(store: Store, folder: Path, tmp_path: Path) -> None:
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.jpg")}

    first = run("import", write(tmp_path / "birds.zip", files), "--json").json
    again = run("import", folder, "--json").json

    assert (first["new"], again["known"], photos(store)) == (12, 12, 12)
    with store.read() as unit:
        assert unit.photos.get(1).name == "jay/0.jpg"


def test_two_files_of_one_name_are_two_photos_unless_their_bytes_are_the_same(store: Store, tmp_path: Path) -> None:
    first, second = picture("jay", 1), picture("jay", 2)
    (tmp_path / "birds.zip").write_bytes(zip_of(*(Packed("jay/1.jpg", data) for data in (first, second, first))))

    said = run("import", tmp_path / "birds.zip", "--json").json

    assert (said["new"], said["known"], photos(store)) == (2, 1, 2)


def test_what_is_no_photo_is_named_with_the_reason_and_stops_nothing(store: Store, tmp_path: Path) -> None:
    nest = b"lies"
    for depth in range(6):
        nest = zip_of(*(Packed(f"lib {depth}{number:x}.zip", nest, method=0) for number in range(4)))
    names = {**BIRDS, "jay/nest.zip": nest, "jay/notes.txt": b"hello", "README.txt": b"hello", "more.zip": nest}

    said = run("import", write(tmp_path / "birds.zip", names))

    assert said.code == 0
    assert photos(store) == 3
    assert "jay: 2 new, 2 not taken" in said.out
    assert "jay/nest.zip: it is ZIP, and only JPEG, PNG, WebP, GIF, HEIC and AVIF are taken" in said.out
    assert "jay/notes.txt: it is not a picture" in said.out
    assert "README.txt: it is in no folder that tells its label" in said.out
    assert "more.zip: it is in no folder that tells its label" in said.out


def test_files_that_were_made_to_harm_are_named_and_their_neighbours_taken(store: Store, tmp_path: Path) -> None:
    hostile = [packed for packed, _ in UNREAD.values() if packed.name == "jay/1.jpg"]
    good = Packed("jay/good.jpg", picture("jay", 1))
    (tmp_path / "birds.zip").write_bytes(zip_of(good, *hostile))
    before = everything_below(tmp_path)

    said = run("import", tmp_path / "birds.zip", "--json").json

    assert len(hostile) > 10
    assert (said["new"], said["refused"]) == (1, len(hostile))
    assert any("it is a link" in note["reason"] for note in said["notes"])
    assert everything_below(tmp_path) == before


@pytest.mark.parametrize("zip_", [data for data, flaw in REFUSED.values() if flaw in ALWAYS])
def test_a_refused_zip_leaves_nothing_anywhere(store: Store, tmp_path: Path, zip_: bytes) -> None:
    (tmp_path / "birds.zip").write_bytes(zip_)
    before = everything_below(tmp_path)

    said = run("import", tmp_path / "birds.zip")

    assert said.code == 2
    assert said.err.endswith("Nothing was imported.\n")
    assert (photos(store), list(store.home.glob("blobs/**/*.*"))) == (0, [])
    assert everything_below(tmp_path) == before


def test_a_zip_that_cannot_be_understood_is_said_plainly(store: Store, tmp_path: Path) -> None:
    flat = run("import", write(tmp_path / "flat.zip", {"1.jpg": picture("jay", 1)}))
    locked = tmp_path / "locked.zip"
    locked.write_bytes(zip_of(Packed("jay/1.jpg", b"x", flags=1)))
    cut = tmp_path / "cut.zip"
    cut.write_bytes(write(tmp_path / "whole.zip", BIRDS).read_bytes()[:-9])

    assert "flat.zip has no sub-folders. One folder per label is expected in it" in flat.err
    assert "locked.zip was not read. It is locked with a password: make it again without one." in run(
        "import", locked
    ).err.replace("\n", " ")
    assert "no zip that can be read: it may be cut short" in run("import", cut).err
    assert photos(store) == 0


def test_labels_of_a_zip_may_be_called_as_files_beside_them(store: Store, tmp_path: Path) -> None:
    both = zip_of(Packed("jay", b"notes"), *(Packed(name, data) for name, data in BIRDS.items()))
    (tmp_path / "birds.zip").write_bytes(both)

    said = run("import", tmp_path / "birds.zip", "--json").json

    assert labels_of(said) == {"jay": 2, "owl": 1}
    assert [note["file"] for note in said["notes"]] == ["jay"]
    assert set(said["labels"]) <= set(LABELS)


def everything_below(folder: Path) -> set[Path]:
    """All files but those of the home."""
    return {path for path in folder.rglob("*") if "home" not in path.relative_to(folder).parts[:1]}
