"""Statements that are written once: whose values they run with, and that they are written no second time."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Executable, Integer, MetaData, String, Table, create_engine, select, update

from storage.prepared import prepared

cat = Table("cat", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(8)))


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        cat.create(connection)
        connection.execute(cat.insert(), [{"id": 1, "name": "Tom"}, {"id": 2, "name": "Kit"}, {"id": 3, "name": "Tom"}])
        yield connection
    engine.dispose()


def test_each_call_has_values_of_its_own(connection: Connection) -> None:
    written = []

    @prepared
    def named(name: str, at_most: int) -> Executable:
        written.append(name)
        return select(cat.c.id).where(cat.c.name == name).order_by(cat.c.id).limit(at_most)

    first, second = named("Tom", 9), named("Kit", 9)
    assert connection.execute(*first).scalars().all() == [1, 3]
    assert connection.execute(*second).scalars().all() == [2]
    assert connection.execute(*named("Tom", 1)).scalars().all() == [1]
    assert len(written) == 1


def test_a_column_is_set_to_a_value_of_its_own_name(connection: Connection) -> None:
    @prepared
    def rename(id: int, name: str) -> Executable:
        return update(cat).where(cat.c.id == id).values(name=name)

    connection.execute(*rename(2, "Leo"))
    assert connection.execute(select(cat.c.name).where(cat.c.id == 2)).scalar_one() == "Leo"


@pytest.mark.parametrize("wanted", [(), (1,), (1, 3)])
def test_a_sequence_may_have_any_length(connection: Connection, wanted: tuple[int, ...]) -> None:
    @prepared
    def but(ids: tuple[int, ...]) -> Executable:
        return select(cat.c.id).where(cat.c.id.not_in(ids)).order_by(cat.c.id)

    assert connection.execute(*but(wanted)).scalars().all() == [one for one in (1, 2, 3) if one not in wanted]


def test_a_value_too_few_is_told(connection: Connection) -> None:
    @prepared
    def named(name: str) -> Executable:
        return select(cat.c.id).where(cat.c.name == name)

    with pytest.raises(ValueError, match="zip"):
        named()  # type: ignore[call-arg]
