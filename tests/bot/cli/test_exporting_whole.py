"""An exported data set is whole or not there, goes on after a kill, and comes back in as it was."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from bot.actions import dataset_zips
from bot.actions.exporting import MARK, unfinished
from bot.speech.dataset_notes import notes
from storage import TEST_FOLD, Reason, Role, Store, VoteKind, normalise
from tests.bot.cli.conftest import another_home, run
from tests.chaos.homes import LABELS, picture

NAMES = (
    "🐻 bear",
    "עטלף",
    "../../x",
    "=cmd()",
    "CON",
    "a/b",
    "a:b",
    "metadata.jsonl",
    "train",
    "test",
    ".hidden",
    "jay",
)
Facts = set[tuple[str, str, int, frozenset[str]]]


def fill(store: Store, seed: int, count: int = 40) -> None:
    """Lessons, albums, tests, second opinions and things taken back, by a few people, as it goes."""
    rng = random.Random(seed)
    for number in range(count):
        received = normalise(picture(rng.choice(LABELS), 1000 * seed + number))
        digest = store.blobs.put(received.data)
        with store.write() as unit:
            people = [unit.people.meet(key, f"P{key}", Role.TEACHER) for key in (1, 2, 3)]
            chat = unit.chats.enter(-1, kind="group", title="Class")
            is_test = rng.random() < 0.2
            photo = unit.photos.add(
                1, digest, received, source="import" if is_test else "chat", name=f"file {number}.jpg",
                chat_id=None if is_test else chat.id, message_id=None if is_test else 1000 * seed + number,
                album=None if is_test or rng.random() < 0.5 else f"album {rng.randrange(4)}",
                folds=(TEST_FOLD,) if is_test else range(5),
            )  # fmt: skip
            name = rng.choice(NAMES)
            for person in rng.sample(people, rng.randrange(1, 3)):
                label = unit.labels.find_or_create(1, name if rng.random() < 0.8 else rng.choice(NAMES))
                unit.votes.cast(photo.id, person.id, VoteKind.LABEL, label.id, Reason.CAPTION)


def facts(store: Store) -> Facts:
    """Pictures with label, fold, and all pictures of the same group that are exported too."""
    with store.read() as unit:
        names = {key: one.name for key, one in unit.labels.named(1).items()}
        photos = [*unit.photos.labelled(1), *unit.photos.for_test(1)]
    groups: dict[str, set[str]] = defaultdict(set)
    for one in photos:
        groups[one.group].add(one.digest)
    return {(one.digest, names[one.label_id], one.fold, frozenset(groups[one.group])) for one in photos}


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("seed", range(3))
def test_exported_and_imported_it_is_the_same_data_set(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    fill(store, seed)
    before = facts(store)
    assert {fold for _, _, fold, _ in before} > {TEST_FOLD}
    assert any(len(group) > 1 for _, _, _, group in before)

    assert run("export", "dataset", tmp_path / "out").code == 0
    other = another_home(tmp_path, "other", monkeypatch)
    said = run("import", tmp_path / "out", "--json")

    assert said.json["new"] == len(before)
    assert facts(other) == before
    other.close()


def test_in_zips_it_is_the_same_data_set_too(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, 5)
    before = facts(store)
    zips = [dataset_zips.pack(store, 1, number, 3, b"key", notes) for number in range(3)]
    assert zips == [dataset_zips.pack(store, 1, number, 3, b"key", notes) for number in range(3)]

    other = another_home(tmp_path, "other", monkeypatch)
    for number, data in enumerate(zips):
        (tmp_path / f"{number}.zip").write_bytes(data)
        assert run("import", tmp_path / f"{number}.zip", "--json").json["refused"] == 0

    assert facts(other) == before
    other.close()


def test_what_stands_beside_the_pictures(store: Store, tmp_path: Path) -> None:
    fill(store, 7)
    with store.write() as unit:
        mine = next(one.label for one in unit.labels.counts(1) if one.photos)
        unit.naming.describe(mine, "blue")

    run("export", "dataset", tmp_path / "out")

    with (tmp_path / "out" / "cleaned.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["name", "label"]
    told = [
        one | {"file_name": f"{part}/{one['file_name']}"}
        for part in ("train", "test")
        for one in lines(tmp_path / "out" / part / "metadata.jsonl")
    ]
    assert sorted(one["file_name"] for one in told) == sorted(name for name, _ in rows)
    assert all((tmp_path / "out" / one["file_name"]).is_file() for one in told)
    assert {one["description"] for one in told if one["label"] == mine.name} == {"blue"}
    history = lines(tmp_path / "out" / "history.jsonl")
    assert {one["file_name"] for one in history} == {one["file_name"] for one in told}
    assert len({one["by"] for one in history}) == 3
    assert all(len(one["by"]) == 16 for one in history)
    text = (tmp_path / "out" / "LICENCES.md").read_text(encoding="utf-8")
    assert "Pupil does not know who took them" in text


def test_two_exports_hide_people_behind_different_names(store: Store, tmp_path: Path) -> None:
    fill(store, 1)
    for name in ("one", "two"):
        run("export", "dataset", tmp_path / name)

    by = [{line["by"] for line in lines(tmp_path / name / "history.jsonl")} for name in ("one", "two")]
    assert by[0].isdisjoint(by[1])


EXPORT = "import sys; from bot.cli.app import pupil; pupil(['export', 'dataset', sys.argv[1]])"


def test_killed_at_any_moment_it_is_whole_or_not_there_and_goes_on(store: Store, tmp_path: Path) -> None:
    fill(store, 3, count=60)
    rng, out, killed = random.Random(1), tmp_path / "out", 0
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", EXPORT, out], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not unfinished(out).exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed += process.returncode == -signal.SIGKILL
        assert not out.exists() or (out / "LICENCES.md").is_file()
        if out.exists():
            break
    assert killed > 0

    if not out.exists():
        assert run("export", "dataset", out).code == 0
    assert not unfinished(out).exists()
    assert not [one for one in out.rglob("*.making")]
    assert len(list(out.rglob("*.jpg"))) == len({digest for digest, *_ in facts(store)})


def test_what_was_taken_back_since_the_kill_is_not_in_it(store: Store, tmp_path: Path) -> None:
    fill(store, 3)
    run("export", "dataset", tmp_path / "old")
    os.rename(tmp_path / "old", unfinished(tmp_path / "out"))
    with store.write() as unit:
        unit.labels.find_or_create(1, "x")
        for person in (1, 2, 3):
            known = unit.people.by_telegram_id(person)
            assert known is not None
            unit.votes.forget_person(known.id)
    fill(store, 4, count=6)

    run("export", "dataset", tmp_path / "out")

    found = {one.name[:32] for one in (tmp_path / "out").rglob("*.jpg")}
    assert found == {digest[:32] for digest, *_ in facts(store)}


def test_a_folder_of_somebody_else_beside_it_is_left_alone(store: Store, tmp_path: Path) -> None:
    fill(store, 3, count=2)
    unfinished(tmp_path / "out").mkdir()
    (unfinished(tmp_path / "out") / "precious").write_text("mine")

    said = run("export", "dataset", tmp_path / "out")

    assert said.code == 2
    assert "is in the way" in said.err
    assert [one.name for one in unfinished(tmp_path / "out").iterdir()] == ["precious"]


def test_a_finished_export_is_marked_as_ours_and_hides_that(store: Store, tmp_path: Path) -> None:
    fill(store, 3, count=2)
    run("export", "dataset", tmp_path / "out")

    assert (tmp_path / "out" / MARK).is_file()
    assert MARK.startswith(".")
