"""Inserts that SQLite and PostgreSQL both understand."""

from typing import Any

from sqlalchemy import Connection, Executable, Table, insert
from sqlalchemy.dialects import sqlite


def insert_row(connection: Connection, table: Table, **values: Any) -> int:
    """Insert a row into a table whose key the database numbers, and return that number."""
    key = connection.execute(insert(table).values(**values)).inserted_primary_key
    assert key is not None  # noqa: S101 - every table given here has a key that the database makes
    return int(key[0])


def insert_unless_there(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless one of its unique keys is taken; returns whether it was inserted."""
    # SQLAlchemy keeps the count of an insert only on request; on PostgreSQL it would else always be -1.
    options = {"preserve_rowcount": True}
    return connection.execute(_insert(connection, table, values), execution_options=options).rowcount == 1


def _insert(connection: Connection, table: Table, values: dict[str, Any]) -> Executable:
    if connection.dialect.name == "postgresql":
        # Imported here: whoever has SQLite starts sooner without it.
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).values(**values).on_conflict_do_nothing()
    return sqlite.insert(table).values(**values).on_conflict_do_nothing()
