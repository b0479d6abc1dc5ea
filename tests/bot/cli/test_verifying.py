"""`pupil verify`: what is no good is named, nothing is touched unbidden, and what was moved comes back."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.actions import verifying
from bot.cli.plain import DECODERS_DOWN
from pictures.decoders import Decoders, DecodersDown
from tests.bot.cli.conftest import put, run
from tests.support.pictures import encoded, jpeg, jpeg_claiming, scene

ROOT = Path(__file__).parents[3]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Good pictures of the kinds that others throw away, and four files that are no good."""
    folder = tmp_path / "pictures"
    put(folder / "good", jpeg())
    kinds = {
        "grey.jpg": ("L", "JPEG"),
        "clear.png": ("RGBA", "PNG"),
        "few.gif": ("P", "GIF"),
        "print.jpg": ("CMYK", "JPEG"),
    }
    for name, (mode, kind) in kinds.items():
        (folder / "good" / name).write_bytes(encoded(scene().convert(mode), kind))
    put(folder / "bad", jpeg()[:500], jpeg(8, 8), jpeg_claiming(jpeg(), 13_000, 13_000))
    (folder / "bad" / "page.jpg").write_text("<html>Not found</html>")
    (folder / ".hidden").write_text("not looked at")
    return folder


def names_in(folder: Path) -> set[str]:
    return {os.fspath(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_every_file_is_judged_with_its_reason_and_nothing_is_touched(mixed: Path) -> None:
    before = {path: path.read_bytes() for path in mixed.rglob("*") if path.is_file()}

    said = run("verify", mixed, "--json")

    assert said.code == 1
    assert (said.json["good"], said.json["not_good"], said.json["moved"]) == (5, 4, 0)
    reasons = {one["file"]: one["reason"] for one in said.json["files"] if not one["good"]}
    assert reasons == {
        "bad/0.jpg": "it is damaged or cut short",
        "bad/1.jpg": "it is too small (8x8): at least 16 pixels a side",
        "bad/2.jpg": "it is too large (13000x13000): at most 32 megapixels",
        "bad/page.jpg": "it is not a picture",
    }
    assert {path: path.read_bytes() for path in mixed.rglob("*") if path.is_file()} == before
    seen = {one["file"]: (one["format"], one["channels"]) for one in said.json["files"] if one["good"]}
    assert seen == {
        "good/0.jpg": ("JPEG", 3),
        "good/clear.png": ("PNG", 4),
        "good/few.gif": ("GIF", 3),
        "good/grey.jpg": ("JPEG", 1),
        "good/print.jpg": ("JPEG", 4),
    }


def test_a_folder_of_good_pictures_is_said_to_be_good(mixed: Path) -> None:
    said = run("verify", mixed / "good")

    assert said.code == 0
    assert "5 good (3 JPEG, 1 PNG, 1 GIF), 0 not" in said.out


def test_what_is_no_good_is_moved_and_comes_back(mixed: Path, tmp_path: Path) -> None:
    before, away = names_in(mixed), tmp_path / "away"

    moved = run("verify", mixed, "--move-to", away)

    assert moved.code == 1
    assert "4 moved to" in moved.out
    assert names_in(mixed) == {name for name in before if not name.startswith("bad/")}
    assert names_in(away) == {"bad/0.jpg", "bad/1.jpg", "bad/2.jpg", "bad/page.jpg", "moved.jsonl"}
    assert run("verify", mixed).code == 0

    restored = run("verify", away, "--restore")

    assert (restored.code, restored.out) == (0, "4 moved back.\n")
    assert names_in(mixed) == before


def test_files_are_moved_into_the_folder_itself_and_not_looked_at_again(mixed: Path) -> None:
    away = mixed / "no good"
    run("verify", mixed, "--move-to", away)

    assert run("verify", mixed, "--move-to", away).code == 0
    assert len(names_in(away)) == 5


def test_a_file_that_has_another_in_its_place_stays(mixed: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    run("verify", mixed, "--move-to", away)
    put(mixed / "bad", jpeg())

    restored = run("verify", away, "--restore")

    assert restored.code == 1
    assert "3 moved back." in restored.out
    assert "there is another file in its place" in restored.out
    assert (away / "bad" / "0.jpg").exists()


def test_a_second_file_of_one_name_takes_no_place(mixed: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    run("verify", mixed, "--move-to", away)
    put(mixed / "bad", jpeg()[:400])

    run("verify", mixed, "--move-to", away)

    assert {"bad/0.jpg", "bad/0-2.jpg"} < names_in(away)
    assert (away / "bad" / "0.jpg").read_bytes() == jpeg()[:500]


def test_a_name_that_is_no_text_is_moved_and_comes_back(tmp_path: Path) -> None:
    folder, away = tmp_path / "pictures", tmp_path / "away"
    folder.mkdir()
    odd = os.fsencode(folder) + b"/\xff\n.jpg"
    with open(odd, "wb") as file:
        file.write(b"none")

    assert run("verify", folder, "--move-to", away).code == 1
    assert not os.path.exists(odd)
    assert run("verify", away, "--restore").code == 0
    assert os.path.exists(odd)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--channels", 3), "good/grey.jpg: it has 1 channels, not 3"),
        (("--formats", "jpg,png"), "good/few.gif: it is GIF, not JPEG, PNG"),
        (("--max-size", 64), "good/0.jpg: its longer side has 96 pixels, more than 64"),
    ],
)
def test_what_is_good_but_not_what_was_asked_for_is_named(
    mixed: Path, options: tuple[object, ...], reason: str
) -> None:
    said = run("verify", mixed / "..", *options)

    assert said.code == 1
    assert f"pictures/{reason}" in said.out


def test_a_format_that_nobody_knows_is_wrong_use(mixed: Path) -> None:
    said = run("verify", mixed, "--formats", "jpeg,exe")

    assert said.code == 2
    assert "exe is none of the formats that are read" in said.err


def test_no_folder_is_wrong_use(tmp_path: Path) -> None:
    assert run("verify", tmp_path / "none").code == 2
    assert run("verify", tmp_path, "--restore").code == 2
    assert run("verify", tmp_path, "--move-to", tmp_path).code == 2


def test_what_was_good_is_left_out_until_it_changes(mixed: Path, tmp_path: Path) -> None:
    notes = tmp_path / "seen.jsonl"
    assert run("verify", mixed, "--resume", notes, "--json").json["good"] == 5

    again = run("verify", mixed, "--resume", notes, "--json")
    (mixed / "good" / "0.jpg").write_bytes(jpeg()[:300])
    changed = run("verify", mixed, "--resume", notes, "--json")

    assert (again.json["good"], again.json["not_good"]) == (0, 4)
    assert (changed.json["good"], changed.json["not_good"]) == (0, 5)


def test_links_and_pipes_are_not_opened(mixed: Path) -> None:
    os.mkfifo(mixed / "good" / "pipe.jpg")
    (mixed / "good" / "link.jpg").symlink_to(mixed / "good" / "0.jpg")

    said = run("verify", mixed / "good")

    assert "link.jpg: it is a link, and only files themselves are looked at" in said.out
    assert "pipe.jpg: it cannot be read" in said.out


def test_killed_while_it_moves_everything_is_in_one_place_and_comes_back(tmp_path: Path) -> None:
    folder, away = tmp_path / "pictures", tmp_path / "away"
    put(folder, *(jpeg(seed=seed)[:600] for seed in range(200)))
    command = [sys.executable, "-m", "bot", "verify", str(folder), "--move-to", str(away)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and len(names_in(away)) < 20:
        time.sleep(0.005)

    process.kill()
    process.wait()

    moved = names_in(away) - {verifying.MOVED}
    assert len(moved) >= 19
    assert moved | names_in(folder) == {f"{number}.jpg" for number in range(200)}
    assert moved.isdisjoint(names_in(folder))
    told = [json.loads(line)["target"] for line in (away / verifying.MOVED).read_text().splitlines()]
    assert {str(away / name) for name in moved} <= set(told)
    assert run("verify", away, "--restore").code == 0
    assert len(names_in(folder)) == 200


def test_where_nothing_can_be_decoded_no_picture_is_called_bad(
    mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> None:
        raise DecodersDown("ended from outside")

    monkeypatch.setattr(Decoders, "normalise", down)
    before = names_in(mixed)

    said = run("verify", mixed, "--move-to", tmp_path / "aside")

    assert said.code == 1
    assert DECODERS_DOWN in " ".join(said.err.split())
    assert names_in(mixed) == before
    assert names_in(tmp_path / "aside") == set()
