"""`pupil import` of a data set that came split: valid is held out together, and nothing ever learns from test."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.speech.tuning_texts import report
from storage import TEST_FOLD, LabelledPhoto, Reason, Role, State, Store, VoteKind, normalise
from tests.bot.cli.conftest import another_home, photos, put, run, taught
from tests.chaos.homes import LABELS, SETTINGS, picture
from trainer import artefact
from trainer.commands import report_in_words, train
from trainer.reporting import report_of


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Of each label six photos to learn from, two held out, and two for the test; no two are near copies."""
    for at, label in enumerate(LABELS):
        for part, seeds in (("train", range(6)), ("valid", range(10, 12)), ("test", range(20, 22))):
            put(tmp_path / "split" / part / label, *(picture(label, 1000 * at + seed) for seed in seeds))
    return tmp_path / "split"


def labelled(store: Store) -> list[LabelledPhoto]:
    with store.read() as unit:
        return unit.photos.labelled(1)


def for_test(store: Store) -> list[LabelledPhoto]:
    with store.read() as unit:
        return unit.photos.for_test(1)


def named(store: Store, part: str, found: Callable[[Store], list[LabelledPhoto]] = labelled) -> list[LabelledPhoto]:
    with store.read() as unit:
        return [one for one in found(store) if unit.photos.get(one.photo_id).name.startswith(f"{part}/")]


def saved_anew(data: bytes) -> bytes:
    """Other bytes with the same pixels."""
    stream = io.BytesIO()
    Image.open(io.BytesIO(data)).save(stream, "PNG")
    return stream.getvalue()


def test_valid_has_a_fold_of_its_own_and_test_none(store: Store, split: Path) -> None:
    said = run("import", split, "--json")

    assert said.code == 0
    counts = {"known": 0, "changed": 0, "refused": 0, "elsewhere": 0}
    assert said.json["parts"] == {
        "train": {"new": 24, **counts}, "valid": {"new": 8, **counts}, "test": {"new": 8, **counts},
    }  # fmt: skip
    assert {one.fold for one in named(store, "valid")} == {0}
    assert {one.fold for one in named(store, "train")} == {1, 2, 3, 4}
    assert {one.fold for one in for_test(store)} == {TEST_FOLD}
    assert (len(named(store, "train")), len(named(store, "valid")), len(for_test(store))) == (24, 8, 8)
    assert named(store, "test") == []


def test_without_valid_the_lessons_are_held_out_in_turn(store: Store, split: Path) -> None:
    shutil.rmtree(split / "valid")

    run("import", split)

    assert {one.fold for one in labelled(store)} == {0, 1, 2, 3, 4}


def test_the_words_name_the_parts_and_what_becomes_of_them(store: Store, split: Path) -> None:
    said = run("import", split).out

    for line in ("Of train: 24 new", "Of valid: 8 new", "Of test: 8 new", "held out together", "learns from test"):
        assert line in said
    assert "another part" not in said


def test_the_second_time_everything_is_known(store: Store, split: Path) -> None:
    run("import", split)
    again = run("import", split, "--json").json

    assert (again["new"], again["known"], again["refused"]) == (0, 40, 0)
    assert photos(store) == 40


def test_an_unclear_folder_is_asked_about_and_nothing_is_imported(home: Path, split: Path) -> None:
    put(split / "owl", picture("owl", 50))

    said = run("import", split)

    assert said.code == 2
    assert "beside them owl" in said.err
    assert "Nothing was imported" in said.err
    assert not home.exists()


def test_a_picture_in_train_and_valid_is_held_out_with_valid_and_counted(store: Store, split: Path) -> None:
    shutil.copy(split / "valid" / "jay" / "0.jpg", split / "train" / "jay" / "same.jpg")
    (split / "train" / "owl" / "again.png").write_bytes(saved_anew((split / "valid" / "owl" / "0.jpg").read_bytes()))
    # The copy that is kept of a PNG is another JPEG: twins have the same picture as it is kept.
    png = normalise((split / "train" / "owl" / "again.png").read_bytes())
    (split / "valid" / "owl" / "0.jpg").write_bytes(png.data)

    first, said = run("import", split, "--json").json, run("import", split)

    assert (first["parts"]["train"]["elsewhere"], first["parts"]["valid"]["elsewhere"]) == (2, 0)
    assert (first["parts"]["train"]["new"], first["parts"]["train"]["known"]) == (25, 1)
    assert {one.fold for one in named(store, "valid")} == {0}
    assert [one.fold for one in named(store, "train")].count(0) == 1
    assert "Measured with the photos of another part, where the same picture was first: 2 of train." in said.out


def test_a_lesson_is_no_test_whatever_its_bytes(store: Store, split: Path) -> None:
    png = saved_anew(picture("owl", 60))
    (split / "train" / "owl" / "a.png").write_bytes(png)
    (split / "test" / "owl" / "b.jpg").write_bytes(normalise(png).data)
    shutil.copy(split / "valid" / "jay" / "0.jpg", split / "test" / "jay" / "c.jpg")

    for _ in range(2):
        said = run("import", split, "--json").json
        assert {note["file"]: note["reason"] for note in said["notes"]} == {
            "test/jay/c.jpg": "the same picture is a lesson (valid/jay/0.jpg), so it tests nothing",
            "test/owl/b.jpg": "the same picture is a lesson (train/owl/a.png), so it tests nothing",
        }
    assert len(for_test(store)) == 8


def test_what_tests_is_not_learned_by_a_later_import(store: Store, split: Path, tmp_path: Path) -> None:
    run("import", split)
    put(tmp_path / "later" / "jay", (split / "test" / "jay" / "0.jpg").read_bytes())

    said = run("import", tmp_path / "later", "--json")

    assert said.json["refused"] == 1
    assert "in the test (test/jay/0.jpg), and what tests is never learned from" in said.json["notes"][0]["reason"]
    assert len(for_test(store)) == 8


def test_test_photos_count_for_nothing_that_is_learned(store: Store, split: Path) -> None:
    run("import", split)

    with store.read() as unit:
        assert {one.photos for one in unit.labels.counts(1)} == {8}
        assert (unit.photos.count(1, State.TAUGHT), unit.photos.count(1, State.TEST)) == (32, 8)
        assert unit.votes.since(1, 0, 1_000) == 32
        assert not {one.digest for one in unit.photos.for_test(1)} & set(unit.embeddings.missing(1, "another"))


def test_the_network_never_learns_from_test_and_the_report_asks_it(store: Store, split: Path) -> None:
    (split / "test" / "jay" / "0.jpg").rename(split / "test" / "owl" / "really-a-jay.jpg")
    run("import", split)

    result = train(store, SETTINGS)
    (network,) = store.home.glob("networks/*/manifest.json")
    learned = set(artefact.verify(network.parent).answers.digests)
    facts = report_of(store, 1).facts()

    assert (result["end"], result["photos"], len(learned)) == ("published", 32, 32)
    assert not learned & {one.digest for one in for_test(store)}
    assert (facts["test"]["wrong"], facts["test"]["n"], facts["test"]["left_out"]) == (1, 8, 0)
    assert facts["test"]["low"] < 1 / 8 < facts["test"]["high"]
    assert "On test photos, which nothing learns from: 1 of 8 wrong" in report_in_words(facts | {"pictures": []})
    assert "On the 8 photos of the test, which I never learn from: 1 wrong (2 to 47 %)." in report(facts)


def test_a_test_photo_that_somebody_teaches_leaves_the_test_and_is_learned(store: Store, split: Path) -> None:
    run("import", split)
    train(store, SETTINGS)
    received = normalise((split / "test" / "jay" / "0.jpg").read_bytes())
    with store.write() as unit:
        ann = unit.people.meet(1, "Ann", Role.TEACHER)
        photo = unit.photos.add(1, store.blobs.put(received.data), received, source="chat", owner_id=ann.id)
        jay = unit.labels.find_or_create(1, "jay")
        before = len(unit.photos.for_test(1))
        unit.votes.cast(photo.id, ann.id, VoteKind.LABEL, jay.id, Reason.CAPTION)

    facts = report_of(store, 1).facts()

    assert photo.fold != TEST_FOLD
    assert photo.digest in {one.digest for one in labelled(store)}
    assert (before, facts["test"]["n"], facts["test"]["left_out"]) == (8, 7, 1)


def test_valid_photos_are_judged_by_what_learned_from_train_alone(store: Store, split: Path) -> None:
    """Valid photos that all say the contrary of train, and outnumber it: by each other they would be answered right."""
    shutil.rmtree(split / "test")
    for label, other in (("robin", "wren"), ("wren", "robin")):
        put(split / "valid" / label, *(picture(other, 100 + seed) for seed in range(24)))
    run("import", split)

    train(store, SETTINGS)
    (network,) = store.home.glob("networks/*/manifest.json")
    answers = artefact.verify(network.parent).answers
    best = np.array(answers.labels)[np.asarray(answers.probabilities).argmax(axis=1)]
    answered = dict(zip(answers.digests, best, strict=True))

    with store.read() as unit:
        contrary = {one.id for one in unit.labels.all(1) if one.name in ("robin", "wren")}
    said = [(one.label_id, int(answered[one.digest])) for one in named(store, "valid") if one.label_id in contrary]
    assert len(said) == 48
    assert all({label, answer} == contrary for label, answer in said)


def test_what_was_exported_comes_back_with_its_test(
    store: Store, split: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("import", split)
    lessons, tests = taught(store), {one.digest for one in for_test(store)}
    out = run("export", "dataset", tmp_path / "out")

    other = another_home(tmp_path, "other", monkeypatch)
    run("import", tmp_path / "out")

    assert "40 photos of 4 labels" in out.out
    assert sorted(path.name for path in (tmp_path / "out").iterdir() if path.is_dir()) == ["test", "train"]
    assert taught(other) == lessons
    assert {one.digest for one in for_test(other)} == tests
    other.close()
