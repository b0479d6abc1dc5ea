"""Inserts that SQLite and PostgreSQL both understand.

Statements are built once a table and given their values as parameters: building one anew costs as much as running it.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Row, Table, insert
from sqlalchemy.dialects import sqlite


def insert_row(connection: Connection, table: Table, **values: Any) -> Row[tuple[object, ...]]:
    """Insert a row and return it whole, with the key that the database gave it."""
    return connection.execute(_insert_returning(table), values).one()


def insert_unless_there(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless one of its unique keys is taken; returns whether it was inserted."""
    # SQLAlchemy keeps the count of an insert only on request; on PostgreSQL it would else always be -1.
    options = {"preserve_rowcount": True}
    statement = _insert_unless_there(connection.dialect.name, table)
    return connection.execute(statement, values, execution_options=options).rowcount == 1


def insert_those_not_there(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert those rows of which no unique key is taken."""
    if rows:
        connection.execute(_insert_unless_there(connection.dialect.name, table), rows)


@cache
def _insert_returning(table: Table) -> Executable:
    return insert(table).returning(table)


@cache
def _insert_unless_there(dialect: str, table: Table) -> Executable:
    if dialect == "postgresql":
        # Imported here: whoever has SQLite starts sooner without it.
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
