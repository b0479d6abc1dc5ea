"""`pupil import` and `pupil download`: near copies lie in one fold and group, unless it was said where they stand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from bot.cli.downloading import Order, download_list
from storage import TEST_FOLD, Photo, Reason, Source, Store, VoteKind, normalise
from tests.bot.cli.conftest import another_home, put, run
from tests.support.collections import zipped
from tests.support.photo_server import photo_server
from tests.support.pictures import grainy

# Enough that hashes alone would hardly ever put each into the fold of its copy.
SEEDS = range(12)


def copy(seed: int) -> bytes:
    return grainy(seed, quality=40, side=300)


def kept(store: Store) -> list[Photo]:
    """All photos, in the order in which they came."""
    with store.read() as unit:
        return list(unit.photos.those(range(1, 1 + unit.photos.count(1))).values())


def homes(store: Store) -> list[tuple[str, int]]:
    return [(one.group_key, one.fold) for one in kept(store)]


def in_pairs(store: Store) -> bool:
    """Whether each group holds a photo and its copy, in one fold."""
    found = Counter(homes(store))
    return len({group for group, _ in found}) == len(found) == len(SEEDS) and set(found.values()) == {2}


def test_near_copies_in_one_batch_lie_in_one_fold_and_others_do_not(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "photos" / "wren", *(make(seed) for seed in SEEDS for make in (grainy, copy)))

    assert run("import", tmp_path / "photos", "--json").json["new"] == 24

    assert in_pairs(store)


def test_near_copies_in_far_batches_of_one_import_lie_in_one_fold(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "photos" / "jay", *(grainy(seed) for seed in SEEDS))
    put(tmp_path / "photos" / "owl", *(grainy(seed, side=128) for seed in range(100, 180)))
    put(tmp_path / "photos" / "wren", *(copy(seed) for seed in SEEDS))

    assert run("import", tmp_path / "photos", "--json").json["new"] == 104

    found = homes(store)
    assert found[:12] == found[-12:]
    assert len({group for group, _ in found}) == 92


def test_near_copies_in_two_imports_lie_in_one_fold(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "first" / "wren", *map(grainy, SEEDS))
    (tmp_path / "second.zip").write_bytes(zipped({f"wren/{seed}.jpg": copy(seed) for seed in SEEDS}))

    run("import", tmp_path / "first")
    run("import", tmp_path / "second.zip")

    assert in_pairs(store)


def test_what_is_downloaded_joins_its_near_copies_too(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "first" / "wren", *map(grainy, list(SEEDS)[:6]))
    run("import", tmp_path / "first")
    with photo_server() as server:
        pictures = [copy(seed) for seed in SEEDS] + [grainy(seed) for seed in list(SEEDS)[6:]]
        links = [server.put(f"/{number}.jpg", data) for number, data in enumerate(pictures)]
        (tmp_path / "list.txt").write_text("\n".join(links))

        order = Order(tmp_path / "list.txt", label="wren")
        assert download_list(order, as_json=True, make_fetcher=server.fetcher) == 0

    assert json.loads(capsys.readouterr().out)["new"] == 18
    assert in_pairs(store)


def test_the_parts_of_a_split_set_win_over_near_copies(store: Store, tmp_path: Path) -> None:
    for part in ("train", "valid", "test"):
        size = {"train": 400, "valid": 300, "test": 200}[part]
        put(tmp_path / "split" / part / "wren", *(grainy(seed, quality=60, side=size) for seed in SEEDS))
    put(tmp_path / "split" / "train" / "wren" / "again", *map(copy, SEEDS))

    said = run("import", tmp_path / "split", "--json").json

    assert {part: (told["new"], told["elsewhere"]) for part, told in said["parts"].items()} == {
        "train": (24, 0), "valid": (12, 0), "test": (12, 0),
    }  # fmt: skip
    by_part = {part: [one for one in kept(store) if one.name.startswith(part)] for part in said["parts"]}
    assert {one.fold for one in by_part["valid"]} == {0}
    assert {one.fold for one in by_part["test"]} == {TEST_FOLD}
    assert 0 not in {one.fold for one in by_part["train"]}
    # Within its part a copy is found all the same.
    assert set(Counter((one.group_key, one.fold) for one in by_part["train"]).values()) == {2}
    groups = [{one.group_key for one in of_part} for of_part in by_part.values()]
    assert len(set.union(*groups)) == sum(map(len, groups))


def test_a_lesson_that_is_like_a_test_photo_has_a_fold_of_its_own(store: Store, tmp_path: Path) -> None:
    put(tmp_path / "split" / "train" / "wren", grainy(100))
    put(tmp_path / "split" / "test" / "wren", *map(grainy, SEEDS))
    put(tmp_path / "more" / "wren", *map(copy, SEEDS))

    run("import", tmp_path / "split")
    run("import", tmp_path / "more")

    lessons = [one for one in kept(store) if not one.is_test]
    assert len({one.group_key for one in lessons}) == len(lessons) == 13


def test_an_export_comes_back_into_the_folds_and_groups_that_it_had(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where near copies stood apart: because the set came split, or when nobody compared photos yet."""
    put(tmp_path / "split" / "train" / "wren", *map(grainy, SEEDS))
    put(tmp_path / "split" / "train" / "owl", *(grainy(seed, quality=70) for seed in SEEDS))
    put(tmp_path / "split" / "valid" / "wren", *map(copy, SEEDS))
    run("import", tmp_path / "split")
    for seed in SEEDS:
        taught_uncompared(store, grainy(seed, quality=50))
    run("export", "dataset", tmp_path / "out")
    other = another_home(tmp_path, "other", monkeypatch)

    assert run("import", tmp_path / "out", "--json").json["new"] == 48

    assert standing(other) == standing(store)
    assert Counter(map(len, (together for _, together in standing(store).values()))) == {2: 24, 1: 24}
    other.close()


def taught_uncompared(store: Store, data: bytes) -> None:
    received = normalise(data)
    digest = store.blobs.put(received.data)
    with store.write() as unit:
        photo = unit.photos.add(1, digest, received, source=Source.CHAT, folds=(0,))
        label = unit.labels.find_or_create(1, "wren")
        unit.votes.cast(photo.id, None, VoteKind.LABEL, label.id, Reason.CAPTION)


def standing(store: Store) -> dict[str, tuple[int, frozenset[str]]]:
    """The fold of each picture, and the pictures in its group."""
    photos = kept(store)
    return {
        one.digest: (one.fold, frozenset(each.digest for each in photos if each.group_key == one.group_key))
        for one in photos
    }
