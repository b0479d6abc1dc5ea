"""`pupil people`, `pupil role PERSON ROLE` and `pupil revert PERSON`."""

import json

from rich.console import Console
from rich.table import Table

from bot.actions.reverting import Reverted, revert, undo_revert
from bot.cli.opening import opened
from bot.cli.plain import printable, trouble
from bot.collecting.reports import stop_all
from storage import Person, ReversalKind, Role, StorageError, StorageSettings, Store

ROLES = {role.name.lower(): role for role in Role}


def show_people(*, as_json: bool) -> int:
    try:
        with opened(StorageSettings()) as store, store.read() as unit:
            found = unit.people.with_role(Role.GUEST)
    except StorageError as error:
        _complain(f"{trouble(error)} ({error})")
        return 1
    if as_json:
        print(json.dumps([_as_dict(one) for one in found], ensure_ascii=False))
    else:
        _print(found)
    return 0


def set_role(whom: str, role_name: str) -> int:
    """Give the person of this number or name a role."""
    role = ROLES.get(role_name.lower())
    if role is None:
        _complain(f"{printable(role_name)} is no role. The roles are {', '.join(ROLES)}.")
        return 2
    try:
        with opened(StorageSettings()) as store, store.write() as unit:
            found = _called(whom, unit.people.with_role(Role.GUEST))
            if len(found) == 1:
                unit.people.set_role(found[0].id, role)
    except StorageError as error:
        _complain(f"No role was given. {trouble(error)} ({error})")
        return 1
    if len(found) != 1:
        _complain(_which(whom, found))
        return 1
    print(f"{_shown(found[0])} is {_name(role)} now.")
    return 0


def revert_person(whom: str, *, undo: bool) -> int:
    """Take back all that the person of this number or name said, or give it back."""
    try:
        with opened(StorageSettings()) as store:
            with store.read() as unit:
                classifier_id = unit.classifiers.default().id
                found = _called(whom, unit.people.with_role(Role.GUEST))
            if len(found) != 1:
                _complain(_which(whom, found))
                return 1
            done = (_undo if undo else _take_back)(store, classifier_id, found[0].id)
    except StorageError as error:
        _complain(f"{trouble(error)} ({error})")
        return 1
    if done is None:
        _complain(f"Nothing of {_shown(found[0])} was taken back, so there is nothing to undo.")
        return 1
    what = "count again" if undo else "count no longer; `pupil revert --undo` gives them back"
    print(f"{done.votes} votes of {_shown(found[0])} on {done.photos} photos {what}.")
    return 0


def _take_back(store: Store, classifier_id: int, person_id: int) -> Reverted:
    with store.write() as unit:
        parcels = stop_all(unit, person_id)
    store.let_go(parcels)
    return revert(store, classifier_id, person_id)


def _undo(store: Store, classifier_id: int, person_id: int) -> Reverted | None:
    with store.read() as unit:
        last = unit.reversals.last(classifier_id, ReversalKind.PERSON, of_id=person_id)
    return None if last is None else undo_revert(store, last)


def _called(whom: str, people: list[Person]) -> list[Person]:
    numbered = [one for one in people if str(one.telegram_id) == whom.strip()]
    return numbered or [one for one in people if one.name.casefold() == whom.strip().casefold()]


def _which(whom: str, found: list[Person]) -> str:
    if found:
        return f"Several people are called {printable(whom)}: give one's number, as `pupil people` lists it."
    return f"Nobody here is {printable(whom)}. `pupil people` lists who has written to me."


def _print(people: list[Person]) -> None:
    console = Console(markup=False, highlight=False, soft_wrap=True)
    if not people:
        console.print("Nobody has written to me yet.")
        return
    table = Table("number", "name", "role")
    for one in people:
        table.add_row(str(one.telegram_id), printable(one.name), _name(one.role))
    console.print(table)


def _as_dict(person: Person) -> dict[str, object]:
    return {"number": person.telegram_id, "name": person.name, "role": _name(person.role)}


def _shown(person: Person) -> str:
    return printable(person.name) or str(person.telegram_id)


def _name(role: Role) -> str:
    return role.name.lower()


def _complain(said: str) -> None:
    Console(stderr=True, markup=False, highlight=False, soft_wrap=True).print(said, style="red")
