"""An exported data set says where its pictures came from and what its labels mean, and comes back in with that."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from storage import Photo, Reason, Role, Store, VoteKind, normalise
from tests.bot.cli.conftest import another_home, run
from tests.bot.cli.test_exporting_whole import facts
from tests.chaos.homes import LABELS, picture

TOLD = (
    "https://example.org/bears/1.jpg?size=full&x=ä",
    "bears/👩‍🌾 1.jpg",
    "דובים/עטלף.jpg",
    "bears/a\u2028b\x85.jpg",
)
NOT_TOLD = (
    "/srv/ann/bears/1.jpg",
    "C:\\ann\\1.jpg",
    "c:/ann/1.jpg",
    "\\\\server\\ann\\1.jpg",
    "~/bears/1.jpg",
    "~ann/bears/1.jpg",
    "file:///srv/ann/1.jpg",
    "bears/../../ann/1.jpg",
    "https://ann:secret@example.org/1.jpg",
)
NAMES = ("🐻 bear", "עטלף", "Ωmega/3", "jay")
DESCRIPTIONS = {"🐻 bear": "brown, with a hump 🏔", "עטלף": "ישן ביום", "jay": ""}


def fill(store: Store) -> None:
    """A photo of each origin, under every name in turn; and one label that is at rest."""
    for number, origin in enumerate((*TOLD, *NOT_TOLD, None)):
        teach(store, number, NAMES[number % len(NAMES)], origin)
    teach(store, 99, "asleep", "https://example.org/asleep.jpg")
    with store.write() as unit:
        for name, description in DESCRIPTIONS.items():
            unit.naming.describe(unit.labels.find_or_create(1, name), description)
        unit.naming.rest(unit.labels.find_or_create(1, "asleep"), retired=True)


def teach(store: Store, number: int, name: str, origin: str | None) -> None:
    received = normalise(picture(LABELS[number % len(LABELS)], number))
    digest = store.blobs.put(received.data)
    with store.write() as unit:
        ann = unit.people.meet(1, "Ann", Role.TEACHER)
        file = f"odd\u2028name {number}.jpg"
        photo = unit.photos.add(1, digest, received, source="collection", name=file, owner_id=ann.id, origin=origin)
        label = unit.labels.find_or_create(1, name)
        unit.votes.cast(photo.id, ann.id, VoteKind.LABEL, label.id, Reason.CAPTION)


def photos(store: Store) -> list[Photo]:
    with store.read() as unit:
        return list(unit.photos.those([one.photo_id for one in unit.photos.labelled(1)]).values())


def descriptions(store: Store) -> dict[str, str]:
    with store.read() as unit:
        return {one.name: one.description for one in unit.labels.all(1)}


def lines(folder: Path) -> list[dict[str, object]]:
    # Not `splitlines`, which takes more for a line's end than JSON does.
    return [json.loads(line) for line in (folder / "metadata.jsonl").read_text(encoding="utf-8").strip().split("\n")]


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_what_is_exported_and_imported_is_the_same_with_its_origins_and_descriptions(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    fill(store)
    before = facts(store), descriptions(store)
    was = {one.digest: one.origin if one.origin in TOLD[:3] else None for one in photos(store)}
    assert len(before[0]) == len(was) == len(TOLD) + len(NOT_TOLD) + 1
    assert "asleep" not in before[1]

    run("export", "dataset", out := tmp_path / "out")
    source = shutil.make_archive(str(out), "zip", out) if packed else out
    other = another_home(tmp_path, "other", monkeypatch)
    said = run("import", source, "--json")

    assert said.json["new"] == len(was)
    assert (facts(other), descriptions(other)) == before
    assert {one.digest: one.origin for one in photos(other)} == was
    other.close()


def test_no_path_of_somebody_is_told(store: Store, tmp_path: Path) -> None:
    fill(store)

    run("export", "dataset", tmp_path / "out")

    told = {one["origin"] for one in lines(tmp_path / "out")}
    assert told == {*TOLD[:3], None}


def test_of_an_imported_folder_the_path_below_it_is_told_also_the_second_time(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "birds" / "jay").mkdir(parents=True)
    (tmp_path / "birds" / "jay" / "ä 1.jpg").write_bytes(picture(LABELS[0], 1))
    run("import", tmp_path / "birds")
    run("export", "dataset", tmp_path / "one")
    other = another_home(tmp_path, "other", monkeypatch)
    run("import", tmp_path / "one")

    run("export", "dataset", tmp_path / "two")

    assert [lines(tmp_path / name)[0]["origin"] for name in ("one", "two")] == ["jay/ä 1.jpg"] * 2
    other.close()


def test_an_import_changes_no_description_that_is_there(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    run("export", "dataset", tmp_path / "out")
    other = another_home(tmp_path, "other", monkeypatch)
    with other.write() as unit:
        unit.naming.describe(unit.labels.find_or_create(1, "🐻 bear"), "ours")

    run("import", tmp_path / "out")

    assert descriptions(other)["🐻 bear"] == "ours"
    other.close()
