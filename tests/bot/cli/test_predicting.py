"""`pupil predict`: an answer a line, in the order asked, and a sentence for each file that cannot be answered."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from storage import Store
from tests.bot.cli.conftest import put, run
from tests.chaos.homes import LABELS, environment, picture


def test_each_file_is_answered_on_a_line_of_json(answering: Store, tmp_path: Path) -> None:
    files = put(tmp_path / "questions", *(picture(label, 500) for label in LABELS))

    said = run("predict", "--json", *files)

    lines = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == 0
    assert [line["label"] for line in lines] == list(LABELS)
    assert [line["file"] for line in lines] == [str(file) for file in files]
    for line in lines:
        assert list(line) == ["file", "label", "probabilities", "network", "milliseconds", "error"]
        assert line["error"] is None
        assert line["network"] == 1
        assert line["milliseconds"] > 0
        assert list(line["probabilities"].values()) == sorted(line["probabilities"].values(), reverse=True)
        assert abs(sum(line["probabilities"].values()) - 1) < 1e-4


def test_people_read_a_sentence_with_the_likeliest_labels(answering: Store, tmp_path: Path) -> None:
    (file,) = put(tmp_path, picture("jay", 501))

    said = run("predict", file)

    assert said.code == 0
    assert said.out.startswith(f"{file}: jay (jay ")


def test_a_bad_file_has_its_line_and_the_others_are_answered(answering: Store, tmp_path: Path) -> None:
    (good,) = put(tmp_path, picture("jay", 502))
    (tmp_path / "notes.txt").write_text("hello")

    said = run("predict", "--json", tmp_path / "notes.txt", tmp_path / "none.jpg", tmp_path, good)

    lines = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == 1
    assert [line["error"] for line in lines] == [
        "It is not a picture.",
        "It cannot be read (no such file or directory).",
        "It cannot be read (is a directory).",
        None,
    ]
    assert (lines[0]["label"], lines[0]["probabilities"], lines[0]["milliseconds"]) == (None, {}, None)
    assert lines[3]["label"] == "jay"


def test_without_a_network_it_says_what_to_do(store: Store, tmp_path: Path) -> None:
    said = run("predict", tmp_path / "any.jpg")

    assert (said.code, said.out) == (1, "")
    assert "There is no network yet: teach at least two labels" in said.err


def test_a_network_that_was_tampered_with_does_not_answer(answering: Store, tmp_path: Path) -> None:
    head = next(answering.home.glob("networks/*/head.safetensors"))
    head.chmod(0o600)
    head.write_bytes(head.read_bytes()[:-4] + b"\x00\x00\x80\x3f")
    (file,) = put(tmp_path, picture("jay", 503))

    said = run("predict", file)

    assert (said.code, said.out) == (1, "")
    assert "failed its check" in said.err


def test_asking_starts_without_torch(answering: Store, tmp_path: Path) -> None:
    (file,) = put(tmp_path, picture("jay", 504))
    code = (
        "import sys; from pathlib import Path; from bot.cli.predicting import predict_files;"
        f"predict_files([Path({str(file)!r})], as_json=True); print('torch' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(answering.home), capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "False"
