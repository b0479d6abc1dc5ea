"""`pupil models` and `pupil rollback`: the same as in the chat, said by whoever sits at the computer."""

from __future__ import annotations

import json

import pytest

from storage import Store
from tests.bot.cli.conftest import run
from tests.chaos.homes import SETTINGS, teach
from trainer.artefact import HEAD
from trainer.commands import train


@pytest.fixture
def versions(answering: Store) -> Store:
    """Two networks; the second has learned two photos more."""
    for seed, label in enumerate(("robin", "wren")):
        teach(answering, label, 500 + seed)
    assert train(answering, SETTINGS)["end"] == "published"
    return answering


def active(store: Store) -> int | None:
    with store.read() as unit:
        found = unit.networks.active(unit.classifiers.default().id)
    return found.number if found else None


def test_the_networks_are_listed_as_lines_and_as_json(versions: Store) -> None:
    shown, listed = run("models"), json.loads(run("models", "--json").out)

    states = [line.split(" (")[0] for line in shown.out.splitlines()]
    assert states == ["Network 2 answers now", "Network 1 has answered"]
    found = [(one["number"], one["answers"], one["can_be_put_back"]) for one in listed]
    assert found == [(2, True, False), (1, False, True)]
    assert {"photos": 18, "n": 18, "wrong": 0, "shipped": True, "kept": True}.items() <= listed[0].items()
    assert listed[0]["labels"] == ["robin", "wren", "jay", "owl"]
    assert listed[0]["verdict"]["compared"] == 16
    assert listed[0]["why"].startswith("of 16 photos that both were asked about, it had 0 right")


def test_without_a_network_the_list_is_empty_and_says_so(store: Store) -> None:
    assert run("models").out.strip() == "There has been no network yet."
    assert json.loads(run("models", "--json").out) == []


def test_an_earlier_network_is_put_back_once_its_files_were_checked(versions: Store) -> None:
    done, again = run("rollback", 1), run("rollback", 1)

    assert (done.code, again.code, active(versions)) == (0, 1, 1)
    assert "Network 1 answers again: wrong on 0 of 16" in done.out
    assert "What network 2 had learned since is not used for now." in done.out
    assert again.err.strip() == "Network 1 answers already."


def test_what_cannot_be_put_back_is_said_and_changes_nothing(versions: Store) -> None:
    folder = next((versions.home / "networks").glob("000001-*"))
    (folder / HEAD).write_bytes(b"")

    damaged, unknown, wrong = run("rollback", 1), run("rollback", 7), run("rollback", "one")

    assert (damaged.code, unknown.code, wrong.code, active(versions)) == (1, 1, 2, 2)
    assert "failed their check, so it cannot answer. Choose another that `pupil models --json` says" in damaged.err
    assert unknown.err.strip() == "There is no network 7. `pupil models` shows those that there have been."
