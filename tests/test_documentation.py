"""Documents that cannot lie: what they tell of exists, and what exists they tell of."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic_settings import BaseSettings
from typer.core import TyperGroup

from bot.cli.app import pupil
from bot.handlers.commands import COMMANDS
from bot.settings import BotSettings
from storage import StorageSettings
from trainer.readiness import LABELS_NEEDED, PHOTOS_NEEDED
from trainer.settings import TrainerSettings

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def settings() -> list[tuple[str, str, str]]:
    """(variable, default as it is written, description) of every setting."""
    groups: tuple[type[BaseSettings], ...] = (StorageSettings, BotSettings, TrainerSettings)
    return [
        (f"PUPIL_{name.upper()}", _written(field.default), field.description or "")
        for group in groups
        for name, field in group.model_fields.items()
    ]


def _written(default: Any) -> str:
    return "" if default is None else f"{default:g}" if isinstance(default, float) else str(default)


def commands(group: TyperGroup | None = None, before: str = "pupil") -> Iterator[str]:
    for name, command in (group or command_line()).commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}"


def command_line() -> TyperGroup:
    made = typer.main.get_command(pupil)
    assert isinstance(made, TyperGroup)
    return made


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), re.MULTILINE))


@pytest.mark.parametrize(("variable", "default", "description"), settings())
def test_every_setting_is_told_with_its_default(variable: str, default: str, description: str) -> None:
    assert description.endswith(".")
    assert f"| `{variable}` | {f'`{default}`' if default else 'unset'} | {description} |" in text("README.md")
    assert f"# {description}\n#{variable}={default}\n" in text(".env.example")


def test_no_document_tells_of_a_setting_that_is_not() -> None:
    known = {variable for variable, _, _ in settings()}
    told = {name for document in (*DOCUMENTS, ".env.example") for name in re.findall(r"PUPIL_[A-Z_]+", text(document))}
    assert len(told) > 15

    assert {name for name in told - known if not name.startswith(("PUPIL_TEST_", "PUPIL_BENCHMARK_"))} == set()


def test_every_command_of_the_command_line_is_told() -> None:
    found = list(commands())
    assert len(found) > 8

    assert [name for name in found if not re.search(rf"^\| `{name}[` ]", text("README.md"), re.MULTILINE)] == []


def test_every_command_of_the_bot_is_told() -> None:
    assert len(COMMANDS) > 5

    assert [one.name for one in COMMANDS if f"| `/{one.name}` |" not in text("README.md")] == []


def test_every_command_that_a_document_tells_to_type_exists() -> None:
    known, words = set(commands()), make_targets()
    blocks = [
        line.removeprefix("$ ")
        for document in DOCUMENTS
        for kind, block in re.findall(r"```(sh|console)\n(.*?)```", text(document), re.DOTALL)
        for line in block.splitlines()
        if kind == "sh" or line.startswith("$ ")
    ]
    inline = [code for document in DOCUMENTS for code in re.findall(r"`([^`\n]+)`", text(document))]
    told = [line.strip().removeprefix(".venv/bin/") for line in (*blocks, *inline)]
    assert len([line for line in told if line.startswith(("pupil ", "make "))]) > 10

    for line in told:
        if line.startswith("pupil "):
            assert any(f"{line} ".startswith(f"{name} ") for name in known), line
        if line.startswith("make "):
            assert set(line.split("#")[0].split()[1:2]) <= words, line


def test_how_little_is_enough_is_told_alike_everywhere() -> None:
    words = {2: "two"}
    names, photos = words[LABELS_NEEDED], words[PHOTOS_NEEDED]

    assert f"{names} labels with {photos} photos each are enough for the first" in text("README.md")
    page = text("bot/playground/static/welcome.js")
    assert f"{names.capitalize()} names with {photos} photos each are enough for a first answer." in page
    assert f"at least {names} labels with {photos} photos each" in text("bot/cli/predicting.py")


def test_the_changelog_tells_of_this_version() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]

    assert f"## [{version}]" in text("CHANGELOG.md")
    assert "## [Unreleased]" in text("CHANGELOG.md")


def test_links_between_documents_lead_somewhere() -> None:
    links = [(document, target) for document in DOCUMENTS for target in re.findall(r"\]\(([^)#:]+)\)", text(document))]
    assert len(links) > 3

    assert [one for one in links if not (ROOT / one[1]).exists()] == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["trainer"]]
    names = [re.split(r"[\[<>=;]", one)[0].strip() for one in needed]
    assert len(names) > 15

    assert [name for name in names if f"`{name}`" not in text("ARCHITECTURE.md")] == []


def test_every_exact_version_is_one_that_the_project_takes() -> None:
    lines = [line for line in text("constraints.txt").splitlines() if line and not line.startswith("#")]
    assert len(lines) > 80

    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
