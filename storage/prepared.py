"""Statements that are written once and run often."""

from collections.abc import Callable
from functools import cache, wraps
from inspect import signature
from typing import Any, ParamSpec

from sqlalchemy import Executable, bindparam

Values = ParamSpec("Values")
Bound = tuple[Executable, dict[str, Any]]


def prepared(write: Callable[Values, Executable]) -> Callable[Values, Bound]:
    """Make a function that writes a statement give the statement, written once, with the values to run it with.

    Writing a statement anew costs SQLAlchemy two to three times as much as running it. The function is called once,
    with placeholders: it may compare its arguments with columns, set columns to them and limit by them, and nothing
    else.

        connection.execute(*_photo_of(chat_id, message_id))
    """
    # Not the bare names: those of columns are taken where a statement sets columns.
    names = [f"{name}_" for name in signature(write).parameters]
    placed: Callable[..., Executable] = write

    @cache
    def statement() -> Executable:
        return placed(*(bindparam(name) for name in names))

    @wraps(write)
    def with_values(*values: Values.args, **_: Values.kwargs) -> Bound:
        return statement(), dict(zip(names, values, strict=True))

    return with_values
