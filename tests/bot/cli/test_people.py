"""`pupil people` and `pupil role`: who may do what, said by whoever sits at the computer."""

from __future__ import annotations

import json

import pytest

from storage import Role, Store
from tests.bot.cli.conftest import run


@pytest.fixture
def people(store: Store) -> Store:
    """Two Anns and Bo."""
    with store.write() as unit:
        for number, name in ((1, "Ann"), (2, "Ann"), (3, "Bo [red]\x1b[0m")):
            unit.people.meet(number, name, Role.GUEST)
    return store


def roles(store: Store) -> dict[int, Role]:
    with store.read() as unit:
        return {one.telegram_id: one.role for one in unit.people.with_role(Role.GUEST)}


def test_everybody_is_listed_with_number_and_role(people: Store) -> None:
    shown, listed = run("people"), json.loads(run("people", "--json").out)

    assert (shown.code, shown.out.count("guest")) == (0, 3)
    assert "Bo [red]?[0m" in shown.out
    assert {"number": 1, "name": "Ann", "role": "guest"} in listed


def test_before_anybody_has_written_the_list_says_so(store: Store) -> None:
    assert run("people").out.strip() == "Nobody has written to me yet."


def test_a_role_is_given_by_number_or_by_a_name_that_only_one_has(people: Store) -> None:
    assert run("role", "2", "teacher").out.strip() == "Ann is teacher now."
    assert run("role", "bo [red]\x1b[0m", "ADMIN").code == 0

    assert roles(people) == {1: Role.GUEST, 2: Role.TEACHER, 3: Role.ADMIN}


@pytest.mark.parametrize(
    ("person", "role", "code", "said"),
    [
        ("Ann", "teacher", 1, "Several people are called Ann: give one's number"),
        ("Cy", "teacher", 1, "Nobody here is Cy. `pupil people` lists"),
        ("1", "king", 2, "king is no role. The roles are guest, teacher, admin, owner."),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    people: Store, person: str, role: str, code: int, said: str
) -> None:
    done = run("role", person, role)

    assert (done.code, said in done.err) == (code, True)
    assert set(roles(people).values()) == {Role.GUEST}
