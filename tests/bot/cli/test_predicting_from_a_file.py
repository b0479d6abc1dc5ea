"""`pupil predict --network FILE`: the answers of the exported file, on a machine that has nothing else of Pupil's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.predicting import Line, _told
from storage import Store
from tests.bot.cli.conftest import Said, put, run
from tests.chaos.homes import LABELS, REPOSITORY, bare_environment, picture
from trainer import commands


@pytest.fixture
def network(answering: Store, tmp_path: Path) -> Path:
    commands.export(answering, tmp_path / "birds.onnx")
    return tmp_path / "birds.onnx"


@pytest.fixture
def questions(tmp_path: Path) -> list[Path]:
    return put(tmp_path / "questions", *(picture(label, 700) for label in LABELS))


def lines(said: Said) -> list[dict[str, object]]:
    """The lines of JSON, without the time that each took."""
    return [json.loads(line) | {"milliseconds": None} for line in said.out.splitlines()]


def test_the_lines_are_those_of_the_network_it_was_made_from(network: Path, questions: list[Path]) -> None:
    asked, told = run("predict", "--json", *questions), run("predict", "--network", network, "--json", *questions)

    assert (told.code, told.err) == (0, "")
    assert [line["label"] for line in lines(told)] == list(LABELS)
    for one, other in zip(lines(told), lines(asked), strict=True):
        assert one.pop("probabilities") == pytest.approx(other.pop("probabilities"), abs=0.02)
        assert one == other


def test_people_read_the_same_sentences(network: Path, questions: list[Path]) -> None:
    told = run("predict", "--network", network, questions[0])

    assert told.out.startswith(f"{questions[0]}: {LABELS[0]} ({LABELS[0]} ")


def test_a_name_in_a_foreign_file_does_not_steer_the_terminal() -> None:
    line = Line("a.jpg", label="red\x1b[2J", probabilities={"red\x1b[2J": 0.9})

    assert _told(line) == "a.jpg: red?[2J (red?[2J 90.0%)"


def test_a_bad_picture_has_its_line_and_the_others_are_answered(
    network: Path, questions: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("hello")

    told = run("predict", "--network", network, "--json", tmp_path / "notes.txt", questions[0])

    assert told.code == 1
    assert [line["error"] for line in lines(told)] == ["It is not a picture.", None]


BARE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "torchvision", "timm", "scipy", "matplotlib", "onnxscript", "psycopg"):
            raise ImportError(name)

sys.meta_path.insert(0, Blocked())
import sqlalchemy

def no_engine(*arguments, **options):
    raise AssertionError("a database was opened")

sqlalchemy.create_engine = no_engine
import storage.engine
assert storage.engine.create_engine is no_engine
from bot.cli import main
main()
"""


def bare(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """`pupil` in an empty folder on a machine without torch and without a database."""
    code = [sys.executable, "-c", BARE, *(str(one) for one in arguments)]
    environment = bare_environment(folder)
    del environment["PUPIL_HOME"]
    return subprocess.run(code, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_it_answers_without_torch_database_or_home(network: Path, questions: list[Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    done = bare(empty, "predict", "--network", network, "--json", *questions)

    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == list(LABELS)
    assert list(empty.iterdir()) == []


def test_the_same_machine_cannot_ask_a_store(questions: list[Path], tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    empty = tmp_path / "empty"
    empty.mkdir()

    done = bare(empty, "predict", questions[0])

    assert done.returncode == 1
    assert "a database was opened" in done.stderr


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("notes.onnx", b"hello", "is not a network that Pupil exported."),
        ("empty.onnx", b"", "is not a network that Pupil exported."),
        ("pickle.onnx", b"\x80\x04K\x01.", "is not a network that Pupil exported."),
    ],
)
def test_a_foreign_file_is_said_to_be_none(
    tmp_path: Path, questions: list[Path], name: str, data: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(data)

    told = run("predict", "--network", tmp_path / name, questions[0])

    assert (told.code, told.out) == (1, "")
    assert told.err.strip() == f"{tmp_path / name} {said} `pupil export network FILE.onnx` writes one."


def test_a_damaged_file_and_one_that_is_not_there_have_one_sentence_each(
    network: Path, questions: list[Path], tmp_path: Path
) -> None:
    data = network.read_bytes()
    network.write_bytes(data[:-100])
    cut = run("predict", "--network", network, questions[0])
    network.write_bytes(data[:5000] + b"\x00" + data[5001:])
    flipped = run("predict", "--network", network, questions[0])
    missing = run("predict", "--network", tmp_path / "none.onnx", questions[0])

    for told in (cut, flipped):
        assert (told.code, told.out) == (1, "")
        assert "is damaged, or was changed after Pupil wrote it. Export it again" in told.err
        assert len(told.err.strip().splitlines()) == 1
    assert (missing.code, missing.err) == (1, f"{tmp_path / 'none.onnx'} cannot be read (no such file or directory).\n")


def test_without_pictures_it_is_wrong_use(network: Path) -> None:
    assert run("predict", "--network", network).code == 2


def test_the_command_that_exports_writes_such_a_file(answering: Store, questions: list[Path], tmp_path: Path) -> None:
    code = [sys.executable, "-m", "trainer", "export-network", str(tmp_path / "own.onnx")]
    environment = bare_environment(answering.home)
    done = subprocess.run(code, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)

    told = run("predict", "--network", tmp_path / "own.onnx", "--json", questions[1])

    assert done.stdout.startswith("Network 1 written to")
    assert lines(told)[0]["label"] == LABELS[1]
