"""`pupil people` and `pupil role`: who may do what, said by whoever sits at the computer."""

from __future__ import annotations

import json

import pytest

from storage import CollectionKind, CollectionState, Reason, Role, Store, VoteKind
from tests.bot.cli.conftest import run, taught


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


@pytest.mark.parametrize("role", Role)
def test_every_role_that_a_command_asks_for_can_be_given(people: Store, role: Role) -> None:
    assert run("role", "2", role.name.lower()).code == 0

    assert roles(people)[2] is role


@pytest.mark.parametrize(
    ("person", "role", "code", "said"),
    [
        ("Ann", "teacher", 1, "Several people are called Ann: give one's number"),
        ("Cy", "teacher", 1, "Nobody here is Cy. `pupil people` lists"),
        ("1", "king", 2, "king is no role. The roles are guest, teacher, reviewer, admin, owner."),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    people: Store, person: str, role: str, code: int, said: str
) -> None:
    done = run("role", person, role)

    assert (done.code, said in done.err) == (code, True)
    assert set(roles(people).values()) == {Role.GUEST}


def test_all_that_somebody_said_is_taken_back_and_given_back_and_others_words_stay(answering: Store) -> None:
    """Bo called every robin a wren, and one owl an owl as the import had; what he says afterwards counts."""
    now = taught(answering)
    with answering.write() as unit:
        bo = unit.people.meet(77, "Bo", Role.REVIEWER)
        names = {one.name: one.id for one in unit.labels.all(1)}
        photos = unit.photos.labelled(1)
        for photo in photos:
            if photo.label_id in (names["robin"], names["owl"]):
                label = names["owl"] if photo.label_id == names["owl"] else names["wren"]
                unit.votes.cast(photo.photo_id, bo.id, VoteKind.LABEL, label, Reason.REVIEW)
    poisoned = taught(answering)

    done, again = run("revert", "bo"), run("revert", "bo")
    cleaned = taught(answering)
    undone, nothing = run("revert", "bo", "--undo"), run("revert", "bo", "--undo")

    assert poisoned != now
    assert (done.code, done.out.startswith("8 votes of Bo on 8 photos count no longer")) == (0, True)
    assert again.out.startswith("0 votes of Bo")
    assert cleaned == now
    assert (undone.code, nothing.code) == (0, 1)
    assert taught(answering) == poisoned


def test_what_is_being_learned_from_for_a_person_ends_before_her_lessons_are_taken_back(people: Store) -> None:
    """Else the rest of a zip would be learned a moment later."""
    parcel = people.parcels.put(b"a zip")
    with people.write() as unit:
        bo = unit.people.meet(3, "Bo", Role.TEACHER)
        chat = unit.chats.enter(3, kind="private", title="Bo")
        facts = {"classifier_id": chat.classifier_id, "person_id": bo.id, "chat_id": chat.id, "bot_id": 1}
        file = {"message_id": 5, "deed": "zip", "kind": CollectionKind.ZIP, "name": "a.zip", "label": None}
        begun = unit.collections.begin(**facts, **file, parcel=parcel, size=9)

    assert run("revert", "3").code == 0

    with people.read() as unit:
        assert unit.collections.get(begun.id).state is CollectionState.STOPPED
        assert [one.method for one in unit.outbox.due(1)] == ["sendDocument"]
    assert not people.parcels.has(parcel)
