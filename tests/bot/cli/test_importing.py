"""`pupil import`: every photo once, none lost, and plain words for what is not taken."""

from __future__ import annotations

import errno
import io
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from bot.cli.plain import DECODERS_DOWN
from pictures.decoders import Decoders, DecodersDown
from storage import JobKind, Person, Reason, Role, Store, VoteKind, open_store
from tests.bot.cli.conftest import photos, put, run, taught
from tests.chaos.homes import LABELS, picture


def test_each_folder_is_a_label_and_each_file_a_photo(store: Store, folder: Path) -> None:
    said = run("import", folder, "--json")

    assert said.code == 0
    assert said.json["labels"] == {x: {"new": 3, "known": 0, "changed": 0, "refused": 0} for x in LABELS}
    assert photos(store) == 12
    assert sorted(label for _, label in taught(store)) == sorted(LABELS * 3)


def test_photos_are_embedded_while_they_come_in_and_the_trainer_is_asked(store: Store, folder: Path) -> None:
    run("import", folder)

    with store.read() as unit:
        classifier_id = unit.classifiers.default().id
        embedder = next(store.home.glob("embedders/*.onnx")).stem
        (job,) = unit.jobs.unfinished(classifier_id)
        assert unit.embeddings.missing(classifier_id, embedder) == []
        assert job.kind == JobKind.FIT
        assert (job.due_at - job.asked_at).total_seconds() < 30


def test_the_second_time_everything_is_known(store: Store, folder: Path) -> None:
    run("import", folder)
    said = run("import", folder, "--json")

    assert said.code == 0
    assert (said.json["new"], said.json["known"]) == (0, 12)
    assert photos(store) == 12


def test_a_photo_keeps_its_path_as_name_and_its_vote_has_no_person(store: Store, folder: Path) -> None:
    run("import", folder)

    with store.read() as unit:
        photo = unit.photos.get(1)
        (vote,) = unit.votes.of_photo(1)
    assert (photo.source, photo.name) == ("import", "jay/0.jpg")
    assert (vote.reason, vote.person_id, vote.kind) == (Reason.IMPORT, None, VoteKind.LABEL)


def test_moved_to_another_folder_and_back_the_label_follows(store: Store, folder: Path) -> None:
    run("import", folder)

    there = (folder / "wren" / "0.jpg").rename(folder / "owl" / "moved.jpg")
    moved = run("import", folder, "--json").json
    there.rename(folder / "wren" / "0.jpg")
    back = run("import", folder, "--json").json

    assert [(one["changed"], one["new"]) for one in (moved, back)] == [(1, 0), (1, 0)]
    assert moved["notes"][0]["reason"] == "it was wren and is now owl"
    assert back["notes"][0]["reason"] == "it was owl and is now wren"
    assert sorted(label for _, label in taught(store)) == sorted(LABELS * 3)


def test_one_picture_in_two_folders_stays_in_the_first_however_often_it_is_imported(store: Store, folder: Path) -> None:
    shutil.copy(folder / "jay" / "0.jpg", folder / "wren" / "same.jpg")

    for _ in range(2):
        said = run("import", folder, "--json")
        (note,) = said.json["notes"]
        assert note["reason"] == "the same picture is also jay/0.jpg, and stays jay"

    with store.read() as unit:
        assert len(unit.votes.of_photo(1)) == 1


def test_what_people_say_of_a_photo_outlives_another_import(store: Store, folder: Path) -> None:
    run("import", folder)
    with store.write() as unit:
        people: list[Person] = [unit.people.meet(number, "Ann", Role.TEACHER) for number in (1, 2)]
        owl = unit.labels.find_or_create(unit.classifiers.default().id, "owl")
        for person in people:
            unit.votes.cast(1, person.id, VoteKind.LABEL, owl.id, Reason.TYPED)

    run("import", folder)

    with store.read() as unit:
        assert unit.votes.standing(1).label_id == owl.id


def test_what_is_no_picture_is_named_and_stops_nothing(store: Store, folder: Path) -> None:
    (folder / "jay" / "notes.txt").write_text("hello")
    (folder / "jay" / "empty.jpg").write_bytes(b"")
    (folder / "jay" / "cut.jpg").write_bytes(picture("jay", 50)[:500])
    bitmap = io.BytesIO()
    Image.new("RGB", (32, 32)).save(bitmap, "BMP")
    (folder / "jay" / "old.bmp").write_bytes(bitmap.getvalue())

    said = run("import", folder)

    assert said.code == 0
    assert "jay: 3 new, 4 not taken" in said.out
    assert "jay/notes.txt: it is not a picture" in said.out
    assert "jay/empty.jpg: it is empty" in said.out
    assert "jay/cut.jpg: it is damaged or cut short" in said.out
    assert "jay/old.bmp: it is BMP, and only JPEG, PNG, WebP, GIF, HEIC and AVIF are taken" in said.out


def test_links_pipes_and_hidden_files_are_not_opened(store: Store, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(picture("owl", 77))
    (folder / "jay" / "link.jpg").symlink_to(secret)
    (folder / "jay" / "round").symlink_to(folder)
    (folder / "linked").symlink_to(folder / "jay")
    os.mkfifo(folder / "jay" / "pipe.jpg")
    (folder / "jay" / ".hidden.jpg").write_bytes(picture("jay", 78))
    put(folder / ".git", picture("jay", 79))

    said = run("import", folder, "--json")

    assert photos(store) == 12
    assert {note["file"]: note["reason"] for note in said.json["notes"]} == {
        "jay/link.jpg": "it is a link, and only files themselves are taken",
        "jay/round": "it is a link, and only files themselves are taken",
        "jay/pipe.jpg": "it cannot be read (not a plain file)",
    }


def test_folders_within_a_label_belong_to_it(store: Store, folder: Path) -> None:
    put(folder / "jay" / "garden" / "spring", picture("jay", 60))

    assert run("import", folder, "--json").json["labels"]["jay"]["new"] == 4


@pytest.mark.parametrize("name", ["🐻 bear", "עטלף", "x" * 255, "=cmd()", "<b>bold", "[red]rich", "-rf", "два"])
def test_odd_folder_names_are_labels_too(store: Store, folder: Path, name: str) -> None:
    put(folder / name, picture("jay", 61))

    said = run("import", folder)

    assert said.code == 0
    assert f"{name[:64]}: 1 new" in said.out


def test_names_that_are_no_text_are_shown_with_question_marks(store: Store, folder: Path) -> None:
    put(folder / os.fsdecode(b"caf\xe9"), picture("jay", 62))
    (folder / "jay" / os.fsdecode(b"b\xffd\n\x1b[2J.jpg")).write_bytes(b"no picture")
    (folder / "jay" / ("y" * 251 + ".jpg")).write_bytes(picture("jay", 63))

    said = run("import", folder)

    assert said.code == 0
    assert "jay: 4 new" in said.out
    assert "b?d??[2J.jpg: it is not a picture" in said.out


def test_a_folder_whose_name_is_nothing_to_see_is_not_a_label(store: Store, folder: Path) -> None:
    put(folder / "\u200b", picture("jay", 64))

    said = run("import", folder, "--json")

    assert said.json["refused"] == 1
    assert said.json["notes"][0]["reason"].startswith("its folder's name has nothing")


def test_two_spellings_are_one_label(store: Store, folder: Path) -> None:
    put(folder / "JAY!", picture("jay", 65))
    run("import", folder)

    with store.read() as unit:
        assert len(unit.labels.all(unit.classifiers.default().id)) == 4


def test_wrong_use_says_what_is_expected(home: Path, tmp_path: Path) -> None:
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "a.jpg").write_bytes(picture("jay", 0))

    nowhere, file, flat = (run("import", tmp_path / name) for name in ("nowhere", "flat/a.jpg", "flat"))

    assert [one.code for one in (nowhere, file, flat)] == [2, 2, 2]
    assert "There is no folder" in nowhere.err
    assert "is not a folder" in file.err
    assert "One sub-folder per label is expected" in flat.err
    assert not home.exists()


def test_where_nothing_could_be_taken_it_says_so_and_fails(store: Store, tmp_path: Path) -> None:
    (tmp_path / "photos" / "jay").mkdir(parents=True)
    empty = run("import", tmp_path / "photos")
    (tmp_path / "photos" / "jay" / "notes.txt").write_text("hello")
    refused = run("import", tmp_path / "photos")

    assert (empty.code, refused.code) == (1, 1)
    assert "Nothing could be taken" in empty.err
    assert "Nothing could be taken" in refused.err


def test_a_folder_that_cannot_be_read_is_told_of(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked, scandir = folder / LABELS[0], os.scandir

    def scan(path: str | Path) -> object:
        if Path(path) == locked:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scan)

    said = run("import", folder, "--json").json

    assert (said["new"], said["refused"]) == (9, 1)
    assert [note["file"] for note in said["notes"]] == [LABELS[0]]
    assert "cannot be read" in said["notes"][0]["reason"]


def test_without_eyes_the_photos_are_taken_all_the_same(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUPIL_BACKBONE", "no_such_network")

    said = run("import", folder, "--json")

    assert (said.code, said.json["new"]) == (0, 12)
    assert "look at the photos later" in said.err


def test_a_store_that_cannot_be_written_is_said_plainly(home: Path, folder: Path) -> None:
    home.write_text("in the way")

    said = run("import", folder)

    assert said.code == 1
    assert "The import stopped." in said.err


def test_a_home_that_is_opened_anew_has_the_photos(store: Store, folder: Path) -> None:
    run("import", folder)
    store.close()

    assert photos(open_store(store.home)) == 12


def test_where_nothing_can_be_decoded_no_photo_is_refused_for_it(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> None:
        raise DecodersDown("ended from outside")

    with monkeypatch.context() as patched:
        patched.setattr(Decoders, "normalise", down)
        said = run("import", folder)
    assert said.code == 1
    assert DECODERS_DOWN in " ".join(said.err.split())
    assert photos(store) == 0

    assert run("import", folder).code == 0
    assert photos(store) == 12
