"""Inserts that SQLite and PostgreSQL both understand."""

from typing import Any

from sqlalchemy import Connection, Executable, Row, Table, insert
from sqlalchemy.dialects import sqlite


def insert_row(connection: Connection, table: Table, **values: Any) -> Row[tuple[object, ...]]:
    """Insert a row and return it whole, with the key that the database gave it."""
    return connection.execute(insert(table).values(**values).returning(table)).one()


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
