"""`pupil` as it is called at a prompt: in this process, on a home of its own, with eyes that need no torch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli.app import pupil
from storage import Store
from tests.chaos.homes import LABELS, environment, make_answering_home, make_home, picture


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def run(*arguments: object) -> Said:
    done = CliRunner().invoke(pupil, [str(one) for one in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that `pupil` finds by its environment."""
    home = tmp_path / "home"
    for name, value in environment(home).items():
        if name.startswith("PUPIL_"):
            monkeypatch.setenv(name, value)
    return home


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    opened = make_home(home)
    yield opened
    opened.close()


@pytest.fixture
def answering(home: Path) -> Iterator[Store]:
    """A store whose network tells four colours apart."""
    opened = make_answering_home(home)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos of each label, in a folder of its name."""
    for label in LABELS:
        put(tmp_path / "photos" / label, *(picture(label, seed) for seed in range(3)))
    return tmp_path / "photos"


def put(folder: Path, *pictures: bytes) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number}.jpg" for number in range(len(pictures))]
    for file, data in zip(files, pictures, strict=True):
        file.write_bytes(data)
    return files


def taught(store: Store) -> set[tuple[str, str]]:
    """The data set: (digest of the picture, label)."""
    with store.read() as unit:
        classifier_id = unit.classifiers.default().id
        names = {one.id: one.name for one in unit.labels.all(classifier_id)}
        return {(one.digest, names[one.label_id]) for one in unit.photos.labelled(classifier_id)}


def photos(store: Store) -> int:
    with store.read() as unit:
        return unit.photos.count(unit.classifiers.default().id)


def another_home(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("PUPIL_HOME", str(tmp_path / name))
    return make_home(tmp_path / name)
