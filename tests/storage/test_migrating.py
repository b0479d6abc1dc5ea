"""The database is brought to this version's tables once, whoever opens it first and whatever kills them."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from storage import NewSuspect, Role, StoreOutdated, SuspectKind, open_store
from storage.engine import WRITES, open_engine, sqlite_module
from storage.migrating import HEAD, SCRIPTS, revision
from storage.tables import metadata
from tests.storage.places import Place

OPEN = """
import sys
from pathlib import Path
from storage import open_store
open_store(Path(sys.argv[1]), sys.argv[2] or None).close()
"""


def opening(where: Place) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", OPEN, where.home, where.url or ""], stderr=subprocess.PIPE)


def engine_of(where: Place) -> Engine:
    return open_engine(where.url or f"sqlite:///{where.home / 'pupil.db'}")


def test_there_is_one_head_and_the_store_knows_it() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_fresh_store_has_the_tables_that_the_code_names(where: Place) -> None:
    where.open().close()

    engine = engine_of(where)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
        )
        drift = compare_metadata(context, metadata)
    assert revision(engine) == HEAD
    engine.dispose()
    assert drift == []


@pytest.mark.sqlite_only
def test_a_fresh_store_is_to_the_letter_what_the_tables_say(where: Place, tmp_path: Path) -> None:
    where.open().close()
    plain = open_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    metadata.create_all(plain)
    plain.dispose()

    migrated = _statements(where.home / "pupil.db")
    assert len(migrated) > 20
    assert {key: value for key, value in migrated.items() if "alembic" not in key} == _statements(tmp_path / "plain.db")


def test_opening_again_changes_nothing(where: Place) -> None:
    store = where.open()
    with store.write() as unit:
        unit.people.meet(1, "Ann", Role.GUEST)
    store.close()

    store = where.open()
    with store.read() as unit:
        assert unit.people.count() == 1
    store.close()


def test_who_asked_before_the_upgrade_is_told_after_it(where: Place) -> None:
    _at_revision(where, "0001")
    engine = engine_of(where)
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO chat (id, telegram_id, classifier_id, kind, title, settings, reachable, created_at)"
            " VALUES (5, -5, 1, 'group', 'Class', '{}', true, '2026-01-01')",
            "INSERT INTO job (id, kind, classifier_id, state, asked_in_id, asked_at, due_at, tries)"
            " VALUES (7, 'fit', 1, 'done', 5, '2026-01-01', '2026-01-01', 1)",
        ):
            connection.execute(text(statement))
    engine.dispose()

    store = where.open()

    with store.read() as unit:
        assert [(one.id, unit.jobs.askers(one.id)) for one in unit.jobs.untold()] == [(7, [5])]
    store.close()


@pytest.mark.parametrize("deleted", [True, False])
def test_networks_from_before_the_upgrade_never_answer_again_if_anything_had_been_deleted(
    where: Place, deleted: bool
) -> None:
    _at_revision(where, "0002")
    engine = engine_of(where)
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO chat (id, telegram_id, classifier_id, kind, title, settings, reachable, created_at)"
            " VALUES (5, -5, 1, 'group', 'Class', '{}', true, '2026-01-01')",
            "INSERT INTO network (id, classifier_id, number, folder, embedder, snapshot_digest, labels, photos, n,"
            " wrong, low, high, shipped, verdict, created_at)"
            " VALUES (3, 1, 1, 'f', 'e', 's', '[1]', 2, 2, 0, 0, 1, true, '{}', '2026-01-01')",
            *(["INSERT INTO deleted_photo (chat_id, message_id) VALUES (5, 9)"] if deleted else []),
        ):
            connection.execute(text(statement))
    engine.dispose()

    store = where.open()

    with store.read() as unit:
        assert [one.may_answer_again for one in unit.networks.all(1)] == [not deleted]
    store.close()


def _at_revision(where: Place, number: str) -> None:
    where.home.mkdir(mode=0o700)
    engine = engine_of(where)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine.connect() as connection, connection.execution_options(**{WRITES: True}).begin():
        config.attributes["connection"] = connection
        command.upgrade(config, number)
    engine.dispose()


def test_processes_that_start_at_once_make_one_store(where: Place) -> None:
    processes = [opening(where) for _ in range(3)]

    said = [process.communicate(timeout=60)[1].decode() for process in processes]

    assert [(process.returncode, one) for process, one in zip(processes, said, strict=True)] == [(0, "")] * 3


@pytest.mark.sqlite_only
def test_a_new_file_that_another_process_writes_is_waited_for(tmp_path: Path) -> None:
    """SQLite refuses the change to a write-ahead log at once then, whatever the busy timeout."""
    file = tmp_path / "new.db"
    with closing(sqlite_module().connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.2, other.execute, ["COMMIT"])
        release.start()
        engine = open_engine(f"sqlite:///{file}")
        with engine.connect() as connection:
            assert connection.execute(text("PRAGMA journal_mode")).scalar_one() in ("wal", "delete")
        engine.dispose()
        release.join()


def test_a_database_of_a_newer_version_is_left_alone(where: Place) -> None:
    where.open().close()
    engine = engine_of(where)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreOutdated):
        where.open()

    assert revision(engine) == "9999"
    engine.dispose()


@pytest.mark.parametrize("kills", [8, pytest.param(60, marks=pytest.mark.chaos)])
def test_an_upgrade_that_was_killed_is_done_by_the_next(where: Place, kills: int) -> None:
    if kills > 8 and os.environ.get("PUPIL_TEST_CHAOS") != "long":
        pytest.skip("the long form runs with PUPIL_TEST_CHAOS=long")
    rng = random.Random(7)
    killed = 0

    for _ in range(kills):
        process = opening(where)
        time.sleep(rng.uniform(0.15, 0.9))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL

    assert killed > 0
    store = where.open()
    store.check()
    with store.write() as unit:
        unit.people.meet(1, "Ann", Role.GUEST)
    store.close()


@pytest.mark.sqlite_only
def test_an_upgrade_killed_between_any_two_statements_leaves_nothing_half(tmp_path: Path) -> None:
    """Nothing but the transaction may hold it together: SQLite's tables are made one by one."""
    dying = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from storage import open_store
left = int(sys.argv[2])
@event.listens_for(Engine, "before_cursor_execute")
def _count(connection, cursor, statement, *_):
    global left
    left -= "CREATE" in statement or "INSERT" in statement
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
open_store(Path(sys.argv[1])).close()
"""
    home = tmp_path / "home"
    for statements in (0, 1, 5, 17, 40):
        done = subprocess.run([sys.executable, "-c", dying, home, str(statements)], check=False)
        assert done.returncode == -signal.SIGKILL
        assert _statements(home / "pupil.db") == {}

    open_store(home).close()

    assert "photo" in _statements(home / "pupil.db")


def _statements(database: Path) -> dict[str, str]:
    query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    with closing(sqlite_module().connect(database)) as connection:
        # The order of constraints inside a table is nobody's business.
        return {name: " ".join(sorted(sql.replace(",", " ").split())) for name, sql in connection.execute(query)}


def test_an_upgrade_keeps_lists_and_never_gives_a_number_again(where: Place) -> None:
    """Buttons in chats carry the numbers of cards."""
    _at_revision(where, "0015")
    engine = engine_of(where)
    suspects = (
        "INSERT INTO suspect"
        " (id, classifier_id, network_id, kind, subject, photo_id, place, score, reason, created_at) VALUES"
    )
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO blob (digest, size, kind, width, height, created_at)"
            " VALUES ('d', 1, 'jpeg', 1, 1, '2026-01-01')",
            "INSERT INTO photo (id, classifier_id, digest, received_digest, source, name, group_key, fold, created_at)"
            " VALUES (7, 1, 'd', 'r', 'chat', '', 'g', 0, '2026-01-01'),"
            " (8, 1, 'd', 'r', 'chat', '', 'g', 0, '2026-01-01')",
            "INSERT INTO network (id, classifier_id, number, folder, embedder, snapshot_digest, labels, photos, n,"
            " wrong, low, high, shipped, verdict, created_at)"
            " VALUES (3, 1, 1, 'n', 'e', 's', '[]', 1, 1, 0, 0, 1, true, '{}', '2026-01-01')",
            f"{suspects} (5, 1, 3, 'duplicate', 'group:a', 7, 0, 1, '{{}}', '2026-01-01'),"
            " (9, 1, 3, 'label', 'photo:7', 7, 0, 1, '{}', '2026-01-01')",
            "INSERT INTO suspect_photo (suspect_id, photo_id, place) VALUES (5, 8, 1)",
            "DELETE FROM suspect WHERE id = 9",
        ):
            connection.execute(text(statement))
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT setval(pg_get_serial_sequence('suspect', 'id'), 9)"))
    engine.dispose()

    store = where.open()
    with store.write() as unit:
        assert unit.suspects.get(5).photo_ids == (7, 8)
        unit.suspects.renew(1, None, SuspectKind.NEWCOMER, [NewSuspect((8,), None, None, 0.0)])
        made = unit.suspects.find(1, SuspectKind.NEWCOMER, "photo:8")
        assert made is not None
        assert made.id > 9
    store.close()
